"""Values as Hydra reads them on a command line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any


def in_quotes(value: str) -> str:
    """A text in Hydra's quotes; backslashes count only before a quote and at the end."""
    escaped = re.sub(r"(\\*)'", r"\1\1\'", value)
    return "'" + re.sub(r"(\\+)$", r"\1\1", escaped) + "'"


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
