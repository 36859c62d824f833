"""Every check of the kit finds the part that breaks its rule, and parts that break none pass all of them."""

import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from testing.fake_plugin import KINDS, specimens
from torch import nn

import zoo.testing
from zoo.architecture import ImageBackbone
from zoo.testing.check import CheckFailed, checks


class Architecture(zoo.testing.ArchitectureConformance):
    view_sizes = (12, 16)
    exports = True


class Head(zoo.testing.HeadConformance):
    num_features = 24


class Augmenter(zoo.testing.AugmenterConformance):
    image_sizes = (24, 31)
    grids = ("flips",)
    neutral = {"flip": 0.0, "shift": 0, "light": 0.0}
    quarter_turns = True


class Dataset(zoo.testing.DatasetConformance):
    kills = 2

    def write(self, folder: Path) -> None:
        from zoo_specimens.datasets import write

        write(folder)

    def arguments(self, folder: Path) -> Mapping[str, Any]:
        return {"root": str(folder)}

    def damage(self, folder: Path) -> None:
        image = folder / "images" / "0003.npy"
        image.write_bytes(image.read_bytes()[:-1] + b"?")

    def remove(self, folder: Path) -> None:
        (folder / "images" / "0003.npy").unlink()

    def relabel(self, folder: Path) -> None:
        labels = folder / "labels.csv"
        labels.write_text(labels.read_text().replace("0003,smooth", "0003,star"))

    def rearrange(self, folder: Path) -> None:
        header, *rows = (folder / "labels.csv").read_text().splitlines()
        (folder / "labels.csv").write_text("\n".join([header, *reversed(rows)]))


KITS = {"architecture": Architecture, "augmenter": Augmenter, "dataset": Dataset, "head": Head}
GOOD = [(group, cls) for group in KINDS for cls in specimens(group) if cls.__name__.startswith("Good")]
BROKEN = [(group, cls) for group in KINDS for cls in specimens(group) if "caught_by" in vars(cls)]


def named(pairs: list[tuple[str, type]]) -> list[str]:
    return [f"{group}-{cls.__name__}" for group, cls in pairs]


@pytest.fixture
def kit_of(specimen_site, on_path):
    """The kit's class for a specimen, as its author would write it."""
    on_path(specimen_site)
    return lambda group, cls: type(f"Test{cls.__name__}", (KITS[group],), {"name": cls.__name__})


@pytest.mark.parametrize(("group", "cls"), BROKEN, ids=named(BROKEN))
def test_a_broken_part_fails_the_check_that_is_meant_for_it(group, cls, kit_of):
    kit = kit_of(group, cls)
    known = {check.name: check for check in checks(kit)}[cls.caught_by]
    with pytest.raises(CheckFailed) as failure:
        getattr(kit(), f"test_{cls.caught_by}")()
    words = str(failure.value)
    assert words.startswith(f"{group}={cls.__name__} fails the check {cls.caught_by}: ")
    assert cls.found in words.splitlines()[0]
    assert f"why: {known.why}" in words and f"fix: {known.fix}" in words


@pytest.mark.parametrize(
    ("group", "cls", "name"),
    [(group, cls, check.name) for group, cls in GOOD for check in checks(KITS[group])],
    ids=[f"{group}-{cls.__name__}-{check.name}" for group, cls in GOOD for check in checks(KITS[group])],
)
def test_a_conforming_part_passes_every_check(group, cls, name, kit_of):
    getattr(kit_of(group, cls)(), f"test_{name}")()


@pytest.mark.parametrize("group", KINDS)
def test_every_check_of_a_kind_has_a_part_that_fails_it(group):
    from zoo.testing.part import PartConformance

    own = {check.name for check in checks(KITS[group])} - {check.name for check in checks(PartConformance)}
    met = {cls.caught_by for _, cls in BROKEN} | ELSEWHERE
    assert own <= met, f"no broken part for {sorted(own - met)}"


ELSEWHERE = {"fake_data_are_small"}
"""Checks of what the author of a test writes, below."""


class LargeData(Dataset):
    """Fake data that nobody wants to carry."""

    name = "Good"

    def write(self, folder: Path) -> None:
        (folder / "survey.fits").write_bytes(bytes(2_000_000))


def test_fake_data_that_are_large_are_found(specimen_site, on_path):
    on_path(specimen_site)
    with pytest.raises(CheckFailed, match="fails the check fake_data_are_small: the fake data have 2.0 MB"):
        LargeData().test_fake_data_are_small()


def test_a_hundred_parts_are_broken_in_one_respect_each():
    assert len(BROKEN) >= 100
    assert len({(group, cls.__name__) for group, cls in BROKEN}) == len(BROKEN)


def test_every_broken_part_differs_from_a_good_one_by_its_own_methods_alone():
    for _, cls in BROKEN:
        assert any(base.__name__.startswith("Good") for base in inspect.getmro(cls)[1:]), cls


class Maps(ImageBackbone):
    """A backbone that forgets the mean over its maps, and its number of features."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 4, 3)

    def image_features(self, images):
        return self.first(images).mean(3)


class Vectors(Maps):
    """Gives rows of features, and does not say how many."""

    def image_features(self, images):
        return self.first(images).mean((2, 3))


def verdicts(backbone: type, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What comes of each check of the weights of a backbone: the one that fails, or why it was skipped."""
    own = {"name": "maps", "module": lambda self: backbone(), "build": lambda self, **told: backbone()}
    kit, found = type("Kit", (zoo.testing.ArchitectureConformance,), own), {}
    monkeypatch.setattr("zoo.build.locate", lambda group, name: lambda num_bands: None)
    monkeypatch.setattr(kit, "more_bands", 3)
    shared = {known.name for known in checks(zoo.testing.part.PartConformance)}
    for known in [one for one in checks(kit) if one.name not in shared]:
        try:
            getattr(kit(), f"test_{known.name}")()
        except CheckFailed as failure:
            found[known.name] = f"failed: {failure}"
        except pytest.skip.Exception as reason:
            found[known.name] = str(reason)
    return found


def test_checks_that_need_rows_of_features_leave_their_lack_to_the_check_of_shapes(monkeypatch):
    found = verdicts(Maps, monkeypatch)
    assert [name for name, words in found.items() if words.startswith("failed")] == ["shapes"]
    skipped = {name for name, words in found.items() if words.startswith("the check shapes fails")}
    assert skipped >= {"gradients_reach_every_parameter", "step_lowers_the_loss", "num_features_is_true", "bands"}


def test_a_backbone_that_states_no_num_features_fails_the_check_of_that_alone(monkeypatch):
    found = verdicts(Vectors, monkeypatch)
    assert [name for name, words in found.items() if words.startswith("failed")] == ["num_features_is_true"]
    assert found["bands"] == "the check num_features_is_true fails, which this one builds on"


class Waiting(zoo.testing.ArchitectureConformance):
    name = "waiting"

    def module(self):
        return Sliced()


class Sliced(ImageBackbone):
    """A backbone that cuts its maps at a number that lies in a buffer."""

    num_features = 3

    def __init__(self):
        super().__init__()
        self.register_buffer("end", torch.tensor(3))

    def image_features(self, images):
        return images[:, : self.end.item()].mean((2, 3))


def test_a_network_that_waits_for_its_device_is_not_said_to_be_on_the_wrong_one():
    with pytest.raises(pytest.skip.Exception, match="waits for a number from the device"):
        Waiting().test_moves_to_a_device()
