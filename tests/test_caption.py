"""What stands below the galaxies of `predictions.png`."""

from types import SimpleNamespace

import numpy as np

from zoo.pictures import caption
from zoo.schema import Classes, read_tree

TREE = [{"name": "Q1", "answers": ["1.1", "1.2"], "labels": ["smooth", "disk"]}]
PREDICTED = np.array([0.25, 0.75])


def test_the_largest_answers_stand_in_words_beside_the_share_of_volunteers():
    fractions, counts = (SimpleNamespace(schema=read_tree(TREE, counts=counts)) for counts in (False, True))
    assert caption(fractions, PREDICTED, np.array([0.4, 0.6])) == "disk 0.75 (0.60)\nsmooth 0.25 (0.40)"
    assert caption(counts, PREDICTED, np.array([4.0, 6.0])) == "disk 0.75 (0.60)\nsmooth 0.25 (0.40)"


def test_of_classes_the_galaxy_s_own_has_the_one():
    classes = SimpleNamespace(schema=Classes(("edge_on", "spiral")))
    assert caption(classes, PREDICTED, np.array(0)) == "spiral 0.75 (0.00)\nedge_on 0.25 (1.00)"
