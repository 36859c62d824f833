"""`zoo explain` says of every key the value that a training gets, and who set it."""

from pathlib import Path

import pytest
from omegaconf import OmegaConf
from plant import plant

from conftest import forget
from zoo import compose, defaults_list, diagnosis, explanation, registry
from zoo.errors import ZooError
from zoo.verbs import explain

WORDS = [
    [],
    ["model=gz_convnet", "stages=modern"],
    ["model=xception_khan2019", "stages=khan2019", "batch_size=7", "stages.1.lr=0.5"],
    ["experiment=khan2019", "survey=standin", "dataset.pixels=80"],
]


@pytest.mark.parametrize("words", WORDS, ids=" ".join)
def test_the_last_origin_has_the_value_that_a_training_gets(words: list[str]):
    cfg = compose.config("train", words)
    keys = [key for key in diagnosis.keys(cfg) if not key.startswith("hydra")]
    assert len(keys) > 60
    plain = OmegaConf.to_container(cfg, resolve=False)
    for key in keys:
        value = explanation.at(plain, key)
        if isinstance(value, dict | list) or "${" in str(value):
            continue
        found = explanation.origins("train", words, key)
        assert found, f"{key} comes from nowhere"
        last = found[-1].value if found[-1].where != "the command line" else type(value)(found[-1].value)
        assert last == value, f"{key} is {value}, and {found[-1].where} says {last}"


@pytest.mark.parametrize("words", WORDS, ids=" ".join)
@pytest.mark.parametrize("group", ["architecture", "stages", "model"])
def test_the_last_origin_of_a_group_is_its_choice(words: list[str], group: str):
    choices = compose.config("train", words).hydra.runtime.choices
    assert explanation.origins("train", words, group)[-1].value == (choices.get(group) or "null")


def told(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    explain.main(words)
    return capsys.readouterr().out


def test_a_value_is_told_with_its_file_its_meaning_and_what_it_replaces(capsys: pytest.CaptureFixture[str]):
    said = told(capsys, "stages.0.lr", "model=gz_convnet", "stages.0.lr=0.5")
    assert said.startswith("stages.0.lr = 0.5\n  set by      the command line\n  instead of  ")
    assert "stages/default of zoo" in said and "allowed     float" in said
    assert "  meaning     the highest rate; the scheduler does the rest\n" in said, "what is written behind the key"


def test_a_group_is_told_with_its_parts(capsys: pytest.CaptureFixture[str]):
    said = told(capsys, "head", "model=xception_khan2019")
    assert said.startswith("head = classes_dense\n  set by      model/xception_khan2019 of zoo")
    assert "instead of  decision_tree, zoo: " in said and "dirichlet" in said


def test_few_values_are_all_told(capsys: pytest.CaptureFixture[str]):
    assert "allowed     last, best" in told(capsys, "stages.0.keep")


def test_a_key_of_a_part_without_a_class_is_told(capsys: pytest.CaptureFixture[str]):
    said = told(capsys, "trainer.devices")
    assert said.startswith("trainer.devices = 1\n  set by      trainer/default of zoo")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import no_such_atlas", "No module named 'no_such_atlas'"),
        ("class Net:\n    def __init__(self, width): ...", ""),
    ],
    ids=["its module is missing", "its argument has no type"],
)
def test_a_class_that_tells_nothing_of_a_key_is_no_error(site: Path, capsys, source: str, said: str):
    yaml = "# A part.\n_target_: zoo_x.net.Net\nwidth: 3  # how wide\n"
    plant(site, "zoo-x", conf={"architecture/net": yaml}, modules={"net.py": source})
    forget()
    explain.main(["architecture.width", "architecture=net"])
    found = capsys.readouterr()
    assert found.out.splitlines()[0] == "architecture.width = 3" and "meaning     how wide" in found.out
    assert "allowed" not in found.out and (said in found.err if said else not found.err)


PRESET = """# @package _global_
# A wide net.
defaults:
  - override /architecture: net
architecture:
  width: 9
"""


def test_a_value_of_a_preset_has_the_type_of_its_part_and_one_that_is_missing_has_to_be_given(site: Path, capsys):
    net = "# A part.\n_target_: zoo_x.net.Net\nwidth: 3\nfile: ???  # of weights\n"
    typed = "class Net:\n    def __init__(self, width: int, file: str): ..."
    plant(site, "zoo-x", conf={"architecture/net": net, "model/wide": PRESET}, modules={"net.py": typed})
    forget()
    said = told(capsys, "architecture.width", "model=wide")
    assert said.startswith("architecture.width = 9\n  set by      model/wide of zoo-x") and "allowed     int" in said
    assert told(capsys, "architecture.file", "model=wide").startswith(
        "architecture.file = ???, which has to be given\n"
    )
    assert told(capsys, "architecture.file", "model=wide", "architecture.file=a").startswith("architecture.file = a\n")


def test_a_preset_that_chooses_a_launcher_chooses_no_part_of_that_name(tmp_path: Path):
    """Keys of defaults lists are read in one way: as group/of/groups, with the package where there is one."""
    path = tmp_path / "mine.yaml"
    path.write_text(
        "# Mine.\ndefaults:\n  - override hydra/launcher: queue\n  - override /survey@dataset.survey: sdss\n"
    )
    chosen = defaults_list.chosen_by(registry.Part("experiment", "mine", "zoo", "", path))
    assert chosen == {"hydra/launcher": "queue", "survey@dataset.survey": "sdss"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["stages.0.lrr"], "did you mean `stages.0.lr`"),
        ([], "takes one key and 0 were given"),
        (["seed", "runs"], "takes one key and 2 were given"),
        (["seed", "model=gz_convnett"], "No installed package has model=gz_convnett"),
    ],
)
def test_what_is_no_key_is_refused(words: list[str], said: str):
    with pytest.raises(ZooError, match=said):
        explain.main(words)
