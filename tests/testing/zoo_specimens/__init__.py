"""A plugin of specimens: for each kind one part that conforms, and parts that break one rule each.

A broken part names in `caught_by` the check of the conformance kit that is meant for it.
"""

from pathlib import Path

from zoo import hookimpl


@hookimpl
def zoo_conf() -> Path:
    """The folder that the tests write, with one part for each class."""
    return Path(__file__).parent / "conf"
