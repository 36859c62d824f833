"""A third party's presets and experiments train as ours do, and what they set wrongly is said with its file."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from plant import plant

from conftest import forget
from zoo import compose
from zoo.cli import cli
from zoo.errors import ZooError
from zoo.folder import Folder
from zoo.run import Run

MODEL = "# @package _global_\n# The toy's network.\ndefaults:\n  - override /architecture: convolution\n"
MODEL += "  - override /head: logistic\n  - override /augmenter: roll\n  - override /stages: brief\n"
EXPERIMENT = "# @package _global_\n# Blobs, told apart.\ndefaults:\n  - override /dataset: blobs\n"
EXPERIMENT += "  - override /model: blobby\n\nbatch_size: 8\ndataset:\n  size: 48\n"
BRIEF = "# @package _global_\n# Two steps.\nstages:\n  - {name: only, epochs: null, steps: 2, lr: 0.01}\n"
CONF = {"model/blobby": MODEL, "experiment/blobs": EXPERIMENT, "stages/brief": BRIEF}


@pytest.fixture
def survey(site: Path, toy: None):
    """Plant zoo-survey, some of whose files read otherwise."""

    def planted(**changed: str) -> Path:
        conf = CONF | {key.replace("__", "/"): text for key, text in changed.items()}
        package = plant(site, "zoo-survey", conf=conf)
        forget()
        return package / "conf"

    return planted


def test_an_experiment_of_a_third_party_trains(survey, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    survey()
    assert compose.run_hydra("train", ["experiment=blobs", f"runs={tmp_path}", "trainer.accelerator=cpu"]) == 0
    run = Run(tmp_path / Path(capsys.readouterr().out.strip()).name)
    assert run.finished and run.status["step"] == 2
    assert (run.config["batch_size"], run.config["dataset"]["size"]) == (8, 48)
    assert run.choices["architecture"]["provider"] == "zoo-toy"


def test_its_presets_are_listed_and_shown(survey):
    survey()
    told = CliRunner().invoke(cli, ["plugins", "list"]).stdout
    for name, summary in (
        ("model/blobby", "The toy's network."),
        ("experiment/blobs", "Blobs, told apart."),
        ("stages/brief", "Two steps."),
    ):
        (line,) = [line for line in told.splitlines() if line.startswith(f"{name} ")]
        assert line.split()[1:4] == ["zoo-survey", "0.3", "ok"] and line.endswith(summary)
    shown = CliRunner().invoke(cli, ["plugins", "show", "experiment/blobs"]).stdout
    assert "chooses: dataset=blobs model=blobby" in shown


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("btch_size: 8", "sets 'btch_size', which is not known: did you mean `batch_size` (conf/train.yaml)?"),
        ("dataset:\n  sze: 48", "sets 'dataset.sze', which is not known: did you mean `dataset.size` (conf/dataset/bl"),
        (
            "architecture:\n  wdith: 4",
            "sets 'architecture.wdith', which is not known: did you mean `architecture.width`",
        ),
    ],
)
def test_a_misspelt_key_of_a_preset_names_the_nearest_right_one_and_both_files(survey, line: str, said: str):
    conf = survey(experiment__blobs=EXPERIMENT.replace("batch_size: 8\ndataset:\n  size: 48", line))
    with pytest.raises(ZooError) as refused:
        compose.config("train", ["experiment=blobs"])
    assert f"experiment/blobs of zoo-survey {said}" in str(refused.value)
    assert str(refused.value).endswith(f"The file is {conf / 'experiment' / 'blobs.yaml'}.")


def test_a_word_of_a_presets_own_is_no_mistake(survey):
    survey(experiment__blobs=EXPERIMENT.replace("size: 48", "size: ${galaxies}") + "galaxies: 48\n")
    assert compose.config("train", ["experiment=blobs"]).dataset.size == 48


def test_values_for_the_part_that_another_choice_replaced_are_refused(survey):
    survey()
    with pytest.raises(ZooError, match="experiment/blobs of zoo-survey sets 'dataset.size', which is not known"):
        compose.config("train", ["experiment=blobs", "dataset=galaxy_zoo"])


def test_a_preset_that_names_no_part_is_answered_as_if_it_were_typed(survey, capsys: pytest.CaptureFixture[str]):
    survey(model__blobby=MODEL.replace(": convolution", ": convolutoin"))
    assert compose.run_hydra("train", ["experiment=blobs"]) == 2
    assert "has architecture=convolutoin. Did you mean convolution or" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("# Bad.\nwidth: [1, 2\n", "brief.yaml is no valid YAML: while parsing a flow sequence"),
        ("# Twice.\nseed: 1\nseed: 2\n", "brief.yaml is no valid YAML: while constructing a mapping"),
        ("# A list.\n- 1\n", "brief.yaml holds no table of keys and values"),
        ("# @package _global_ and more\nseed: 1\n", "brief.yaml is no valid YAML: Too many components"),
        ("# \udce4\n", "brief.yaml is no valid YAML: 'utf-8' codec can't decode"),
    ],
    ids=["syntax", "twice", "list", "header", "encoding"],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, text: str, said: str):
    (tmp_path / "stages").mkdir()
    (tmp_path / "stages" / "brief.yaml").write_text(text, errors="surrogateescape")
    with pytest.raises(ZooError, match=re.escape(said)):
        Folder("zoo-survey", f"zoo://{tmp_path}").load_config("stages/brief")


def test_a_file_that_cannot_be_read_costs_nothing_else(survey, capsys: pytest.CaptureFixture[str]):
    survey(stages__brief="# Bad.\nwidth: [1, 2\n")
    assert compose.run_hydra("train", ["experiment=blobs"]) == 2
    told = capsys.readouterr()
    assert "brief.yaml is no valid YAML" in told.err and told.err.count("\n") == 1 and told.out == ""
    assert compose.config("train", ["dataset=blobs", "augmenter=roll", "head=logistic", "architecture=convolution"])
    assert "stages/brief" in CliRunner().invoke(cli, ["plugins", "list"]).stdout


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (
            MODEL.replace("augmenter: roll", "augmenter: rolll"),
            "No installed package has augmenter=rolll. Did you mean roll",
        ),
        (MODEL.replace("augmenter: roll", "augmenter: rolll"), "model/blobby of zoo-survey chooses augmenter=rolll."),
        (
            MODEL.replace("# @package _global_\n", ""),
            "model/blobby of zoo-survey chooses a part of architecture, but does not begin with "
            "`# @package _global_`: write that line first.",
        ),
        (
            MODEL.replace("/head:", "/haed:"),
            "model/blobby of zoo-survey chooses a part of haed, which is no group: did you mean head?",
        ),
    ],
    ids=["no such part", "whose choice", "no first line", "no such group"],
)
def test_what_a_preset_chooses_wrongly_is_told_with_its_file_also_where_another_preset_chose_it(
    survey, changed: str, said: str
):
    conf = survey(model__blobby=changed)
    with pytest.raises(ZooError) as refused:
        compose.config("train", ["experiment=blobs"])
    assert said in str(refused.value)
    assert str(refused.value).endswith(f" The file is {conf / 'model' / 'blobby.yaml'}.")
