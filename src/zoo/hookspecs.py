"""The three hooks: all that a plugin may tell zoo. A plugin implements any of them with `@zoo.hookimpl`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo import hookspec

if TYPE_CHECKING:
    import click


@dataclass(frozen=True)
class Section:
    """A section of a run's report: a heading and its text in Markdown."""

    title: str
    text: str


@hookspec
def zoo_conf() -> Path:
    """The folder with my parts and presets: `<folder>/<group>/<name>.yaml`.

    It must exist when the hook is called. Nothing in it is imported until a part is used.
    """
    raise NotImplementedError


@hookspec
def zoo_commands(cli: click.Group) -> None:
    """Add my subcommands to `zoo`: `@cli.command("recentre")`. A name that zoo or another plugin has is refused."""


@hookspec(
    warn_on_impl=DeprecationWarning("the hook zoo_report goes in zoo 0.3: no command makes a report, leave it out")
)
def zoo_report(run: Any) -> Section | None:
    """Deprecated: no command makes a report. My section in that of a run (`zoo.run.Run`), or None."""


HOOKS: dict[str, Callable[..., Any]] = {f.__name__: f for f in (zoo_conf, zoo_commands, zoo_report)}
"""The hooks by name."""
