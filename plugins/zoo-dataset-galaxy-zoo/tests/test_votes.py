"""Galaxy Zoo 2 with numbers of votes: columns by name, counts had back from fractions, bad ones refused."""

import random

import numpy as np
import pytest
import yaml
from zoo_dataset_galaxy_zoo.galaxy_zoo import GalaxyZoo
from zoo_dataset_galaxy_zoo.votes import apportioned

from zoo.dataset import label_mask
from zoo.errors import DataError, ZooError
from zoo.registry import CONF

from . import challenge

VOTES = {object_id: challenge.votes(object_id) for object_id in challenge.LABELLED}
SOURCE = challenge.SOURCE


@pytest.fixture
def gz2(tmp_path):
    """A folder with images and a table that has numbers of votes."""
    challenge.write_votes(tmp_path)
    return tmp_path


def opened(folder, tree=challenge.GZ2, **options):
    made = GalaxyZoo(folder, tree, schema="votes", votes=options.pop("votes", SOURCE), **options)
    made.prepare()
    return made


def read(made):
    return {i: row for i, row in zip(made.table["object_id"], made.targets, strict=True) if label_mask(row[None])[0]}


def assert_votes(made, expected=VOTES):
    found = read(made)
    assert sorted(found) == sorted(expected)
    for object_id, row in found.items():
        np.testing.assert_array_equal(row, expected[object_id], object_id)


def test_counts_are_those_of_the_table_and_ids_are_names_of_images(gz2):
    made = opened(gz2)
    assert_votes(made)
    assert made.schema.kind == "votes" and made.targets.dtype == np.float32
    assert set(made.table["split"]) == {"train", "validation", "unlabelled"}
    assert made.report()[-2:] == [
        "0 galaxies have more votes on a question than came to it", "votes are the counts of the table",
    ]  # fmt: skip


def test_both_trees_of_galaxy_zoo_read_the_same_votes(gz2):
    kaggle, stems = opened(gz2, challenge.TREE), opened(gz2)
    assert kaggle.schema.columns == challenge.SCHEMA.columns and kaggle.schema.columns != stems.schema.columns
    np.testing.assert_array_equal(kaggle.targets, stems.targets)


def test_the_words_of_both_trees_are_the_same_answer_by_answer():
    kaggle, stems = (yaml.safe_load((CONF / f"tree/{name}.yaml").read_text()) for name in ("galaxy_zoo", "gz2"))
    words = [
        {a: (label, q["asks"]) for q in tree["questions"] for a, label in zip(q["answers"], q["labels"], strict=True)}
        for tree in (kaggle, stems)
    ]
    assert {SOURCE["columns"][answer]: said for answer, said in words[0].items()} == words[1]


def test_the_order_of_columns_rows_and_answers_changes_nothing(gz2):
    stems, ids = list(challenge.STEMS), list(VOTES)
    first = opened(gz2)
    for seed in range(10):
        random.Random(seed).shuffle(stems)
        random.Random(seed).shuffle(ids)
        challenge.write_votes(gz2, challenge.counted({i: VOTES[i] for i in ids}, stems))
        assert opened(gz2).fingerprint == first.fingerprint
    bulge = next(q for q in challenge.GZ2["questions"] if q["name"] == "t05_bulge_prominence")
    turned = bulge | {"answers": bulge["answers"][::-1], "labels": bulge["labels"][::-1]}
    tree = {"questions": [turned if q is bulge else q for q in challenge.GZ2["questions"]]}
    other = opened(gz2, tree)
    order = [other.schema.columns.index(stem) for stem in challenge.STEMS]
    np.testing.assert_array_equal(other.targets[:, order], first.targets)


@pytest.mark.parametrize("tree", [challenge.TREE, challenge.GZ2], ids=["galaxy_zoo", "gz2"])
def test_votes_are_had_back_exactly_from_three_digits_of_fractions(gz2, tree):
    challenge.write_votes(gz2, challenge.shared_out(VOTES))
    made = opened(gz2, tree)
    assert_votes(made)
    assert "26 of 26 sums are total_votes, the others differ by at most 0" in made.report()[-1]


def test_shares_are_made_whole_by_the_largest_remainders():
    given = np.array([[0.5, 0.3, 0.2], [0.34, 0.33, 0.33], [0.0, 0, 0], [1.0, 0, 0]])
    found = apportioned(given, np.array([7.0, 5, 9, 4]))
    assert found.tolist() == [[4, 2, 1], [1, 2, 2], [0, 0, 0], [4, 0, 0]] or found.sum(axis=1).tolist() == [7, 5, 0, 4]
    assert np.abs(found - given * np.array([[7.0], [5], [0], [4]])).max() < 1


def spoilt(folder, stem, value, row=3):
    """The table with another cell, and the galaxy that it belongs to."""
    lines = challenge.counted(VOTES).split("\n")
    cells = lines[row].split(",")
    cells[1 + challenge.STEMS.index(stem)] = value
    lines[row] = ",".join(cells)
    (folder / "gz2_votes.csv").write_text("\n".join(lines))
    return cells[0]


