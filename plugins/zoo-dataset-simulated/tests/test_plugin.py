"""The simulated dataset conforms to what zoo expects of a dataset."""

import os
from pathlib import Path

from zoo.testing import DatasetConformance


class TestSimulated(DatasetConformance):
    name = "simulated"
    overrides = {"size": 60}
    kills = 1

    def damage(self, folder: Path) -> None:
        shard = next(Path(os.environ["ZOO_CACHE"]).rglob("000000.npy"))
        with open(shard, "r+b") as file:
            file.seek(5000)
            file.write(bytes(100))

    def relabel(self, folder: Path) -> dict:
        return {"volunteers": 41}

    def rearrange(self, folder: Path) -> dict:
        return {"size": 70}


class TestVotes(TestSimulated):
    overrides = {"size": 60, "schema": "votes"}
