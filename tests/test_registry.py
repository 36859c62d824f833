"""Plugins are found one by one: a bad one becomes a state, a sentence and a remedy, and everything else works."""

import importlib
import importlib.metadata
import signal
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from plant import HOOK, metadata, plant

from conftest import forget
from zoo import discovery, packages, registry, signature
from zoo.errors import UnknownPart, ZooError
from zoo.plugin import Plugin

TINY = "# Two convolutions.\n_target_: zoo_tiny.net.Tiny\nwidth: 8  # enough\n"
COMMAND = """
from zoo import hookimpl

@hookimpl
def zoo_commands(cli):
    cli.command("greet")(lambda: None)
"""


def planted(name: str) -> Plugin:
    """The plugin of this name, looked for again."""
    forget()
    return next(plugin for plugin in registry.plugins() if plugin.name == name)


def test_a_part_is_a_file_with_a_summary_a_provider_and_a_class(site: Path):
    plant(site, "zoo-tiny", conf={"architecture/tiny": TINY})
    part = registry.find("architecture", "tiny")
    assert (part.provider, part.version, part.summary) == ("zoo-tiny", "0.3", "Two convolutions.")
    assert signature.target(part) == "zoo_tiny.net.Tiny"
    assert "tiny" in registry.names("architecture")
    assert "zoo_tiny.net" not in sys.modules


def test_a_directive_to_hydra_is_no_summary(site: Path):
    plant(site, "zoo-tiny", conf={"model/tiny": "# @package _global_\n# A preset.\ndefaults: []\n"})
    assert registry.find("model", "tiny").summary == "A preset."


@pytest.mark.parametrize("entry", ["tiny", "/architecture/tiny", "{architecture: tiny}", "{/architecture: tiny}"])
def test_a_variant_inherits_the_class_of_the_part_it_names(site: Path, entry: str):
    variant = f"# A variant.\ndefaults:\n  - {entry}\n  - _self_\nwidth: 16\n"
    plant(site, "zoo-tiny", conf={"architecture/tiny": TINY, "architecture/wide": variant})
    assert signature.target(registry.find("architecture", "wide")) == "zoo_tiny.net.Tiny"


def test_a_part_without_a_class_says_so(site: Path):
    plant(site, "zoo-tiny", conf={"architecture/tiny": "# No class.\nwidth: 8\n"})
    with pytest.raises(ZooError, match="architecture/tiny of zoo-tiny has no _target_ in tiny.yaml"):
        signature.target(registry.find("architecture", "tiny"))


def test_an_unknown_name_is_answered_with_what_is_near_and_installed(site: Path):
    plant(site, "zoo-tiny", conf={"architecture/tiny": TINY})
    with pytest.raises(UnknownPart, match=r"architecture=tny\. Did you mean tiny\? `zoo plugins` lists the \d+ that"):
        registry.find("architecture", "tny")


def test_a_well_known_part_names_its_package_when_no_plugin_is_installed(monkeypatch: pytest.MonkeyPatch):
    forget()
    monkeypatch.setattr(discovery, "plugins", lambda: ())
    monkeypatch.setattr(registry, "plugins", lambda: ())
    with pytest.raises(UnknownPart, match="It comes with zoo-dataset-simulated: pip install zoo-dataset-simulated"):
        registry.find("dataset", "simulated")
    with pytest.raises(UnknownPart, match="It comes with zoo-dataset-simulated: pip install zoo-dataset-simulated"):
        registry.meant("simulated")


def test_an_unknown_name_mentions_the_plugins_that_do_not_work(site: Path):
    plant(site, "zoo-x", "import foo_nobody_has")
    with pytest.raises(UnknownPart, match="The plugin zoo-x 0.3 failed to load: No module named 'foo_nobody_has'"):
        registry.find("architecture", "x")


def test_few_names_are_all_said_and_many_are_counted(site: Path):
    plant(site, "zoo-tiny", conf={f"galaxy/part_{k}": TINY for k in range(registry.MOST_NAMES)})
    forget()
    names = ", ".join(registry.names("galaxy"))
    assert registry.unknown("galaxy", "zebra") == f"No installed package has galaxy=zebra. Installed: {names}."
    plant(site, "zoo-more", conf={"galaxy/one_more": TINY})
    forget()
    assert registry.unknown("galaxy", "zebra").endswith("zebra. `zoo plugins` lists the 13 that are installed.")


