"""What a folder of FITS files holds, and the sheet that shows it: nothing without a picture or a reason."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from zoo_dataset_surveys import inventory
from zoo_dataset_surveys.figures import frames

from zoo.errors import DataError, ZooError

from . import fields, skies

KEYS = {"patterns": [], "mask": None, "weight": None, "share": 0.9, "pixels": 24, "most": 90}


@pytest.fixture
def folder(tmp_path):
    """Two frames in three bands; a mask by its numbers, one by its name, and files of which nothing can be cut."""
    found = tmp_path / "frames"
    fields.write_frames(found)
    image, header = fields.image(0, "g"), fields.header(0, "g")
    flags = (image > 0.01).astype(np.int32) * 4
    (found / "a_map.fits").write_bytes(skies.file(fits.PrimaryHDU(flags, header)))
    (found / "g" / "mask-0-g.fits").write_bytes(skies.file(fits.PrimaryHDU(image, header)))
    (found / "nowhere.fits").write_bytes(skies.file(fits.PrimaryHDU(image)))
    del header["FILTER"]
    (found / "nameless.fits").write_bytes(skies.file(fits.PrimaryHDU(image, header)))
    (found / "page.fits").write_text("<html>Down for maintenance</html>")
    return found


def test_every_file_is_an_image_a_mask_a_weight_or_has_a_reason(folder):
    found = {one.path.name: one for one in inventory.of(folder, {"mask": ("frame-", "mask-")}, 90)}
    assert [found[name].kind for name in ("a_map.fits", "mask-0-g.fits", "page.fits")] == ["mask", "mask", "unreadable"]
    assert {one.kind for name, one in found.items() if name.startswith("frame-")} == {"image"} and len(found) == 11
    assert found["nowhere.fits"].place is None and "has no WCS" in found["nowhere.fits"].why
    assert found["nameless.fits"].place.band == "" and "does not say its band" in found["nameless.fits"].why
    assert "is an HTML page" in found["page.fits"].why


def test_companions_are_the_nearest_files_of_every_band_that_show_a_centre(folder):
    places = [one.place for one in inventory.of(folder, {"mask": ("frame-", "mask-")}, 90) if one.place and not one.why]
    for place in places:
        found = inventory.companions(place, places)
        assert found[place.band] is place and set(found) == {"g", "r", "i"}
        assert len({one.path.stem.rpartition("-")[0] for one in found.values()}) == 1, "of one pointing"


def test_the_sheet_has_a_picture_and_a_row_for_every_file_and_colours_where_three_bands_meet(folder):
    drawing = frames.draw(folder, **KEYS | {"mask": ["frame-", "mask-"]})
    rows = drawing.numbers.set_index("file")
    assert len(rows) == 11 and (rows["colour"].dropna() == "irg").all() and rows["colour"].notna().sum() == 6
    assert rows.loc["i/frame-1-i.fits", "of"] == "frame-1-i.fits frame-1-r.fits frame-1-g.fits"
    assert (rows.loc[rows["colour"].isna(), "why"].str.len() > 10).all() and rows["why"].notna().sum() == 5
    (axes,) = drawing.picture.axes
    assert len(axes.images) == 11 + 6 and axes.texts[0].get_text() == "0 mask"
    assert drawing.numbers["pixel_scale"].dropna().to_numpy() == pytest.approx(skies.SCALE, rel=1e-4)


@pytest.mark.parametrize(
    ("keys", "kind", "said"),
    [
        ({"share": 0}, ZooError, "figure.share=0: give a part"),
        ({"most": 3}, DataError, "has 11 FITS files, and a sheet shows 1 to 3"),
        ({"folder": "nowhere"}, DataError, "The folder nowhere does not exist: name one with folder=DIR"),
    ],
)
def test_what_cannot_be_drawn_is_refused(folder, keys, kind, said):
    with pytest.raises(kind, match=said):
        frames.draw(**{"folder": folder, **KEYS, **keys})


def test_every_real_file_is_shown_or_has_a_reason(shared):
    """The 79 files of legacypipe, CANDELS and pyimfit: 20 + 12 + 3 images, of which 32 have companions in two bands."""
    root = Path(shared / "data" / "fits")
    patterns = ["GDS_*_{band}.fits", "*_ooi_{band}_*"]
    found = inventory.of(root, {"mask": ("_ooi_", "_ood_"), "weight": ("_ooi_", "_oow_")}, 90, patterns)
    kinds = [one.kind for one in found]
    assert [kinds.count(kind) for kind in ("image", "mask", "weight", "unreadable")] == [35, 24, 20, 0]
    places = [one.place for one in found if one.place and one.place.band]
    bands = {one.path.name: "".join(sorted(inventory.companions(one, places))) for one in places}
    assert Counter(bands.values()) == {"grz": 17, "grzd": 3, "hjvz": 12, "r": 3}
