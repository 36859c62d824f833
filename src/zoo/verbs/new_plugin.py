"""`zoo plugins new`: the repository of a plugin, ready to be installed, tested and trained."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from zoo import template
from zoo.errors import ZooError

SETTINGS = ("package", "out")
LABELS = {
    "head": ("dataset.schema=classes",),
    "dataset": ("dataset.root=FOLDER", "head=classes"),
    "head dataset": ("dataset.root=FOLDER",),
}
"""What makes data and head of a first training fit each other, where the template's are among them."""


def main(words: Sequence[str]) -> None:
    """Write the plugin and print its folder; what is missing is asked for where somebody sits at the terminal."""
    named = [word for word in words if "=" not in word]
    settings = dict(word.split("=", 1) for word in words if "=" in word)
    if unknown := settings.keys() - {*SETTINGS}:
        raise ZooError(f"zoo plugins new knows no {min(unknown)}=…: write KIND NAME, package=NAME and out=DIR.")
    parts = template.parts_of(named or asked())
    package = settings.get("package") or template.default_package(parts)
    out = Path(settings.get("out") or package)
    template.write(parts, package, out)
    commands = [*activation(), f"cd {out}", "python -m pip install -e '.[test]'", "python -m pytest", first(parts)]
    print(f"zoo: next: {' && '.join(commands)}", file=sys.stderr)
    print(out)


def activation() -> list[str]:
    """What makes this interpreter the shell's `python`, where it is not and has an environment of its own."""
    script, known = Path(sys.prefix, "bin", "activate"), shutil.which("python")
    there = known and Path(known).parent == Path(sys.executable).parent
    return [f"source {script}"] if script.is_file() and not there else []


def first(parts: Sequence[template.NewPart]) -> str:
    """A first, short training with the plugin's parts, the first one of each kind, as the template has them."""
    chosen = {part.kind: str(part) for part in reversed(parts)}
    labels = LABELS.get(" ".join(kind for kind in ("head", "dataset") if kind in chosen), ())
    size = () if "dataset" in chosen else ("dataset.size=200",)
    return " ".join(["zoo train", *reversed(chosen.values()), *labels, *size, "stages.0.steps=5"])


def asked() -> list[str]:
    """Kind and name from a person. Raises ZooError where nobody can be asked."""
    import click

    if not sys.stdin.isatty():
        raise ZooError("zoo plugins new needs a kind and a name, such as architecture spiral_net out=DIR.")
    kind = click.prompt("Kind of part", type=click.Choice(template.KINDS), err=True)
    return [kind, click.prompt("Its name, such as spiral_net", err=True)]
