"""Installed plugins, loaded one by one: what goes wrong in one of them becomes its state, and the others work."""

from __future__ import annotations

import difflib
import importlib.metadata
import importlib.util
import inspect
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib.metadata import Distribution, EntryPoint
from pathlib import Path
from typing import Any

from zoo import hookimpl, hookspec, hookspecs
from zoo.installed import check_module
from zoo.plugin import Plugin, Unfit, arguments, call, guarded, normal

DISTRIBUTION = "galaxy-model-zoo"
HEAVY = frozenset(
    ["astropy", "hydra", "kornia", "lightning", "matplotlib", "pandas", "scipy", "timm", "torch"]
    + ["torchmetrics", "torchvision"]
)
"""The large packages that no plugin imports to tell where its parts are."""

HEADER = re.compile(r"^(Name|Version|Requires-Dist):(.*)$", re.MULTILINE)
SECTION = re.compile(r"^\s*\[\s*zoo\s*\]", re.MULTILINE)


@cache
def zoo_version() -> str:
    """The version of the core."""
    return importlib.metadata.version(DISTRIBUTION)


def distribution(provider: str) -> str:
    """What an installer calls a provider of parts: `zoo` is a stranger's name there."""
    return DISTRIBUTION if provider == "zoo" else provider


@cache
def plugins() -> tuple[Plugin, ...]:
    """Every plugin, sorted by name; loaded unless it is disabled or asks for another zoo."""
    return tuple(sorted((load(dist, entry) for dist, entry in entries()), key=lambda p: (p.name, p.package)))


@cache
def commanding() -> tuple[Plugin, ...]:
    """The plugins whose source speaks of the hook for commands; no other is imported."""
    found = [load(dist, entry) for dist, entry in entries() if mentions(entry, "zoo_commands")]
    return tuple(sorted(found, key=lambda plugin: (plugin.name, plugin.package)))


def mentions(entry: EntryPoint | Exception, word: str) -> bool:
    """Whether a plugin's module may define a name, by its source; true where the source cannot be read."""
    if isinstance(entry, Exception):
        return False
    if "." in entry.module:
        return True
    try:
        spec = importlib.util.find_spec(entry.module)
        text = Path(spec.origin or "").read_text(errors="replace") if spec else ""
    except (ImportError, ValueError, OSError):
        return True
    return word in text or "import *" in text


@cache
def entries() -> tuple[tuple[Distribution, EntryPoint | Exception], ...]:
    """The entry points of the group `zoo`; of two versions of a distribution, those of the one found first."""
    return tuple(scan())


def scan() -> Iterator[tuple[Distribution, EntryPoint | Exception]]:
    """Read the entry points of every distribution on the path."""
    seen: set[str] = set()
    for dist in importlib.metadata.distributions():
        if not SECTION.search(entry_points_of(dist)):
            continue
        try:
            found: list[EntryPoint | Exception] = list(dist.entry_points.select(group="zoo"))
        except Exception as error:  # a malformed file is that distribution's trouble
            found = [error]
        package = normal(package_of(dist))
        if package not in seen:
            seen.add(package)
            yield from ((dist, entry) for entry in found)


def entry_points_of(dist: Distribution) -> str:
    """The text of a distribution's entry points, blank without any; bytes that are no UTF-8 are replaced."""
    try:
        return dist.read_text("entry_points.txt") or ""
    except UnicodeDecodeError as error:
        return error.object.decode(errors="replace")


@cache
def headers(dist: Distribution) -> Mapping[str, list[str]]:
    """What a distribution's metadata say of it, by key: `dist.metadata` would read its README too, at each look."""
    found: dict[str, list[str]] = {"Name": [], "Version": [], "Requires-Dist": []}
    try:
        text = dist.read_text("METADATA") or dist.read_text("PKG-INFO") or ""
    except UnicodeDecodeError as error:
        text = error.object.decode(errors="replace")
    for key, value in HEADER.findall(text.partition("\n\n")[0]):
        found[key].append(value.strip())
    return found


@cache
def package_of(dist: Distribution) -> str:
    """The name of a distribution, from its folder's name where the metadata are lost."""
    names = [*headers(dist)["Name"], Path(str(getattr(dist, "_path", "unknown"))).stem.rpartition("-")[0], "unknown"]
    return next(filter(None, names))


@cache
def load(dist: Distribution, entry: EntryPoint | Exception) -> Plugin:
    """Import one plugin and ask for its folder, unless it is disabled or its metadata ask for another zoo."""
    package = package_of(dist)
    name = package if isinstance(entry, Exception) else entry.name
    version = next(iter(headers(dist)["Version"]), "?")
    module = "" if isinstance(entry, Exception) else entry.module
    plugin = Plugin(name, package, version, str(dist.locate_file("")), module)
    names = {normal(name), normal(package)}
    if names & listed("ZOO_DISABLE_PLUGINS"):
        plugin.fail("disabled", "ZOO_DISABLE_PLUGINS names it", "take it out of ZOO_DISABLE_PLUGINS")
        return plugin
    if (allowed := listed("ZOO_LOAD_PLUGINS")) and not names & allowed:
        plugin.fail("disabled", "ZOO_LOAD_PLUGINS does not name it", "add it to ZOO_LOAD_PLUGINS")
        return plugin
    with guarded(plugin):
        if isinstance(entry, Exception):
            raise Unfit(f"its entry_points.txt cannot be read ({entry})") from entry
        if unmet := other_zoo(dist):
            requirement, remedy = unmet
            plugin.fail("incompatible", f"it needs {requirement}, this is {zoo_version()}", remedy)
            return plugin
        before = HEAVY & sys.modules.keys()
        try:
            loaded = entry.load()
        except ModuleNotFoundError:
            check_module(package, module)
            raise
        plugin.heavy = sorted((HEAVY & sys.modules.keys()) - before)
        plugin.location = str(Path(getattr(loaded, "__file__", None) or plugin.location).parent)
        plugin.hooks = connect(loaded)
        plugin.going = list(going(plugin.hooks))
        plugin.folder = conf_folder(plugin)
    return plugin


