"""How a command that fails ends: with one line on stderr and an exit code."""

from __future__ import annotations

import os
import sys

from zoo.errors import INTERRUPTED, UNEXPECTED, ZooError


def told(command: str, error: BaseException) -> int:
    """Say on stderr what ended `zoo <command>`, and return the exit code; with ZOO_DEBUG=1 the error is raised."""
    words = f"zoo {command}".strip()
    if isinstance(error, KeyboardInterrupt):
        print(f"{words}: interrupted", file=sys.stderr)
        return INTERRUPTED
    if "ZOO_DEBUG" in os.environ:
        raise error
    if isinstance(error, ZooError):
        print(f"{words}: {error} [{error.code}]", file=sys.stderr)
        return error.exit_code
    text = " ".join(f"{type(error).__name__}: {error}".split())
    print(f"{words}: {text} (ZOO_DEBUG=1 shows where)", file=sys.stderr)
    return UNEXPECTED
