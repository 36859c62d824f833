"""Wheels carry everything: installed in a fresh environment outside the repository, they list every part and train."""

import json
from pathlib import Path

import fresh_environment
import pytest
from fresh_environment import PROJECTS, ROOT, run

from zoo import template


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a new environment that has only our wheels."""
    folder = tmp_path_factory.mktemp("fresh")
    fresh_environment.make(folder)
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
