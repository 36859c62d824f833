"""Anyone's own positions: every galaxy has a cutout, a flag or a reason, cut once, at the depth of its frames."""

import shutil
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from astropy.io import fits
from astropy.table import Table
from zoo_dataset_surveys import cutout_shards
from zoo_dataset_surveys.cutouts import Cutouts
from zoo_dataset_surveys.flags import Flag
from zoo_dataset_surveys.recipe import Recipe
from zoo_dataset_surveys.survey import named

from zoo.dataset import problems
from zoo.errors import DataError, Incompatible, ZooError, ZooImageError

from . import fields, skies

MADE = {"size": 16 * skies.SCALE, "pixels": 16, "limits": [-0.01, 3.09]}


@pytest.fixture(scope="session")
def written(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("field")
    fields.write(folder)
    return folder


@pytest.fixture
def field(written, tmp_path) -> Path:
    """A copy of the field, to spoil."""
    return Path(shutil.copytree(written, tmp_path / "field"))


def prepared(folder, **options) -> Cutouts:
    dataset = Cutouts(**{"positions": folder / "positions.csv", "frames": folder / "frames"} | MADE | options)
    dataset.prepare()
    return dataset


def shards(folder=None) -> dict[Path, int]:
    """Files of pixels in the cache, and when they were written."""
    return {path: path.stat().st_mtime_ns for path in cutout_shards.path("").parent.glob("*.npy")}


def test_each_galaxy_is_cut_out_of_the_frame_that_shows_it_across_right_ascension_0(written):
    dataset = prepared(written, label="label")
    assert len(dataset) == 18 and dataset.num_bands == 3 and set(dataset.table["flag"]) == {0}
    assert dataset.table["ra"].min() < 1 and dataset.table["ra"].max() > 359
    for row, sample in enumerate(map(dataset.__getitem__, range(18))):
        number, k = int(sample.object_id[0]), int(sample.object_id[1:])
        x, y = fields.PLACES[k]
        for plane, band in zip(sample.image, fields.BANDS, strict=True):
            window = fields.image(number, band)[y - 7 : y + 8, x - 7 : x + 8]
            assert plane.max().item() == pytest.approx((window.max() + 0.01) / 3.1, rel=1e-5)
            assert np.unravel_index(plane.numpy().argmax(), plane.shape) in [(7, 7), (7, 8), (8, 7), (8, 8)]
        assert dataset.schema.names[dataset.targets[row]] == fields.label(sample.object_id)
    assert "18 cutouts: 18 good" in dataset.report()[1]


@pytest.mark.parametrize("kind", ["parquet", "fits", "vot"])
def test_positions_come_from_any_table(written, tmp_path, kind):
    rows = pd.read_csv(written / "positions.csv", dtype={"object_id": str})
    path = tmp_path / f"positions.{kind}"
    if kind == "parquet":
        rows.to_parquet(path)
    else:
        Table.from_pandas(rows).write(path, format="votable" if kind == "vot" else kind)
    one, other = prepared(written), prepared(written, positions=path)
    assert other.table["object_id"].tolist() == one.table["object_id"].tolist()
    np.testing.assert_allclose(other.table["ra"], one.table["ra"], atol=1e-7)


def test_cut_once_and_then_read_from_the_cache(field):
    dataset = prepared(field)
    before = shards()
    again = prepared(field)
    assert shards() == before and again.fingerprint == dataset.fingerprint
    assert prepared(field, limits=[-0.02, 2]).fingerprint != dataset.fingerprint


def test_a_killed_preparation_goes_on_behind_its_shards(field, monkeypatch):
    monkeypatch.setattr(cutout_shards, "SHARD", 3 * 16 * 16 * 4 * 5)
    write, done = cutout_shards.note.write, []

    def killed(path):
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(path)
        write(path)

    monkeypatch.setattr(cutout_shards.note, "write", killed)
    with pytest.raises(KeyboardInterrupt):
        prepared(field)
    monkeypatch.setattr(cutout_shards.note, "write", write)
    before = {path: time for path, time in shards().items() if path in done}
    dataset = prepared(field)
    assert len(shards()) == 4 and before.items() <= shards().items()
    assert dataset.table["object_id"].tolist() == list(fields.galaxies())


def test_a_new_frame_has_only_those_galaxies_cut_again_that_it_shows(field, monkeypatch):
    monkeypatch.setattr(cutout_shards, "SHARD", 3 * 16 * 16 * 4)
    prepared(field)
    before = shards()
    shutil.copy(field / "frames" / fields.name(1, "g"), field / "frames" / "g" / "again.fits")
    path = field / "frames" / fields.name(1, "g")
    fields.write_frame(path, fields.image(1, "g") * 2, fields.header(1, "g"), changed=1)
    dataset = prepared(field)
    assert len(shards().keys() - before.keys()) == 9 and before.items() <= shards().items()
    assert not problems(dataset)


def test_edges_masks_and_missing_bands_are_flagged_and_kept(field):
    mask = np.zeros(fields.SHAPE, np.int32)
    mask[40:50, 45:65] = 1
    for band in "gr":
        (field / "frames" / fields.name(1, band)).unlink()
    path = field / "frames" / fields.name(0, "r")
    path.write_bytes(skies.file(fits.PrimaryHDU(fields.image(0, "r"), fields.header(0, "r")),
                                fits.ImageHDU(mask, name="MSK")))  # fmt: skip
    ra, dec = fields.header(0, "r")["CRVAL1"], fields.header(0, "r")["CRVAL2"]
    rows = fields.galaxies() | {"edge": (ra - 20 / 3600, dec), "twin": fields.galaxies()["004"]}
    fields.write_table(field / "positions.csv", rows)
    dataset = prepared(field)
    flags = dict(zip(dataset.table["object_id"], map(Flag, dataset.table["flag"]), strict=True))
    assert flags["004"] == Flag.MASKED and flags["edge"] == Flag.EDGE and flags["000"] == Flag.GOOD
    assert flags["twin"] == Flag.MASKED | Flag.DUPLICATE and flags["104"] == Flag.MISSING_BAND
    told = "\n".join(dataset.report())
    assert "20 cutouts: 8 good, 9 missing band, 2 masked, 1 edge, 1 duplicate" in told
    kept = prepared(field, exclude=["missing_band", "duplicate"])
    assert len(kept) == 10 and "10 of 20 galaxies" in kept.report()[0]


def test_a_galaxy_outside_all_frames_is_a_row_with_the_reason_or_left_out_and_counted(field):
    fields.write_table(field / "positions.csv", fields.galaxies() | {"lost": (10.0, 40.0)})
    dataset = prepared(field)
    (found,) = problems(dataset)
    assert (found.object_id, found.code) == ("lost", "E-CUTOUT-OUTSIDE") and "no frame that can be read" in found.what
    with pytest.raises(ZooImageError, match=r"Galaxy lost \(row 18\) has no cutout: no frame"):
        dataset[18]
    dropped = prepared(field, missing="drop")
    assert len(dropped) == 18 and not problems(dropped)
    assert "1 galaxies without a cutout: 1 E-CUTOUT-OUTSIDE" in "\n".join(dropped.report())


def test_a_frame_that_cannot_be_read_flags_its_galaxies_and_is_named(field, caplog):
    path = field / "frames" / fields.name(0, "i")
    path.write_bytes(path.read_bytes()[:-2880])
    dataset = prepared(field)
    lost = dataset.table["object_id"].str.startswith("0")
    assert set(dataset.table.loc[lost, "flag"]) == {int(Flag.UNREADABLE | Flag.MISSING_BAND)}
    assert not dataset.table.loc[~lost, "flag"].any()


def test_the_provenance_names_frames_and_their_hashes(field):
    dataset = prepared(field)
    rows = pd.read_parquet(dataset.cutouts.table)
    assert rows["frame_g"].iloc[0] == fields.name(0, "g") and rows["frame_i"].iloc[-1] == fields.name(1, "i")
    assert rows["sha256_g"].nunique() == 2 and set(rows["flag"]) == {0}
    fields.write_frame(field / "frames" / fields.name(0, "g"), fields.image(0, "r"), fields.header(0, "g"))
    (found,) = problems(dataset)
    assert "frame-0-g.fits is gone or not what was cut" in found.what


@pytest.mark.parametrize("where", ["frames", "plain"])
def test_bands_come_from_headers_or_from_names(field, where):
    for path in (field / "frames").rglob("*.fits"):
        if where == "plain":
            with fits.open(path, mode="update") as units:
                del units[0].header["FILTER"]
    if where == "plain":
        with pytest.raises(ZooImageError, match=r"does not say its band .*dataset.pattern=\*-\{band\}.fits"):
            prepared(field)
    dataset = prepared(field, pattern="frame-*-{band}.fits")
    assert dataset.source.bands == ["g", "r", "i"]
    assert prepared(field, pattern="frame-*-{band}.fits", bands=["i", "g"]).num_bands == 2


@pytest.mark.parametrize(("depth", "step"), [("float16", 1e-3), ("uint16", 1 / 65535), ("uint8", 1 / 255)])
def test_every_depth_keeps_its_levels(written, depth, step):
    exact, dataset = prepared(written), prepared(written, depth=depth)
    assert (exact.cutouts[4].dtype, dataset.cutouts[4].dtype) == (np.float32, depth)
    shown = dataset[4].image / (255 if depth == "uint8" else 1)
    assert shown.dtype == exact[4].image.dtype == torch.float32
    torch.testing.assert_close(shown, exact[4].image, atol=0.51 * step, rtol=0)


def test_a_colour_makes_bytes_of_three_bands(written):
    dataset = prepared(written, colour="sdss_viewer", limits=None)
    assert dataset[0].image.dtype == torch.uint8 and dataset[0].image.shape == (3, 16, 16)
    with pytest.raises(Incompatible, match="takes the bands z, r, g, the image has g, r, i and lacks z"):
        prepared(written, colour="gz_decals")


def test_a_zero_point_that_is_typed_goes_before_the_headers_and_theirs_before_the_surveys(written, tmp_path):
    def zero_points(**options):
        survey = {**asdict(named("sdss")), "zero_point": 30.0}
        making = Cutouts(written / "positions.csv", tmp_path, survey, unit="nanomaggies", **options).making
        seen = Recipe(tuple(fields.BANDS), 6.0, 16, zero_point=making["zero_point"],
                      survey_zero_point=making["survey_zero_point"])  # fmt: skip
        return [seen.read(path, "g").frame.zero_point for path in (written / "frames" / fields.name(0, "g"), bare)]

    bare = tmp_path / "bare.fits"
    bare.write_bytes(skies.file(fits.PrimaryHDU(fields.image(0, "g"), skies.header(fields.SHAPE))))
    assert zero_points() == [22.5, 30.0] and zero_points(zero_point=0.0) == [0.0, 0.0]


def test_one_scale_for_all_surveys_needs_no_limits(written):
    dataset = prepared(written, colour="bands_asinh", limits=None)
    assert dataset[0].image.dtype == torch.float32 and 0 < dataset[0].image.mean() < dataset[0].image.max() <= 1


WRONG = [
    ({"positions": None}, ZooError, "needs dataset.positions=FILE"),
    ({"limits": None}, DataError, r"values from -0.* to .* where a model takes \[0, 1\].*such as dataset.limits=\["),
    ({"limits": [1, 0]}, ZooError, r"dataset.limits=\[1, 0\]"),
    ({"limits": [1]}, ZooError, "give a list of two"),
    ({"colour": "pink"}, ZooError, "dataset.colour=pink is unknown: choose one of bands"),
    ({"size": "large"}, ZooError, "give a side in arcsec, or one of khan2019_sdss"),
    ({"size": "petrosian"}, DataError, "no column petroRad_r"),
    ({"depth": "int64"}, ZooError, "dataset.depth=int64 is unknown"),
    ({"depth": "uint16", "limits": None}, ZooError, "say which values these are"),
    ({"depth": "float32", "colour": "sdss_viewer"}, Incompatible, "8-bit colours, which dataset.depth=float32"),
    ({"exclude": ["ugly"]}, ZooError, "knows no flag ugly: choose of missing_band, masked"),
    ({"exclude": ["outside_range"]}, ZooError, "outside_range: choose of missing_band, masked, edge, duplicate, unre"),
    ({"missing": "hide"}, ZooError, "choose refuse or drop"),
    ({"bands": ["g", "z"]}, DataError, "has frames of g, i, r and none of z"),
    ({"pattern": "*.fits"}, ZooError, "where the band stands"),
    ({"pattern": "tile-{band}.fits"}, DataError, "has no FITS file called tile-{band}.fits among its 6 files"),
    ({"zero_point": None, "cut": "naive"}, Incompatible, "cut=naive is not one of"),
]


@pytest.mark.parametrize(("options", "kind", "words"), WRONG, ids=[str(options) for options, *_ in WRONG])
def test_what_cannot_be_is_refused_in_a_sentence(written, options, kind, words):
    with pytest.raises(kind, match=words):
        prepared(written, **options)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda ra, dec: (ra / 15, dec),
            "None of 9 galaxies lies in one of the 6 frames .*9 do if right asc.* hours",
        ),
        (
            lambda ra, dec: (ra, dec + 40),
            "lie about ra 0.0013, dec -1.0.*, the first galaxy at ra 359.9.*, dec 38.9",
        ),
        (lambda ra, dec: (np.nan, dec), "9 of 9 positions cannot be used; row 1, .* is missing"),
        (lambda ra, dec: (ra, 95.0), "declination beyond ±90°"),
    ],
)
def test_positions_that_are_none_of_this_field_are_told_why(field, change, words):
    rows = {object_id: change(*place) for object_id, place in fields.galaxies().items() if object_id[0] == "0"}
    fields.write_table(field / "positions.csv", rows)
    with pytest.raises(DataError, match=words):
        prepared(field)


def test_swapped_columns_are_named(field):
    with pytest.raises(DataError, match="right ascension beyond 0° to 360°|ra and dec may be swapped"):
        prepared(field, ra="dec", dec="ra")


def test_a_page_in_place_of_a_frame_is_named(field):
    (field / "frames" / "g" / "tile.fits").write_text("<html>503</html>")
    with pytest.raises(ZooImageError, match=r"tile.fits is an HTML page"):
        prepared(field)


def test_one_galaxy_under_two_ids_must_not_train_and_test(field):
    twins = {f"twin{k}": fields.galaxies()["004"] for k in range(20)}
    fields.write_table(field / "positions.csv", fields.galaxies() | twins)
    with pytest.raises(DataError, match="to test on are among those to train on, by positions within 1 arcsec"):
        prepared(field, label="label")
    dataset = prepared(field, label="label", split="position")
    split = dict(zip(dataset.table["object_id"], dataset.table["split"], strict=True))
    assert {split[name] for name in twins} == {split["004"]} and len(set(split.values())) > 1
