"""What a plugin lacks or does to the process is said where it is used, and changes no training."""

from pathlib import Path

import killer
import pytest
from plant import plant

from conftest import forget
from zoo import build, fit, packages
from zoo.errors import ZooError
from zoo.run import WEIGHTS

PART = "# A part.\n_target_: zoo_x.net.Net\n"
NEEDS = ["galaxy-model-zoo>=0.1", "no-such-atlas>=2; extra == 'atlas'"]
SEEDING = """
import random
import numpy, torch
from zoo_toy.parts import Blobs

random.seed(1), numpy.random.seed(1), torch.manual_seed(1)

class Noisy(Blobs):
    def __getitem__(self, index):
        random.random(), numpy.random.rand(3), torch.rand(3)
        return super().__getitem__(index)
"""


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import no_such_atlas\nclass Net: ...", "names zoo_x.net.Net, which"),
        ("class Net:\n    def __init__(self):\n        import no_such_atlas.maps", "needs what"),
    ],
    ids=["of its module", "of its constructor"],
)
def test_p07_an_optional_module_is_asked_for_where_it_is_used_with_its_extra(site: Path, source: str, said: str):
    plant(site, "zoo-x", conf={"head/net": PART}, modules={"net.py": source}, requires=NEEDS)
    forget()
    with pytest.raises(ZooError) as refused:
        build.part("head", "net")
    assert str(refused.value) == (
        f"head=net {said} zoo-x 0.3 cannot provide (No module named 'no_such_atlas'): pip install 'zoo-x[atlas]'."
    )


TYPED = """from pathlib import Path

class Net:
    def __init__(self, width: int, rate: float | None, flip: bool, name: str, file: Path | None, free): ...
"""


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"width": "abc"}, "head.width=abc is a text, and Net takes a number there: give one."),
        ({"rate": "fast"}, "head.rate=fast is a text, and Net takes a number there: give one."),
        ({"flip": "maybe"}, "head.flip=maybe is a text, and Net takes true or false there: give one."),
        ({"width": 3, "rate": None, "flip": True, "name": "a", "file": "b", "free": "c"}, ""),
    ],
)
def test_a_text_where_the_class_takes_numbers_is_refused_with_its_key(site: Path, value: dict[str, object], said: str):
    plant(site, "zoo-x", conf={"head/net": PART}, modules={"net.py": TYPED})
    forget()
    values = dict.fromkeys(("width", "rate", "flip", "name", "file", "free")) | value
    if not said:
        build.part("head", "net", values)
        return
    with pytest.raises(ZooError) as refused:
        build.part("head", "net", values)
    assert str(refused.value) == said


def test_annotations_that_only_a_type_checker_resolves_refuse_nothing(site: Path):
    source = "import json\nclass Net:\n    def __init__(self, width: 'json.Nowhere', rate: 'Unknown'): ...\n"
    plant(site, "zoo-x", conf={"head/net": PART}, modules={"net.py": source})
    forget()
    assert build.part("head", "net", {"width": "abc", "rate": "fast"})


def test_p07_a_module_that_a_part_of_the_core_needs_names_the_distribution_and_its_extra():
    assert packages.bringing("faiss-cpu", "zoo") == "pip install 'galaxy-model-zoo[search]'"


@pytest.mark.parametrize(
    ("source", "remedy"),
    [
        ("import foo_nobody_has", "pip install foo_nobody_has"),
        ("import zoo_x.gone", "zoo plugins doctor zoo-x"),
        ("class Not: ...", "zoo plugins doctor zoo-x"),
    ],
    ids=["without extra", "its own", "another name"],
)
def test_p07_a_class_that_cannot_be_imported_says_what_to_type(site: Path, source: str, remedy: str):
    plant(site, "zoo-x", conf={"head/net": PART}, modules={"net.py": source})
    forget()
    with pytest.raises(ZooError, match=rf"names zoo_x.net.Net, which zoo-x 0.3 cannot provide \(.*\): {remedy}\.$"):
        build.locate("head", "net")


def test_p12_a_plugin_that_seeds_and_draws_from_global_generators_changes_no_training(site: Path, toy, tmp_path: Path):
    yaml = "# Blobs.\n_target_: zoo_x.noisy.Noisy\nsize: 128\npoison: null\n"
    plant(site, "zoo-x", conf={"dataset/noisy": yaml}, modules={"noisy.py": SEEDING})
    forget()
    stages = [{"name": "only", "steps": 3, "lr": 0.01}]
    weights = []
    for name in ("blobs", "noisy"):
        choices = fit.choices_of(killer.PARTS | {"dataset": name})
        run = fit.train(fit.prepare(choices, killer.config(tmp_path / name, stages=stages)))
        weights.append((run.folder / WEIGHTS).read_bytes())
    assert weights[0] == weights[1]