def test_the_broken_plugin_that_has_the_file_is_said_first_and_another_is_not(site: Path):
    plant(site, "zoo-mine", "import foo_nobody_has", conf={"architecture/tiny_net": TINY})
    plant(site, "zoo-other", "import bar_nobody_has")
    plant(site, "zoo-tiny", conf={"architecture/tiny_new": TINY})
    forget()
    said = registry.unknown("architecture", "tiny_net")
    start = "No installed package has architecture=tiny_net. The plugin zoo-mine 0.3 failed to load: "
    assert said.startswith(start) and " Did you mean tiny_new?" in said
    assert "zoo-other" not in said


@pytest.mark.parametrize(
    ("source", "reason", "remedy"),
    [
        ("import foo_nobody_has", "No module named 'foo_nobody_has'", "pip install foo_nobody_has"),
        ("import zoo_x.part", "No module named 'zoo_x.part'", "pip install -U zoo-x"),
        ("raise RuntimeError('no display')", "RuntimeError: no display", "pip install -U zoo-x"),
        ("def broken(:", "SyntaxError: invalid syntax", "pip install -U zoo-x"),
        ("import sys; sys.exit(3)", "it called sys.exit(3)", "pip install -U zoo-x"),
    ],
    ids=["missing module", "missing own module", "RuntimeError", "SyntaxError", "SystemExit"],
)
def test_p01_p02_a_plugin_that_raises_at_import_is_named_and_the_others_work(site, source, reason, remedy):
    plant(site, "zoo-x", source)
    plant(site, "zoo-good", conf={"architecture/good": TINY})
    plugin = planted("zoo-x")
    assert plugin.state == "broken"
    assert f"plugin zoo-x 0.3 failed to load: {reason}" in str(plugin)
    assert str(plugin).endswith(f"→ {remedy}, or ZOO_DISABLE_PLUGINS=zoo-x")
    assert "Traceback" in plugin.story
    assert planted("zoo-good").state == "ok"
    assert registry.find("architecture", "good").provider == "zoo-good"


@pytest.mark.parametrize(
    "source",
    [
        "import time\ntime.sleep(3600)",
        "while True:\n    pass",
        "import time\ntry:\n    time.sleep(3600)\nexcept Exception:\n    time.sleep(3600)",
        HOOK.replace("return", "import time\n    time.sleep(3600)\n    return"),
    ],
    ids=["sleeps", "loops", "catches exceptions", "in its hook"],
)
def test_p03_a_plugin_that_hangs_is_named_after_a_while_and_the_others_work(site: Path, monkeypatch, source: str):
    monkeypatch.setenv("ZOO_PLUGIN_SECONDS", "0.2")
    plant(site, "zoo-x", source, conf={"head/x": TINY})
    plant(site, "zoo-good", conf={"architecture/good": TINY})
    assert str(planted("zoo-x")) == (
        "plugin zoo-x 0.3 failed to load: it did not come back within 0.2 s → "
        "ZOO_DISABLE_PLUGINS=zoo-x, or ZOO_PLUGIN_SECONDS=2 to wait longer"
    )
    assert planted("zoo-good").state == "ok"
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0) and signal.getsignal(signal.SIGALRM) is signal.SIG_DFL


def test_p03_an_alarm_of_somebody_else_is_left_alone(site: Path):
    plant(site, "zoo-good", conf={"architecture/good": TINY})
    signal.setitimer(signal.ITIMER_REAL, 100)
    try:
        assert planted("zoo-good").state == "ok"
        assert 90 < signal.getitimer(signal.ITIMER_REAL)[0] <= 100
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def test_p03_a_plugin_that_hangs_at_import_is_kept_out_by_name(site: Path, monkeypatch: pytest.MonkeyPatch):
    plant(site, "zoo-x", "import time; time.sleep(3600)")
    monkeypatch.setenv("ZOO_DISABLE_PLUGINS", "zoo-x")
    forget()
    assert planted("zoo-x").state == "disabled"


def test_an_entry_point_that_another_library_has_read_is_one_too(site: Path):
    """importlib_metadata, once imported, answers for the whole process with classes of its own."""

    class Entry(NamedTuple):
        name: str
        module: str

        def load(self):
            return importlib.import_module(self.module)

    plant(site, "zoo-tiny", conf={"architecture/tiny": TINY})
    dist = importlib.metadata.distribution("zoo-tiny")
    plugin = discovery.load(dist, Entry("tiny", "zoo_tiny"))
    assert (plugin.name, plugin.module, plugin.state) == ("tiny", "zoo_tiny", "ok")


def test_p15_a_run_whose_plugin_is_gone_names_package_and_version():
    gone = {"name": "tiny", "provider": "zoo-x", "version": "0.3"}
    with pytest.raises(UnknownPart, match=r"architecture=tiny comes from zoo-x 0\.3, .*: pip install zoo-x"):
        packages.require({"architecture": gone}, ["architecture"])