def listed(variable: str) -> set[str]:
    """The plugins that a variable of the environment names, with commas between."""
    return {normal(word.strip()) for word in os.environ.get(variable, "").split(",") if word.strip()}


def other_zoo(dist: Distribution) -> tuple[str, str] | None:
    """The requirement on zoo that this zoo does not meet, and what to install."""
    for line in headers(dist)["Requires-Dist"] or dist.requires or ():
        if found := unmet(line):
            requirement, too_old = found
            return requirement, f"pip install -U {DISTRIBUTION if too_old else package_of(dist)}"
    return None


@cache
def unmet(line: str) -> tuple[str, bool] | None:
    """What a line of requirements asks of zoo, if this zoo does not meet it, and whether this zoo is too old for it."""
    from packaging.requirements import Requirement

    requirement = Requirement(line)
    if normal(requirement.name) != DISTRIBUTION or (requirement.marker and not requirement.marker.evaluate()):
        return None
    clauses = [clause for clause in requirement.specifier if not clause.contains(zoo_version(), prereleases=True)]
    too_old = all(clause.operator in (">=", ">") for clause in clauses)
    return (f"{requirement.name}{requirement.specifier}", too_old) if clauses else None


def connect(module: Any) -> dict[str, Callable[..., Any]]:
    """The hooks of a plugin by name: what pluggy's marker has marked. Raises Unfit for a wrong hook, or where none is.

    A manager of pluggy's for each plugin would take longer than importing it does.
    """
    named: dict[str, Any] = {name: getattr(module, name, None) for name in dir(module)}
    functions = [name for name, value in named.items() if inspect.isroutine(value)]  # what else may answer to any name
    hooks = {name: named[name] for name in functions if hasattr(named[name], f"{hookimpl.project_name}_impl")}
    for name, function in hooks.items():
        check_hook(name, function)
    if not hooks:
        raise Unfit(
            f"no function of {module.__name__} is marked with @zoo.hookimpl (hooks: {', '.join(hookspecs.HOOKS)})"
        )
    return hooks


def going(hooks: Mapping[str, Callable[..., Any]]) -> Iterator[str]:
    """What the hooks of a plugin use that will go, as the markers in zoo.hookspecs say."""
    for name, function in hooks.items():
        marked = getattr(getattr(hookspecs, name), f"{hookspec.project_name}_spec")
        warnings = marked["warn_on_impl_args"] or {}
        said = [marked["warn_on_impl"], *map(warnings.get, arguments(function))]
        yield from (str(warning) for warning in said if warning)


def check_hook(name: str, function: Any) -> None:
    """Raise Unfit unless the function bears a hook's name and asks only for what zoo passes to that hook."""
    if name not in hookspecs.HOOKS:
        near = difflib.get_close_matches(name, hookspecs.HOOKS, n=1, cutoff=0.5)
        raise Unfit(f"zoo has no hook {name}: " + (f"did you mean {near[0]}?" if near else ", ".join(hookspecs.HOOKS)))
    told = arguments(hookspecs.HOOKS[name])
    for argument in arguments(function):
        if argument not in told:
            passes = f"passes {', '.join(told)}" if told else "passes nothing"
            raise Unfit(f"its hook {name} has an argument {argument!r}, but zoo {passes}")


def conf_folder(plugin: Plugin) -> Path | None:
    """The folder of its parts, if it has any. Raises Unfit unless that is a folder."""
    folder = call(plugin, "zoo_conf")
    if folder is None and "zoo_conf" in plugin.hooks:
        raise Unfit("its hook zoo_conf returned None instead of the pathlib.Path of a folder")
    if folder is not None and not isinstance(folder, Path):
        raise Unfit(f"its hook zoo_conf returned {folder!r} instead of the pathlib.Path of a folder")
    if folder is not None and not folder.is_dir():
        raise Unfit(f"its folder of parts {folder} does not exist (did the YAML files get into the wheel?)")
    if folder is not None and not part_files(folder):
        raise Unfit(f"its folder of parts {folder} has no GROUP/NAME.yaml (did the YAML files get into the wheel?)")
    return folder


@cache
def part_files(folder: Path) -> tuple[Path, ...]:
    """The files `GROUP/NAME.yaml` in a folder of parts, in order; none where there is no folder.

    Hidden ones are those of editors and file systems.
    """
    groups = [entry.path for entry in shown(folder) if entry.is_dir()] if folder.is_dir() else []
    files = [entry.path for group in groups for entry in shown(group) if entry.name.endswith(".yaml")]
    return tuple(map(Path, sorted(files)))


def shown(folder: str | Path) -> list[os.DirEntry[str]]:
    """What lies in a folder and is not hidden."""
    with os.scandir(folder) as entries:
        return [entry for entry in entries if not entry.name.startswith(".")]
