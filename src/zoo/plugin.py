"""One plugin, and what became of it: whatever it raises when zoo calls it becomes its state."""

from __future__ import annotations

import inspect
import io
import os
import re
import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

from zoo.errors import ZooError
from zoo.installed import AGAIN, NotHeld

State = Literal["ok", "broken", "incompatible", "disabled"]


PATIENCE = 20.0
"""Seconds in which a plugin has to come back from a call of zoo's, unless ZOO_PLUGIN_SECONDS says otherwise."""


class Unfit(ZooError):
    """What a plugin gives does not fit zoo's hooks."""

    code = "E-PLUGIN"


class Hung(BaseException):
    """A plugin does not come back; no `except Exception` of its own holds this up."""


@dataclass
class Plugin:
    """One entry point of the group `zoo`, and what became of it.

    package, version, location: the distribution that brings it, and the folder in which that is installed.
    module: what its entry point names.
    reason: one sentence where the state is not ok; remedy: what to type then; story: the traceback.
    folder: that of its parts. printed: what it wrote while zoo called it; seconds: how long it took;
    heavy: the large packages that importing it imported. going: what it uses of zoo's hooks that will go, as sentences.
    """

    name: str
    package: str
    version: str
    location: str
    module: str = ""
    state: State = "ok"
    reason: str = ""
    remedy: str = ""
    story: str = ""
    folder: Path | None = None
    printed: str = ""
    seconds: float = 0.0
    heavy: list[str] = field(default_factory=list)
    going: list[str] = field(default_factory=list)
    hooks: dict[str, Callable[..., Any]] = field(default_factory=dict, repr=False)

    def fail(self, state: State, reason: str, remedy: str, error: BaseException | None = None) -> None:
        """Record what went wrong, and the command that mends it."""
        self.state, self.reason, self.remedy = state, reason, remedy
        self.story = "".join(traceback.format_exception(error)) if error else ""

    def __str__(self) -> str:
        what = {"ok": "works", "broken": "failed to load", "incompatible": "does not fit", "disabled": "is disabled"}
        line = f"plugin {self.name} {self.version} {what[self.state]}"
        return line if self.state == "ok" else f"{line}: {self.reason} → {self.remedy}"


def call(plugin: Plugin, hook: str, **told: Any) -> Any:
    """What the plugin's hook returns, told what it asks for, None if it has none; raises what the hook raises."""
    if hook not in plugin.hooks:
        return None
    function = plugin.hooks[hook]
    return function(**{name: told[name] for name in arguments(function) if name in told})


@cache
def arguments(function: Callable[..., Any]) -> tuple[str, ...]:
    """The names of a function's arguments."""
    return tuple(inspect.signature(function).parameters)


@contextmanager
def guarded(plugin: Plugin) -> Iterator[None]:
    """Keep what the plugin prints off the screen, and turn whatever it raises, or that it hangs, into its state.

    Ctrl-C remains Ctrl-C, and ZOO_PLUGINS_STRICT=1 lets everything through.
    """
    printed, start = io.StringIO(), time.perf_counter()
    try:
        with redirect_stdout(printed), redirect_stderr(printed), bounded(patience()):
            yield
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # SystemExit too: one bad plugin never breaks zoo
        if os.environ.get("ZOO_PLUGINS_STRICT") == "1":
            raise
        state: State = "incompatible" if isinstance(error, Unfit) else "broken"
        plugin.fail(state, sentence(error), remedy(plugin, error), error)
    finally:
        plugin.printed += printed.getvalue()
        plugin.seconds += time.perf_counter() - start


def patience() -> float:
    """How many seconds a call of a plugin may take."""
    typed = os.environ.get("ZOO_PLUGIN_SECONDS", "")
    return float(typed) if re.fullmatch(r"\d+(\.\d+)?", typed) and float(typed) > 0 else PATIENCE


@contextmanager
def bounded(seconds: float) -> Iterator[None]:
    """Raise Hung in a block that takes longer, where an alarm can be set: in the main thread, if nobody else has one.

    A loop in C that never returns to Python is not reached.
    """
    main = threading.current_thread() is threading.main_thread()
    if not hasattr(signal, "setitimer") or not main or any(signal.getitimer(signal.ITIMER_REAL)):
        yield
        return

    def ring(*_: Any) -> None:
        raise Hung(f"it did not come back within {seconds:g} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def sentence(error: BaseException) -> str:
    """The error in one line."""
    if isinstance(error, SystemExit):
        return f"it called sys.exit({'' if error.code is None else repr(error.code)})"
    text = " ".join(str(error).split())
    return text if isinstance(error, (ZooError, ImportError, Hung)) and text else f"{type(error).__name__}: {text}"


def remedy(plugin: Plugin, error: BaseException) -> str:
    """What to type: install the missing module if it is another's, else a better version of the plugin."""
    if isinstance(error, Hung):
        return f"ZOO_DISABLE_PLUGINS={plugin.name}, or ZOO_PLUGIN_SECONDS={10 * patience():g} to wait longer"
    if isinstance(error, NotHeld):
        return f"{AGAIN}, or ZOO_DISABLE_PLUGINS={plugin.name}"
    missing = (error.name or "").partition(".")[0] if isinstance(error, ModuleNotFoundError) else ""
    own = normal(missing) in (normal(plugin.package), normal(plugin.name))
    wanted = missing if missing and not own else f"-U {plugin.package}"
    return f"pip install {wanted}, or ZOO_DISABLE_PLUGINS={plugin.name}"


def normal(name: str) -> str:
    """Names of distributions compare equal like this (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()
