"""Parts for zoo, a model zoo for galaxy images. Nothing heavy is imported here: every `zoo --help` does it."""

from pathlib import Path

from zoo import hookimpl


@hookimpl
def zoo_conf() -> Path:
    """The folder with this plugin's parts."""
    return Path(__file__).parent / "conf"
