"""The plugin of specimens, installed for the tests of the conformance kit."""

import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from testing.fake_plugin import HERE, KINDS, install, look_again, specimens, write_part


@pytest.fixture(scope="session")
def specimen_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which the plugin of specimens is installed."""
    site = tmp_path_factory.mktemp("site")
    shutil.copytree(HERE / "zoo_specimens", site / "zoo_specimens", ignore=shutil.ignore_patterns("__pycache__"))
    install(site, "zoo_specimens")
    for group in KINDS:
        for cls in specimens(group):
            write_part(site, group, cls)
    for name in [name for name in sys.modules if name.partition(".")[0] == "zoo_specimens"]:
        del sys.modules[name]  # what is tested is the installed copy
    return site


@pytest.fixture
def on_path(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Path], None]]:
    """Put a folder on the path, as if what lies there were installed, for one test."""

    def add(site: Path) -> None:
        monkeypatch.syspath_prepend(str(site))
        look_again()

    yield add
    monkeypatch.undo()
    look_again()
