"""Trains the toy over and over, kills it at random moments, and compares what is left with an undisturbed training.

`python tests/killer.py --runs 5 --kills 4 --seed 0` prints one JSON line: runs, kills, identical. torch is imported
once; each training is a forked child, so that a hundred of them take a minute.
"""

import argparse
import contextlib
import hashlib
import json
import os
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

if __name__ == "__main__":  # imported once, before the forks; workers read this file again and need none of it
    import lightning  # noqa: F401
    import torch

    from zoo import checkpoint, fit, training  # noqa: F401

TOY = {"dataset": "blobs", "augmenter": "roll", "architecture": "convolution", "head": "logistic"}
PARTS = TOY | {"optimizer": "adamw", "scheduler": "cosine", "logger": "csv"}
SCHEDULERS = {
    "cosine": {"warm_up": 0.05, "final": 0.01},
    "ranks_plateau": {
        "share": 4,
        "warm_up": 2,
        "restart": True,
        "factor": 0.5,
        "patience": 1,
        "threshold": 10.0,  # no loss falls by so much: every pass but the first of a stage halves the rate
        "minimum": 1e-3,
        "watches": "validation",
    },
}
SAME = ("model.safetensors", "metrics.csv", "weights.csv", "metrics.json", "model.json")


def config(runs: Path, **changed: object) -> dict[str, object]:
    """The values of a toy training of 48 steps in two stages that saves after every step."""
    stage = {"epochs": 4, "lr": 0.01}
    return {
        "dataset": {"size": 128, "poison": None},
        "augmenter": {},
        "architecture": {"width": 4, "dropout": 0.2, "crash": False},
        "head": {},
        "optimizer": {"betas": [0.9, 0.999], "weight_decay": 0.01},
        "scheduler": SCHEDULERS[PARTS["scheduler"]],
        "logger": {},
        "trainer": {"accelerator": "cpu", "devices": 1, "strategy": "auto", "precision": "32-true"},
        "stages": [
            stage | {"name": "first", "average": 0.9},
            stage | {"name": "second", "fresh_optimizer": False, "keep": "best"},
        ],
        "runs": str(runs),
        "seed": 3,
        "batch_size": 16,
        "workers": 0,
        "budget": 1.0,
        "keep_checkpoints": True,
        "checkpoints": {"every_seconds": 0.0},
    } | changed


def begin(values: dict[str, object]) -> int:
    """Train in a forked child; returns its process id."""
    if (child := os.fork()) == 0:
        code = 1
        with contextlib.suppress(BaseException):
            os.setsid()
            devnull = os.open(os.devnull, os.O_WRONLY)
            os.dup2(devnull, 1), os.dup2(devnull if "KILLER_TALKS" not in os.environ else 2, 2)
            torch.set_num_threads(1)
            fit.train(fit.prepare(fit.choices_of(PARTS), values))
            code = 0
        os._exit(code)
    return child


def finish(values: dict[str, object]) -> int:
    """Train to the end; returns the exit code, negative for a signal. No process of the training may outlive it."""
    child = begin(values)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert is_empty(child), f"a worker outlived its training, which ended with {code}"
    return code


def is_empty(group: int, patience: float = 60) -> bool:
    """Whether a process group has no living process any more, within so many seconds; those that have not are killed.

    Read from /proc, for whoever inherits the dead may be slow to bury them.
    """
    end = time.monotonic() + patience
    while living(group):
        if time.monotonic() > end:
            os.killpg(group, signal.SIGKILL)
            return False
        time.sleep(0.05)
    return True


def living(group: int) -> bool:
    """Whether a process of the group runs or sleeps."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, _, its_group = path.read_text().rpartition(")")[2].split()[:3]
            if int(its_group) == group and state not in "ZX":
                return True
    return False


def left(runs: Path) -> dict[str, str]:
    """The hashes of what a finished training leaves: bytes of its files, values of its last private state."""
    (folder,) = [p.parent for p in runs.glob("*/data.json")]
    hashes = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in SAME}
    return hashes | {"state": hashlib.sha256(spelt(checkpoint.Checkpoints(folder / "checkpoints").load())).hexdigest()}


def spelt(value: object) -> bytes:
    """All values of a nested state, bit by bit; the bytes of its file also depend on which strings are shared."""
    if isinstance(value, torch.Tensor):
        return value.numpy().tobytes()
    if isinstance(value, dict):
        return b"".join(str(key).encode() + spelt(item) for key, item in value.items())
    if isinstance(value, list):
        return b"".join(map(spelt, value))
    return repr(value).encode()


def at_random(runs: Path, arguments: argparse.Namespace, chance: random.Random, duration: float) -> int:
    """Kill a training several times at random moments, then let it finish; returns how many kills struck."""
    struck = 0
    for k in range(arguments.kills):
        child = begin(config(runs, workers=arguments.workers[k % len(arguments.workers)]))
        time.sleep(chance.uniform(0, 1.2 * duration / max(1, arguments.kills // 2)))
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)
        struck += os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    return struck


def at_points(runs: Path, points: list[str], workers: list[int]) -> int:
    """Kill a training at each of these failpoints in turn (`name:nth`); returns how many kills struck."""
    struck = 0
    for k, point in enumerate(points):
        name, _, nth = point.partition(":")
        os.environ["ZOO_FAILPOINT"] = f"{name}:kill:{nth or 1}"
        struck += finish(config(runs, workers=workers[k % len(workers)])) == -signal.SIGKILL
    del os.environ["ZOO_FAILPOINT"]
    return struck


def main() -> None:
    """Print how many killed trainings ended bit-identical."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="trainings killed at random")
    parser.add_argument("--kills", type=int, default=4, help="kills of each")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, nargs="+", default=[0], help="workers of the attempts, in turn")
    parser.add_argument("--chains", nargs="*", help="instead: failpoints of one training each, as a:1,b:2")
    parser.add_argument("--scheduler", choices=list(SCHEDULERS), default="cosine")
    arguments = parser.parse_args()
    PARTS["scheduler"] = arguments.scheduler
    sys.path.insert(0, str(Path(__file__).parent / "toy"))
    chance, struck, identical = random.Random(arguments.seed), 0, 0
    jobs = arguments.chains if arguments.chains is not None else range(arguments.runs)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["ZOO_CACHE"] = folder
        began = time.monotonic()
        assert finish(config(Path(folder) / "undisturbed")) == 0, "the undisturbed training failed"
        duration = time.monotonic() - began
        wanted = left(Path(folder) / "undisturbed")
        for number, job in enumerate(jobs):
            runs = Path(folder) / str(number)
            chain = arguments.chains is not None
            struck += (
                at_points(runs, job.split(","), arguments.workers)
                if chain
                else at_random(runs, arguments, chance, duration)
            )
            assert finish(config(runs, workers=arguments.workers[-1])) == 0, f"training {job} did not finish"
            found = left(runs)
            identical += found == wanted
            for name in sorted(name for name in wanted if found[name] != wanted[name]):
                print(f"training {job}: {name} differs", file=sys.stderr)
    print(json.dumps({"runs": len(jobs), "kills": struck, "identical": identical, "seed": arguments.seed}))


if __name__ == "__main__":
    main()
