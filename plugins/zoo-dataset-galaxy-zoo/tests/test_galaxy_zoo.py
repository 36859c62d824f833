"""The challenge's files in, galaxies with the right labels out; what does not fit is reported or refused."""

import os
import pickle
import random
import sys
import types
from io import BytesIO

import numpy as np
import pytest
import torch
from PIL import Image
from zoo_dataset_galaxy_zoo.download import COMPETITION
from zoo_dataset_galaxy_zoo.galaxy_zoo import GalaxyZoo

from zoo.dataset import hash_split, label_mask, problems
from zoo.errors import DataError, ZooError
from zoo.schema import Classes

from . import challenge
from .challenge import LABELLED, SCHEMA, TEST, TRAINING, fractions, opened, picture, solutions


def rewrite(root, rows=None, **options):
    rows = rows or {i: fractions(i) for i in LABELLED}
    (root / "training_solutions_rev1.csv").write_text(solutions(rows, **options))


def same(one: GalaxyZoo, other: GalaxyZoo) -> bool:
    return one.table.equals(other.table) and np.array_equal(one.targets, other.targets, equal_nan=True)


def test_each_galaxy_has_its_own_pixels_and_labels(root):
    made = opened(root)
    for index, object_id in enumerate(made.table["object_id"]):
        sample = made[index]
        assert (sample.object_id, sample.index) == (object_id, index)
        np.testing.assert_array_equal(
            sample.image, np.array(Image.open(BytesIO(picture(object_id)))).transpose(2, 0, 1)
        )
        expected = fractions(object_id) if object_id in LABELLED else np.full(37, np.nan)
        np.testing.assert_allclose(sample.target, expected, atol=1e-6)
    assert made.schema == SCHEMA and made.num_bands == 3 and made[0].image.dtype == torch.uint8


def test_rows_stand_in_order_of_their_numbers(root):
    assert opened(root).table["object_id"].tolist() == sorted(TRAINING + TEST, key=int)


def test_test_images_and_training_images_without_label_are_rows_too(root):
    table = opened(root).table.set_index("object_id")["split"]
    assert set(table[TEST]) == {"test"} and set(table[TRAINING[4:8]]) == {"unlabelled"}
    expected = hash_split(LABELLED, {"train": 0.9, "validation": 0.1})
    assert table[LABELLED].tolist() == expected.tolist() and {"train", "validation"} == set(expected)


def test_the_published_split_validates_on_the_last_tenth_of_all_training_images(root):
    table = opened(root, split="published").table.set_index("object_id")["split"]
    assert set(table[TRAINING[27:]]) == {"validation"} and set(table[LABELLED[:-3]]) == {"train"}


def test_a_published_split_without_labels_in_the_last_tenth_is_refused(root):
    rewrite(root, {i: fractions(i) for i in TRAINING[:20]})
    with pytest.raises(DataError, match="last 3 of 30 training images, of which none has a label.*dataset.split=hash"):
        opened(root, split="published")


def test_the_original_zips_give_what_the_folders_give(root):
    plain = opened(root)
    images = [plain[k].image for k in range(len(plain))]
    challenge.zip_all(root)
    packed = opened(root)
    assert same(plain, packed) and plain.fingerprint == packed.fingerprint
    travelled = pickle.loads(pickle.dumps(packed))
    assert all(torch.equal(travelled[k].image, image) for k, image in enumerate(images))
    assert sorted(p.name for p in root.iterdir()) == sorted(
        [f"{name}.zip" for name in challenge.NAMES] + ["labels_5class.csv"]
    )


def test_a_forked_process_reads_an_archive_without_disturbing_its_parent(root):
    challenge.zip_all(root)
    made = opened(root)
    first = made[0].image
    child = os.fork()
    if not child:
        ok = all(made[k].image.shape == (3, 24, 24) for k in range(len(made)))
        os._exit(0 if ok else 1)
    assert all(torch.equal(made[0].image, first) for _ in range(50))
    assert os.waitpid(child, 0)[1] == 0


