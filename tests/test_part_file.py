"""A part's file that is wrong costs nobody else anything, and is a sentence where the part is used."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from plant import metadata, plant

from conftest import forget
from zoo import build, compose, defaults_list, part_file, registry
from zoo.cli import cli
from zoo.errors import ZooError

NET = "# A net.\n_target_: zoo_x.net.Net\nwidth: 3\n"
GOOD = "class Net:\n    def __init__(self, width, num_bands): ...\n"
CHOICES = ["architecture=net", "head=null", "dataset=null", "augmenter=null"]
UNREADABLE = {
    "syntax": ("# A net.\nwidth: [3\n", "net.yaml"),
    "a key twice": (f"{NET}width: 4\n", "duplicate key"),
    "a list": ("# A net.\n- width\n", "net.yaml"),
    "no parent": ("# A net.\ndefaults: [nobody, _self_]\n", "nobody"),
}
MALFORMED = {
    "a word": ("abc", "net.yaml has 'abc' among its defaults: list names and choices"),
    "a table": ("{head: classes}", "net.yaml has {'head': 'classes'} among its defaults"),
    "nothing in braces": ("[{}]", "net.yaml has {} among its defaults"),
    "a number for a group": ("[{3: classes}]", "net.yaml has {3: 'classes'} among its defaults"),
    "its own child": (
        "[child]",
        "model/net inherits from model/child, which inherits from model/net: leave net out of",
    ),
    "nobody": ("[nobody]", "No installed package has model=nobody."),
}


@pytest.fixture
def used(site: Path, capsys: pytest.CaptureFixture[str]):
    """A function that installs a part and returns exit code and words of a command that chooses it."""

    def run(text: str, verb: str = "train") -> tuple[int, str]:
        plant(site, "zoo-x", conf={"architecture/net": text})
        forget()
        code = compose.run_hydra(verb, CHOICES)
        return code, capsys.readouterr().err

    return run


@pytest.mark.parametrize(("text", "said"), UNREADABLE.values(), ids=UNREADABLE)
def test_a_file_that_cannot_be_read_is_one_sentence_where_it_is_chosen(used, text: str, said: str):
    code, told = used(text)
    assert code == 2 and said in told and told.count("\n") == 1, told


@pytest.mark.parametrize(("text", "said"), UNREADABLE.values(), ids=UNREADABLE)
def test_a_file_that_cannot_be_read_is_listed_and_told_by_the_doctor(site: Path, text: str, said: str):
    plant(site, "zoo-x", conf={"architecture/net": text, "architecture/good": NET}, modules={"net.py": GOOD})
    forget()
    for words in (["plugins"], ["train", "--help"]):
        told = CliRunner().invoke(cli, words)
        assert told.exit_code == 0 and {"net", "good"} <= {*told.stdout.replace("architecture/", "").split()}
    story = CliRunner().invoke(cli, ["plugins", "doctor", "zoo-x"]).stdout
    (fault,) = [line for line in story.splitlines() if line.startswith("  fault")]
    assert said in fault
    shown = CliRunner().invoke(cli, ["plugins", "show", "architecture/net"])
    assert shown.exit_code == 0 or isinstance(shown.exception, ZooError)


@pytest.mark.parametrize("target", ["os.system", "torch.nn.Linear", "zoo_head_classes.head.Softmax"])
def test_a_class_of_strangers_is_refused_before_it_is_called(site: Path, target: str):
    plant(site, "zoo-x", conf={"architecture/net": f"# A net.\n_target_: {target}\n"})
    forget()
    said = f"architecture/net names {target}, which does not belong to zoo-x: write a class in zoo_x that inherits from"
    with pytest.raises(ZooError, match=said):
        build.part("architecture", "net", {"command": "touch here"})
    assert said in next(part_file.faults(registry.find("architecture", "net")))


def test_a_part_may_inherit_a_class_of_another_package_by_its_name(site: Path):
    plant(site, "zoo-x", conf={"architecture/net": "# Ours.\ndefaults: [/architecture/resnet18, _self_]\n"})
    forget()
    assert list(part_file.faults(registry.find("architecture", "net"))) == []


def test_a_folder_of_ones_own_may_name_any_class(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "architecture").mkdir()
    (tmp_path / "architecture" / "net.yaml").write_text("# Mine.\n_target_: zoo_architecture_timm.backbone.Timm\n")
    monkeypatch.setenv("ZOO_CONFIG_DIR", str(tmp_path))
    forget()
    assert list(part_file.faults(registry.find("architecture", "net"))) == []


def test_a_class_of_another_kind_is_one_sentence(site: Path):
    source = "class Net:\n    num_features = 3\n    def __init__(self, width): ...\n"
    plant(site, "zoo-x", conf={"architecture/net": NET}, modules={"net.py": source})
    forget()
    with pytest.raises(ZooError, match="architecture=net is Net and no Backbone: let its class inherit from zoo.arch"):
        build.chosen("architecture", {"architecture": {"name": "net"}}, {"architecture": {"width": 3}})


@pytest.mark.parametrize("group", ["dataset", "head"])
def test_a_training_without_one_of_its_parts_is_refused(capsys: pytest.CaptureFixture[str], group: str):
    assert compose.run_hydra("train", [f"{group}=null"]) == 2
    assert f"No {group} is chosen: write {group}=NAME with one of " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("yaml", "source", "said"),
    [
        (NET + "depth: 4\n", "class Net:\n    def __init__(self, width): ...", "Net takes no depth (its argu"),
        (NET, "class Net:\n    def __init__(self): ...", "arguments are none): take width out of "),
        (NET, "", "which zoo-x 0.3 cannot provide (module 'zoo_x.net' has no attribute 'Net')"),
        (NET, "import nowhere", "cannot provide (No module named 'nowhere'): "),
    ],
)  # fmt: skip
def test_a_class_that_does_not_fit_its_file_is_one_sentence(site: Path, yaml: str, source: str, said: str):
    plant(site, "zoo-x", conf={"architecture/net": yaml}, modules={"net.py": source})
    forget()
    with pytest.raises(ZooError) as refused:
        build.part("architecture", "net", {"width": 3} | ({"depth": 4} if "depth" in yaml else {}), num_bands=3)
    assert said in str(refused.value) and "\n" not in str(refused.value)


def stories(*names: str) -> list[str]:
    """The lines of the doctor about a package, without those of the folders."""
    forget()
    told = CliRunner().invoke(cli, ["plugins", "doctor", *names])
    assert told.exit_code == 0, told.output
    return told.stdout.partition("\n\n")[2].splitlines()


FAULTY = {
    "class": (NET, GOOD.replace("Net", "Nets"), "names zoo_x.net.Net; zoo_x.net has Nets: correct `_target_` in "),
    "module": (NET.replace(".net.", ".nett."), GOOD, "there is no module zoo_x.nett (zoo_x has net): correct `_targ"),
    "package": (NET, "import nowhere", "names zoo_x.net.Net, which needs nowhere: pip install nowhere."),
    "syntax": (NET, "class Net(:", "but importing zoo_x.net fails, SyntaxError: "),
    "exit": (NET, "import sys; sys.exit(3)", "importing zoo_x.net fails, it called sys.exit(3): mend it"),
    "hang": (NET, "import time; time.sleep(9)", "it did not come back within 0.5 s: set ZOO_PLUGIN_SECONDS=5 to "),
    "key": (
        NET + "depth: 4\n",
        GOOD,
        "cannot be built: Net takes no depth (its arguments are width, num_bands): take ",
    ),
    "no key": (
        NET.replace("width: 3\n", ""),
        GOOD,
        "cannot be built: Net asks for width (its arguments are width, num",
    ),
    "no module": (NET.replace("zoo_x.net.", ""), GOOD, "names Net, which does not belong to zoo-x"),
}


@pytest.mark.parametrize(("yaml", "source", "said"), FAULTY.values(), ids=FAULTY)
def test_the_doctor_of_a_package_looks_at_the_classes_of_its_parts(site: Path, monkeypatch, yaml, source, said):
    monkeypatch.setenv("ZOO_PLUGIN_SECONDS", "0.5" if "time" in source else "20")
    plant(site, "zoo-x", conf={"architecture/net": yaml}, modules={"net.py": source})
    lines = stories("zoo-x")
    (fault,) = [line for line in lines if line.startswith("  fault     architecture")]
    assert said in fault and lines[0] == "zoo-x: ok, but 1 fault"


def test_the_doctor_of_a_sound_package_finds_nothing_and_the_doctor_of_all_imports_no_class(site: Path):
    inherited = {"architecture/net": NET, "architecture/wide": "# Wide.\ndefaults: [net, _self_]\nwidth: 9\n"}
    plant(site, "zoo-x", conf=inherited, modules={"net.py": GOOD})
    plant(site, "zoo-y", conf={"architecture/bad": NET.replace("zoo_x", "zoo_y")}, modules={"net.py": "import nowhere"})
    assert stories("zoo-x")[0] == "zoo-x: ok" and "fault" not in "".join(stories("zoo-x"))
    assert "zoo-y: ok" in stories() and "zoo-y: ok, but 1 fault" in stories("zoo-y")


def test_the_doctor_tells_of_a_preset_that_inherits_from_nobody(site: Path):
    plant(site, "zoo-x", conf={"model/net": "# @package _global_\n# A choice.\ndefaults: [nobody, _self_]\n"})
    (fault,) = [line for line in stories("zoo-x") if line.startswith("  fault")]
    assert "nobody" in fault


@pytest.mark.parametrize(("defaults", "said"), MALFORMED.values(), ids=MALFORMED)
def test_a_defaults_list_that_is_none_is_a_fault_of_its_preset(site: Path, defaults: str, said: str):
    child = {"model/child": "# @package _global_\n# A child.\ndefaults: [net]\n"} if "child" in said else {}
    plant(site, "zoo-x", conf={"model/net": f"# @package _global_\n# A choice.\ndefaults: {defaults}\n", **child})
    forget()
    assert said in " ".join(part_file.faults(registry.find("model", "net")))


@pytest.mark.parametrize("defaults", ["", "[{override /head: null}]", "[{override /hydra/callbacks: [one, two]}]"])
def test_a_defaults_list_that_chooses_no_part_is_none_of_its_faults(site: Path, defaults: str):
    plant(site, "zoo-x", conf={"model/net": f"# @package _global_\n# A choice.\ndefaults: {defaults}\n"})
    forget()
    assert [*part_file.faults(registry.find("model", "net"))] == []
    assert defaults_list.chosen_by(registry.find("model", "net")) == {}


def test_the_doctor_of_two_packages_with_one_module_tells_each_its_own_once(site: Path):
    plant(site, "zoo-x", conf={"architecture/net": NET}, modules={"net.py": GOOD})
    metadata(site, "zoo-old", "0.1", [], "zoo_x")
    (site / "zoo_old-0.1.dist-info" / "entry_points.txt").write_text("[zoo]\nzoo-x = zoo_x\n")
    lines = stories("zoo-x")
    assert lines[0] == "zoo-x: ok, but 1 fault" and "  parts     architecture/net" in lines
    (fault,) = [line for line in lines if line.startswith("  fault")]
    assert "its module zoo_x is the one of zoo-old 0.1 too: pip uninstall zoo-old, or zoo-x." in fault
    assert stories("zoo-old")[0] == "zoo-old, entry point zoo-x: ok, but 1 fault"


def test_an_entry_point_that_names_no_module_is_told_with_those_that_the_package_holds(site: Path, tmp_path: Path):
    plant(site, "zoo-x", conf={"architecture/net": NET})
    source, info = tmp_path / "source" / "zoo_x", site / "zoo_x-0.3.dist-info"
    (info / "entry_points.txt").write_text("[zoo]\nzoo-x = zoo_xx\n")
    (info / "RECORD").write_text("zoo_x/__init__.py,,\nzoo_x/conf/architecture/net.yaml,,\n")
    said = "the entry point of zoo-x names zoo_xx, which the package does not hold (it holds zoo_x)"
    lines = stories("zoo-x")
    assert lines[0] == "zoo-x: broken" and f"  reason    {said}" in lines
    assert "  remedy    correct its pyproject.toml and install it again, or ZOO_DISABLE_PLUGINS=zoo-x" in lines
    checked = CliRunner().invoke(cli, ["plugins", "check", "zoo-x"])
    assert checked.exit_code == 1 and f"{said}: correct its pyproject.toml and install it again" in checked.stdout
    source.parent.mkdir()
    (site / "zoo_x").rename(source)
    (site / "_zoo_x.pth").write_text(f"{source.parent}\n")
    (info / "RECORD").write_text("_zoo_x.pth,,\n")
    assert f"  reason    {said}" in stories("zoo-x"), "an editable installation"


@pytest.mark.parametrize("verb", ["doctor", "check"])
def test_a_package_whose_entry_point_is_in_another_group_is_not_said_to_be_absent(site: Path, verb: str):
    plant(site, "zoo-x")
    (site / "zoo_x-0.3.dist-info" / "entry_points.txt").write_text("[zo]\nzoo-x = zoo_x\n")
    forget()
    told = CliRunner().invoke(cli, ["plugins", verb, "zoo-x"])
    said = r"zoo-x 0\.3 is installed but has no entry point in the group zoo \(it has zo\): call it \[project\.entry"
    with pytest.raises(ZooError, match=said):
        raise told.exception


def test_a_key_too_many_is_named_with_the_file_that_has_it_and_one_too_few_with_the_file_to_write(site: Path):
    wide = "# Wide.\ndefaults: [net, _self_]\n"
    source = "class Net:\n    def __init__(self, num_bands, depth): ..."
    package = plant(
        site, "zoo-x", conf={"architecture/net": NET, "architecture/wide": wide}, modules={"net.py": source}
    )
    forget()
    with pytest.raises(ZooError) as refused:
        build.part("architecture", "wide", {"width": 3}, num_bands=3)
    files = package / "conf" / "architecture"
    assert str(refused.value) == (
        "architecture=wide cannot be built: Net takes no width, and Net asks for depth (its arguments are num_bands, "
        f"depth): take width out of {files / 'net.yaml'}, write depth: VALUE into {files / 'wide.yaml'}, or change the "
        "class."
    )


@pytest.mark.parametrize("name", ["spiral net", "../head/classes", "/etc/passwd", "Net", "net.v2", "net/deep"])
def test_a_name_that_is_none_is_refused_whatever_it_looks_like(site: Path, capsys, name: str):
    plant(site, "zoo-x", conf={"architecture/net": NET})
    forget()
    code = compose.run_hydra("train", [f"architecture={name}", *CHOICES[1:]])
    told = capsys.readouterr().err
    assert code == 2 and told.startswith("zoo train: ") and told.count("\n") == 1, told
    assert "architecture=" in told
