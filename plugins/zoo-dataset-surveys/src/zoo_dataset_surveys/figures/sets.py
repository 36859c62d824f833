"""The four sets of Khan et al. (2019) as figures name and colour them."""

from __future__ import annotations

from zoo import style
from zoo.dataset import Dataset
from zoo.errors import Incompatible
from zoo_dataset_surveys.khan2019.dataset import Khan2019
from zoo_dataset_surveys.khan2019.selection import ELLIPTICAL, SPIRAL, TIE
from zoo_dataset_surveys.khan2019.splits import FO, HP, TRAIN, VALIDATION

TITLES = {TRAIN: "training", VALIDATION: "validation", HP: "high certainty in DES (HP)", FO: "full overlap (FO)"}
COLOURS = {SPIRAL: style.BLUE, ELLIPTICAL: style.VERMILION, TIE: style.QUIET}


def of_khan2019(dataset: Dataset, figure: str) -> Khan2019:
    """The data set, if it is one of Khan et al. (2019). Raises Incompatible for any other."""
    if not isinstance(dataset, Khan2019):
        raise Incompatible(
            f"The figure {figure} is about the sets of Khan et al. (2019), and was given another data set: take "
            "dataset=khan2019_sdss dataset.root=DIR."
        )
    return dataset
