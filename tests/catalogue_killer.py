"""Writes a catalogue over and over, kills the writer, and compares what is left with an undisturbed catalogue.

`python tests/catalogue_killer.py --kills 20 --seed 0` kills at random moments, `--points` at every failpoint in turn;
each prints one JSON line. pyarrow is imported once, each writer is a forked child.
"""

import argparse
import contextlib
import hashlib
import json
import os
import random
import signal
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from zoo import catalogue
from zoo.schema import Classes
from zoo.shards import CatalogueWriter

ROWS, PER_SHARD, KILLS_EACH = 2000, 50, 4
POINTS = ("shard.half", "shard.before_rename", "shard.after_rename", "shard.manifest")
CLASSES = ["round", "long"]
ALL = catalogue.columns(Classes(tuple(CLASSES)), CLASSES, known=("ra", "dec"))
COLUMNS = [column for column in ALL if column not in catalogue.DERIVED]


def values(rows: range) -> dict[str, object]:
    """The columns of some rows: a null model, whose predictions are functions of the row."""
    number = np.array(rows)
    return {
        "object_id": [f"galaxy {k}" for k in rows],
        "ra": number * 0.1,
        "dec": number * -0.01,
        "round": (number / ROWS).astype(np.float32),
        "long": (1 - number / ROWS).astype(np.float32),
        "status": ["ok"] * len(rows),
        "error_code": [""] * len(rows),
    }


def write(folder: Path) -> None:
    """Write the catalogue, or go on with it."""
    ids = [f"galaxy {k}" for k in range(ROWS)]
    writer = CatalogueWriter(folder, ids, PER_SHARD, {"weights": "none"})
    if writer.begin():
        return
    writer.describe(COLUMNS)
    for number in writer.missing():
        writer.write(number, values(writer.rows(number)))
    writer.finish()


def begin(folder: Path, environment: Mapping[str, str] | None = None) -> int:
    """Write in a forked child; returns its process id."""
    if (child := os.fork()) == 0:
        code = 1
        with contextlib.suppress(BaseException):
            os.environ.update(environment or {})
            write(folder)
            code = 0
        os._exit(code)
    return child


def finish(folder: Path) -> None:
    """Write to the end, undisturbed."""
    assert os.waitpid(begin(folder), 0)[1] == 0, f"the catalogue in {folder} could not be finished"


def left(folder: Path) -> dict[str, str]:
    """The hash of every file in a folder, hidden ones included."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def kill_at_random(folder: Path, duration: float, chance: random.Random) -> int:
    """Kill up to four writers of one catalogue, then let one finish; returns how many were killed."""
    killed = 0
    for _ in range(KILLS_EACH):
        child = begin(folder)
        time.sleep(chance.uniform(0, 1.2 * duration / 2))
        os.kill(child, signal.SIGKILL)
        killed += os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    finish(folder)
    return killed


def random_kills(root: Path, wanted: Mapping[str, str], duration: float, kills: int, seed: int) -> dict[str, int]:
    """So many kills at random moments."""
    chance, killed, catalogues, identical = random.Random(seed), 0, 0, 0
    while killed < kills:
        folder = root / str(catalogues)
        killed += kill_at_random(folder, duration, chance)
        catalogues, identical = catalogues + 1, identical + (left(folder) == wanted)
    return {"catalogues": catalogues, "kills": killed, "identical": identical, "seed": seed}


def kills_at_points(root: Path, wanted: Mapping[str, str]) -> dict[str, bool]:
    """One kill at each point, at its first and its third visit, where it has one."""
    outcome = {}
    for point in POINTS:
        for nth in (1, 3) if point != "shard.manifest" else (1,):
            folder = root / f"{point}-{nth}"
            child = begin(folder, {"ZOO_FAILPOINT": f"{point}:kill:{nth}"})
            struck = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
            finish(folder)
            outcome[folder.name] = struck and left(folder) == wanted
    return outcome


def main() -> None:
    """Print what came of the kills."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--points", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        began = time.monotonic()
        finish(root / "undisturbed")
        duration, wanted = time.monotonic() - began, left(root / "undisturbed")
        outcome = (
            kills_at_points(root, wanted)
            if asked.points
            else random_kills(root, wanted, duration, asked.kills, asked.seed)
        )
    print(json.dumps(outcome))


if __name__ == "__main__":
    main()
