"""The figure of scaling has the published Table III, and measured rows beside it."""

import json
import os
from pathlib import Path

import pandas as pd
import pytest
from zoo_architecture_timm.figures import scaling

from zoo.errors import DataError


@pytest.fixture
def table_3() -> list[dict]:
    """Table III with what follows from it: `golden/khan.json`."""
    folder = Path(os.environ.get("ZOO_SHARED") or Path(__file__).parents[4] / "shared")
    if not folder.is_dir():
        pytest.skip(f"no shared data at {folder}: set ZOO_SHARED to the folder that has them")
    return json.loads((folder / "spec" / "golden" / "khan.json").read_text())["table3"]


def test_table_3_is_the_golden_one(table_3: list[dict]):
    numbers = scaling.draw(None).numbers
    for stage in range(3):
        own = numbers[numbers["source"] == f"published, stage {stage + 1}"]
        assert own["ranks"].tolist() == [row["gpus"] for row in table_3]
        assert own["seconds_per_epoch"].tolist() == [row["sec_per_epoch"][stage] for row in table_3]
        assert own["epochs"].tolist() == [row["epochs"][stage] for row in table_3]
    assert own["total_seconds"].tolist() == [row["computed_total_s"] for row in table_3]
    assert own["validation_accuracy"].tolist() == [row["val_acc"] for row in table_3]
    for column, key in (("images_per_second", "images_per_s"), ("speed_up", "speedup"), ("efficiency", "efficiency")):
        assert own[column].tolist() == pytest.approx([row[f"stage3_{key}"] for row in table_3], abs=1e-6)


def test_what_was_measured_stands_beside_it(tmp_path: Path):
    rows = {"ranks": [2, 1], "seconds_per_epoch": [6.0, 10.0], "images_per_second": [50.0, 30.0]}
    pd.DataFrame(rows).to_csv(tmp_path / "scaling.csv", index=False)
    drawn = scaling.draw(tmp_path / "scaling.csv")
    own = drawn.numbers[drawn.numbers["source"] == "measured here"].set_index("ranks")
    assert own["efficiency"].to_dict() == pytest.approx({1: 1, 2: 50 / 30 / 2})
    assert len(drawn.picture.axes[0].lines) == 4


def test_another_table_is_refused(tmp_path: Path):
    (tmp_path / "scaling.csv").write_text("ranks,seconds\n1,2\n")
    with pytest.raises(DataError, match="has no column seconds_per_epoch: python benchmarks/bench_scaling.py"):
        scaling.draw(tmp_path / "scaling.csv")
    with pytest.raises(DataError, match="cannot be read"):
        scaling.draw(tmp_path / "none.csv")
