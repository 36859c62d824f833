"""A small sky on a local server: it answers as the services of SDSS, Data Lab and the Legacy Surveys do (surveys.md 7).

The clients that talk to it are the real ones; the galaxies are simulated, and faults come on demand.
"""

from pathlib import Path

from zoo import atomic, cache
from zoo_dataset_surveys.standin.galaxy import made, table
from zoo_dataset_surveys.standin.server import Sky

__all__ = ["Sky", "positions"]


def positions(fields: int) -> Path:
    """The table of the galaxies of a stand-in sky, in the cache: what somebody would bring who wants their images."""
    path = cache.folder("standin") / f"{fields}.csv"
    atomic.write_text(path, table(made(fields)).to_csv(index=False))
    return path
