"""Does a network that has seen other galaxies before learn real spirals and ellipticals better than one from zero?

Five folds of the 900 SDSS galaxies of `gz1_sdss`: each galaxy is tested on once, by a network that never saw it. The
pretraining is zoo's own, on simulated galaxies and their vote fractions; both ways have the same parts, seeds and
number of passes. Scores are those of all 900 galaxies with 95 % bootstrap intervals, the difference is paired by
galaxy.
"""

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import rounds
import torch
from jaxtyping import Float
from prepared_run import prepared
from shared_data import DATA
from torchmetrics.functional.classification import binary_accuracy, binary_auroc, binary_f1_score

from zoo import build, evaluation, fit
from zoo.log import speak
from zoo.run import Run

CLASSES = ("elliptical", "spiral")
SCORES = {"accuracy": binary_accuracy, "F1 of spirals": binary_f1_score, "AUC": binary_auroc}


def main() -> None:
    """Pretrain, train ten networks, and print the table."""
    speak()
    options = arguments()
    with tempfile.TemporaryDirectory() as folder:
        common = [*options.words, f"runs={options.runs or folder}"]
        pretrained = trained([*common, "dataset=simulated", *options.pretraining])
        ways = {
            "from zero": ["stages=default", "stages.0.epochs=8"],
            "transferred": ["stages=transfer", f"weights={pretrained.folder}"],
        }
        labels = labelled(options.data / "labels.csv", options.folds, options.seed)
        found = {name: np.full(len(labels), np.nan) for name in ways}
        for fold in range(options.folds):
            table = Path(folder) / f"fold_{fold}.csv"
            labels.assign(split=splits(labels["fold"], fold)).to_csv(table, index=False)
            for name, words in ways.items():
                run = trained([*common, *on(table, options.data), *words])
                found[name][labels["fold"] == fold] = tested(run)
    truth = (labels["label"] == CLASSES[1]).to_numpy()
    print(table_of(found, truth, options.resamples))
    print(f"\n{options.folds} folds of {len(labels)} galaxies, both ways with {' '.join(options.words)}")
    print(f"pretraining: {' '.join(options.pretraining)}")
    print(rounds.circumstances())


def labelled(path: Path, folds: int, seed: int) -> pd.DataFrame:
    """The galaxies and their classes, each class dealt to the folds at random."""
    labels = pd.read_csv(path, dtype=str)[["objid", "label"]]
    order = np.random.default_rng(seed).permutation(len(labels))
    shuffled = labels.iloc[order]
    labels["fold"] = shuffled.groupby("label").cumcount().reindex(labels.index) % folds
    return labels


def splits(folds: pd.Series, tested_on: int) -> np.ndarray:
    """One fold to test on, and a tenth of the others to watch the training by."""
    names = np.where(folds == tested_on, "test", "train").astype(object)
    training = np.flatnonzero(names == "train")
    names[training[::10]] = "validation"
    return names


def on(table: Path, data: Path) -> list[str]:
    """The data set of a table, as it is typed."""
    own = {"object_id": "objid", "label": "label", "split": "split", "images": data.resolve() / "images"}
    own["classes"] = f"[{','.join(CLASSES)}]"
    words = [f"dataset.{key}={value}" for key, value in own.items()]
    return ["dataset=table", f"dataset.table={table}", *words, "head=classes"]


def trained(words: Sequence[str]) -> Run:
    """The finished run of these words."""
    return fit.train(prepared(words))


def tested(run: Run) -> Float[np.ndarray, " galaxy"]:
    """The probability of a spiral for each galaxy of the split `test`, in the order of the table."""
    dataset = build.prepared_dataset(run.choices, run.config)
    rows = evaluation.labelled_rows(dataset, "test")
    return evaluation.predictions(build.load_model(run), dataset, rows, batch_size=64)[0][:, 1].numpy()


def table_of(found: dict[str, np.ndarray], truth: np.ndarray, resamples: int) -> str:
    """Markdown: each score of both ways, and the difference, with 95 % intervals over galaxies."""
    lines = ["| score | " + " | ".join(found) + " | difference |", "|---|" + "---|" * (len(found) + 1)]
    rng = np.random.default_rng(0)
    draws = [np.arange(len(truth)), *(rng.integers(0, len(truth), len(truth)) for _ in range(resamples))]
    tensors, target = [torch.from_numpy(values) for values in found.values()], torch.from_numpy(truth.astype(int))
    for name, score in SCORES.items():
        values = np.array([[float(score(one[rows], target[rows])) for one in tensors] for rows in draws])
        columns = [*values.T, values[:, -1] - values[:, 0]]
        lines.append(f"| {name} | " + " | ".join(map(interval, columns)) + " |")
    return "\n".join(lines)


def interval(values: np.ndarray) -> str:
    """The first of the values, and between which the middle 95 % of the others lie."""
    low, high = np.percentile(values[1:], [2.5, 97.5])
    return f"{values[0]:.3f} ({low:.3f} to {high:.3f})"


def arguments() -> argparse.Namespace:
    """What the command line says."""
    words = ["model=resnet18", "architecture.pretrained=false", "augmenter.view_size=64", "batch_size=16"]
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("words", nargs="*", default=words, help="for all trainings (default: %(default)s)")
    parser.add_argument("--pretraining", nargs="+", default=["dataset.size=4000", "stages.0.epochs=6"], metavar="WORD")
    parser.add_argument("--data", type=Path, default=DATA / "gz1_sdss", help="default: %(default)s")
    parser.add_argument("--folds", type=int, default=5, help="default: %(default)s")
    parser.add_argument("--runs", type=Path, help="keeps the run folders; what is finished is not trained again")
    parser.add_argument("--resamples", type=int, default=500, help="of the bootstrap (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of the folds (default: %(default)s)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
