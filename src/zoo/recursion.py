"""What a recursive training reports: a metric by round and model, and what the rounds gained."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from zoo.errors import ZooError

if TYPE_CHECKING:
    import pandas as pd

REPORT, SUMMARY = "recursion.csv", "summary.csv"


class Trained(NamedTuple):
    """A training of a recursion: the round, counted from 0, and the run folder."""

    round: int
    folder: Path


def read(folder: Path) -> pd.DataFrame:
    """The report of a recursion. Raises ZooError where there is none."""
    import pandas as pd

    path = folder / REPORT
    if not path.is_file():
        raise ZooError(f"{folder} has no {REPORT}: `zoo recurse run=… out={folder}` writes it.")
    return pd.read_csv(path)


def trained(folder: Path) -> list[Trained]:
    """The trainings of a recursion, round by round. Raises ZooError where there is no report."""
    rows = read(folder)[["round", "seed", "run"]].drop_duplicates().sort_values(["round", "seed"])
    return [Trained(int(row.round), folder / row.run) for row in rows.itertuples()]


def summary(measured: pd.DataFrame) -> pd.DataFrame:
    """Mean and spread over seeds per round, and the gain on round 0 with the 95 % interval of Student's t over pairs.

    Models of one seed are a pair: they began alike. With one model there is no spread and no interval.
    """
    import pandas as pd
    from scipy import stats

    rows, keys = [], ["dataset", "split", "metric"]
    for (dataset, split, metric), group in measured.groupby(keys, sort=False):
        values = group.pivot(index="seed", columns="round", values="value")
        for number in values.columns:
            gains = (values[number] - values[0]).to_numpy()
            n = len(gains)
            half = stats.t.ppf(0.975, n - 1) * gains.std(ddof=1) / n**0.5 if n > 1 else float("nan")
            rows.append({
                "dataset": dataset, "split": split, "metric": metric, "round": number, "n_models": n,
                "mean": values[number].mean(), "sd": values[number].std(ddof=1), "gain": gains.mean(),
                "gain_low": gains.mean() - half, "gain_high": gains.mean() + half,
            })  # fmt: skip
    return pd.DataFrame(rows)
