"""Wheels carry everything: installed in a fresh environment outside the repository, they list every part and train."""

import json
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from plant import installer

from zoo import template

ROOT = Path(__file__).parents[1]
PROJECTS = [ROOT, *sorted(path.parent for path in ROOT.glob("plugins/*/pyproject.toml"))]
OURS = ("zoo", "galaxy_model_zoo", "_zoo", "_galaxy_model_zoo", "__editable__")


def run(*words: str | Path, cwd: Path) -> str:
    """The output of a command that must succeed, in an environment without this repository."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "VIRTUAL_ENV", "ZOO"))}
    done = subprocess.run([*map(str, words)], cwd=cwd, env=clean, text=True, capture_output=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new environment that sees the locked packages, our editable installs left out, and has only our wheels."""
    folder = tmp_path_factory.mktemp("fresh")
    locked = folder / "locked"
    locked.mkdir()
    for path in Path(sysconfig.get_paths()["purelib"]).iterdir():
        if not path.name.startswith(OURS):
            (locked / path.name).symlink_to(path)
    run(sys.executable, "-m", "venv", "--without-pip", "env", cwd=folder)
    python = folder / "env" / "bin" / "python"
    (site,) = (folder / "env").glob("lib/python*/site-packages")
    (site / "locked.pth").write_text(f"{locked}\n")
    for project in PROJECTS:
        run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder / "wheels", cwd=project)
    command = [str(python) if word == sys.executable else word for word in installer()]
    run(*command, "--no-deps", *(folder / "wheels").glob("*.whl"), cwd=folder)
    return folder


def test_every_part_of_the_repository_is_in_the_wheels(fresh: Path):
    here = {f"{path.parent.name}/{path.stem}" for project in PROJECTS for path in parts_of(project)}
    told = json.loads(run(fresh / "env" / "bin" / "zoo", "plugins", "--json", cwd=fresh))
    assert {part["part"] for part in told["parts"]} == here
    assert {part["state"] for part in told["parts"]} == {"ok"}
    assert {plugin["name"] for plugin in told["plugins"]} == {project.name for project in PROJECTS[1:]}
    assert all(plugin["location"].startswith(str(fresh / "env")) for plugin in told["plugins"])


def parts_of(project: Path) -> list[Path]:
    """The YAML files of the parts in a project's source."""
    return list(project.glob("conf/*/*.yaml" if project == ROOT else "src/*/conf/*/*.yaml"))


def test_the_wheels_train(fresh: Path):
    words = ["architecture=resnet18", "augmenter=single", "augmenter.view_size=32", "dataset.size=40", "batch_size=4"]
    out = run(fresh / "env" / "bin" / "zoo", "train", *words, "stages.0.steps=2", cwd=fresh)
    assert (fresh / out.strip() / "model.safetensors").is_file()


def test_the_wheels_have_the_whole_template_of_a_plugin(fresh: Path):
    out = fresh / run(fresh / "env" / "bin" / "zoo", "plugins", "new", "head", "softly", cwd=fresh).strip()
    written = {str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()}
    assert written == {path for path, _ in template.files([template.NewPart("head", "softly")], out.name)}