@pytest.mark.parametrize(
    "value, words",
    [
        ("-2", "t03_bar_a06_bar is -2; numbers of votes are 0 or more"),
        ("2.4", "t03_bar_a06_bar is 2.4; votes are whole numbers"),
        ("61", r"t03_bar has \d+ and its parent t02_edgeon_a05_no has \d+"),
        ("", "t03_bar_a06_bar is nan; write 0 where nobody"),
        ("two", "t03_bar_a06_bar_count is 'two', no number"),
    ],
)
def test_numbers_that_are_no_votes_are_refused_with_galaxy_answer_and_number(gz2, value, words):
    object_id = spoilt(gz2, "t03_bar_a06_bar", value)
    with pytest.raises(DataError, match=words) as caught:
        opened(gz2)
    assert caught.value.exit_code == 2 and (object_id in str(caught.value) or "line 4" in str(caught.value))


def test_more_votes_than_came_can_be_dropped_or_kept_and_are_reported(gz2):
    object_id = spoilt(gz2, "t03_bar_a06_bar", "61")
    for way, labelled in (("drop", 25), ("keep", 26)):
        made = opened(gz2, violations=way)
        assert label_mask(made.targets).sum() == labelled
        assert f"1 galaxies have more votes on a question than came to it: {object_id}" in made.report()


def test_shares_beyond_0_to_1_are_refused(gz2):
    text = challenge.shared_out(VOTES).split("\n")
    text[2] = ",".join([*text[2].split(",")[:8], "-0.25", *text[2].split(",")[9:]])
    challenge.write_votes(gz2, "\n".join(text))
    with pytest.raises(
        DataError, match=f"the first {challenge.LABELLED[1]}: t02_edgeon_a04_yes_weighted_fraction is -0.2"
    ):
        opened(gz2)


def test_an_absent_column_is_answered_with_the_nearest(gz2):
    text = challenge.shared_out(VOTES).replace("t11_arms_number_a31_1_weighted", "t11_arms_number_a31_one_weighted")
    challenge.write_votes(gz2, text)
    with pytest.raises(
        DataError, match="no column t11_arms_number_a31_1_weighted_fraction; the nearest are t11_arms_num"
    ):
        opened(gz2)


@pytest.mark.parametrize("options", [{"split": "published"}, {"download": True}, {"votes": None}])
def test_what_is_the_challenges_alone_is_refused(options, gz2):
    with pytest.raises(ZooError, match="choose votes@dataset.votes=gz2, dataset.split=hash and dataset.download=false"):
        opened(gz2, **options)


def test_a_root_without_images_says_what_is_looked_for(tmp_path):
    with pytest.raises(
        DataError, match="has no images, images as a folder or zip file: name the folder .* Galaxy Zoo 2"
    ):
        opened(tmp_path)
    with pytest.raises(ZooError, match="schema=votes needs dataset.root=DIR, the folder with table and images of Gal"):
        opened(None)


def test_answers_that_lead_to_a_question_stand_before_it(gz2):
    challenge.write_votes(gz2, challenge.shared_out(VOTES))
    strange = SOURCE | {"asked": {"t06_odd": ["t11_arms_number_a31_1"]}}
    with pytest.raises(
        ZooError, match="dataset.votes.asked.t06_odd names t11_arms_number_a31_1, which is no answer before"
    ):
        opened(gz2, votes=strange)


class TestRealSample:
    """323 galaxies of Galaxy Zoo 2."""

    @pytest.fixture
    def sample(self, shared):
        folder = shared / "data/gz2_sample"
        if not folder.is_dir():
            pytest.skip(f"no sample of Galaxy Zoo 2 at {folder}")
        return folder

    def test_votes_are_had_back(self, sample):
        made = opened(sample)
        assert len(made) == 323 and label_mask(made.targets).all() and made.broken == []
        assert "229 of 323 sums are total_votes, the others differ by at most 6" in made.report()[-1]
        row = dict(
            zip(made.schema.columns, made.targets[made.table["object_id"].tolist().index("130549")], strict=True)
        )
        given = {stem: votes for stem, votes in row.items() if votes}
        assert given["t01_smooth_or_features_a01_smooth"] == 27 and given["t06_odd_a14_yes"] == 4
        assert given["t04_spiral_a08_spiral"] == 6 and sum(given.values()) == 158

    def test_bulges_are_not_read_backwards(self, sample):
        """The trap of spec A1: elsewhere the answers run from dominant to none."""
        found, wanted = opened(sample, challenge.TREE), read(opened(sample))
        where = found.schema.slices[4]
        assert found.schema.questions[4].labels[0] == "no bulge" and challenge.STEMS[where.start].endswith("no_bulge")
        by_id = read(found)
        assert all((by_id[i][where] == wanted[i][where]).all() for i in by_id)
