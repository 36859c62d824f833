"""What is wrong with the class that a part's file names: it is imported, and its arguments compared with the keys."""

from __future__ import annotations

import difflib
import importlib
import inspect
import io
import pkgutil
from collections.abc import Iterator, Mapping
from contextlib import redirect_stderr, redirect_stdout
from typing import Any

from zoo import compose, packages, signature
from zoo.errors import ZooError
from zoo.misfit import Misfit
from zoo.plugin import Hung, bounded, patience, sentence
from zoo.registry import KINDS, Part

TOLD: Mapping[str, frozenset[str]] = {
    "architecture": frozenset({"num_bands"}),
    "head": frozenset({"schema", "num_features"}),
}
"""Arguments that zoo passes to parts of a kind from other parts, which no YAML has."""


def faults(part: Part) -> Iterator[str]:
    """One sentence, with a way out, for each fault of the class. What its module prints is swallowed."""
    try:
        module, _, name = signature.target(part).rpartition(".") if signature.naming(part) else ("", "", "")
    except ZooError as error:  # it inherits from nobody
        yield str(error)
        return
    if not module:
        return
    try:
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()), bounded(patience()):
            loaded = importlib.import_module(module)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a module may raise anything, SystemExit too
        yield not_imported(part, module, error)
        return
    if not hasattr(loaded, name):
        known = nearest(name, [key for key, value in vars(loaded).items() if own(value, module)])
        yield misnamed(part, f"{module} has {known or 'no class'}")
    elif part.group in KINDS:
        yield from disagreements(part, getattr(loaded, name))


def own(value: Any, module: str) -> bool:
    """Whether a class or function was written in a module."""
    return (inspect.isclass(value) or inspect.isfunction(value)) and value.__module__ == module


def not_imported(part: Part, module: str, error: BaseException) -> str:
    """That the module of a part's class cannot be imported, why, and what to do."""
    absent = (error.name or "") if isinstance(error, ModuleNotFoundError) else ""
    if absent and f"{module}.".startswith(f"{absent}."):
        return misnamed(part, f"there is no module {absent}{beside(absent)}")
    top = absent.partition(".")[0]
    if top and top != module.partition(".")[0]:
        return f"{part} names {signature.target(part)}, which needs {top}: {packages.bringing(top, part.provider)}."
    remedy = f"set ZOO_PLUGIN_SECONDS={10 * patience():g} to wait longer" if isinstance(error, Hung) else "mend it"
    return f"{part} names {signature.target(part)}, but importing {module} fails, {sentence(error)}: {remedy}."


def beside(absent: str) -> str:
    """The modules of the package in which one is missing, in brackets."""
    package, _, name = absent.rpartition(".")
    if not package:
        return ""
    known = [found.name for found in pkgutil.iter_modules(importlib.import_module(package).__path__)]
    return f" ({package} has {nearest(name, known)})" if known else ""


def nearest(name: str, known: list[str]) -> str:
    """Up to five of the known names, those most like this one first."""
    return ", ".join(difflib.get_close_matches(name, known, n=5, cutoff=0.5) or sorted(known)[:5])


def misnamed(part: Part, found: str) -> str:
    """That a part's file, or the one that it inherits from, names what is not there."""
    naming = signature.naming(part) or part
    return f"{part} names {signature.target(part)}; {found}: correct `_target_` in {naming.path}."


def disagreements(part: Part, made: Any) -> Iterator[str]:
    """Where the keys of a part's file and the arguments of its class differ."""
    try:
        asked = inspect.signature(made).parameters
        keys = [key for key in compose.part_values(part.group, part.full_name) if not key.startswith("_")]
    except (ZooError, TypeError, ValueError) as error:
        yield f"{part} cannot be compared with {signature.target(part)} ({sentence(error)}): correct {part.path}."
        return
    misfit = Misfit(part, made, dict.fromkeys([*keys, *TOLD.get(part.group, frozenset()) & set(asked)]))
    if misfit.extra or misfit.lacking:
        yield str(misfit)