def test_p02_ctrl_c_while_a_plugin_is_imported_stays_ctrl_c(site: Path):
    plant(site, "zoo-x", "raise KeyboardInterrupt")
    forget()
    with pytest.raises(KeyboardInterrupt):
        registry.plugins()


@pytest.mark.filterwarnings("ignore:warned")
def test_p04_what_a_plugin_prints_is_kept_off_the_screen(site: Path, capfd: pytest.CaptureFixture[str]):
    noise = "import logging, warnings\nprint('hello')\nlogging.warning('logged')\nwarnings.warn('warned')\n"
    plant(site, "zoo-loud", noise + HOOK, conf={"head/loud": TINY})
    plugin = planted("zoo-loud")
    assert plugin.state == "ok"
    assert capfd.readouterr().out == ""
    assert "hello" in plugin.printed


def test_p05_two_providers_of_one_name_are_an_error_when_it_is_used(site: Path):
    plant(site, "zoo-a", conf={"architecture/twin": TINY, "architecture/only": TINY})
    plant(site, "zoo-b", conf={"architecture/twin": TINY})
    with pytest.raises(
        ZooError, match="architecture/twin is provided by zoo-a 0.3 and zoo-b 0.3: choose architecture=zoo-a/twin or"
    ):
        registry.find("architecture", "twin")
    assert registry.find("architecture", "only").provider == "zoo-a"


def test_p05_two_files_of_one_package_are_named(site: Path):
    other = HOOK.replace('"conf"', '"more"')
    package = plant(
        site, "zoo-a", conf={"architecture/twin": TINY}, modules={"more/architecture/twin.yaml": TINY, "b.py": other}
    )
    (site / "zoo_a-0.3.dist-info" / "entry_points.txt").write_text("[zoo]\nzoo-a = zoo_a\nzoo-b = zoo_a.b\n")
    forget()
    files = f"{package / 'conf/architecture/twin.yaml'} and {package / 'more/architecture/twin.yaml'}"
    with pytest.raises(ZooError, match="architecture/twin is provided twice by zoo-a 0.3, in") as refused:
        registry.find("architecture", "twin")
    assert files in str(refused.value)


def test_two_entry_points_of_one_folder_give_its_parts_once(site: Path):
    plant(site, "zoo-a", conf={"architecture/twin": TINY})
    (site / "zoo_a-0.3.dist-info" / "entry_points.txt").write_text("[zoo]\nzoo-a = zoo_a\nzoo-b = zoo_a\n")
    forget()
    assert registry.find("architecture", "twin").provider == "zoo-a"


def test_p05_disabling_one_of_two_providers_resolves_it(site: Path, monkeypatch: pytest.MonkeyPatch):
    plant(site, "zoo-a", conf={"architecture/twin": TINY})
    plant(site, "zoo-b", conf={"architecture/twin": TINY})
    monkeypatch.setenv("ZOO_DISABLE_PLUGINS", "zoo-b")
    assert registry.find("architecture", "twin").provider == "zoo-a"


def test_a_plugin_cannot_replace_a_part_of_zoo(site: Path):
    plant(site, "zoo-a", conf={"optimizer/adamw": TINY})
    with pytest.raises(
        ZooError, match="provided by zoo 0.* and zoo-a 0.3: .*, pip uninstall zoo-a, or set ZOO_DISABLE"
    ):
        registry.find("optimizer", "adamw")


@pytest.mark.parametrize(
    ("need", "remedy"),
    [("galaxy-model-zoo>=3", "pip install -U galaxy-model-zoo"), ("Galaxy_Model.Zoo<0.1", "pip install -U zoo-x")],
    ids=["newer zoo", "older zoo"],
)
def test_p06_a_plugin_for_another_zoo_is_not_imported(site: Path, need: str, remedy: str):
    plant(site, "zoo-x", "import pathlib; pathlib.Path(__file__).with_name('canary').touch()", requires=[need])
    plugin = planted("zoo-x")
    assert plugin.state == "incompatible"
    assert f"it needs {need}, this is {discovery.zoo_version()} → {remedy}" in str(plugin)
    assert not (site / "zoo_x" / "canary").exists()


def test_p06_requirements_of_other_environments_do_not_count(site: Path):
    plant(site, "zoo-x", requires=["galaxy-model-zoo>=3; python_version < '3'"], conf={"head/x": TINY})
    assert planted("zoo-x").state == "ok"


