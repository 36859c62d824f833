"""Vote fractions that obey a decision tree."""

from pathlib import Path

from zoo import hookimpl


@hookimpl
def zoo_conf() -> Path:
    """The folder with this plugin's parts."""
    return Path(__file__).parent / "conf"
