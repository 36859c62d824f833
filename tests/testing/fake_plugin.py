"""Fake plugins for the conformance kit: folders laid out as pip would, found like any installed package."""

import importlib
import inspect
import sys
from pathlib import Path
from types import ModuleType

import yaml

from zoo import discovery, registry, yaml_file
from zoo.testing import part

HERE = Path(__file__).parent
KINDS = {"architecture": "architectures", "augmenter": "augmenters", "dataset": "datasets", "head": "heads"}
README = "# A plugin\n\n## Paper\n\n## Licence\n\n## Results\n\n## Differences from the paper\n"


def look_again() -> None:
    """Let Python and zoo forget which fake plugins are installed."""
    importlib.invalidate_caches()
    for name in [name for name in sys.modules if name.startswith(("zoo_fake", "zoo_twin"))]:
        del sys.modules[name]
    for module in (discovery, registry, part, yaml_file):
        for function in vars(module).values():
            if hasattr(function, "cache_clear"):
                function.cache_clear()


def install(
    site: Path, package: str, requires: str = "galaxy-model-zoo>=0.1", summary: str = "A fake.", readme: str = README
) -> None:
    """Write the metadata of a distribution whose only package is already in the folder `site`."""
    name = package.replace("_", "-")
    info = site / f"{package}-1.0.dist-info"
    info.mkdir()
    lines = ["Metadata-Version: 2.1", f"Name: {name}", "Version: 1.0"]
    lines += [f"Summary: {summary}"] * bool(summary) + [f"Requires-Dist: {requires}"] * bool(requires)
    (info / "METADATA").write_text("\n".join(lines) + f"\n\n{readme}")
    (info / "entry_points.txt").write_text(f"[zoo]\n{name} = {package}\n")


def specimens(group: str) -> list[type]:
    """The conforming and the broken parts of one kind."""
    sys.path.insert(0, str(HERE))
    try:
        module: ModuleType = importlib.import_module(f"zoo_specimens.{KINDS[group]}")
    finally:
        sys.path.remove(str(HERE))
    return [
        cls
        for cls in vars(module).values()
        if inspect.isclass(cls)
        and cls.__module__ == module.__name__
        and (cls.__name__.startswith("Good") or "caught_by" in vars(cls))
    ]


def write_part(site: Path, group: str, cls: type) -> None:
    """Write the YAML file of a specimen: its docstring, its class, and the defaults of its constructor."""
    arguments = inspect.signature(cls).parameters.values()
    values = {a.name: a.default for a in arguments if a.default is not a.empty}
    folder = site / "zoo_specimens" / "conf" / group
    folder.mkdir(parents=True, exist_ok=True)
    text = yaml.safe_dump({"_target_": f"{cls.__module__}.{cls.__name__}", **values}, sort_keys=False)
    (folder / f"{cls.__name__}.yaml").write_text(f"# {inspect.getdoc(cls)}\n{text}")
