"""The generic dataset: any table with a folder of images; its columns mean what the arguments say, or it is refused."""

import pickle
import random
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from image_bytes import galaxy, saved, tiff
from PIL import Image

import zoo.testing
from zoo.dataset import SPLITS, hash_split, label_mask, problems
from zoo.errors import DataError, ZooError
from zoo.schema import Classes, Quantities, VoteFractions
from zoo.table import Table

IDS = [f"J00{k}.5-00{k}.25" for k in range(10)]

TREE = {
    "questions": [
        {"name": "shape", "answers": ["smooth", "disk"]},
        {"name": "arms", "answers": ["two", "many"], "parent": "disk"},
    ]
}


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def survey(tmp_path):
    """A table of ten galaxies, as columns that a test may change, and their images; `write()` gives its path."""

    class Survey:
        folder = tmp_path / "survey"
        columns = {
            "object_id": list(IDS),
            "label": ["spiral", "smooth"] * 5,
            "ra": [str(36.0 * k) for k in range(10)],
            "dec": [str(18.0 * k - 90) for k in range(10)],
            "smooth": ["0.25"] * 10,
            "disk": ["0.75"] * 10,
            "two": ["0.5"] * 10,
            "many": ["0.25"] * 10,
        }

        def write(self):
            path = self.folder / "labels.csv"
            rows = [self.columns, *zip(*self.columns.values(), strict=True)]
            path.write_text("".join(",".join(row) + "\n" for row in rows))
            return path

        def dataset(self, path=None, **options):
            made = Table(path or self.write(), **options)
            made.prepare()
            return made

    (Survey.folder / "images").mkdir(parents=True)
    for k, object_id in enumerate(IDS):
        (Survey.folder / "images" / f"{object_id}.jpg").write_bytes(picture(k))
    return Survey()


def picture(seed: int) -> bytes:
    return saved(Image.fromarray(galaxy(seed=seed)), "JPEG", quality=95)


def test_votes_are_counts_by_the_names_of_the_answers(survey):
    survey.columns |= {"smooth": ["9"] * 10, "disk": ["31"] * 10, "two": ["20"] * 10, "many": ["10"] * 9 + ["0"]}
    made = survey.dataset(tree=TREE, schema="votes")
    assert made.schema.kind == "votes" and made.targets.dtype == np.float32
    assert made.targets[[0, 9]].tolist() == [[9, 31, 20, 10], [9, 31, 20, 0]]
    assert made.report()[-1] == "0 galaxies have more votes on a question than came to it"
    survey.columns["many"][4] = "12"
    with pytest.raises(DataError, match=f"the first {IDS[4].replace('.', '[.]')}: arms has 32 and its parent disk"):
        survey.dataset(tree=TREE, schema="votes")
    assert np.isnan(survey.dataset(tree=TREE, schema="votes", violations="drop").targets).all(axis=1).sum() == 1


@pytest.mark.parametrize(
    "options, words",
    [
        ({"schema": "votes"}, "dataset.schema=votes needs the questions: choose a tree"),
        ({"schema": "vote", "tree": TREE}, "dataset.schema=vote: the columns of a tree hold fractions or votes"),
    ],
)
def test_votes_need_a_tree_and_their_name(options, words, survey):
    with pytest.raises(ZooError, match=words):
        survey.dataset(**options)


def test_a_column_of_classes_is_numbered_in_natural_order(survey):
    made = survey.dataset(label="label")
    assert made.schema == Classes(("smooth", "spiral"))
    assert made.targets.tolist() == [1, 0] * 5 and made[3].target.dtype == torch.int64
    survey.columns["label"] = ["10", "2"] * 5
    assert survey.dataset(label="label").schema == Classes(("2", "10"))


def test_each_row_has_its_own_image_and_id(survey):
    made = survey.dataset(label="label")
    for k, object_id in enumerate(IDS):
        expected = np.array(Image.open(BytesIO(picture(k)))).transpose(2, 0, 1)
        np.testing.assert_array_equal(made[k].image.numpy(), expected)
        assert (made[k].object_id, made[k].index, made.table["object_id"][k]) == (object_id, k, object_id)
    assert made.num_bands == 3 and made[0].image.dtype == torch.uint8


