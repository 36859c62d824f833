"""`zoo plugins new` writes a plugin that is installed, tested and trained as it is, or nothing."""

import os
import re
import subprocess
import sys
from pathlib import Path

import plant
import pytest

from conftest import forget
from zoo import build, compose, fit, readme, template
from zoo.errors import ZooError
from zoo.head import check_schema
from zoo.verbs import new_plugin

EVERYTHING = ["architecture", "spiral_net", "head", "softly", "augmenter", "mirrors", "dataset", "my_survey"]


def written(folder: Path) -> dict[str, str]:
    """Path and text of every file in a folder."""
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.torture
def test_a_new_plugin_is_installed_tested_and_trained_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    out, site = tmp_path / "mine", tmp_path / "site"
    new_plugin.main([*EVERYTHING, "package=zoo-mine", f"out={out}"])
    assert capsys.readouterr().out == f"{out}\n"
    plant.install(site, out)
    env = {**os.environ, "PYTHONPATH": str(site), "ZOO_CACHE": str(tmp_path / "cache")}
    tested = subprocess.run([sys.executable, "-m", "pytest", "-q"], cwd=out, env=env, capture_output=True, text=True)
    assert tested.returncode == 0, tested.stdout[-3000:]
    passed = int(re.search(r"(\d+) passed", tested.stdout)[1])
    assert passed > 90, "the kit's checks ran"
    words = ["architecture=spiral_net", "head=softly", "augmenter=mirrors", "dataset=simulated"]
    words += ["dataset.schema=classes", "dataset.size=60", "stages.0.steps=2", f"runs={tmp_path / 'runs'}"]
    trained = subprocess.run(
        [sys.executable, "-m", "zoo.cli", "train", *words], env=env, capture_output=True, text=True
    )
    assert trained.returncode == 0, trained.stderr[-3000:]


@pytest.mark.parametrize("words", [*([kind, "mine"] for kind in template.KINDS), EVERYTHING[:4], EVERYTHING], ids=len)
def test_the_command_that_is_told_to_come_next_has_a_configuration_with_every_part(
    words: list[str], site: Path, capsys: pytest.CaptureFixture[str]
):
    new_plugin.main([*words, f"out={site / 'mine'}"])
    typed = capsys.readouterr().err.rpartition("zoo train ")[2].split()
    assert {f"{kind}={name}" for kind, name in zip(words[::2], words[1::2], strict=True)} <= {*typed}
    plant.link(site, site / "mine")
    forget()
    cfg = compose.config("train", typed)
    if "dataset" not in words:  # whose files nobody has yet
        choices = fit.choices_of(cfg.hydra.runtime.choices)
        schema = build.dataset(choices, fit.values_of(cfg)).schema
        check_schema(build.locate("head", choices["head"]["name"]), schema)


def test_the_command_that_is_told_to_come_next_installs_with_this_interpreter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "bin").mkdir()
    for name in ("activate", "python"):
        (tmp_path / "bin" / name).touch(0o755)
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "bin" / "python"))
    new_plugin.main(["head", "softly", f"out={tmp_path / 'stranger'}"])
    assert f"next: source {tmp_path}/bin/activate && cd " in capsys.readouterr().err
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    new_plugin.main(["head", "softly", f"out={tmp_path / 'active'}"])
    assert f"next: cd {tmp_path}/active && python -m pip install -e '.[test]' && " in capsys.readouterr().err


def test_the_requests_of_the_template_are_no_paper_of_anybodys(site: Path, capsys: pytest.CaptureFixture[str]):
    new_plugin.main(["head", "softly", f"out={site / 'mine'}"])
    page = site / "mine" / "README.md"
    assert {**readme.said(page.read_text()), "Licence": ""}.items() >= dict.fromkeys(readme.HEADINGS, "").items()
    assert readme.said(page.read_text())["Licence"] == "BSD 3-Clause."
    assert set(readme.unanswered(page.read_text())) == {*readme.HEADINGS}
    answered = page.read_text().replace("Say here which paper each part comes from", "Dieleman et al. (2015)")
    assert "Dieleman" in readme.said(answered)["Paper"] and "Paper" not in readme.unanswered(answered)


def test_every_name_of_the_template_becomes_the_authors(tmp_path: Path):
    template.write(template.parts_of(EVERYTHING), "zoo-mine", tmp_path / "mine")
    found = written(tmp_path / "mine")
    assert not [path for path, text in found.items() if "template" in f"{path} {text}".lower()]
    assert {"pyproject.toml", "README.md", "LICENSE", "CITATION.cff", ".gitignore", ".github/workflows/test.yml"} <= {
        *found
    }
    assert "class SpiralNet(ImageBackbone):" in found["src/zoo_mine/spiral_net.py"]
    assert "src/zoo_mine/conf/dataset/my_survey.yaml" in found


def test_only_the_kinds_that_were_asked_for_are_written(tmp_path: Path):
    template.write(template.parts_of(["head", "softly", "head", "hardly"]), "zoo-heads", tmp_path / "heads")
    found = written(tmp_path / "heads")
    assert sorted(Path(path).stem for path in found if path.startswith("src/zoo_heads/conf")) == ["hardly", "softly"]
    assert "`head=softly`\n- `head=hardly`\n" in found["README.md"]
    assert "architecture" not in found["README.md"]


def test_an_architecture_is_at_most_forty_lines_of_its_authors():
    own = template.files_of(template.NewPart("architecture", "mine"))
    count = sum(len(path.read_text().splitlines()) for path in own if "tests" not in path.parts)
    assert count <= 40


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["architecture"], "has no name at its end"),
        (["galaxy", "spiral_net"], "no template of the kind 'galaxy'"),
        (["head", "Spiral Net"], "'Spiral Net' cannot be the name of a part"),
        (["head", "SpiralNet"], "cannot be the name"),
        (["head", "spiral.net"], "cannot be the name"),
        (["head", "../spiral"], "cannot be the name"),
        (["head", "class"], "cannot be the name"),
        (["head", "head"], "would be called Head, as one of zoo's"),
        (["augmenter", "flips"], "would be called Flips"),
        (["architecture", "net", "head", "net"], "would be called net, and share a file"),
        (["architecture", "resnet18"], "architecture=resnet18 is there already, from zoo-architecture-timm"),
        (["head", "mine", "package=zoo mine"], "'zoo mine' cannot be the name of a package"),
        (["head", "mine", "where=here"], "knows no where="),
        ([], "needs a kind and a name"),
    ],
)
def test_what_no_plugin_can_be_is_refused_and_nothing_written(
    words: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stdin", open(os.devnull))  # noqa: SIM115
    with pytest.raises(ZooError, match=re.escape(said)):
        new_plugin.main(words)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_not_empty_stays_as_it_is(tmp_path: Path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("years")
    with pytest.raises(ZooError, match="is there and not empty"):
        new_plugin.main(["head", "softly", f"out={tmp_path / 'mine'}"])
    assert written(tmp_path) == {"mine/thesis.tex": "years"}


def test_an_error_half_way_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def interrupted(parts, package):  # noqa: ANN001, ANN202
        yield "pyproject.toml", "[project]"
        raise OSError("disk full")

    monkeypatch.setattr(template, "files", interrupted)
    with pytest.raises(OSError, match="disk full"):
        template.write([template.NewPart("head", "softly")], "zoo-softly", tmp_path / "mine")
    assert not list(tmp_path.iterdir())
