"""A third party's plugin: one architecture and one command."""

from pathlib import Path

import click

from zoo import hookimpl


@hookimpl
def zoo_conf() -> Path:
    """The folder with this plugin's parts."""
    return Path(__file__).parent / "conf"


@hookimpl
def zoo_commands(cli: click.Group) -> None:
    """Add `zoo greet`."""

    @cli.command()
    def greet() -> None:
        """Say hello."""
        click.echo("hello from tiny")
