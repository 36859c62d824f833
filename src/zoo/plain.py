"""Files that people share hold plain values: read without resolvers, without aliases, without code."""

import json
from pathlib import Path
from typing import Any

import yaml

from zoo.errors import ZooError

LARGEST = 1_000_000
"""Bytes above which a shared YAML or JSON file is refused unread."""


class _Loader(yaml.SafeLoader):
    """YAML's safe values, without aliases: a small file cannot stand for a huge one."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark
            raise yaml.constructor.ConstructorError(None, None, "an alias, which shared files may not use", mark)
        return super().compose_node(parent, index)


def read(path: Path) -> dict[str, Any]:
    """The values of a YAML or JSON file.

    Raises ZooError for a file that is too large, is no mapping, or names code (`_target_`) anywhere.
    """
    if path.stat().st_size > LARGEST:
        raise ZooError(f"{path} has {path.stat().st_size} bytes: a file of names and numbers is below {LARGEST}.")
    try:
        text = path.read_text(encoding="utf-8")
        values = json.loads(text) if path.suffix == ".json" else _Loader(text).get_single_data()
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        kind = "JSON" if path.suffix == ".json" else "YAML"
        raise ZooError(f"{path} cannot be read as {kind}: {' '.join(str(error).split())}.") from error
    if not isinstance(values, dict):
        raise ZooError(f"{path} holds no table of keys and values: was it written by zoo?")
    refuse_code(values, path)
    return values


def refuse_code(values: Any, path: Path, at: str = "") -> None:
    """Raise if a key anywhere names an import path: shared files carry the names of parts only."""
    pairs = values.items() if isinstance(values, dict) else enumerate(values) if isinstance(values, list) else ()
    for key, value in pairs:
        if isinstance(key, str) and key.startswith("_") and key.endswith("_"):
            raise ZooError(
                f"Unknown key `{key}` in {path} at {at.strip('.') or 'the top'}: shared files carry names of parts, "
                "never code; remove the key, or do not use the file.",
                "E-CONFIG-CODE",
            )
        refuse_code(value, path, f"{at}.{key}")
