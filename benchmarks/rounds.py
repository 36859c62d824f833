"""Ways to do one job, timed in turn: every round runs each way once, so that a slow minute of the machine hits all."""

import platform
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

Seconds = dict[str, list[float]]


def interleaved(
    ways: Mapping[str, Callable[[], object]], rounds: int, clock: Callable[[], float] = time.perf_counter
) -> Seconds:
    """Seconds of each way in each round, after one round to warm up.

    clock: `time.process_time` counts what the process computed, for questions about one core on a busy machine.
    """
    for way in ways.values():
        way()
    taken: Seconds = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            start = clock()
            way()
            taken[name].append(clock() - start)
    return taken


def table(taken: Seconds, baseline: str, per: int, unit: str) -> str:
    """Markdown: how many times faster than the baseline each way was in the same round, and its median speed."""
    lines = [f"| way | times faster: median (min to max) | {unit}/s, median |", "|---|---|---|"]
    for name, seconds in taken.items():
        ratios = [slow / fast for slow, fast in zip(taken[baseline], seconds, strict=True)]
        spread = f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
        lines.append(f"| {name} | {spread} | {per / statistics.median(seconds):,.0f} |")
    return "\n".join(lines)


def median(values: Sequence[float]) -> tuple[float, float, float]:
    """The median, and between which values that of endless rounds lies with 95 %, by the order of the values alone."""
    from scipy.stats import quantile_test

    return statistics.median(values), *quantile_test(values, p=0.5).confidence_interval(0.95)


def circumstances() -> str:
    """Machine, versions and commit, as a record needs them."""
    here = Path(__file__).parent
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=here, capture_output=True, text=True)
    return (
        f"{processor()}; Python {platform.python_version()}, torch {version('torch')}; commit {commit.stdout.strip()}"
    )


def processor() -> str:
    """The processor's name and the number of cores."""
    text = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    names = [line.partition(":")[2].strip() for line in text.splitlines() if line.startswith("model name")]
    return f"{len(names)} cores of {names[0]}" if names else platform.processor() or platform.machine()
