"""RMSE of fractions of all volunteers, of a catalogue of `head=dirichlet`: `python votes_error.py DD shares.csv`.

With the central 95 % of 200 bootstrap resamples of the galaxies.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from zoo_head_decision_tree.shares import cumulative

from zoo import registry, yaml_file
from zoo.catalogue import Catalogue
from zoo.schema import read_tree


def main(catalogue: Path, shares: Path) -> None:
    """Print the error, its interval and the number of galaxies."""
    tree = read_tree(yaml_file.read(registry.CONF / "tree/galaxy_zoo.yaml")["questions"], counts=True)
    answers = list(tree.columns)
    predicted = Catalogue(catalogue).to_pandas().set_index("object_id")[answers]
    truth = pd.read_csv(shares, dtype={"object_id": str}).set_index("object_id").loc[predicted.index, answers]
    found = cumulative(torch.tensor(predicted.to_numpy(np.float64)), tree).numpy()
    squares = ((found - truth.to_numpy()) ** 2).mean(axis=1)
    rows = np.random.default_rng(0).integers(len(squares), size=(200, len(squares)))
    low, high = np.quantile(np.sqrt(squares[rows].mean(axis=1)), [0.025, 0.975])
    print(f"{np.sqrt(squares.mean()):.4f} ({low:.4f} to {high:.4f}), {len(squares)} galaxies")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
