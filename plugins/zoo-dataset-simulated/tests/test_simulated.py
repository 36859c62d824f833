"""Laws of the dataset: reproducible pictures, honest caches, and galaxies that are no coloured blobs."""

import json
import os
import pickle

import numpy as np
import pytest
from PIL import Image
from zoo_dataset_simulated.render import render
from zoo_dataset_simulated.shard import GALAXIES, write_shard
from zoo_dataset_simulated.simulated import Simulated

from zoo.errors import MissingImage, ZooError

from . import reference


@pytest.fixture
def quick(monkeypatch):
    """Rendering that costs nothing; every picture holds its own number."""
    monkeypatch.setattr(
        "zoo_dataset_simulated.render.render", lambda seed, index: np.full((4, 4, 3), index % 251, np.uint8)
    )


def test_a_picture_follows_from_seed_and_number_alone(few):
    for index in (0, 57, 99):
        np.testing.assert_array_equal(few[index].image.permute(1, 2, 0), render(0, index))
    assert not np.array_equal(render(1, 0), render(0, 0))


def test_images_are_424_pixels_of_three_bands_with_the_galaxy_in_the_middle(few):
    sample = few[5]
    assert sample.image.shape == (3, 424, 424) and str(sample.image.dtype) == "torch.uint8"
    light = np.mean([few[k].image.numpy().astype(float).sum(0) for k in range(len(few))], axis=0)
    y, x = np.mgrid[:424, :424]
    above = np.clip(light - 3 * np.median(light), 0, None) * (np.hypot(x - 211.5, y - 211.5) < 100)
    np.testing.assert_allclose([(above * x).sum(), (above * y).sum()] / above.sum(), 211.5, atol=4)


def test_labels_need_no_rendering(cache, tree):
    dataset = Simulated(tree, size=30)
    assert dataset.targets.shape == (30, 37) and dataset.targets.dtype == np.float32
    assert len(dataset.table) == 30 and dataset.fingerprint
    assert not list(cache.rglob("*.npy"))


def test_a_larger_survey_begins_with_the_smaller_one(cache, tree):
    small, large = Simulated(tree, size=20), Simulated(tree, size=60)
    np.testing.assert_array_equal(small.targets, large.targets[:20])
    assert small.table.equals(large.table.iloc[:20])


def test_the_fingerprint_follows_every_parameter_that_changes_galaxies_or_labels(cache, tree):
    changes = [{}, {"size": 7}, {"seed": 1}, {"volunteers": 41}, {"schema": "classes"}, {"fractions": {"train": 1.0}}]
    changes += [{"schema": "votes"}]
    assert len({Simulated(tree, **{"size": 8, **change}).fingerprint for change in changes}) == len(changes)
    assert Simulated(tree, size=8, workers=1).fingerprint == Simulated(tree, size=8, workers=3).fingerprint


@pytest.mark.parametrize("volunteers", [1, 7, 40])
def test_votes_are_those_of_the_volunteers_whose_fractions_are_told(cache, tree, volunteers):
    votes = Simulated(tree, size=100, volunteers=volunteers, schema="votes")
    fractions = Simulated(tree, size=100, volunteers=volunteers)
    assert votes.schema.kind == "votes" and votes.schema.columns == fractions.schema.columns
    assert votes.targets.dtype == np.float32 and (votes.targets % 1 == 0).all()
    np.testing.assert_allclose(votes.targets / volunteers, fractions.targets, atol=1e-6)
    assert votes.table.equals(fractions.table)
    for where, parent in zip(votes.schema.slices, votes.schema.parents, strict=True):
        came = volunteers if parent is None else votes.targets[:, parent]
        np.testing.assert_array_equal(votes.targets[:, where].sum(axis=1), came)


def test_galaxies_without_a_class_are_in_no_split(cache, tree):
    dataset = Simulated(tree, size=200, schema="classes")
    assert dataset.targets.dtype == np.int64
    np.testing.assert_array_equal(dataset.table["split"] == "unlabelled", dataset.targets == -1)
    assert set(dataset.table["split"]) == {"train", "validation", "test", "unlabelled"}


def test_an_interrupted_preparation_goes_on_behind_finished_shards(cache, tree, quick, monkeypatch):
    dataset = Simulated(tree, size=3 * GALAXIES, workers=1)
    write_shard(dataset.shards.path(0), 0, 0)
    before = dataset.shards.path(0).stat().st_mtime_ns
    dataset.prepare()
    assert dataset.shards.path(0).stat().st_mtime_ns == before
    assert [int(dataset[k].image[0, 0, 0]) for k in (0, 60, 149)] == [0, 60, 149]
    assert not list(dataset.verify())


