"""Randomness is a function of (seed, epoch, galaxy)."""

import numpy as np
import pytest

from zoo import draws
from zoo.datamodule import Steps
from zoo.errors import ZooError


def test_order_is_a_permutation_that_depends_on_seed_and_epoch_only() -> None:
    assert sorted(draws.order(1, 2, 50)) == list(range(50))
    assert (draws.order(1, 2, 50) == draws.order(1, 2, 50)).all()
    assert (draws.order(1, 2, 50) != draws.order(1, 3, 50)).any()
    assert (draws.order(1, 2, 50) != draws.order(2, 2, 50)).any()


def test_x16_draws_are_uniform_and_differ_between_galaxies_and_epochs() -> None:
    table = draws.uniforms(seed=7, epoch=0, n=100_000, num_draws=1)[:, 0]
    counts = np.bincount((table * 20).astype(int), minlength=20)
    chi_squared = ((counts - 5000) ** 2 / 5000).sum()
    assert chi_squared < 54.0, "the 1e-4 quantile of chi squared with 19 degrees of freedom is 54"
    assert len(np.unique(table)) > 99_000
    assert (table != draws.uniforms(7, 1, 100_000, 1)[:, 0]).mean() > 0.99


def test_order_and_draws_do_not_share_numbers() -> None:
    assert not np.allclose(draws.generator(0, 0, draws.ORDER).random(8), draws.generator(0, 0, 1).random(8))


def test_dropout_differs_between_steps_and_ranks() -> None:
    assert len({draws.step_seed(0, step, rank) for step in range(50) for rank in range(4)}) == 200


@pytest.mark.parametrize("ranks", [1, 2, 4])
def test_the_ranks_together_see_the_batch_of_one_process(ranks: int) -> None:
    whole = list(Steps(range(100), 8, seed=3).between(12, 20))
    shares = [list(Steps(range(100), 8, 3, rank, ranks).between(12, 20)) for rank in range(ranks)]
    for k, batch in enumerate(whole):
        assert sorted(batch) == sorted(row for share in shares for row in share[k])


def test_batches_from_the_middle_are_those_of_the_whole_epoch() -> None:
    steps = Steps(range(100), 8, seed=3)
    assert list(steps.between(12, 24))[5:] == list(steps.between(17, 24))


def test_asking_for_some_batches_changes_nothing_for_who_asks_for_others() -> None:
    steps = Steps(range(100), 8, seed=3)
    first, second = steps.between(0, 3), steps.between(3, 5)
    assert (len(first), len(second), len(steps)) == (3, 2, steps.per_epoch)


def test_an_epoch_shows_each_galaxy_at_most_once_and_leaves_out_less_than_a_batch() -> None:
    steps = Steps(range(100), 8, seed=0)
    seen = [row for batch in steps.between(0, steps.per_epoch) for row in batch]
    assert len(seen) == len(set(seen)) == 96


def test_fewer_galaxies_than_a_batch_are_one_batch() -> None:
    steps = Steps(range(5), 8, seed=0)
    assert steps.per_epoch == 1
    assert sorted(next(iter(steps.between(0, 1)))) == list(range(5))


def test_a_chunk_is_drawn_anew_from_all_galaxies_without_repetition() -> None:
    """Spec B15: the published stream knows no epochs over the data, only chunks."""
    steps = Steps(range(100), 8, seed=0, chunk=24)
    assert steps.per_epoch == 3
    chunks = [[row for batch in steps.between(3 * k, 3 * k + 3) for row in batch] for k in range(20)]
    assert all(len(set(chunk)) == 24 for chunk in chunks)
    assert {row for chunk in chunks for row in chunk} == set(range(100))
    assert len({tuple(chunk) for chunk in chunks}) == 20
    assert Steps(range(16), 8, seed=0, chunk=10_000).per_epoch == 2
    with pytest.raises(ZooError, match="chunk=0 leaves no room for a galaxy: take 1 or more"):
        Steps(range(16), 8, seed=0, chunk=0)
