"""Names that are going: they still work, say once which name to use instead, and in which release they go."""

from __future__ import annotations

import logging
import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zoo.registry import Part

log = logging.getLogger("zoo")

SUMMARY = re.compile(r"Deprecated: use (?P<new>\S+); goes in (?P<release>\S+)\.")
"""How the first line of a part's YAML begins, once the part has another name."""


@cache
def renamed(old: str, new: str, release: str) -> None:
    """Say on stderr, once per process, that a name goes in a release and which one to use instead."""
    log.warning("W-DEPRECATED: %s goes in %s: use %s.", old, release, new)


def told(part: Part) -> None:
    """Say so of a chosen part, if its summary does: `# Deprecated: use wide_net; goes in 0.3.`"""
    if found := SUMMARY.match(part.summary):
        renamed(f"{part.group}={part.name}", f"{part.group}={found['new']}", f"{part.provider} {found['release']}")
