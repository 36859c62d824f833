"""Positions and frames that cannot be: `zoo data prepare` refuses them in one sentence and writes nothing there."""

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from zoo_dataset_surveys.cutouts import Cutouts

from zoo import compose
from zoo.errors import ZooError

from . import fields, skies

FIRST = fields.name(0, "g")


def changed(change):
    """A list of the galaxies of the first frame, whose positions become other ones."""
    return lambda folder: fields.write_table(
        folder / "positions.csv", {i: change(*place) for i, place in fields.galaxies().items() if i[0] == "0"}
    )


def with_units(ra, dec):
    """The list as a FITS table that says these units."""

    def write(folder):
        ids, places = zip(*fields.galaxies().items(), strict=True)
        table = Table({"object_id": ids, "ra": np.radians(places)[:, 0], "dec": np.array(places)[:, 1]})
        table["ra"].unit, table["dec"].unit = ra, dec
        table.write(folder / "positions.fits")
        (folder / "positions.csv").unlink()

    return write


def as_text(text):
    """The list as other text."""
    return lambda folder: (folder / "positions.csv").write_text(text)


def frame_of(*units):
    """The first frame as a file of these units."""
    return lambda folder: (folder / "frames" / FIRST).write_bytes(skies.file(*units))


def twice(folder):
    """The list with a galaxy of another survey that has the id of one that is there."""
    with open(folder / "positions.csv", "a") as file:
        file.write("000,150.1,2.2,narrow\n")


IMAGE, WCS = fields.image(0, "g"), fields.header(0, "g")
CASES = {
    "hours": (changed(lambda ra, dec: (ra / 15, dec)), "9 do if right ascensions are hours"),
    "swapped": (changed(lambda ra, dec: (dec + 3, ra)), "ra and dec may be swapped"),
    "beyond a pole": (changed(lambda ra, dec: (ra, 95.0)), "has a declination beyond ±90°"),
    "beyond a circle": (changed(lambda ra, dec: (ra + 361, dec)), "has a right ascension beyond 0° to 360°"),
    "missing": (changed(lambda ra, dec: (np.nan, dec)), "is missing: leave the row out"),
    "elsewhere": (changed(lambda ra, dec: (ra, dec + 40)), "lies in one of the 6 frames"),
    "magnitudes": (with_units("mag", "deg"), "which is no angle"),
    "an id of two surveys": (twice, "has 1 doubled ids (000 in lines 2 and 20, labels different)"),
    "a page for a list": (as_text("<html>503</html>"), "is an HTML page (download error?)"),
    "no galaxy": (as_text("object_id,ra,dec\n"), "has a header and 0 rows"),
    "a page for a frame": (lambda folder: (folder / "frames" / FIRST).write_text("<html>503"), "is an HTML page"),
    "no WCS": (frame_of(fits.PrimaryHDU(IMAGE, fits.Header({"FILTER": "g"}))), "has no WCS in RA and Dec"),
    "several images": (
        frame_of(fits.PrimaryHDU(IMAGE, WCS), fits.ImageHDU(IMAGE, WCS)),
        "has 2 images (it holds 0 PRIMARY 110×90, 1 unnamed 110×90): say which",
    ),
}


@pytest.fixture
def field(tmp_path: Path) -> Path:
    """A list of galaxies, and frames that show them."""
    folder = tmp_path / "field"
    folder.mkdir()
    fields.write(folder)
    return folder


@pytest.mark.parametrize("case", CASES)
def test_what_cannot_be_is_refused_in_a_sentence_and_nothing_is_written(case: str, field: Path) -> None:
    spoil, words = CASES[case]
    spoil(field)
    before = sorted(field.rglob("*"))
    (table,) = field.glob("positions.*")
    with pytest.raises(ZooError) as caught:
        Cutouts(table, field / "frames", size=6, pixels=16, limits=[0, 3]).prepare()
    said = str(caught.value)
    assert words in said and "\n" not in said and said.endswith((".", "?")) and caught.value.exit_code == 2
    assert sorted(field.rglob("*")) == before


def test_the_command_ends_with_that_sentence_and_exit_code_2(field: Path, capsys: pytest.CaptureFixture[str]) -> None:
    CASES["swapped"][0](field)
    typed = [f"dataset.positions={field / 'positions.csv'}", f"dataset.frames={field / 'frames'}"]
    assert compose.run_hydra("data prepare", ["dataset=cutouts", *typed]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.startswith("zoo data prepare: 9 of 9 positions cannot be used; row 1, ra 1.99725 ")
    assert len(err.splitlines()) == 1 and err.endswith("ra and dec may be swapped. [E-POSITION]\n")
