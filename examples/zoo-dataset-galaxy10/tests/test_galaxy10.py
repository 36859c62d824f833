"""The data set does what zoo expects of one, on a few fake galaxies in the layout of the real file."""

from pathlib import Path

import h5py
import numpy as np
import pytest

from zoo.errors import DataError
from zoo.testing import DatasetConformance

NAME = "Galaxy10_DECals.h5"
ROWS = 12


class TestGalaxy10(DatasetConformance):
    name = "galaxy10"
    kills = 1

    def write(self, folder: Path) -> None:
        write(folder)

    def arguments(self, folder: Path) -> dict[str, str | None]:
        return {"root": str(folder), "sha256": None}

    def damage(self, folder: Path) -> None:
        with h5py.File(folder / NAME, "r+") as file:
            file["images"][3, 5, 5, 1] ^= 64

    def remove(self, folder: Path) -> None:
        change(folder, "images", lambda images: images[:-1])

    def relabel(self, folder: Path) -> None:
        change(folder, "ans", lambda ans: np.roll(ans, 1))

    def rearrange(self, folder: Path) -> None:
        for name in ("images", "ans", "ra", "dec"):
            change(folder, name, lambda column: column[::-1])


def write(folder: Path) -> None:
    """A file as it is published, with twelve galaxies of sixteen pixels, packed in blocks as there."""
    random = np.random.default_rng(0)
    with h5py.File(folder / NAME, "w") as file:
        pixels = random.integers(0, 256, (ROWS, 16, 16, 3), dtype=np.uint8)
        file.create_dataset("images", data=pixels, chunks=(5, 8, 8, 1), compression="gzip")
        file["ans"] = np.arange(ROWS, dtype=np.uint8) % 10
        file["ra"], file["dec"] = random.uniform(0, 360, ROWS), random.uniform(-30, 80, ROWS)


def change(folder: Path, name: str, how) -> None:
    """Put a changed column in the place of one."""
    with h5py.File(folder / NAME, "r+") as file:
        column = how(file[name][()])
        del file[name]
        file[name] = column


def galaxy10(folder: Path, **changes):
    """The data set on the file in a folder, whichever hash that has."""
    return TestGalaxy10().build({"root": str(folder), "sha256": None, **changes})


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the file; what is unpacked lies elsewhere."""
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "cache"))
    (tmp_path / "data").mkdir()
    write(tmp_path / "data")
    return tmp_path / "data"


def test_pixels_labels_and_positions_are_those_of_the_file(folder: Path):
    dataset = galaxy10(folder)
    dataset.prepare()
    with h5py.File(folder / NAME) as file:
        for row in range(ROWS):
            sample = dataset[row]
            assert np.array_equal(sample.image.permute(1, 2, 0), file["images"][row])
            assert sample.target == file["ans"][row]
            assert sample.object_id == f"J{file['ra'][row]:010.6f}{file['dec'][row]:+010.6f}"


def test_a_galaxy_that_is_listed_twice_has_two_names_and_one_split(folder: Path):
    for name in ("ra", "dec"):
        change(folder, name, lambda column: np.repeat(column[: ROWS // 2], 2))
    table = galaxy10(folder).table
    assert table["object_id"].is_unique
    assert (table["split"].to_numpy()[::2] == table["split"].to_numpy()[1::2]).all()


def test_another_file_than_the_published_one_is_refused_in_a_sentence(folder: Path):
    with pytest.raises(DataError, match=r"has the sha256 .* fetch it again, or say dataset.sha256=null"):
        galaxy10(folder, sha256="0" * 64).prepare()


@pytest.mark.parametrize(
    ("name", "how", "said"),
    [
        ("ra", lambda ra: ra[:-1], "has 12 images, 12 ans, 11 ra, 12 dec: each galaxy needs one"),
        ("ans", lambda ans: ans + 5, "has the class 10, and dataset.classes names 10"),
        ("images", lambda images: images / 255, "are float64 .*, not uint8"),
    ],
)
def test_a_file_of_another_layout_is_refused_before_anything_is_unpacked(folder: Path, name, how, said):
    change(folder, name, how)
    with pytest.raises(DataError, match=said):
        galaxy10(folder).prepare()
    assert not list(folder.parent.rglob("*.npy"))


def test_a_file_that_is_cut_off_is_refused_in_a_sentence(folder: Path):
    (folder / NAME).write_bytes((folder / NAME).read_bytes()[:3000])
    with pytest.raises(DataError, match="cannot be read .*: fetch it again"):
        galaxy10(folder).prepare()


def test_a_file_without_positions_is_refused_with_what_it_has(folder: Path):
    with h5py.File(folder / NAME, "r+") as file:
        del file["ra"]
    with pytest.raises(DataError, match="has no ra, but ans, dec, images"):
        galaxy10(folder).prepare()
