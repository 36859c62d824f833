"""The 16-part convolutional network that won the Galaxy Zoo challenge."""

from pathlib import Path

from zoo import hookimpl


@hookimpl
def zoo_conf() -> Path:
    """The folder with this plugin's parts."""
    return Path(__file__).parent / "conf"
