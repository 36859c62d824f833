"""`zoo plugins`, and a third party's plugin from its project folder to a trained network."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from plant import HOOK, install, plant

from conftest import THIRD_PARTY, forget
from zoo.cli import cli

TINY = "# Two convolutions.\n_target_: zoo_tiny.net.Tiny\nwidth: 8  # enough\n"
NET = '''"""A net."""
class Tiny:
    """Small."""
    def __init__(self, num_bands: int, width: int = 8, name: "str | None" = None): ...
'''
TOY = ["dataset=blobs", "augmenter=roll", "head=logistic", "dataset.size=64", "stages.0.steps=2"]


def zoo(*words: str) -> Result:
    """What `zoo <words>` answers, with plugins looked for again."""
    forget()
    return CliRunner().invoke(cli, list(words))


def test_the_table_has_part_package_version_state_and_summary_without_a_limit_of_width(site: Path):
    long = "A very long sentence " * 20
    plant(site, "zoo-tiny", conf={"architecture/tiny": TINY.replace("Two convolutions.", long)})
    header, *rows = zoo("plugins").stdout.splitlines()
    assert header.split() == ["part", "package", "version", "state", "summary"]
    row = next(row for row in rows if row.startswith("architecture/tiny "))
    assert row.split(maxsplit=4) == ["architecture/tiny", "zoo-tiny", "0.3", "ok", long.strip()]


def test_list_is_what_plugins_shows(site: Path):
    plant(site, "zoo-tiny", conf={"architecture/tiny": TINY})
    assert zoo("plugins").stdout == zoo("plugins", "list").stdout


def test_a_plugin_without_parts_has_a_row_and_its_remedy_goes_to_stderr(site: Path):
    plant(site, "zoo-x", "import foo_nobody_has")
    told = zoo("plugins")
    assert "-  " in told.stdout and "broken" in told.stdout
    assert "zoo: plugin zoo-x 0.3 failed to load: No module named 'foo_nobody_has' → pip install foo" in told.stderr


def test_p05_two_providers_are_shown(site: Path):
    for name in ("zoo-a", "zoo-b"):
        plant(site, name, conf={"architecture/twin": TINY})
    told = zoo("plugins")
    twins = [line.split() for line in told.stdout.splitlines() if line.startswith("architecture/twin")]
    assert [cells[3] for cells in twins] == ["twice", "twice"]
    assert "architecture/twin is provided by zoo-a 0.3 and zoo-b 0.3: choose architecture=zoo-a/twin or" in told.stderr


def test_json_tells_parts_and_plugins(site: Path):
    plant(site, "zoo-tiny", conf={"architecture/tiny": TINY})
    plant(site, "zoo-x", "raise SystemExit")
    told = json.loads(zoo("plugins", "list", "--json").stdout)
    part = next(part for part in told["parts"] if part["part"] == "architecture/tiny")
    assert part == {
        "part": "architecture/tiny",
        "package": "zoo-tiny",
        "version": "0.3",
        "state": "ok",
        "summary": "Two convolutions.",
    }
    states = {plugin["name"]: plugin["state"] for plugin in told["plugins"]}
    assert (states["zoo-tiny"], states["zoo-x"]) == ("ok", "broken")


def test_show_lists_the_arguments_with_types_defaults_and_reasons(site: Path):
    wide = "# Wider.\ndefaults: [tiny, _self_]\nwidth: 16  # for large images\n"
    plant(site, "zoo-tiny", conf={"architecture/tiny": TINY, "architecture/wide": wide}, modules={"net.py": NET})
    told = zoo("plugins", "show", "architecture/wide").stdout
    assert "architecture/wide: Wider." in told
    assert "from zoo-tiny 0.3: " in told and "wide.yaml" in told
    assert "class: zoo_tiny.net.Tiny" in told
    assert [line.split(maxsplit=3) for line in told.splitlines() if line.startswith(("width", "num_bands"))] == [
        ["width", "int", "16", "for large images"],
        ["num_bands", "int", "told", "by zoo"],
    ]


def test_show_of_a_part_whose_class_is_broken_still_shows_its_yaml(site: Path):
    plant(site, "zoo-tiny", conf={"architecture/tiny": TINY})
    told = zoo("plugins", "show", "architecture/tiny")
    assert "width" in told.stdout
    assert "the class of architecture/tiny cannot be looked at (No module named 'zoo_tiny.net')" in told.stderr


def test_show_tells_licence_paper_and_differences_of_a_stranger_from_its_metadata(site: Path):
    plant(site, "zoo-tiny", conf={"architecture/tiny": TINY})
    told = ["# Tiny\n", "## Paper\n", "Nobody (2020), *Small nets*.\n", "## Licence\n", "## Results\n", "None.\n"]
    told += ["## Differences from the paper\n", "- Smaller.\n\n```\n# no heading\n```\n", "## Thanks\n", "Many.\n"]
    with open(site / "zoo_tiny-0.3.dist-info" / "METADATA", "a") as file:
        file.write("License-Expression: MIT\nProject-URL: Home, https://example.org/tiny\n\n" + "\n".join(told))
    shown = zoo("plugins", "show", "architecture/tiny").stdout
    assert "licence: MIT\n" in shown and "README: https://example.org/tiny\n" in shown
    paper = "\nPaper\n  Nobody (2020), *Small nets*.\n"
    assert shown.endswith(f"{paper}\nDifferences from the paper\n  - Smaller.\n\n  ```\n  # no heading\n  ```\n")


@pytest.mark.parametrize(
    ("stated", "told"),
    [
        ("License: BSD\n  Redistribution and use\n", "licence: BSD\n"),
        ("Classifier: License :: OSI Approved :: MIT License\n", "licence: MIT License\n"),
        ("", None),
    ],
)
def test_show_tells_the_licence_however_the_metadata_state_it(site: Path, stated: str, told: str | None):
    plant(site, "zoo-tiny", conf={"architecture/tiny": TINY})
    with open(site / "zoo_tiny-0.3.dist-info" / "METADATA", "a") as file:
        file.write(stated)
    shown = zoo("plugins", "show", "architecture/tiny").stdout
    assert told in shown if told else "licence:" not in shown


def test_show_of_a_package_lists_its_parts_with_their_summaries(site: Path):
    plant(site, "zoo-tiny", conf={"architecture/tiny": TINY, "head/tiny": TINY.replace("Two convolutions", "A head")})
    header, *rows = zoo("plugins", "show", "zoo_tiny").stdout.splitlines()
    assert header.split() == ["part", "package", "version", "state", "summary"]
    assert [row.split(maxsplit=4)[::4] for row in rows] == [
        ["architecture/tiny", "Two convolutions."],
        ["head/tiny", "A head."],
    ]
    assert all(" zoo " in row for row in zoo("plugins", "show", "zoo").stdout.splitlines()[1:])


def test_show_of_a_package_that_does_not_work_or_is_none_says_why(site: Path):
    plant(site, "zoo-x", "import foo_nobody_has")
    told = zoo("plugins", "show", "zoo-x")
    assert told.exit_code and "The plugin zoo-x 0.3 failed to load: No module named" in str(told.exception)
    told = zoo("plugins", "show", "zoo-y")
    assert told.exit_code and "'zoo-y' is neither a part nor an installed package" in str(told.exception)


def test_show_of_our_own_part_has_the_readme_of_the_checkout():
    shown = zoo("plugins", "show", "architecture/gz_convnet").stdout
    assert "licence: BSD-3-Clause\n" in shown and "gz-convnet/README.md\n" in shown
    assert "\nPaper\n  S. Dieleman" in shown and "\nDifferences from the paper\n" in shown


def test_show_of_a_preset_says_what_it_chooses():
    assert "chooses: architecture=gz_convnet" in zoo("plugins", "show", "model/gz_convnet").stdout


def test_doctor_tells_the_whole_story(site: Path):
    plant(site, "zoo-x", "print('hello')\nimport foo_nobody_has")
    told = zoo("plugins", "doctor", "zoo-x").stdout
    for wanted in (sys.executable, str(site), "zoo-x: broken", "'hello'", "pip install foo_nobody_has", "Traceback"):
        assert wanted in told


@pytest.mark.parametrize(
    ("source", "requires", "wanted"),
    [
        ("import foo_nobody_has", "", ["broken", "No module named 'foo_nobody_has'", "pip install foo_nobody_has"]),
        ("import sys; sys.exit(3)", "", ["broken", "it called sys.exit(3)", "pip install -U zoo-x"]),
        ("import time; time.sleep(9)", "", ["broken", "did not come back within 0.3 s", "ZOO_DISABLE_PLUGINS=zoo-x"]),
        (HOOK, ">=3", ["incompatible", "needs galaxy-model-zoo>=3, this is", "pip install -U galaxy-model-zoo"]),
        (HOOK, "<0.1", ["incompatible", "needs galaxy-model-zoo<0.1, this is", "pip install -U zoo-x"]),
        (HOOK.replace("zoo_conf", "zoo_config"), "", ["incompatible", "did you mean zoo_conf?", "install -U zoo-x"]),
        (HOOK.replace("return", "return None #"), "", ["incompatible", "returned None instead", "install -U zoo-x"]),
        (HOOK + "import time; time.sleep(0.6)", "", ["ok", "slow      0.6 s: do nothing", "pip install -U zoo-x"]),
    ],
    ids=["import", "SystemExit", "hang", "newer zoo", "older zoo", "misspelt hook", "wrong return", "slow"],
)  # fmt: skip
def test_doctor_names_each_trouble_with_what_to_type(site, monkeypatch, source: str, requires: str, wanted: list[str]):
    monkeypatch.setenv("ZOO_PLUGIN_SECONDS", "3" if "0.6" in source else "0.3")
    needs = [f"galaxy-model-zoo{requires or '>=0.1'}"]
    conf = {"architecture/tiny": TINY.replace("tiny", "x")}
    plant(site, "zoo-x", source, requires=needs, conf=conf, modules={"net.py": NET})
    told = zoo("plugins", "doctor", "zoo-x").stdout.partition("\nzoo-x: ")[2]
    assert told.startswith(f"{wanted[0]}\n")
    assert all(words in told for words in wanted[1:]), told


def test_doctor_names_what_presets_choose_in_vain_and_files_that_nobody_reads(site: Path):
    conf = {
        "model/gone": "#@package  _global_ \n# Gone.\ndefaults:\n- override /architecture: nobody_has\n",
        "model/haed": "# @package _global_\n# Misspelt.\ndefaults:\n- override /haed: classes\n",
        "model/late": "# Late.\n# @package _global_\ndefaults:\n- override /head: classes\n",
        "model/local": "# Local.\ndefaults:\n- override /head: classes\n",
        "modle/good": "# @package _global_\n# Elsewhere.\ndefaults:\n- override /head: classes\n",
    }
    package = plant(site, "zoo-x", conf=conf, modules={"conf/stages/short.yml": "# Short.\n"})
    told = zoo("plugins", "doctor", "zoo-x").stdout.partition("\nzoo-x: ")[2]
    assert told.startswith("ok, but 6 faults")
    assert "stages/short.yml is not read: call it stages/short.yaml." in told
    assert f"nothing takes the parts in {package / 'conf' / 'modle'}: did you mean model?" in told
    assert "model/gone of zoo-x chooses architecture=nobody_has, which no installed package has." in told
    assert "model/haed of zoo-x chooses a part of haed, which is no group: did you mean head?" in told
    for name in ("late", "local"):
        assert f"model/{name} of zoo-x chooses a part of head, but does not begin with `# @package _global_`" in told


def test_doctor_finds_nothing_in_a_group_of_its_own_that_a_part_takes(site: Path):
    conf = {"sky/dark": "# Dark.\nlevel: 0\n", "augmenter/x": "# X.\ndefaults: [/sky/dark@sky]\nsky: null\n"}
    plant(site, "zoo-x", conf=conf)
    assert "nothing takes" not in zoo("plugins", "doctor", "zoo-x").stdout


def test_doctor_names_the_other_package_of_a_name(site: Path):
    for name in ("zoo-a", "zoo-b"):
        plant(site, name, conf={"architecture/twin": TINY.replace("zoo_tiny", name.replace("-", "_"))})
    told = zoo("plugins", "doctor", "zoo-a").stdout
    assert "fault     architecture/twin is provided by zoo-a 0.3 and zoo-b 0.3: " in told


def test_doctor_of_an_absent_plugin_names_the_interpreter():
    told = zoo("plugins", "doctor", "zoo-nowhere")
    assert "no plugin zoo-nowhere installed" in str(told.exception)
    assert sys.executable in str(told.exception)


def test_the_doctor_names_each_problem_with_its_remedy(site: Path):
    plant(site, "zoo-x", "import foo_nobody_has")
    told = json.loads(zoo("doctor", "--json").stdout)
    assert told["python"].endswith(f"({sys.executable})")
    assert {"where": "zoo-x", "problem": "No module named 'foo_nobody_has'"}.items() <= told["problems"][0].items()
    assert told["problems"][0]["remedy"].startswith("pip install foo_nobody_has")


def test_a_third_party_plugin_is_installed_lists_its_part_and_trains_beside_a_broken_one(site: Path, toy, tmp_path):
    """From project folders elsewhere, with the user's own installer, into a folder of the path."""
    for name in ("zoo-architecture-tiny", "zoo-broken"):
        shutil.copytree(THIRD_PARTY / name, tmp_path / name)
    install(site, tmp_path / "zoo-architecture-tiny", tmp_path / "zoo-broken")
    listed = [line.split()[:3] for line in zoo("plugins").stdout.splitlines()]
    assert ["architecture/tiny", "zoo-architecture-tiny", "0.2.0"] in listed
    command = [sys.executable, "-m", "zoo.cli", "train", "architecture=tiny", *TOY]
    done = subprocess.run(command, cwd=tmp_path, text=True, capture_output=True)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / done.stdout.strip() / "model.safetensors").is_file()
    assert "plugin zoo-broken 0.3 failed to load: No module named 'no_such_module_anywhere'" in done.stderr
