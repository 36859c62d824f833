"""What Khan et al. (2019) printed of their classes: Table II, and the areas of Figures 3 and 10 (spec G23, G28)."""

from __future__ import annotations

from zoo.errors import ZooError

SETS = ("HP_SDSS", "HP_DES", "FO_SDSS", "FO_DES")
"""HP: galaxies of high certainty; FO: the full overlap of both surveys. Each with the images of SDSS or of DES."""

TABLE_2 = {
    "HP_SDSS": {"accuracy": 0.9981, "f1": 0.9980, "precision": 0.996, "recall": 1.0, "fpr": 0.004},
    "HP_DES": {"accuracy": 0.9962, "f1": 0.9961, "precision": 0.998, "recall": 0.995, "fpr": 0.002},
    "FO_SDSS": {"accuracy": 0.9676, "f1": 0.9675, "precision": 0.945, "recall": 0.991, "fpr": 0.055},
    "FO_DES": {"accuracy": 0.9632, "f1": 0.9685, "precision": 0.965, "recall": 0.946, "fpr": 0.025},
}
"""Of the whole set for HP, of the most confident half for FO."""

HALF, HALF_OF_FO = 0.5, 6300
"""The confident half, as a share and as the number that was printed."""

AREAS = {
    "FO_SDSS": {"VGG16": 0.95, "VGG19": 0.94, "ResNet50": 0.95, "InceptionV3": 0.96, "Xception": 0.96},
    "FO_DES": {"VGG16": 0.94, "VGG19": 0.93, "ResNet50": 0.93, "InceptionV3": 0.94, "Xception": 0.94},
}

CONFUSIONS = {
    "HP_SDSS": {("elliptical", "elliptical"): 550, ("spiral", "elliptical"): 2, ("spiral", "spiral"): 514},
    "HP_DES": {
        ("elliptical", "elliptical"): 547,
        ("elliptical", "spiral"): 3,
        ("spiral", "elliptical"): 1,
        ("spiral", "spiral"): 515,
    },
}
"""Galaxies by true and predicted class: the only ones that the rows of Table II leave room for."""


def known(name: str | None) -> str | None:
    """The name of a published set, or None. Raises ZooError for another one."""
    if name is not None and name not in SETS:
        raise ZooError(f"beside={name}: choose one of {', '.join(SETS)}, or null.")
    return name


def printed(name: str | None, kept: float, rate: str) -> float:
    """A rate of a published set, where its row is about as many of the most confident galaxies as are `kept`."""
    if name is None or kept not in ((HALF, HALF_OF_FO) if name.startswith("FO") else (1.0,)):
        return float("nan")
    return TABLE_2[name][rate]


def share(name: str) -> float:
    """Of which most confident share of a set Table II tells."""
    return HALF if name.startswith("FO") else 1.0