def test_columns_of_numbers_are_quantities_and_blanks_are_unknown(survey):
    survey.columns["two"][4] = ""
    made = survey.dataset(answers=["two", "dec"])
    assert made.schema == Quantities(("two", "dec")) and made[1].target.dtype == torch.float32
    np.testing.assert_array_equal(made.targets[4], np.float32([np.nan, -18]))
    np.testing.assert_array_equal(made.targets[2], np.float32([0.5, -54]))


def test_a_tree_makes_vote_fractions_by_the_names_of_the_answers(survey):
    made = survey.dataset(tree=TREE)
    assert isinstance(made.schema, VoteFractions) and made.schema.columns == ("smooth", "disk", "two", "many")
    np.testing.assert_array_equal(made.targets, np.float32([[0.25, 0.75, 0.5, 0.25]] * 10))


def test_without_labels_there_is_something_to_predict(survey):
    made = survey.dataset()
    assert made.schema == Quantities(()) and set(made.table["split"]) == {"unlabelled"}
    assert not label_mask(made.targets).any() and made[0].target.shape == (0,)


def test_rows_without_a_class_are_unlabelled(survey):
    survey.columns["label"][2] = " "
    made = survey.dataset(label="label")
    assert made.targets[2] == -1 and made.table["split"][2] == "unlabelled"


def test_classes_can_be_ordered_and_strange_ones_are_refused(survey):
    assert survey.dataset(label="label", classes=["spiral", "merger", "smooth"]).targets.tolist() == [0, 2] * 5
    with pytest.raises(DataError, match="label has the classes smooth, dataset.classes lists spiral"):
        survey.dataset(label="label", classes=["spiral"])


def test_a_column_that_is_no_class_is_refused(survey):
    for k in range(30):
        for name, column in survey.columns.items():
            column.append(f"{name}{k}" if name in ("object_id", "label") else "0")
        (survey.folder / "images" / f"object_id{k}.jpg").write_bytes(picture(k))
    with pytest.raises(DataError, match="label has 32 different values in 40 rows, no classes; name another column"):
        survey.dataset(label="label")


def test_the_order_of_columns_changes_nothing(survey):
    first = survey.dataset(tree=TREE, ra="ra", dec="dec")
    names = list(survey.columns)
    for seed in range(20):
        random.Random(seed).shuffle(names)
        survey.columns = {name: survey.columns[name] for name in names}
        made = survey.dataset(tree=TREE, ra="ra", dec="dec")
        assert made.fingerprint == first.fingerprint and made.table.equals(first.table)


def test_the_order_of_rows_changes_no_split(survey):
    first = dict(survey.dataset(label="label").table[["object_id", "split"]].values)
    survey.columns = {name: column[::-1] for name, column in survey.columns.items()}
    made = survey.dataset(label="label")
    assert dict(made.table[["object_id", "split"]].values) == first
    assert first == dict(zip(IDS, hash_split(IDS, {"train": 0.8, "validation": 0.1, "test": 0.1}), strict=True))


def test_a_column_can_give_the_splits(survey):
    survey.columns["part"] = ["train"] * 7 + list(SPLITS)
    survey.columns["label"][0] = survey.columns["label"][9] = ""
    made = survey.dataset(label="label", split="part")
    assert made.table["split"].tolist() == ["unlabelled"] + ["train"] * 7 + ["validation", "test"]
    survey.columns["part"][3] = "valid"
    with pytest.raises(DataError, match="part has the splits valid, zoo knows train, validation, test"):
        survey.dataset(label="label", split="part")


def test_positions_are_degrees_and_others_are_refused(survey):
    table = survey.dataset(ra="ra", dec="dec").table
    assert table["ra"].tolist() == [36.0 * k for k in range(10)] and table["dec"].min() == -90
    survey.columns["ra"][1] = "-9999"
    with pytest.raises(DataError, match="ra leaves 0 to 360 degrees"):
        survey.dataset(ra="ra")
    survey.columns["ra"][1] = "02:48:07.82"
    with pytest.raises(DataError, match="line 3: ra is '02:48:07.82', no number; write it in degrees"):
        survey.dataset(ra="ra")


