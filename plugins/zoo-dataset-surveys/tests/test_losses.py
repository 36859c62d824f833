"""A lost download shows in the losses by run and camera column (G9)."""

import numpy as np
import pytest
from zoo_dataset_surveys.khan2019 import losses

from . import few

RUNS = (1239, 1659, 1889, 2075, 2076, 2738, 3325, 3538, 3704, 3723, 3838, 3894, 3905, 3909, 3910, 3919, 3927)
"""Those whose cut-outs were empty, as G9 lists them."""


@pytest.fixture(scope="module")
def published(texts):
    table = texts("khan_high_certainty_40620.csv.gz")
    return losses.by_camcol(table["objid"].tolist(), (table["image_failed"] != "").to_numpy()), table


def test_the_published_losses_are_all_there(published):
    found, _ = published
    assert (found["galaxies"].sum(), found["lost"].sum(), len(found)) == (40_620, 1_971, 1_406)
    assert found["lost"].is_monotonic_decreasing


def test_the_systematic_loss_of_seventeen_runs_stands_out(published):
    found, _ = published
    cells = losses.systematic(found)
    listed = cells[cells["run"].isin(RUNS)]
    assert set(listed["run"]) == set(RUNS) and set(listed["camcol"]) <= {4, 5, 6}
    assert (listed["galaxies"].sum(), listed["lost"].sum()) == (1_656, 1_655)


def test_six_more_runs_lost_everything_at_the_clip_stage(published):
    """What G9 does not list: camcols 4 to 6 of six other runs, 184 of the 370 images that the clip stage lost."""
    found, table = published
    cells = losses.systematic(found)
    more = cells[~cells["run"].isin(RUNS)]
    assert set(more["run"]) == {1336, 1339, 1356, 1359, 2305, 2328} and set(more["camcol"]) == {4, 5, 6}
    assert (more["galaxies"].sum(), more["lost"].sum()) == (184, 184)
    inside = losses.inside(table["objid"].tolist(), more)
    assert set(table["image_failed"][inside]) == {"clip"}


def test_other_camcols_of_the_same_runs_are_fine(published):
    found, _ = published
    runs = losses.systematic(found)["run"].unique()
    others = found[found["run"].isin(runs) & (found["camcol"] <= 3)]
    assert others["lost"].sum() / others["galaxies"].sum() < 0.02 and others["galaxies"].sum() > 1000


def test_lines_name_the_worst_cells_and_none_where_nothing_is_lost():
    lost = np.isin(few.CERTAIN, list(few.LOST))
    told = losses.told(losses.by_camcol(few.CERTAIN, lost))
    assert told == [
        "  1 of 2 (run, camcol) lost most of their galaxies: 3 of 4 losses, in 1 runs",
        "  run 3325 camcol 4: 3 of 3",
        "  run 756 camcol 2: 1 of 14",
    ]
    assert losses.told(losses.by_camcol(few.CERTAIN, lost & False)) == []
