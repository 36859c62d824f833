"""The command line: quick to look around, one line when it refuses, and results alone on stdout."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from plant import HOOK, plant

from conftest import forget
from zoo import completion, discovery, menu
from zoo.cli import cli, main

HEAVY = ("torch", "lightning", "pandas", "hydra", "omegaconf", "numpy", "torchmetrics", "matplotlib")
TINY = "# Two convolutions.\n_target_: zoo_tiny.net.Tiny\nwidth: 8  # enough\n"
COMMAND = """
import click
from zoo import hookimpl

@hookimpl
def zoo_commands(cli):
    @cli.command()
    def NAME():
        "Say hello."
        click.echo("hello")
"""


def zoo(*words: str, code: str = "") -> subprocess.CompletedProcess[str]:
    """What `zoo <words>` answers, as typed in a shell; `code` runs before it."""
    script = f"{code}\nimport sys\nfrom zoo.cli import main\nsys.argv = ['zoo', *{list(words)!r}]\nmain()"
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)


def imported(*words: str) -> set[str]:
    """The heavy packages that a command imports."""
    tell = f"import atexit, sys; atexit.register(lambda: print(*({set(HEAVY)!r} & set(sys.modules)), file=sys.stderr))"
    done = zoo(*words, code=tell)
    assert done.returncode == 0, done.stderr
    return set(done.stderr.split("\n")[-2].split())


@pytest.mark.parametrize(
    "words", [["--help"], ["train", "--help"], ["plugins"], ["plugins", "list", "--json"], ["data", "show", "--help"]]
)
def test_looking_around_imports_nothing_heavy(site: Path, words: list[str]):
    for number in range(50):
        plant(site, f"zoo-fake-{number:02}", conf={f"architecture/fake_{number:02}": TINY})
    assert imported(*words) == set()


def test_help_lists_the_commands_and_those_of_plugins(tiny: Path):
    told = CliRunner().invoke(cli, ["--help"]).output
    for word in (
        "train",
        "evaluate",
        "predict",
        "embed",
        "similar",
        "blend",
        "data",
        "plugins",
        "runs",
        "doctor",
        "greet",
    ):
        assert word in told
    assert CliRunner().invoke(cli, ["greet"]).output == "hello from tiny\n"


def test_a_plugin_that_brings_a_command_is_no_rival_of_itself(tiny: Path):
    told = CliRunner().invoke(cli, ["--help"])
    assert (told.exit_code, told.stderr, told.stdout.count("greet")) == (0, "", 1)
    assert [plugin.state for plugin in discovery.commanding()] == ["ok"]


def test_of_two_plugins_with_one_command_the_second_has_none(site: Path):
    for name in ("zoo-a", "zoo-b"):
        plant(site, name, COMMAND.replace("NAME", "hello"))
    forget()
    told = CliRunner().invoke(cli, ["--help"])
    assert told.stderr.startswith("zoo: plugin zoo-b 0.3 does not fit: its command 'hello' is another's already")
    assert (told.stderr.count("\n"), told.stdout.count(" hello ")) == (1, 1)


def test_a_plugin_cannot_take_the_name_of_a_command(site: Path):
    plant(site, "zoo-x", COMMAND.replace("NAME", "train"))
    forget()
    told = CliRunner().invoke(cli, ["--help"])
    assert "plugin zoo-x 0.3 does not fit: its command 'train' is another's already" in told.stderr
    assert "Train a model on galaxies" in told.stdout


def test_p10_commands_that_fail_are_left_out_and_the_others_work(site: Path):
    plant(site, "zoo-x", "from zoo import hookimpl\n@hookimpl\ndef zoo_commands(cli):\n    raise ValueError('oh')\n")
    plant(site, "zoo-good", COMMAND.replace("NAME", "hello"))
    forget()
    told = CliRunner().invoke(cli, ["hello"])
    assert told.stdout == "hello\n"
    assert CliRunner().invoke(cli, ["plugins"]).stdout.count("broken") == 1


def test_p13_a_slow_plugin_does_not_slow_the_help(site: Path):
    canary = "import pathlib; pathlib.Path(__file__).with_name('canary').touch()\n"
    plant(site, "zoo-slow", canary + HOOK, conf={"head/slow": TINY})
    assert zoo("--help").returncode == 0
    assert not (site / "zoo_slow" / "canary").exists()


def test_help_of_train_explains_what_can_be_chosen(tiny: Path):
    told = CliRunner().invoke(cli, ["train", "--help"]).output
    assert "architecture=…" in told
    assert "tiny" in told and "Two convolutions and a mean." in told
    assert "seed=0" in told
    assert "runs=runs" in told and "the folder of run folders" in told


@pytest.mark.parametrize("verb", ["train", "evaluate", "predict", "embed", "similar", "blend", "data"])
def test_every_key_and_group_of_a_primary_configuration_is_explained(verb: str):
    silent = [one.name for one in [*menu.groups(verb), *menu.keys(verb)] if not one.why]
    assert not silent, f"write a comment behind {silent} in conf/{verb}.yaml: `zoo {verb} --help` shows it"


@pytest.mark.parametrize("words", [["train", "--experimental-rerun=x.pickle"], ["train", "--config-path=/etc"]])
def test_flags_of_hydra_that_zoo_does_not_offer_are_refused(words: list[str]):
    """The first of them would unpickle a file."""
    told = CliRunner().invoke(cli, words)
    assert told.exit_code == 2
    assert "No such option" in told.stderr


def test_a_sweep_cannot_be_shown():
    told = CliRunner().invoke(cli, ["train", "-m", "--cfg", "job"])
    assert told.exit_code == 2
    assert "-m runs a sweep, --cfg and --info only show" in told.stderr


def test_a_configuration_is_shown_without_torch(tiny: Path):
    chosen = ["architecture=tiny", "head=null", "dataset=null", "augmenter=null", "architecture.width=3"]
    tell = "import atexit, sys; atexit.register(lambda: 'torch' in sys.modules and print('torch', file=sys.stderr))"
    done = zoo("train", "--cfg", "job", "-p", "architecture", *chosen, code=tell)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[-4:] == ["_target_:", "zoo_architecture_tiny.backbone.Tiny", "width:", "3"]
    assert "torch" not in done.stderr


def test_an_unknown_run_is_one_line():
    done = zoo("predict", "run=nowhere", "out=x")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("zoo predict: ") and done.stderr.count("\n") == 1


def test_an_unknown_part_is_one_line_with_an_exit_code():
    done = zoo("plugins", "show", "architecture/nobody")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("zoo plugins show: No installed package has architecture=nobody.")


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["trian"], "zoo: No such command 'trian'."),
        (["train", "--foo"], "zoo train: No such option '--foo'."),
        (["train", "--cfg", "x"], "zoo train: Invalid value for '--cfg': 'x' is not one of 'job', 'hydra', 'all'."),
        (
            ["train", "--config-dir", "nowhere"],
            "zoo train: Invalid value for '--config-dir': Directory 'nowhere'",
        ),
        (["plugins", "show"], "zoo plugins show: Missing argument 'NAME, GROUP/NAME, PACKAGE/NAME or PACKAGE'."),
    ],
)
def test_a_usage_error_is_one_line(capsys, monkeypatch, words: list[str], line: str):
    monkeypatch.setattr(sys, "argv", ["zoo", *words])
    with pytest.raises(SystemExit) as left:
        main()
    told = capsys.readouterr()
    assert (left.value.code, told.out) == (2, "")
    assert told.err.startswith(line) and told.err.endswith("[E-USAGE]\n") and told.err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "function"),
    [
        (["runs"], "runs.main"),
        (["doctor"], "doctor.main"),
        (["explain", "seed"], "explain.main"),
        (["plugins"], "plugins.show_all"),
        (["train"], "train.main"),
    ],
)
def test_what_nobody_expected_is_one_line_in_every_command(capsys, monkeypatch, toy, words: list[str], function: str):
    def fails(*_: object) -> None:
        raise ValueError("two\nlines")

    parts = ["dataset=blobs", "augmenter=roll", "architecture=convolution", "head=logistic"]
    monkeypatch.setattr(f"zoo.verbs.{function}", fails)
    monkeypatch.setattr(sys, "argv", ["zoo", *words, *(parts if words == ["train"] else [])])
    with pytest.raises(SystemExit) as left:
        main()
    line = f"zoo {' '.join(words)}: ValueError: two lines (ZOO_DEBUG=1 shows where)\n"
    assert (left.value.code, *capsys.readouterr()) == (1, "", line)


def test_looking_around_never_touches_the_class_behind_a_part(site: Path):
    """P16: the canary lies in the module that `_target_` names."""
    canary = "import pathlib; pathlib.Path(__file__).with_name('canary').touch()\n"
    plant(site, "zoo-x", conf={"architecture/tiny": TINY.replace("zoo_tiny", "zoo_x")}, modules={"net.py": canary})
    forget()
    for words in (["plugins"], ["train", "--help"], ["plugins", "doctor"]):
        assert "tiny" in CliRunner().invoke(cli, words).stdout
    assert "architecture=tiny" in [word.text for word in completion.words("train", [], "architecture=t")]
    assert not (site / "zoo_x" / "canary").exists()


def test_large_pages_are_asked_for_before_torch_is_imported():
    done = zoo(
        "--version", code="import atexit, os; atexit.register(lambda: print(os.environ['THP_MEM_ALLOC_ENABLE']))"
    )
    assert done.stdout.splitlines()[-1] == "1"


def test_the_list_of_plugins_is_json_whatever_a_plugin_prints(site: Path):
    plant(site, "zoo-loud", "print('loud')\n" + HOOK, conf={"head/loud": TINY})
    done = zoo("plugins", "--json")
    assert "head/loud" in [part["part"] for part in json.loads(done.stdout)["parts"]]
