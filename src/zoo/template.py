"""A new plugin, written from the one in the folder `plugin_template`: the same files under names of one's own."""

from __future__ import annotations

import keyword
import re
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from zoo import registry
from zoo.errors import ZooError
from zoo.readme import TEMPLATE
from zoo.registry import KINDS

PACKAGE = "zoo-template"
NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
DISTRIBUTION = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
OURS = {"__pycache__", ".pytest_cache", ".ruff_cache"}


class NewPart(NamedTuple):
    """A part that a plugin is to have."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}={self.name}"

    @property
    def class_name(self) -> str:
        """`spiral_net` becomes `SpiralNet`."""
        return "".join(word.capitalize() for word in self.name.split("_"))

    @property
    def stand_in(self) -> NewPart:
        """The template's part of this kind."""
        return NewPart(self.kind, f"template_{self.kind}")

    def into(self, text: str) -> str:
        """A text of the template about this part instead."""
        old = self.stand_in
        return text.replace(old.name, self.name).replace(old.class_name, self.class_name)


def parts_of(words: Sequence[str]) -> list[NewPart]:
    """KIND NAME KIND NAME …. Raises ZooError for what no plugin can have."""
    if len(words) % 2:
        raise ZooError(f"{' '.join(words)!r} has no name at its end: write KIND NAME, as in architecture spiral_net.")
    parts = [NewPart(*pair) for pair in zip(words[::2], words[1::2], strict=True)]
    for part in parts:
        refuse_name(part)
    names = [part.name for part in parts]
    if twice := [name for name in names if names.count(name) > 1]:
        raise ZooError(f"Two of the parts would be called {twice[0]}, and share a file: give them names of their own.")
    return parts


def refuse_name(part: NewPart) -> None:
    """Raise ZooError for an unknown kind, and a name that cannot be a module, is zoo's, or is installed already."""
    if part.kind not in KINDS:
        raise ZooError(f"There is no template of the kind {part.kind!r}: choose {', '.join(KINDS)}.")
    if not NAME.fullmatch(part.name) or keyword.iskeyword(part.name):
        raise ZooError(
            f"{part.name!r} cannot be the name of a part: use small letters, digits and _, as in spiral_net."
        )
    if re.search(rf"\b{part.class_name}\b", "".join(path.read_text() for path in files_of(part))):
        raise ZooError(f"The class of {part} would be called {part.class_name}, as one of zoo's: choose another name.")
    if known := [one for one in registry.parts() if (one.group, one.name) == part]:
        raise ZooError(f"{part} is there already, from {known[0].provider}: choose another name.")


def default_package(parts: Sequence[NewPart]) -> str:
    """The distribution's name, after its first part."""
    return f"zoo-{parts[0].kind}-{parts[0].name.replace('_', '-')}"


def write(parts: Sequence[NewPart], package: str, out: Path) -> None:
    """Write a plugin with these parts into a new or empty folder: all of it or nothing. Raises ZooError."""
    if not DISTRIBUTION.fullmatch(package):
        raise ZooError(f"{package!r} cannot be the name of a package: use small letters, digits and dashes.")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ZooError(f"{out} is there and not empty: name a new folder by out=DIR.")
    out.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as folder:
        whole = Path(folder) / out.name
        for path, text in files(parts, package):
            (whole / path).parent.mkdir(parents=True, exist_ok=True)
            (whole / path).write_text(text)
        if out.exists():
            out.rmdir()
        shutil.move(whole, out)


def files(parts: Sequence[NewPart], package: str) -> Iterator[tuple[str, str]]:
    """Path and text of every file of the plugin."""
    module = package.replace("-", "_")
    for source in sorted(TEMPLATE.rglob("*")):
        path = str(source.relative_to(TEMPLATE))
        if not source.is_file() or OURS & set(source.parts):
            continue
        for name, text in about(parts, path, source.read_text()):
            named = name.replace(PACKAGE.replace("-", "_"), module)
            yield named, text.replace(PACKAGE.replace("-", "_"), module).replace(PACKAGE, package)


def about(parts: Sequence[NewPart], path: str, text: str) -> Iterator[tuple[str, str]]:
    """A file of the template for each part that it is about; one that is about none has a line for each part."""
    kinds = [kind for kind in KINDS if NewPart(kind, "").stand_in.name in path]
    if kinds:
        yield from ((part.into(path), part.into(text)) for part in parts if part.kind in kinds)
    else:
        yield path, "".join(line for one in text.splitlines(keepends=True) for line in lines(parts, one))


def lines(parts: Sequence[NewPart], line: str) -> list[str]:
    """A line of the template: as it is, or once for each part of the kind that it names."""
    named = [kind for kind in KINDS if NewPart(kind, "").stand_in.name in line]
    return [part.into(line) for part in parts if part.kind in named] if named else [line]


def files_of(part: NewPart) -> list[Path]:
    """The template's files about parts of this kind."""
    return [path for path in sorted(TEMPLATE.rglob(f"*{part.stand_in.name}*")) if path.suffix in (".py", ".yaml")]
