"""One table of vote fractions from two sources: the labelled rows of the Kaggle sample, and Galaxy Zoo 2 without its
copies of Kaggle images: `python combine.py DATA both.csv`.

Kaggle's galaxies keep their ids and so their splits of `dataset=galaxy_zoo`: what trained on the classes there is no
validation galaxy here.
"""

import hashlib
import sys
from pathlib import Path

import pandas as pd
from PIL import Image

from zoo.dataset import hash_split

SHARES = {"train": 0.9, "validation": 0.1}  # as dataset=galaxy_zoo has them


def main(data: Path, out: Path) -> None:
    """Write the table and say how many rows came from where."""
    kaggle = pd.read_csv(data / "kaggle_galaxy_zoo/training_solutions_rev1.csv", dtype=str)
    zoo2 = pd.read_csv(data / "gz2_sample/solutions_gz2_debiased.csv", dtype=str)
    kaggle.insert(0, "image", "kaggle_galaxy_zoo/images_training_rev1/" + kaggle["GalaxyID"] + ".jpg")
    zoo2.insert(0, "image", "gz2_sample/images/" + zoo2["GalaxyID"] + ".jpg")
    seen = {pixels(path) for path in (data / "kaggle_galaxy_zoo").glob("images_*_rev1/*.jpg")}
    copies = [pixels(data / path) in seen for path in zoo2["image"]]
    zoo2["GalaxyID"] = "gz2-" + zoo2["GalaxyID"]
    both = pd.concat([kaggle, zoo2[[not copy for copy in copies]]]).rename(columns={"GalaxyID": "object_id"})
    both.insert(2, "split", hash_split(list(both["object_id"]), SHARES))
    both.to_csv(out, index=False)
    print(f"{len(kaggle)} Kaggle rows, {len(both) - len(kaggle)} of Galaxy Zoo 2, {sum(copies)} copies left out")


def pixels(path: Path) -> str:
    """A hash of an image's pixels."""
    return hashlib.sha256(Image.open(path).convert("RGB").tobytes()).hexdigest()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