@pytest.mark.parametrize("unit, degrees", [("hourangle", 15), ("rad", 180 / np.pi), ("deg", 1)])
def test_positions_in_another_unit_of_their_file_become_degrees(survey, unit, degrees):
    with_units(survey, unit)
    table = survey.dataset(ra="ra", dec="dec", path=survey.folder / "labels.fits").table
    np.testing.assert_allclose(table["ra"], np.arange(10) / 10 * degrees, rtol=1e-12)
    np.testing.assert_allclose(table["dec"], np.arange(10) / 20 * degrees, rtol=1e-12)


def test_positions_in_a_unit_that_is_no_angle_are_refused(survey):
    with_units(survey, "h")
    with pytest.raises(DataError, match="ra in .*labels.fits is in 'h', which is no angle: write it in degrees"):
        survey.dataset(ra="ra", dec="dec", path=survey.folder / "labels.fits")


def with_units(survey, unit):
    """Write the table as FITS, with positions in this unit."""
    fits = pytest.importorskip("astropy.io.fits", reason="the extra `fits` is not installed")
    survey.write()
    numbers = {"ra": np.arange(10) / 10, "dec": np.arange(10) / 20}
    columns = [fits.Column("object_id", "20A", array=survey.columns["object_id"])]
    columns += [fits.Column(name, "D", unit=unit, array=cells) for name, cells in numbers.items()]
    fits.BinTableHDU.from_columns(columns).writeto(survey.folder / "labels.fits")


def test_rows_without_image_are_refused_or_dropped_and_spare_images_counted(survey):
    for name in IDS[:2]:
        (survey.folder / "images" / f"{name}.jpg").rename(survey.folder / "images" / f"x{name}.jpg")
    with pytest.raises(DataError, match=rf"2 of 10 labelled galaxies have no image: {IDS[0]}, {IDS[1]}"):
        survey.dataset(label="label")
    made = survey.dataset(label="label", missing="drop")
    assert made.table["object_id"].tolist() == IDS[2:] and made.targets.tolist() == [1, 0] * 4
    assert "2 images without a row" in made.report()


def test_when_no_row_has_an_image_the_folder_is_named(survey):
    with pytest.raises(DataError, match="0 galaxies of .*labels.csv have an image in .*images .it has 10 rows."):
        survey.dataset(suffix=".png", missing="drop")


@pytest.mark.parametrize(
    "cell, words",
    [
        ("nan", "1 galaxies have labels that are no fractions, the first J002.5-002.25: two is nan, expected 0 to 1"),
        ("-0.1", "two is -0.1, expected 0 to 1"),
        ("1.1", "two is 1.1, expected 0 to 1"),
        ("inf", "line 4: two is inf"),
        (
            "0.4",
            r"1 of 10 galaxies have vote fractions that do not sum .*0.1.: J002.5-002.25.*violations=drop",
        ),
    ],
)
def test_fractions_that_break_the_tree_are_refused(cell, words, survey):
    survey.columns["two"][2] = cell
    with pytest.raises(DataError, match=words):
        survey.dataset(tree=TREE)


def test_broken_sums_can_be_dropped_or_kept_and_are_reported(survey):
    survey.columns["two"][2] = "0.4"
    dropped, kept = survey.dataset(tree=TREE, violations="drop"), survey.dataset(tree=TREE, violations="keep")
    assert np.isnan(dropped.targets[2]).all() and dropped.table["split"][2] == "unlabelled"
    assert kept.targets[2, 2] == np.float32(0.4) and label_mask(kept.targets).all()
    assert all("1 galaxies break the sums of the tree" in made.report()[-1] for made in (dropped, kept))
    with pytest.raises(ZooError, match="dataset.violations=ignore: choose one of refuse, drop, keep"):
        survey.dataset(tree=TREE, violations="ignore")


def test_rounding_is_no_violation(survey):
    survey.columns["two"][2] = "0.500009"
    assert survey.dataset(tree=TREE).report()[-1] == "0 galaxies break the sums of the tree"


def test_a_column_can_name_the_images(survey):
    survey.columns["image"] = [f"images/{object_id}.jpg" for object_id in IDS]
    survey.columns["object_id"] = [f"gz2-{k}" for k in range(10)]
    made = survey.dataset(label="label", images=".", image="image")
    np.testing.assert_array_equal(made[4].image, np.array(Image.open(BytesIO(picture(4)))).transpose(2, 0, 1))
    assert made[4].object_id == "gz2-4"