def test_p08_a_misspelt_hook_is_answered_with_the_nearest_name(site: Path):
    plant(site, "zoo-x", HOOK.replace("zoo_conf", "zoo_cnof"))
    plugin = planted("zoo-x")
    assert plugin.state == "incompatible"
    assert plugin.reason == "zoo has no hook zoo_cnof: did you mean zoo_conf?"


def test_p08_a_plugin_without_any_hook_is_told_of_the_marker(site: Path):
    plant(site, "zoo-x", "def zoo_conf(): ...")
    assert "no function of zoo_x is marked with @zoo.hookimpl" in planted("zoo-x").reason


def test_hidden_files_and_folders_are_no_parts(site: Path):
    """Such as those that editors, notebooks and the file systems of other machines leave behind."""
    hidden = {f"conf/{name}.yaml": "\0" for name in ("head/._x", "head/.#x", ".ipynb_checkpoints/x")}
    plant(site, "zoo-x", conf={"head/x": TINY}, modules=hidden)
    assert [str(part) for part in registry.parts() if part.provider == "zoo-x"] == ["head/x"]


@pytest.mark.parametrize("name", ["/x", "head/**x", "head/[", "head/../x"])
def test_a_name_that_is_none_is_answered_also_beside_a_broken_plugin(site: Path, name: str):
    plant(site, "zoo-broken", "1 / 0", conf={"head/x": TINY})
    with pytest.raises(UnknownPart, match="No installed package has"):
        registry.meant(name)


def test_an_object_that_answers_to_every_name_is_no_hook(site: Path):
    plant(site, "zoo-x", f"from unittest.mock import call\n{HOOK}", conf={"head/x": TINY})
    assert planted("zoo-x").state == "ok"


def test_p09_an_argument_that_zoo_does_not_pass_is_named(site: Path):
    plant(site, "zoo-x", COMMAND.replace("(cli)", "(app)"))
    assert planted("zoo-x").reason == "its hook zoo_commands has an argument 'app', but zoo passes cli"


def test_p10_a_hook_that_raises_costs_only_its_own_contribution(site: Path):
    plant(site, "zoo-x", HOOK.replace("return", "raise ValueError('no folder') #"))
    plant(site, "zoo-good", conf={"architecture/good": TINY})
    assert planted("zoo-x").reason == "ValueError: no folder"
    assert registry.find("architecture", "good").provider == "zoo-good"


@pytest.mark.parametrize(
    ("returned", "reason"),
    [
        ("None", "zoo_conf returned None instead of the pathlib.Path of a folder"),
        ("'conf'", "zoo_conf returned 'conf' instead of the pathlib.Path of a folder"),
        ("Path(__file__)", "__init__.py does not exist (did the YAML files get into the wheel?)"),
        ("Path('nowhere')", "nowhere does not exist (did the YAML files get into the wheel?)"),
        ("Path(__file__).parent / 'empty'", "empty has no GROUP/NAME.yaml (did the YAML files get into the wheel?)"),
    ],
)
def test_a_wrong_folder_is_the_plugins_state(site: Path, returned: str, reason: str):
    package = plant(site, "zoo-x", HOOK.replace('Path(__file__).parent / "conf"', returned))
    (package / "empty").mkdir()
    plugin = planted("zoo-x")
    assert plugin.state == "incompatible"
    assert reason in plugin.reason


@pytest.mark.parametrize("named", ["zoo-x", "zoo_x", "other, zoo-x"])
def test_p14_p16_a_disabled_plugin_is_listed_from_its_metadata_and_never_imported(site, monkeypatch, named):
    plant(site, "zoo-x", "import pathlib; pathlib.Path(__file__).with_name('canary').touch()")
    monkeypatch.setenv("ZOO_DISABLE_PLUGINS", named)
    plugin = planted("zoo-x")
    assert (plugin.state, plugin.package, plugin.version) == ("disabled", "zoo-x", "0.3")
    assert Path(plugin.location) == site
    assert not (site / "zoo_x" / "canary").exists()


def test_p16_where_a_list_says_what_is_loaded_nothing_else_is_imported(site: Path, monkeypatch: pytest.MonkeyPatch):
    for name in ("zoo-x", "zoo-y"):
        plant(site, name, HOOK + "\nPath(__file__).with_name('canary').touch()\n", conf={f"head/{name[-1]}": TINY})
    monkeypatch.setenv("ZOO_LOAD_PLUGINS", "zoo_y")
    assert [planted(name).state for name in ("zoo-x", "zoo-y")] == ["disabled", "ok"]
    assert planted("zoo-x").remedy == "add it to ZOO_LOAD_PLUGINS"
    assert not (site / "zoo_x" / "canary").exists() and (site / "zoo_y" / "canary").exists()


