"""The words of a command line as Hydra reads them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from zoo import defaults_list, menu, registry
from zoo.errors import ZooError

PATHS = frozenset(
    [
        *("runs", "run", "out", "root", "table", "images", "weights", "classes_table", "measurements", "submission"),
        *("blend", "embeddings", "measured", "pseudo_labels", "recursion", "positions", "frames", "pattern"),
        *("catalogue", "footprint"),
    ]
)
"""Last words of keys whose values are paths. Such values are quoted for Hydra, so that blanks, `=`, commas and brackets
stay what they are; `choice(a,b)` sweeps over several."""

PATH_LISTS = {"blend": "catalogues", "figure": "runs"}
"""The key of a command that is a list of paths, `[a,b]`; a path with commas stands in quotes of its own."""

NAMES = frozenset(["object_id", "galaxy"])
"""Last words of keys whose values are texts, also where they look like numbers: ids keep their zeros and all digits."""


def ready(command: str, words: Sequence[str]) -> list[str]:
    """The words as Hydra wants them: values of path keys quoted, `group=null` as `~group`.

    Raises ZooError for a word that sets a `_target_`, and where a command that draws one part is given none.
    """
    words = named(command, words)
    groups = {*registry.groups(), *(group.name for group in menu.groups(command.partition(" ")[0]))}
    several = PATH_LISTS.get(command)
    return [
        f"~{word[:-5]}" if word.endswith("=null") and word[:-5] in groups else override(word, several) for word in words
    ]


def named(command: str, words: Sequence[str]) -> list[str]:
    """The words of a command that is called as a group is: `figure loss steps=9` is `figure=loss figure.steps=9`.

    Words of other commands stay as they are. Raises ZooError unless one part is named, and UnknownPart.
    """
    if command not in registry.groups():
        return list(words)
    names = [word.removeprefix(f"{command}=") for word in words if "=" not in word and word[:1] not in ("-", "~")]
    names += [word.removeprefix(f"{command}=") for word in words if word.startswith(f"{command}=")]
    if len(names) != 1:
        found = f"{len(names)} were named ({', '.join(names)})" if names else "none was named"
        raise ZooError(
            f"One {command} is drawn at a time and {found}: choose one of {', '.join(registry.names(command))}.",
            "E-USAGE",
        )
    own = defaults_list.own_keys(registry.find(command, names[0]))
    rest = [word for word in words if word not in (names[0], f"{command}={names[0]}")]
    return [f"{command}={names[0]}", *(f"{command}.{w}" if re.split("[.=]", w)[0] in own else w for w in rest)]


def override(word: str, several: str | None = None) -> str:
    """An override with its value quoted if that is a path, or paths if the key is `several`, or a name.

    Raises ZooError if it sets a `_target_`.
    """
    key, equals, value = word.partition("=")
    if equals and key == several and not value.startswith("choice("):
        return f"{key}=[{','.join(map(in_quotes, path_list(value)))}]"
    if equals and key.rpartition(".")[2] in PATHS | NAMES:
        return f"{key}={quoted(value)}"
    if "_target_" in word:
        raise ZooError(
            f"{word!r} chooses a class, and only a part does that: put a YAML file into a folder of your own and add "
            "--config-dir FOLDER.",
            "E-CONFIG",
        )
    return word


def quoted(path: str) -> str:
    """A path in Hydra's quotes, unless it is quoted already, empty, `null` or a `choice(…)` to sweep over."""
    if path in ("", "null") or path.startswith("choice(") or re.fullmatch(r"'.*'|\".*\"", path, re.DOTALL):
        return path
    return in_quotes(path)


def path_list(value: str) -> list[str]:
    """The paths of a list as it is typed, with or without brackets and quotes."""
    inside = value[1:-1] if value.startswith("[") and value.endswith("]") else value
    words = re.findall(r"\s*('[^']*'|\"[^\"]*\"|[^,]+)", inside)
    return [word[1:-1] if re.fullmatch(r"'.*'|\".*\"", word) else word.strip() for word in words if word.strip()]


def in_quotes(value: str) -> str:
    """A text in Hydra's quotes; backslashes count only before a quote and at the end."""
    escaped = re.sub(r"(\\*)'", r"\1\1\'", value)
    return "'" + re.sub(r"(\\+)$", r"\1\1", escaped) + "'"


def typed(value: Any) -> str:
    """A plain value as one types it where nothing else is read into it."""
    return value if isinstance(value, str) else literal(value)


def literal(value: Any) -> str:
    """A plain value: None, a number, a text, or lists and tables of them."""
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case str():
            return in_quotes(value)
        case list():
            return f"[{','.join(map(literal, value))}]"
        case Mapping():
            return f"{{{','.join(f'{key}:{literal(item)}' for key, item in value.items())}}}"
        case _:
            return str(value)
