"""`zoo recurse`: train again with the galaxies of which models are surest, and tell gain from noise.

The recursion of Khan et al. (2019, G25). Every step is kept and found again: the same command goes on.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from zoo import atomic, build, fit, joined, leak, progress, pseudo_labels, scores
from zoo.catalogue import OK, Catalogue
from zoo.dataset import Dataset
from zoo.errors import DataError, ZooError
from zoo.fit import choices_of, values_of
from zoo.predictor import Predictor, usable
from zoo.recursion import REPORT, SUMMARY, summary
from zoo.run import Run, full_name, relative
from zoo.schema import Classes
from zoo.verbs import evaluate, predict

if TYPE_CHECKING:
    from omegaconf import DictConfig

STARTS = ("fresh", "fine_tune")
SHOWN = ("accuracy", "f1", "auc")


def main(cfg: DictConfig) -> str:
    """Train all rounds, or go on with them, measure them, and print the path of the report.

    Raises ZooError for what cannot be done before anything is trained.
    """
    from hydra.core.hydra_config import HydraConfig

    choices = choices_of(HydraConfig.get().runtime.choices)
    recursion = Recursion(Run.open(Path(cfg.run)), choices["dataset"], values_of(cfg))
    measured = recursion.measured(recursion.rounds())
    gains = summary(measured)
    for name, table in ((REPORT, measured), (SUMMARY, gains)):
        atomic.write_text(recursion.out / name, table.to_csv(index=False))
    show(gains)
    path = recursion.out / REPORT
    print(relative(path))
    return str(path)


@dataclass(frozen=True)
class Recursion:
    """One recursion. `first`: the run of round 0; `choice`: the unlabelled dataset; `config`: as conf/recurse.yaml.

    Raises ZooError for a run without classes, and for values that mean nothing.
    """

    first: Run
    choice: Mapping[str, str]
    config: Mapping[str, Any]

    def __post_init__(self):
        for key in ("rounds", "most", "models"):
            if self.config[key] < 1:
                raise ZooError(f"{key}={self.config[key]}: a recursion has at least 1.")
        if self.config["start"] not in STARTS:
            raise ZooError(f"start={self.config['start']} is unknown: choose {' or '.join(STARTS)}.")
        if not isinstance(self.first.schema, Classes):
            raise ZooError(
                f"{self.first.folder} answers with {self.first.schema.kind}, and pseudo-labels are classes: take a run "
                "with head=classes or another head of classes."
            )

    @cached_property
    def out(self) -> Path:
        """The folder of all that the recursion writes beside run folders."""
        return Path(self.config["out"])

    @cached_property
    def labelled(self) -> Dataset:
        """The data set of the run."""
        return build.prepared_dataset(self.first.choices, {"dataset": self.first.config["dataset"]})

    @cached_property
    def unlabelled(self) -> Dataset:
        """The data set whose galaxies may get pseudo-labels; the run's own where that was chosen."""
        own = full_name(self.first.choices["dataset"]), self.first.config["dataset"]
        if own == (full_name(self.choice), self.config["dataset"]):
            return self.labelled
        return build.prepared_dataset({"dataset": self.choice}, self.config)

    def rounds(self) -> list[list[Run]]:
        """The runs of every round, trained as far as they are not."""
        found, table = [self.trained(0, None, [])], None
        for number in range(1, self.config["rounds"] + 1):
            table = self.given(number, found[-1], table)
            found.append(self.trained(number, self.path(number), found[-1]))
        return found

    def path(self, number: int) -> Path:
        """Where the pseudo-labels lie with which a round trains."""
        return self.out / f"round_{number}" / "pseudo_labels.parquet"

    def trained(self, number: int, labels: Path | None, before: Sequence[Run]) -> list[Run]:
        """The runs of a round, one per seed; those that are finished are left as they are."""
        runs, beside = [], self.config["runs"] or str(self.first.folder.parent)
        for k in range(self.config["models"]):
            changed = {"seed": self.first.config["seed"] + k, "pseudo_labels": str(labels) if labels else None}
            if labels and self.config["start"] == "fine_tune":
                changed["weights"] = str(before[k].folder)
            own = self.first if not labels and k == 0 else None
            run = own or fit.prepare(self.first.choices, {**self.first.config, "runs": beside, **changed})
            print(f"round {number}, model {k + 1} of {self.config['models']}: {relative(run.folder)}", file=sys.stderr)
            runs.append(fit.train(run))
        return runs

    def given(self, number: int, runs: Sequence[Run], before: pd.DataFrame | None) -> pd.DataFrame:
        """The pseudo-labels of a round: those of the rounds before, and the galaxies of which its models are surest.

        Raises DataError where no galaxy is left.
        """
        taken = [] if before is None else before["object_id"].tolist()
        likely = self.probabilities(number, runs).drop(index=taken, errors="ignore")
        likely = likely.drop(index=self.refused(likely.index.tolist()))
        chosen = self.without_copies(likely)
        if chosen.empty:
            raise DataError(f"Round {number} finds no galaxy that could get a pseudo-label: take fewer rounds.")
        names = [run.folder.name for run in runs]
        table = pd.concat([before, pseudo_labels.given_by(chosen, number, names)], ignore_index=True)
        source = {"choice": dict(self.choice), "values": self.config["dataset"]}
        pseudo_labels.write(self.path(number), table, source)
        print(f"round {number}: {len(chosen)} galaxies get labels, {told(chosen)}", file=sys.stderr)
        return table

    def probabilities(self, number: int, runs: Sequence[Run]) -> pd.DataFrame:
        """The mean of the models' probabilities, a row per galaxy with a good prediction of all, by id."""
        tables = []
        for run in runs:
            out = self.out / f"round_{number}" / f"catalogue_{run.folder.name}"
            config = {**self.config, "device": self.device}
            predict.filled(predict.asked(run, self.choice, self.unlabelled, config), out, Predictor)
            rows = Catalogue(out).to_pandas()
            tables.append(rows[rows["status"] == OK].set_index("object_id")[list(self.first.schema.columns)])
        return sum(tables[1:], tables[0]).dropna() / len(tables)

    def refused(self, ids: Sequence[str]) -> list[str]:
        """Which galaxies may get no pseudo-label: those withdrawn, with a label, or that are validated or tested on."""
        rows = joined.rows_of(self.unlabelled, ids)
        pairs = leak.shared(leak.galaxies(self.unlabelled, rows), leak.tested(self.labelled))
        tested = {ours for found in pairs.values() for ours, _ in found}
        known = set()
        if self.unlabelled is not self.labelled:
            known = {*self.labelled.table["object_id"]}.intersection(ids)
        elif self.config["split"] != "unlabelled":
            own = self.labelled.table
            known = {*own["object_id"][own["split"] != "unlabelled"]}.intersection(ids)
        withdrawn = {*map(str, self.config["withdrawn"])}
        for what, some in (("that are validated or tested on", tested), ("with labels of their own", known - tested)):
            if some:
                print(f"{len(some)} galaxies {what} get no pseudo-label", file=sys.stderr)
        return [object_id for object_id in ids if object_id in tested | known | withdrawn]

    def without_copies(self, likely: pd.DataFrame) -> pd.DataFrame:
        """The surest galaxies whose images are none of those that are validated or tested on; empty without any."""
        while len(likely):
            chosen = pseudo_labels.most_confident(likely, self.config["most"])
            rows = joined.rows_of(self.unlabelled, chosen["object_id"].tolist())
            pairs = leak.shared(leak.galaxies(self.unlabelled, rows, images=True), self.tested_images)
            copies = {ours for found in pairs.values() for ours, _ in found}
            if not copies:
                return chosen
            print(f"{len(copies)} galaxies are copies of images that are tested on, and are left out", file=sys.stderr)
            likely = likely.drop(index=list(copies))
        return likely

    @cached_property
    def tested_images(self) -> leak.Galaxies:
        """The galaxies to validate and test on, with hashes of their images."""
        return leak.tested(self.labelled, images=True)

    def measured(self, rounds: Sequence[Sequence[Run]]) -> pd.DataFrame:
        """A row per round, model, data set and metric, with 95 % intervals over galaxies.

        Raises DataError where the split has no labelled galaxy in the run's data set.
        """
        rows, config = [], {**self.config, "split": self.config["measure"], "device": self.device}
        jobs = [(number, run, *data) for number, runs in enumerate(rounds) for run in runs for data in self.data]
        for number, run, choice, dataset in progress.track(jobs, "measuring", len(jobs)):
            found = evaluate.measured(run, choice, dataset, config)[1]
            for name, metric in scores.defined(found).items():
                where = {"dataset": choice["name"], "split": found["split"], "n": found["n"]}
                values = {key: metric[key] for key in ("value", "low", "high")}
                seed = run.config["seed"]
                rows.append({"round": number, "seed": seed, **where, "metric": name, **values, "run": self.place(run)})
        return pd.DataFrame(rows)

    def place(self, run: Run) -> str:
        """A run's folder as seen from the recursion's, so that both can be moved together."""
        return Path(os.path.relpath(run.folder, self.out)).as_posix()

    @property
    def device(self) -> str:
        """The device of prediction and measurement."""
        return usable(self.config["device"]).type

    @property
    def data(self) -> list[tuple[Mapping[str, str], Dataset]]:
        """What is measured on: the run's data set, and the other one if it has labels in that split."""
        own, other = [(self.first.choices["dataset"], self.labelled)], self.unlabelled
        alike = other is not self.labelled and other.schema == self.first.schema
        if alike and (other.table["split"] == self.config["measure"]).any():
            own.append((self.choice, other))
        return own


def told(chosen: pd.DataFrame) -> str:
    """How many galaxies of each class, and how sure the least sure of them is."""
    groups = chosen.groupby("label", sort=False)["probability"]
    return ", ".join(f"{len(values)} {name} (probability {values.min():.3f} and more)" for name, values in groups)


def show(gains: pd.DataFrame) -> None:
    """Print means, spreads and gains per round on stderr."""
    from rich.console import Console
    from rich.table import Table

    drawn = Table("data set", "split", "metric", "round", "mean ± sd over models", "n", "gain on round 0 (95 %)")
    for row in gains[gains["metric"].isin(SHOWN)].itertuples():
        gain = f"{row.gain:+.4f} ({row.gain_low:+.4f} to {row.gain_high:+.4f})" if row.round else ""
        spread = f"{row.mean:.4f} ± {row.sd:.4f}"
        drawn.add_row(row.dataset, row.split, row.metric, str(row.round), spread, str(row.n_models), gain)
    Console(file=sys.stderr).print(drawn)
