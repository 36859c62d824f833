"""What a sweep would cost: each kind of job is tried for a few steps, and nothing is trained."""

from __future__ import annotations

import heapq
import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from zoo import atomic, cache, fit, listing, run, stages, sweep, sweep_table
from zoo.errors import ZooError
from zoo.job import Job
from zoo.probe import COST, Cost
from zoo.run import NOT_IN_THE_NAME
from zoo.stop import stoppable

FREE = frozenset({"seed", "budget", "optimizer", "scheduler", "logger"}) | NOT_IN_THE_NAME - {"workers"}
"""Keys whose values change neither the time of a step nor its memory; which optimizer is chosen counts."""

FREE_OF_A_STAGE = frozenset({"lr", "epochs", "steps", "patience", "name", "keep"})
GB = 1e9


class Probe(Job):
    """A job that is tried for a few steps, whose metrics would say nothing."""

    @property
    def metrics(self) -> dict[str, float]:
        """None."""
        return {}


@dataclass(frozen=True)
class Forecast:
    """What one job would cost: seconds, and bytes at most."""

    seconds: float
    memory: int
    device_memory: int


def show(jobs: Sequence[Job], start: sweep.Start, parallel: int) -> None:
    """Print a table of what each job would cost, and what all would, `parallel` at a time.

    Raises ZooError where nothing is left to train, and JobsFailed where a job cannot even be tried.
    """
    with stoppable("The forecast"), tempfile.TemporaryDirectory(dir=cache.folder()) as folder:
        found = forecasts(jobs, start, parallel, Path(folder))
    columns = [*sweep_table.swept(jobs), "time", "memory", "device memory", "state", "reason"]
    rows = [cells(job, one) for job, one in zip(jobs, found, strict=True)]
    told = [name for name in columns if any(row.get(name) for row in rows)]
    listing.show(told, [[row.get(name, "") for name in told] for row in rows])
    if any(found):
        print(in_all([one for one in found if one], parallel))
    if failed := [job for job in jobs if job.state == "failed"]:
        raise sweep.JobsFailed(f"{len(failed)} of {len(jobs)} jobs cannot be tried, first: {failed[0].reason}")


def leave_nothing(folder: Path) -> None:
    """Remove the folder that Hydra makes for a sweep, and the one that it lies in, where they are empty."""
    for one in (folder, folder.parent):
        if one.is_dir() and not any(one.iterdir()):
            one.rmdir()


def forecasts(jobs: Sequence[Job], start: sweep.Start, parallel: int, folder: Path) -> list[Forecast | None]:
    """What each job would cost; None for one that is finished, is skipped or cannot be tried."""
    for job in jobs:
        job.recognise()
    if not any(job.state in ("waiting", "failed") for job in jobs):
        raise ZooError(f"There is nothing to forecast: of {len(jobs)} jobs, none is left to train.")
    probes: dict[str, Job] = {}
    for job in (job for job in jobs if job.state == "waiting"):
        probes.setdefault(kind(job), probing(job, folder))
    if probes:
        try_out(sweep.Listed(list(probes.values()), "to try"), start, parallel)
    return [tried(job, probes[kind(job)]) if job.state == "waiting" else None for job in jobs]


def try_out(probes: sweep.Listed, start: sweep.Start, parallel: int) -> None:
    """Run all probes to their ends, or stop them."""
    try:
        sweep.work(probes, start, parallel)
    finally:
        sweep.halt(probes.jobs)


def kind(job: Job) -> str:
    """What jobs of equal cost have in common: parts and values, without seeds, rates, and lengths of stages."""
    values = fit.values_of(job.cfg)
    kept = {key: value for key, value in values.items() if key not in FREE and key != "stages"}
    kept["stages"] = [{k: v for k, v in stage.items() if k not in FREE_OF_A_STAGE} for stage in values["stages"]]
    return json.dumps([dict(job.names), run.without_seeds(kept)], sort_keys=True, default=str)


def probing(job: Job, folder: Path) -> Probe:
    """The job that tries this one, with its run in another folder and no service that is told of it."""
    from omegaconf import open_dict

    cfg = job.cfg.copy()
    with open_dict(cfg):
        cfg.runs, cfg.logger = str(folder), {}
    return Probe(job.overrides, dict(job.names) | {"logger": "csv"}, cfg)


def tried(job: Job, probe: Job) -> Forecast | None:
    """What a job would cost by its probe; a probe that could not work says why."""
    if probe.state != "finished" or probe.run is None:
        job.state, job.reason = probe.state, probe.reason  # its log is gone
        return None
    cost, values = Cost(**atomic.read_json(probe.run.folder / COST)), fit.values_of(job.cfg)
    lengths = [stage.length(cost.per_epoch, values["budget"]) for stage in stages.read(values["stages"])]
    return Forecast(cost.seconds(lengths), cost.memory, cost.device_memory)


def cells(job: Job, one: Forecast | None) -> dict[str, str]:
    """One row of the table."""
    told = {"time": duration(one.seconds), "memory": size(one.memory)} if one else {"state": job.state}
    device = {"device memory": size(one.device_memory)} if one and one.device_memory else {}
    chosen = {key: listing.short(value) for key, value in job.choices.items()}
    return {**chosen, **told, **device, "reason": job.reason}


def in_all(found: Sequence[Forecast], parallel: int) -> str:
    """What all jobs cost together."""
    memory, on_device = (
        sum(sorted(held, reverse=True)[:parallel])
        for held in ([one.memory for one in found], [one.device_memory for one in found])
    )
    total = duration(makespan([one.seconds for one in found], parallel))
    device = f", {size(on_device)} on the device" if on_device else ""
    return f"in all: {len(found)} trainings, {parallel} at a time: {total}, {size(memory)} of memory at most{device}"


def makespan(seconds: Sequence[float], parallel: int) -> float:
    """When the last of some jobs ends, of which `parallel` run at a time in the order given."""
    ends = [0.0] * parallel
    for one in seconds:
        heapq.heapreplace(ends, ends[0] + one)
    return max(ends)


def duration(seconds: float) -> str:
    """Hours, minutes and seconds."""
    return str(timedelta(seconds=round(seconds)))


def size(memory: int) -> str:
    """Bytes as people read them."""
    return f"{memory / GB:.2f} GB"
