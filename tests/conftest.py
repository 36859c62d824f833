"""Fixtures of the core's tests: the shared data, and a folder in which fake plugins are installed."""

import functools
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from zoo import cli, discovery, registry

THIRD_PARTY = Path(__file__).parent / "third_party"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with specifications and real data: `$ZOO_SHARED`, else `../shared` beside the repository."""
    folder = Path(os.environ.get("ZOO_SHARED") or Path(__file__).parents[2] / "shared")
    if not folder.is_dir():
        pytest.skip(f"no shared data at {folder}: set ZOO_SHARED to the folder that has them")
    return folder


def forget() -> None:
    """Let zoo look for plugins again, and Python import the fake ones anew."""
    for module in (cli, discovery, registry):
        for thing in vars(module).values():
            if isinstance(thing, functools._lru_cache_wrapper):
                thing.cache_clear()


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder that this process and its children search for packages, plugins among them."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setenv("PYTHONPATH", str(folder), prepend=os.pathsep)
    before = set(sys.modules)
    forget()
    yield folder
    forget()
    for name in set(sys.modules) - before:
        if str(folder) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


@pytest.fixture
def tiny(site: Path) -> Path:
    """A third party's architecture, installed from its project folder."""
    from plant import link

    project = THIRD_PARTY / "zoo-architecture-tiny"
    link(site, project)
    forget()
    return project


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The toy plugin, which trains in a second, for this process and its children."""
    folder = str(Path(__file__).parent / "toy")
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setenv("PYTHONPATH", folder, prepend=os.pathsep)
    forget()
    yield
    forget()


@pytest.fixture(scope="module")
def toy_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A finished run of the toy's parts, which stay installed while the tests of a module run.

    It is trained once a session: the second time it finds itself.
    """
    import killer

    from zoo import fit

    folder, runs = str(Path(__file__).parent / "toy"), tmp_path_factory.getbasetemp() / "toy-runs"
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        patch.setenv("PYTHONPATH", folder, prepend=os.pathsep)
        forget()
        run = fit.prepare(fit.choices_of(killer.PARTS), killer.config(runs, keep_checkpoints=False))
        yield fit.train(run).folder
    forget()