def test_classes_come_from_their_table(root):
    made = opened(root, schema="classes")
    assert made.schema == Classes(("edge_on", "round_smooth", "spiral")) and made.targets.dtype == np.int64
    expected = [("spiral", "edge_on", "round_smooth")[int(i) % 3] for i in LABELLED]
    found = dict(zip(made.table["object_id"], made.targets, strict=True))
    assert [made.schema.names[found[i]] for i in LABELLED] == expected
    assert all(found[i] == -1 for i in TEST + TRAINING[4:8])


def test_the_order_of_columns_and_rows_changes_nothing(root):
    first, columns, rows = opened(root), list(SCHEMA.columns), list(LABELLED)
    for seed in range(20):
        random.Random(seed).shuffle(columns)
        random.Random(seed).shuffle(rows)
        rewrite(root, {i: fractions(i) for i in rows}, columns=columns)
        made = opened(root)
        assert same(first, made) and made.fingerprint == first.fingerprint


def test_the_header_may_spell_galaxyid_either_way(root):
    first = opened(root)
    rewrite(root, name="GalaxyId")
    assert same(first, opened(root))
    rewrite(root, name="galaxy")
    with pytest.raises(DataError, match="no column GalaxyID; the nearest are galaxy"):
        opened(root)


def test_a_missing_answer_is_answered_with_the_nearest_column(root):
    path = root / "training_solutions_rev1.csv"
    path.write_text(path.read_text().replace("Class8.7", "class_8.7", 1))
    with pytest.raises(DataError, match=r"has no column Class8.7; the nearest are class_8.7"):
        opened(root)


def test_labels_without_images_are_refused_or_dropped_and_counted(root):
    gone = [TRAINING[0], TRAINING[9]]
    for object_id in gone:
        (root / "images_training_rev1" / f"{object_id}.jpg").unlink()
    with pytest.raises(DataError, match=f"2 of 26 labelled galaxies have no image: {gone[0]}, {gone[1]}.*missing=drop"):
        opened(root)
    made = opened(root, missing="drop")
    assert len(made) == 32 and f"2 labels without an image: {gone[0]}, {gone[1]}" in made.report()


def test_images_without_labels_are_counted_and_never_refused(root):
    assert opened(root).report() == [
        "34 images: 24 train, 4 test, 4 unlabelled, 2 validation",
        "4 training images without a label",
        "0 labels without an image",
        "0 galaxies break the sums of the tree",
    ]


def broken(root) -> str:
    """A solutions table with one galaxy whose second question sums to 0.1 more than its parent."""
    rows = {i: fractions(i) for i in LABELLED}
    rows[LABELLED[5]][SCHEMA.columns.index("Class2.1")] += 0.1 if rows[LABELLED[5]][3] < 0.9 else -0.1
    rewrite(root, rows)
    return LABELLED[5]


def test_broken_sums_are_refused_with_their_ids_and_the_way_out(root):
    object_id = broken(root)
    with pytest.raises(DataError, match=rf"1 of 26 galaxies .*0.1\): {object_id}.*dataset.violations=keep") as caught:
        opened(root)
    assert caught.value.exit_code == 2


def test_broken_sums_can_be_dropped_or_kept_and_are_always_reported(root):
    object_id = broken(root)
    for way, labelled in (("drop", 25), ("keep", 26)):
        made = opened(root, violations=way)
        assert label_mask(made.targets).sum() == labelled
        assert made.report()[-1] == f"1 galaxies break the sums of the tree: {object_id}"


@pytest.mark.parametrize("value", ["nan", "", "-0.2", "1.5", "inf", "many"])
def test_labels_that_are_no_fractions_are_refused(value, root):
    path = root / "training_solutions_rev1.csv"
    lines = path.read_text().split("\n")
    lines[3] = ",".join([*lines[3].split(",")[:5], value, *lines[3].split(",")[6:]])
    path.write_text("\n".join(lines))
    with pytest.raises(DataError, match=f"{LABELLED[2]}|line 4"):
        opened(root)


