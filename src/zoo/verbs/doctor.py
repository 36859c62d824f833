"""`zoo doctor`: versions, devices, folders and plugins, and for each problem the command that mends it."""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import os
import platform
import sys
from collections.abc import Callable

from zoo import cache, listing, registry
from zoo.discovery import zoo_version
from zoo.plugin import sentence

PACKAGES = ("torch", "torchvision", "lightning", "torchmetrics", "hydra-core", "numpy", "pandas", "pyarrow", "pillow")
MALICIOUS = ("2.6.2", "2.6.3")
"""Releases of lightning that carried malicious code."""


def main(as_json: bool = False) -> None:
    """Print what zoo finds on this machine, then its problems."""
    found = {"zoo": zoo_version(), "python": f"{platform.python_version()} ({sys.executable})"}
    found |= {package: version(package) for package in PACKAGES}
    found |= {"device": said(device), "threads": said(threads), "cache": said(lambda: str(cache.folder()))}
    found |= {plugin.name: f"{plugin.version} {plugin.state}" for plugin in registry.plugins()}
    troubles = problems()
    if as_json:
        print(json.dumps({**found, "problems": troubles}, indent=2, ensure_ascii=False))
        return
    listing.show(("what", "found"), list(found.items()))
    print("\nproblems:" if troubles else "\nno problems")
    for trouble in troubles:
        print(f"  {trouble['where']}: {trouble['problem']} → {trouble['remedy']}")


def version(package: str) -> str:
    """The installed version of a distribution."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def said(ask: Callable[[], str]) -> str:
    """An answer, or why there is none: what is broken here must not silence the doctor."""
    try:
        return ask()
    except Exception as error:
        return f"unknown ({sentence(error)})"


def device() -> str:
    """What torch would compute on."""
    import torch

    if torch.cuda.is_available():
        return f"{torch.cuda.device_count()} × {torch.cuda.get_device_name()} (CUDA {torch.version.cuda})"
    built = f"torch is built for CUDA {torch.version.cuda}" if torch.version.cuda else "torch is built without CUDA"
    return f"cpu ({built})"


def threads() -> str:
    """How many threads torch computes with, and how many cores there are."""
    import torch

    return f"{torch.get_num_threads()} of {os.cpu_count()} cores"


def problems() -> list[dict[str, str]]:
    """What is wrong, each with what to type."""
    found = [
        problem(plugin.reason, plugin.remedy, plugin.name) for plugin in registry.plugins() if plugin.state != "ok"
    ]
    for module, package in (("torch", "torch"), ("torchvision", "torchvision"), ("lightning", "lightning")):
        if version(package) != "not installed" and (error := failure(module)):
            found.append(problem(f"import {module} fails: {error}", f"pip install -U {package}", module))
    if version("lightning") in MALICIOUS:
        found.append(problem(f"lightning {version('lightning')} is malicious", "pip install -U lightning", "lightning"))
    if said(lambda: str(cache.folder())).startswith("unknown"):
        found.append(problem("the cache folder cannot be made", "export ZOO_CACHE=a folder you may write to", "cache"))
    return found


def problem(what: str, remedy: str, where: str) -> dict[str, str]:
    """A problem, the place it concerns, and what to type."""
    return {"where": where, "problem": what, "remedy": remedy}


def failure(module: str) -> str:
    """Why a module cannot be imported, empty if it can."""
    try:
        importlib.import_module(module)
    except Exception as error:
        return sentence(error)
    return ""
