"""Five classes by thresholds on the cumulative vote fractions, the clean sample of the Kaggle challenge."""

import numpy as np
from jaxtyping import Float, Int

NAMES = ("round_smooth", "inbetween_smooth", "cigar_smooth", "edge_on", "spiral")

RULES: dict[str, dict[str, float]] = {
    "round_smooth": {"Class1.1": 0.469, "Class7.1": 0.5},
    "inbetween_smooth": {"Class1.1": 0.469, "Class7.2": 0.5},
    "cigar_smooth": {"Class1.1": 0.469, "Class7.3": 0.5},
    "edge_on": {"Class1.2": 0.43, "Class2.1": 0.602},
    "spiral": {"Class1.2": 0.43, "Class2.2": 0.715, "Class4.1": 0.619},
}
"""The least fraction of each answer that a member of the class has (Zhu et al. 2019, table 1)."""


def classify(fractions: Float[np.ndarray, "galaxy answer"], columns: tuple[str, ...]) -> Int[np.ndarray, " galaxy"]:
    """The position of each galaxy's class in NAMES, -1 where no threshold is met."""
    classes = np.full(len(fractions), -1)
    for number, name in enumerate(NAMES):
        member = np.all([fractions[:, columns.index(c)] >= least for c, least in RULES[name].items()], axis=0)
        classes[member] = number
    return classes