@pytest.mark.parametrize(
    "change, words",
    [
        (lambda text: text.replace("99990,", "99990.0,", 1), "the id '99990.0' in GalaxyID is a floating-point number"),
        (lambda text: text + text.split("\n")[1] + "\n", "1 doubled ids .99990 in lines 2 and 28, labels alike"),
        (lambda text: text.partition("\n")[2], "has no header: its first row looks like data"),
        (lambda text: text.partition("\n")[0] + "\n", "has a header and 0 rows"),
        (lambda text: text[:-40], "line 27: .* cells where the header has 38|line 27"),
    ],
)
def test_a_spoilt_solutions_table_is_refused(change, words, root):
    path = root / "training_solutions_rev1.csv"
    path.write_text(change(path.read_text()))
    with pytest.raises(DataError, match=words):
        opened(root)


@pytest.mark.parametrize("schema", ["fractions", "classes"])
def test_a_folder_of_test_images_alone_can_be_predicted(schema, root):
    for path in [*(root / "images_training_rev1").iterdir()]:
        path.unlink()
    for path in (root / "training_solutions_rev1.csv", root / "labels_5class.csv"):
        path.unlink()
    (root / "images_training_rev1").rmdir()
    made = opened(root, schema=schema)
    assert made.table["object_id"].tolist() == TEST and set(made.table["split"]) == {"test"}
    assert not label_mask(made.targets).any() and made[2].image.shape == (3, 24, 24)


def test_training_images_without_a_table_of_labels_are_refused(root):
    (root / "training_solutions_rev1.csv").unlink()
    with pytest.raises(DataError, match="training_solutions_rev1.csv does not exist"):
        opened(root)
    with pytest.raises(DataError, match="labels_10class.csv does not exist"):
        opened(root, schema="classes", classes_table="labels_10class.csv")


def test_a_root_without_images_says_where_they_come_from(tmp_path):
    with pytest.raises(DataError, match=r"has no images, neither .*kaggle.com.*dataset.download=true"):
        opened(tmp_path)
    with pytest.raises(ZooError, match="needs dataset.root=DIR"):
        GalaxyZoo(None, challenge.TREE)


@pytest.mark.parametrize("options", [{"schema": "vote"}, {"split": "random"}, {"missing": "x"}, {"violations": "x"}])
def test_unknown_values_are_answered_with_the_known_ones(options, root):
    key = next(iter(options))
    with pytest.raises(ZooError, match=f"dataset.{key}={options[key]}: "):
        opened(root, **options)


def test_an_id_in_both_folders_is_refused(root):
    (root / "images_test_rev1" / f"{TRAINING[3]}.jpg").write_bytes(picture(TRAINING[3]))
    with pytest.raises(DataError, match=f"1 galaxies have two images, the first {TRAINING[3]}"):
        opened(root)


@pytest.mark.parametrize("content", [b"", b"<html>", picture(TEST[0])[:300], picture(TEST[0], 25)])
def test_an_image_that_cannot_be_used_is_found_before_the_first_step(content, root):
    (root / "images_test_rev1" / f"{TEST[0]}.jpg").write_bytes(content)
    made = opened(root)
    assert [p.object_id for p in problems(made, quick=True)] == [TEST[0]]


def test_images_of_another_size_fit_where_asked(root):
    (root / "images_test_rev1" / f"{TEST[0]}.jpg").write_bytes(picture(TEST[0], 31))
    made = opened(root, image_size=20)
    assert problems(made) == [] and made[0].image.shape == made[1].image.shape == (3, 20, 20)