def test_strict_lets_the_error_through(site: Path, monkeypatch: pytest.MonkeyPatch):
    plant(site, "zoo-x", "import foo_nobody_has")
    monkeypatch.setenv("ZOO_PLUGINS_STRICT", "1")
    forget()
    with pytest.raises(ModuleNotFoundError, match="foo_nobody_has"):
        registry.plugins()


@pytest.mark.parametrize("damage", ["no METADATA", "no name", "bad entry points", "bad requirement"])
def test_p18_damaged_metadata_are_named_and_skipped(site: Path, damage: str):
    plant(site, "zoo-x", conf={"head/x": TINY})
    plant(site, "zoo-good", conf={"architecture/good": TINY})
    info = site / "zoo_x-0.3.dist-info"
    if damage == "no METADATA":
        (info / "METADATA").unlink()
    elif damage == "no name":
        (info / "METADATA").write_text("nonsense")
    elif damage == "bad entry points":
        (info / "entry_points.txt").write_text("[zoo]\nzoo-x zoo_x\n")
    else:
        (info / "METADATA").write_text("Name: zoo-x\nVersion: 0.3\nRequires-Dist: galaxy-model-zoo >>> 1\n")
    forget()
    names = {normal.replace("_", "-") for normal in (plugin.name for plugin in registry.plugins())}
    assert {"zoo-x", "zoo-good"} <= names
    assert planted("zoo-good").state == "ok"


def test_p18_entry_points_that_are_no_utf_8_are_their_packages_trouble(site: Path):
    plant(site, "zoo-good", conf={"architecture/good": TINY})
    for name, group in (("zoo-x", "zoo"), ("somebody", "console_scripts")):
        info = metadata(site, name, "1.0", [], "nowhere")
        (info / "entry_points.txt").write_bytes(f"[{group}]\n{name} = nowh\xe9re\n".encode("latin-1"))
    forget()
    states = {plugin.package: (plugin.state, plugin.reason) for plugin in registry.plugins()}
    assert states["zoo-good"] == ("ok", "") and "somebody" not in states
    assert states["zoo-x"][0] == "incompatible" and states["zoo-x"][1].startswith("its entry_points.txt cannot be read")


def test_the_kinds_of_parts_are_those_that_have_a_noun_and_a_kit():
    from zoo import build
    from zoo.testing import inspection

    assert build.NOUNS.keys() == {*registry.KINDS} == inspection.KITS.keys()


def test_p18_of_two_versions_the_one_that_is_imported_counts(site: Path, tmp_path: Path, monkeypatch):
    plant(site, "zoo-x", version="0.3", conf={"head/x": TINY})
    (tmp_path / "later").mkdir()
    metadata(tmp_path / "later", "zoo-x", "0.1", [], "zoo_x")
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path / "later")])
    forget()
    assert [plugin.version for plugin in registry.plugins() if plugin.name == "zoo-x"] == ["0.3"]


def test_p13_only_plugins_with_commands_are_imported_for_the_list_of_commands(site: Path):
    canary = "import pathlib; pathlib.Path(__file__).with_name('canary').touch()\n"
    plant(site, "zoo-slow", canary + "import time; time.sleep(3)\n" + HOOK, conf={"head/slow": TINY})
    plant(site, "zoo-greets", COMMAND)
    forget()
    assert "zoo-greets" in [plugin.name for plugin in discovery.commanding()]
    assert not (site / "zoo_slow" / "canary").exists()


def test_p13_the_story_of_a_slow_plugin_says_what_it_imports(site: Path, capsys: pytest.CaptureFixture[str]):
    from zoo.verbs import plugins

    plant(site, "zoo-slow", "import time; time.sleep(0.6)\n" + HOOK, conf={"head/slow": TINY})
    planted("zoo-slow").heavy = ["torch"]
    plugins.doctor("zoo-slow")
    assert "it imports torch at the top" in capsys.readouterr().out


def test_a_folder_of_ones_own_adds_names_and_shadows_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "optimizer").mkdir()
    for name in ("mine", "adamw"):
        (tmp_path / "optimizer" / f"{name}.yaml").write_text("# Mine.\n_target_: torch.optim.SGD\n")
    monkeypatch.setenv("ZOO_CONFIG_DIR", str(tmp_path))
    forget()
    assert registry.find("optimizer", "mine").provider == "--config-dir"
    with pytest.raises(ZooError, match="by zoo 0.* and --config-dir: give your file adamw.yaml another name"):
        registry.find("optimizer", "adamw")
