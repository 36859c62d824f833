"""The state that a whole process shares, and that a part must leave as it is."""

from __future__ import annotations

import hashlib
import logging
import os
import random
import signal
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


def shared_state(without: tuple[str, ...] = ()) -> dict[str, str]:
    """Everything by name, as texts that can be compared; numpy's and torch's only where they are imported."""
    torch, numpy = sys.modules.get("torch"), sys.modules.get("numpy")
    root = logging.getLogger()
    found: dict[str, Any] = {
        "working directory": os.getcwd(),
        "environment": sorted(os.environ.items()),
        "signal handlers": [
            signal.getsignal(s) for s in (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1, signal.SIGCHLD)
        ],
        "warning filters": warnings.filters,
        "logging": (root.level, root.handlers, logging.root.manager.disable),
        "excepthook": sys.excepthook,
        "random state of python": random.getstate(),
    }
    if numpy:
        found |= {"random state of numpy": numpy.random.get_state(legacy=False), "errors of numpy": numpy.geterr()}
    if torch:
        found |= {
            "random state of torch": torch.get_rng_state().numpy().tobytes(),
            "default dtype": torch.get_default_dtype(),
            "grad mode": torch.is_grad_enabled(),
            "deterministic algorithms": torch.are_deterministic_algorithms_enabled(),
            "matmul precision": torch.get_float32_matmul_precision(),
            "threads": torch.get_num_threads(),
        }
    return {name: digest(value) for name, value in found.items() if name not in without}


def digest(value: Any) -> str:
    """A short text that changes with the value."""
    return hashlib.sha256(repr(value).encode()).hexdigest()


def changed(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """What differs; state of modules that were imported in between does not count."""
    return [name for name in before if after.get(name) != before[name]]


@contextmanager
def unchanged(without: tuple[str, ...] = ()) -> Iterator[None]:
    """Raise AssertionError if the block changes the state of the process."""
    before = shared_state(without)
    yield
    touched = changed(before, shared_state(without))
    assert not touched, f"it changed the process's {', '.join(touched)}"