def test_a_larger_survey_reuses_the_shards_of_the_smaller_one(cache, tree, quick):
    Simulated(tree, size=GALAXIES, workers=1).prepare()
    first = next(cache.rglob("000000.npy"))
    before = first.stat().st_mtime_ns
    Simulated(tree, size=GALAXIES + 1, workers=1).prepare()
    assert first.stat().st_mtime_ns == before and len(list(cache.rglob("*.npy"))) == 2


@pytest.mark.parametrize("damage", ["shortened", "flipped", "removed", "without note", "with a broken note"])
def test_a_damaged_shard_is_found_and_rendered_again(cache, tree, quick, damage):
    dataset = Simulated(tree, size=2 * GALAXIES, workers=1)
    dataset.prepare()
    path = dataset.shards.path(1)
    whole = path.read_bytes()
    spoil(path, damage)
    assert [str(path.stem) in problem.what for problem in dataset.verify()] == [True]
    dataset.prepare()
    assert path.read_bytes() == whole and not list(dataset.verify())
    assert int(dataset[GALAXIES].image[0, 0, 0]) == GALAXIES


def spoil(path, damage):
    """Damage a shard or its note."""
    match damage:
        case "shortened":
            path.write_bytes(path.read_bytes()[:-1])
        case "flipped":
            path.write_bytes(path.read_bytes()[:-1] + b"\xff")
        case "removed":
            path.unlink()
        case "without note":
            path.with_suffix(".json").unlink()
        case "with a broken note":
            path.with_suffix(".json").write_text("{}")


def test_bits_that_rot_unnoticed_are_found_by_a_full_look_only(cache, tree, quick):
    dataset = Simulated(tree, size=1, workers=1)
    dataset.prepare()
    path = dataset.shards.path(0)
    times = path.stat().st_atime_ns, path.stat().st_mtime_ns
    spoil(path, "flipped")
    os.utime(path, ns=times)
    assert not list(dataset.verify(quick=True))
    assert "SHA-256" in next(iter(dataset.verify())).what


def test_a_dataset_travels_to_workers_without_its_pictures(few):
    few[0]
    assert len(pickle.dumps(few.shards)) < 1000
    copy = pickle.loads(pickle.dumps(few))  # our own bytes, made a moment ago
    np.testing.assert_array_equal(copy[3].image, few[3].image)


def test_several_workers_write_the_same_bytes_as_one(few, tree, cache):
    dataset = Simulated(tree, size=100, workers=2)
    dataset.prepare()
    for number in (0, 1):
        assert dataset.shards.path(number).read_bytes() == few.shards.path(number).read_bytes()
    assert json.loads(dataset.shards.path(0).with_suffix(".json").read_text())["bytes"] == 128 + 50 * 424 * 424 * 3


def test_a_galaxy_that_was_not_rendered_is_refused(cache, tree):
    with pytest.raises(MissingImage, match="Galaxy 3 has not been rendered: run zoo data prepare"):
        Simulated(tree, size=5)[3]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"size": 0}, "A survey with size=0, seed=0 and volunteers=40 was asked for"),
        ({"volunteers": 0}, "volunteers must be at least 1"),
        ({"seed": -1}, "seed at least 0"),
        ({"schema": "vote"}, "dataset.schema=vote was asked for, but simulated galaxies have fractions, votes or cla"),
        ({"split": "published"}, "dataset.split=published was asked for, but simulated galaxies have no split"),
    ],
)
def test_values_that_make_no_survey_are_refused(cache, tree, values, words):
    with pytest.raises(ZooError, match=words):
        Simulated(tree, **values)


def test_simulated_galaxies_are_no_coloured_blobs(few):
    """Colours, flux and size tell less than a quarter of what there is to know: morphology has to be looked at."""
    measured = np.stack([reference.measures(sample.image.permute(1, 2, 0).numpy()) for sample in few])
    assert reference.regression_ratio(measured, few.votes) > 0.75


def test_simulated_pictures_are_as_bright_as_real_ones(few, kaggle, real):
    """At every distance from the middle, and in every colour, the typical one lies between the quartiles."""
    paths = [kaggle / "images_training_rev1" / f"{object_id}.jpg" for object_id in real.index[:80]]
    theirs = np.stack([rings(np.asarray(Image.open(path))) for path in paths])
    ours = np.stack([rings(sample.image.permute(1, 2, 0).numpy()) for sample in few])
    low, high = np.quantile(theirs, [0.25, 0.75], axis=0)
    middle = np.median(ours, axis=0)
    assert ((middle > low - 2) & (middle < high + 2)).all(), f"{low.round()}\n{middle.round()}\n{high.round()}"


def rings(picture):
    """Median brightness of each colour in rings around the middle, and of the sky."""
    y, x = np.mgrid[:424, :424] - 211.5
    edges = [0, 15, 30, 50, 75, 110, 160]
    distance = np.digitize(np.hypot(x, y), edges)
    return np.concatenate([np.median(picture[distance == k], axis=0) for k in range(1, len(edges) + 1)])
