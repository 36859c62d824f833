"""Galaxies of the surveys SDSS and DES: labels, positions, cross-match and splits."""

from pathlib import Path

from zoo import hookimpl


@hookimpl
def zoo_conf() -> Path:
    """The folder with this plugin's parts."""
    return Path(__file__).parent / "conf"
