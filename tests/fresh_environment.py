"""An environment that knows this repository by its wheels alone: what a stranger has after `pip install`."""

import os
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path

from plant import installer

ROOT = Path(__file__).parents[1]
PROJECTS = [ROOT, *sorted(path.parent for path in ROOT.glob("plugins/*/pyproject.toml"))]
OURS = ("zoo", "galaxy_model_zoo", "_zoo", "_galaxy_model_zoo", "__editable__")


def run(*words: str | Path, cwd: Path) -> str:
    """The output of a command that must succeed, in an environment without this repository."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "VIRTUAL_ENV", "ZOO"))}
    done = subprocess.run([*map(str, words)], cwd=cwd, env=clean, text=True, capture_output=True)
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


def make(folder: Path, projects: Sequence[Path] = PROJECTS) -> Path:
    """A new environment in a folder, with the locked packages and the wheels of these projects; its `bin`."""
    locked = folder / "locked"
    locked.mkdir()
    for path in Path(sysconfig.get_paths()["purelib"]).iterdir():
        if not path.name.startswith(OURS):
            (locked / path.name).symlink_to(path)
    run(sys.executable, "-m", "venv", "--without-pip", "env", cwd=folder)
    python = folder / "env" / "bin" / "python"
    (site,) = (folder / "env").glob("lib/python*/site-packages")
    (site / "locked.pth").write_text(f"{locked}\n")
    for project in projects:
        run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder / "wheels", cwd=project)
    command = [str(python) if word == sys.executable else word for word in installer()]
    run(*command, "--no-deps", *(folder / "wheels").glob("*.whl"), cwd=folder)
    return python.parent
