"""One file of rendered galaxies, with a note beside it.

Nothing here reaches torch: worker processes import this module.
"""

from pathlib import Path

import numpy as np

from zoo import atomic, note

GALAXIES = 50
"""Galaxies in a shard: about two seconds of work, which is what an interruption costs."""

AGAIN = "zoo data prepare renders it"
"""How to get a shard that is not there."""


def write_shard(path: Path, seed: int, number: int) -> None:
    """Render shard `number` of a survey. The file appears whole or not at all, and its note after it."""
    from zoo_dataset_simulated.render import render

    pictures = np.stack([render(seed, index) for index in range(number * GALAXIES, (number + 1) * GALAXIES)])
    with atomic.replacing(path) as file:
        np.save(file, pictures, allow_pickle=False)
    note.write(path)


def fault(path: Path, quick: bool = False) -> str | None:
    """What is wrong with a shard, as a sentence, or None; see `zoo.note`."""
    return note.fault(path, quick, AGAIN)
