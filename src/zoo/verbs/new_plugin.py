"""`zoo plugins new`: the repository of a plugin, ready to be installed, tested and trained."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from zoo import template
from zoo.errors import ZooError

SETTINGS = ("package", "out")
SHORT = ("dataset.size=200", "stages.0.steps=5")
FIRST = {
    "architecture": SHORT,
    "head": ("dataset.schema=classes", *SHORT),
    "augmenter": SHORT,
    "dataset": ("dataset.root=FOLDER", "head=classes"),
}
"""Words of a first training with a part of each kind as the template has it."""


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
    first = " ".join([str(parts[0]), *FIRST[parts[0].kind]])
    print(f"zoo: next: cd {out} && pip install -e '.[test]' && pytest && zoo train {first}", file=sys.stderr)
    print(out)


def asked() -> list[str]:
    """Kind and name from a person. Raises ZooError where nobody can be asked."""
    import click

    if not sys.stdin.isatty():
        raise ZooError("zoo plugins new needs a kind and a name, such as architecture spiral_net out=DIR.")
    kind = click.prompt("Kind of part", type=click.Choice(template.KINDS), err=True)
    return [kind, click.prompt("Its name, such as spiral_net", err=True)]
