"""A complete plugin so small that a training takes a second: for tests that kill, resume and sweep."""

from pathlib import Path

from zoo import hookimpl


@hookimpl
def zoo_conf() -> Path:
    """The folder with the parts."""
    return Path(__file__).parent / "conf"
