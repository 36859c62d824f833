"""P17: plugins that were built for an earlier release are found, conform and train with this one."""

import random
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from conftest import forget
from zoo import compose, registry
from zoo.run import Run

WHEELS = sorted((Path(__file__).parent / "wheels").glob("*.whl"))
KINDS = ("architecture", "augmenter", "dataset", "head")


@pytest.fixture(params=WHEELS, ids=lambda path: path.stem)
def package(request: pytest.FixtureRequest, site: Path) -> str:
    """The package of a wheel, unpacked as an installer would into a folder of the path."""
    zipfile.ZipFile(request.param).extractall(site)
    forget()
    return request.param.name.partition("-")[0].replace("_", "-")


@pytest.fixture
def survey(tmp_path: Path) -> Path:
    """Twenty galaxies of two classes in the layout that the template's data set reads."""
    (tmp_path / "survey" / "images").mkdir(parents=True)
    chance, rows = random.Random(0), ["object_id,label"]
    for number in range(20):
        noise = Image.frombytes("RGB", (64, 64), chance.randbytes(64 * 64 * 3))
        noise.save(tmp_path / "survey" / "images" / f"g{number}.png")
        rows.append(f"g{number},{('smooth', 'disk')[number % 2]}")
    (tmp_path / "survey" / "labels.csv").write_text("\n".join(rows) + "\n")
    return tmp_path / "survey"


def parts(package: str) -> dict[str, str]:
    """The part of each kind that a package brings."""
    return {part.group: part.name for part in registry.parts() if part.provider == package}


def test_there_is_a_wheel_and_each_is_small():
    assert WHEELS and all(wheel.stat().st_size < 30_000 for wheel in WHEELS)


def test_p17_a_frozen_plugin_trains(package: str, survey: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (plugin,) = [plugin for plugin in registry.plugins() if plugin.package == package]
    assert (plugin.state, plugin.going, plugin.printed) == ("ok", [], "")
    assert sorted(parts(package)) == sorted(KINDS)
    words = [f"{group}={name}" for group, name in parts(package).items()]
    words += [f"dataset.root={survey}", "stages.0.steps=2", "batch_size=4", "trainer.accelerator=cpu"]
    assert compose.run_hydra("train", [*words, f"runs={tmp_path / 'runs'}"]) == 0
    run = Run(tmp_path / "runs" / Path(capsys.readouterr().out.strip()).name)
    assert run.finished and run.choices["head"] == {"name": "softly", "provider": package, "version": "0.1.0"}


@pytest.mark.torture
@pytest.mark.parametrize("kind", KINDS)
def test_p17_a_frozen_plugin_passes_the_kit_of_today(package: str, survey: Path, kind: str):
    from zoo.testing import inspection

    values = {"root": str(survey)} if kind == "dataset" else {}
    kit = inspection.kit(registry.find(kind, parts(package)[kind]), values)
    found = map(inspection.outcome, inspection.trials_of_kit(kit))
    failed = [one.words for one in found if one.outcome == inspection.FAILED]
    assert not failed, "\n".join(failed)
