"""What is measured on each galaxy beforehand is kept by the galaxy's id, and reaches the augmenter with it."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from zoo import build, datamodule, measurements, provenance
from zoo.dataset import Dataset
from zoo.errors import DataError
from zoo.measurement import Measurement

PARTS = {"dataset": {"name": "blobs"}}


class Brightness(Measurement):
    """The mean of an image, and where its brightest column lies."""

    name, columns = "brightness-1", ("mean", "column")
    calls = 0

    def __call__(self, image):
        type(self).calls += 1
        return image.mean(), image.sum((0, 1)).argmax()


class Asking:
    """All that `attach` looks at in an augmenter."""

    measurement = Brightness()


@pytest.fixture
def blobs(toy: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Dataset:
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "cache"))
    return build.prepared_dataset(PARTS, {"dataset": {"size": 12, "poison": None}})


@pytest.fixture
def table(blobs: Dataset) -> pd.DataFrame:
    return measurements.measured(blobs, Brightness())[1]


def written(path: Path, table: pd.DataFrame) -> str:
    measurements.write(path, table, Brightness())
    return str(path)


def test_each_batch_brings_what_was_measured_on_its_galaxies(blobs: Dataset) -> None:
    measurements.attach(blobs, Asking())
    for batch in datamodule.batches(blobs, [3, 7, 1], 2, workers=0):
        images = batch.images.double()
        torch.testing.assert_close(batch.measured[:, 0], images.mean((1, 2, 3)))


def test_a_data_set_is_measured_once(blobs: Dataset) -> None:
    measurements.attach(blobs, Asking())
    before = Brightness.calls
    measurements.attach(blobs, Asking())
    assert Brightness.calls == before


def test_rows_are_joined_by_id_whatever_their_order(blobs: Dataset, table: pd.DataFrame, tmp_path: Path) -> None:
    measurements.attach(blobs, Asking())
    expected = blobs.measured
    more = pd.concat([table.iloc[::-1], pd.DataFrame({"object_id": ["elsewhere"], "mean": [0.0], "column": [1.0]})])
    measurements.attach(blobs, Asking(), written(tmp_path / "t.parquet", more))
    np.testing.assert_array_equal(blobs.measured, expected)


@pytest.mark.parametrize(
    "spoil, words",
    [
        (lambda t: t.iloc[3:], "lacks 3 of 12 galaxies, first .*: it belongs to another data set"),
        (lambda t: t.assign(object_id="x" + t["object_id"]), "lacks 12 of 12 galaxies"),
        (lambda t: pd.concat([t, t.iloc[:1]]), "twice: leave one row"),
        (lambda t: t.drop(columns="mean"), "has no column mean"),
    ],
)
def test_a_table_of_other_galaxies_is_refused(spoil, words, blobs, table, tmp_path) -> None:
    with pytest.raises(DataError, match=words):
        measurements.attach(blobs, Asking(), written(tmp_path / "t.parquet", spoil(table)))


def test_a_table_that_was_measured_in_another_way_is_refused(blobs, table, tmp_path, monkeypatch) -> None:
    path = written(tmp_path / "t.parquet", table)
    monkeypatch.setattr(Brightness, "name", "brightness-2")
    with pytest.raises(DataError, match="measured as brightness-1, and brightness-2 is asked for"):
        measurements.attach(blobs, Asking(), path)


def test_a_file_that_is_no_table_is_refused(blobs, tmp_path) -> None:
    (tmp_path / "t.parquet").write_text("x,y\n1,2\n")
    with pytest.raises(DataError, match="no Parquet table that can be read"):
        measurements.attach(blobs, Asking(), tmp_path / "t.parquet")


def test_predictions_say_that_they_rest_on_other_measurements(blobs, table) -> None:
    measurements.attach(blobs, Asking())
    before = provenance.galaxies({"name": "blobs"}, blobs, range(12))
    blobs.measured = blobs.measured + 1
    assert provenance.galaxies({"name": "blobs"}, blobs, range(12)) != before
