"""A job of a sweep: the words that chose it, the run that it stands for, and what becomes of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from zoo import child, fit
from zoo.errors import STOPPED, Incompatible, ZooError
from zoo.run import Busy, Run

if TYPE_CHECKING:
    from omegaconf import DictConfig

ENDED = ("finished", "failed", "skipped", "stopped")
"""States of a run that nobody works on."""

WELL = ("finished", "skipped", "pruned")
"""States of a job that need no repetition."""


@dataclass(eq=False)  # two jobs of the same words are two jobs
class Job:
    """One training of a sweep: the words that chose it, the parts' names, and its configuration.

    state: waiting, running, finished, failed, skipped, stopped or pruned; reason: why it did not finish. log: the file
    that may say more, where the training itself said nothing. unwanted: why a search has told it to stop.
    """

    overrides: list[str]
    names: Mapping[str, str]
    cfg: DictConfig
    run: Run | None = None
    state: str = "waiting"
    reason: str = ""
    log: Path | None = None
    process: child.Child | None = None
    unwanted: str = ""

    @cached_property
    def choices(self) -> dict[str, str]:
        """What was typed for this job, by key."""
        from hydra.core.override_parser.overrides_parser import OverridesParser

        parsed = OverridesParser.create().parse_overrides(self.overrides)
        return {o.key_or_group: str(o.value()) for o in parsed}

    @property
    def metrics(self) -> dict[str, float]:
        """The single numbers among the metrics of a finished job."""
        told = self.run.numbers if self.run and self.state == "finished" else {}
        return {name: metric["value"] for name, metric in told.items()}

    @property
    def why(self) -> str:
        """The reason, and where more of it may stand."""
        return f"{self.reason}: see {self.log}" if self.log else self.reason

    def prepare(self) -> None:
        """Make the run folder; a finished one is left as it is."""
        with self.noting():
            self.run = fit.prepare(fit.choices_of(self.names), fit.values_of(self.cfg))
            self.state = "finished" if self.run.finished else "waiting"

    def recognise(self) -> None:
        """Find out whether the run is finished already, and make nothing."""
        with self.noting():
            values = fit.values_of(self.cfg)
            run = fit.place(fit.choices_of(self.names), values)
            if run.finished and not values["rerun"]:
                self.run, self.state = run, "finished"

    @contextmanager
    def noting(self) -> Iterator[None]:
        """Turn what keeps the job from beginning into its state: a combination that cannot work is skipped.

        One that another process trains waits, and says for whom.
        """
        try:
            yield
        except Busy as busy:
            self.run, self.reason = busy.run, busy.holder
        except Incompatible as error:
            self.state, self.reason = "skipped", str(error)
        except Exception as error:  # a plugin's mistake fails this job, not the sweep
            self.state, self.reason = "failed", str(error) if isinstance(error, ZooError) else repr(error)

    def ready(self) -> bool:
        """Whether a waiting job can start: not while another process trains it, nor once that has finished it."""
        assert self.run
        if self.run.finished:
            self.state, self.reason = "finished", ""
            return False
        self.reason = self.run.holder
        return not self.reason

    def begin(self, process: child.Child) -> None:
        """Note the process that works on the run now."""
        self.process, self.state = process, "running"

    def look(self) -> bool:
        """Whether the running job has ended; then its state is what its folder and its exit code say."""
        assert self.run and self.process
        code = self.process.answer()
        if code is None:
            return False
        status = self.run.status
        ended = status["state"] in ENDED
        died_as = "waiting" if self.run.holder else "stopped" if code == STOPPED else "failed"
        self.state = status["state"] if ended else died_as
        died = f"killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
        told = status.get("reason") if ended else None
        self.reason = "" if self.state == "finished" else told or died
        self.log = None if told or self.state in ("finished", "waiting") else self.run.folder / "log.txt"
        if not ended and self.state != "waiting":
            self.run.say(self.state, reason=self.why)  # it had no time to say so itself
        if self.state == "stopped" and self.unwanted:
            self.state, self.reason, self.log = "pruned", self.unwanted, None
            self.run.say("pruned", reason=self.unwanted)
        return True

    def stop(self, why: str) -> None:
        """Let the training save its state and end, because the search has seen enough of it."""
        if self.process and not self.unwanted:
            self.unwanted = why
            self.process.stop()