def test_float_images_are_scaled_by_the_limits(survey):
    for k, object_id in enumerate(IDS):
        (survey.folder / "images" / f"{object_id}.tif").write_bytes(tiff(np.full((4, 4), k, np.float32)))
    made = survey.dataset(suffix=".tif", limits=[0, 20])
    assert made[5].image.dtype == torch.float32 and made[5].image.unique().tolist() == [0.25]


@pytest.mark.parametrize(
    "options, words",
    [
        ({"table": None}, "needs dataset.table=FILE"),
        ({"label": "label", "answers": ["two"]}, "Choose one of dataset.label, dataset.answers and dataset.tree"),
    ],
)
def test_arguments_that_contradict_each_other_are_refused(options, words, survey):
    with pytest.raises(ZooError, match=words):
        Table(**{"table": survey.write(), **options})


def test_a_wrong_column_is_answered_with_the_nearest(survey):
    with pytest.raises(DataError, match="has no column lable; the nearest are label"):
        survey.dataset(label="lable")


def test_preparing_twice_reads_once_and_the_dataset_travels_to_workers(survey):
    made = survey.dataset(label="label")
    (survey.folder / "labels.csv").unlink()
    made.prepare()
    travelled = pickle.loads(pickle.dumps(made))
    assert torch.equal(travelled[7].image, made[7].image) and travelled.fingerprint == made.fingerprint


def test_verification_finds_what_is_wrong_with_images(survey):
    (survey.folder / "images" / f"{IDS[3]}.jpg").write_bytes(b"<html>")
    made = survey.dataset(label="label")
    assert [p.object_id for p in problems(made, quick=True)] == [p.object_id for p in problems(made)] == [IDS[3]]


class TestRealTables:
    """Tables of four surveys, as they are."""

    def test_spirals_and_ellipticals_of_galaxy_zoo_1(self, shared):
        made = Table(shared / "data/gz1_sdss/labels.csv", object_id="objid", label="label")
        made.prepare()
        assert len(made) == 900 and np.bincount(made.targets).tolist() == [450, 450]
        assert made[0].image.shape == (3, 423, 423) and problems(made, quick=True) == []

    def test_rings_with_dots_and_signs_in_their_names(self, shared):
        made = Table(shared / "data/decals_rings/labels.csv", object_id="id_str", label="ring")
        made.prepare()
        assert made.schema == Classes(("0", "1")) and made.table["object_id"][0] == "J005612.79-005001.6"

    def test_galaxy_zoo_2_breaks_the_tree_in_14_rows(self, shared):
        tree = yaml.safe_load((Path(__file__).parents[1] / "conf/tree/galaxy_zoo.yaml").read_text())
        options = dict(object_id="GalaxyID", tree=tree)
        table = shared / "data/gz2_sample/solutions_gz2_debiased.csv"
        with pytest.raises(DataError, match="14 of 323 galaxies .*largest deviation 0.58"):
            Table(table, **options).prepare()
        made = Table(table, violations="drop", **options)
        made.prepare()
        assert label_mask(made.targets).sum() == 309


class TestConformance(zoo.testing.DatasetConformance):
    """The kit's checks, on the survey above in small."""

    name = "table"
    overrides = {"label": "label"}

    def write(self, folder):
        (folder / "images").mkdir()
        for k, object_id in enumerate(IDS):
            (folder / "images" / f"{object_id}.jpg").write_bytes(picture(k))
        self.table(folder, range(10), "ab" * 5)

    def table(self, folder, rows, classes):
        lines = ["object_id,label", *(f"{IDS[k]},{classes[k]}" for k in rows)]
        (folder / "labels.csv").write_text("\n".join(lines))

    def arguments(self, folder):
        return {"table": folder / "labels.csv"}

    def damage(self, folder):
        path = folder / "images" / f"{IDS[4]}.jpg"
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data)

    def remove(self, folder):
        (folder / "images" / f"{IDS[4]}.jpg").unlink()

    def relabel(self, folder):
        self.table(folder, range(10), "ab" * 4 + "bb")

    def rearrange(self, folder):
        self.table(folder, range(9, -1, -1), "ab" * 5)
