"""What a recursive training reports: a metric by round and model, and what the rounds gained."""

from __future__ import annotations

import pandas as pd

REPORT, SUMMARY = "recursion.csv", "summary.csv"


def summary(measured: pd.DataFrame) -> pd.DataFrame:
    """Mean and spread over seeds per round, and the gain on round 0 with the 95 % interval of Student's t over pairs.

    Models of one seed are a pair: they began alike. With one model there is no spread and no interval.
    """
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