def test_cached_frames_are_the_images(root):
    plain, cached = opened(root), opened(root, cache=True)
    for object_id in (root / "images_training_rev1").iterdir():
        object_id.unlink()
    assert same(plain, cached) and plain.fingerprint == cached.fingerprint
    row = plain.table.index[plain.table["object_id"] == TRAINING[5]][0]
    expected = np.array(Image.open(BytesIO(picture(TRAINING[5])))).transpose(2, 0, 1)
    np.testing.assert_array_equal(cached[row].image, expected)


class TestDownload:
    """Retrieval goes through kagglehub, and only for what is missing."""

    @pytest.fixture
    def kaggle(self, monkeypatch, tmp_path):
        """A stand-in for kagglehub that delivers the challenge's zips, or raises what it is given."""
        shop, orders = tmp_path / "shop", []
        shop.mkdir()
        challenge.write(shop)
        challenge.zip_all(shop)

        def deliver(handle, path):
            orders.append((handle, path))
            if stand_in.error:
                raise stand_in.error
            return str(shop / path)

        stand_in = types.SimpleNamespace(competition_download=deliver, orders=orders, error=None)
        monkeypatch.setitem(sys.modules, "kagglehub", stand_in)
        return stand_in

    def test_everything_missing_is_retrieved_once(self, kaggle, tmp_path):
        made = opened(tmp_path / "root", download=True)
        assert kaggle.orders == [(COMPETITION, f"{name}.zip") for name in challenge.NAMES]
        assert len(made) == 34 and label_mask(made.targets).sum() == 26
        opened(tmp_path / "root", download=True)
        assert len(kaggle.orders) == 3

    def test_what_lies_there_is_not_retrieved(self, kaggle, root):
        for path in (root / "images_test_rev1").iterdir():
            path.unlink()
        (root / "images_test_rev1").rmdir()
        opened(root, download=True)
        assert kaggle.orders == [(COMPETITION, "images_test_rev1.zip")]

    def test_nothing_is_retrieved_unasked(self, kaggle, tmp_path):
        (tmp_path / "root").mkdir()
        with pytest.raises(DataError):
            opened(tmp_path / "root")
        assert kaggle.orders == []

    def test_a_refusal_of_kaggle_names_rules_and_token(self, kaggle, tmp_path):
        kaggle.error = RuntimeError("403 Client Error")
        with pytest.raises(ZooError, match=r"403 Client Error.*accept the challenge's rules at .*KAGGLE_API_TOKEN"):
            opened(tmp_path / "root", download=True)

    def test_without_kagglehub_the_extra_is_named(self, monkeypatch, tmp_path):
        monkeypatch.setitem(sys.modules, "kagglehub", None)
        with pytest.raises(ZooError, match=r"pip install 'galaxy-model-zoo\[kaggle\]', or get the files from"):
            opened(tmp_path / "root", download=True)


class TestRealChallenge:
    """The 5,798 original images."""

    def test_classes(self, shared):
        made = opened(shared / "data/kaggle_galaxy_zoo", schema="classes")
        assert len(made) == 5798 and problems(made, quick=True) == []
        assert np.bincount(made.targets[made.targets >= 0]).tolist() == [251, 1256, 1295, 1287, 1295]
        assert "314 training images without a label" in made.report()
        assert made[0].image.shape == (3, 424, 424)

    def test_fractions(self, shared):
        made = opened(shared / "data/kaggle_galaxy_zoo")
        assert label_mask(made.targets).sum() == 252 and made.broken == []
        assert made.report()[1:3] == ["5446 training images without a label", "0 labels without an image"]
        row = made.table.index[made.table["object_id"] == "100322"][0]
        assert made.targets[row, SCHEMA.columns.index("Class2.1")] == np.float32(0.816805818)

    def test_the_published_split_takes_569_images(self, shared):
        made = opened(shared / "data/kaggle_galaxy_zoo", schema="classes", split="published")
        table = made.table[made.table["split"] == "validation"]
        assert len(table) == 381 and table["object_id"].astype(int).min() > 900000
