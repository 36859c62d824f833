"""A few galaxies without a usable image are left out and listed, too many end the work (D33)."""

from pathlib import Path

import pytest
from killer import PARTS, config

from zoo import fit
from zoo.dataset import Problem
from zoo.errors import DataError
from zoo.failures import Failures
from zoo.run import Run
from zoo.training import Training


def noted(failures: Failures, bad: range | list[int], total: int) -> Failures:
    """The count of `total` galaxies, of which those of these numbers are bad."""
    for k in range(total):
        failures.note(f"g{k}", Problem(f"g{k}", "the image is truncated", "E-IMAGE") if k in bad else None)
    return failures


def test_d33_one_in_a_thousand_goes_on_and_is_listed(caplog: pytest.LogCaptureFixture):
    failures = noted(Failures(10_000), range(0, 10_000, 1000), 10_000)
    failures.refuse()
    assert list(failures.found) == [f"g{k}" for k in range(0, 10_000, 1000)]
    assert "10 of 10000 galaxies cannot be used and are left out" in caplog.text
    assert "g4000: the image is truncated" in caplog.text and "g5000" not in caplog.text, "five are named"


def test_d33_two_percent_are_refused_with_the_first_and_one_percent_are_not():
    noted(Failures(10_000), range(0, 10_000, 100), 10_000).refuse()
    with pytest.raises(
        DataError, match=r"200 of 10000 .*, more than failures.limit=0.01, first g0: .* lists all"
    ) as no:
        noted(Failures(10_000), range(0, 10_000, 50), 10_000).refuse()
    assert no.value.code == "E-IMAGE" and no.value.exit_code == 2


def test_d33_a_hundred_in_a_row_end_the_work_at_once_however_long_the_catalogue_is():
    noted(Failures(10**6), [*range(99), *range(100, 199)], 1000).refuse()
    with pytest.raises(DataError, match="100 galaxies in a row cannot be used, up to g149: the image is truncated"):
        noted(Failures(10**6), range(50, 10**6), 150)


def begun(runs: Path, **changed: object) -> Run:
    """A training of the toy, of which the galaxy 7 cannot be used."""
    return fit.prepare(fit.choices_of(PARTS), config(runs, **(changed | {"dataset": {"size": 128, "poison": 7}})))


def test_d33_a_training_leaves_out_what_cannot_be_used_and_says_so_in_its_folder(toy: None, tmp_path: Path):
    run = begun(tmp_path)
    training = Training(run)
    training.look_at_data()
    assert 7 not in training.rows + training.validation_rows
    assert len(training.rows + training.validation_rows) == 127
    wanted = "object_id,error_code,what\nblob-0007,E-IMAGE,the image is truncated\n"
    assert (run.folder / "left_out.csv").read_text() == wanted


def test_d33_what_is_wrong_with_no_single_galaxy_is_refused(toy: None, tmp_path: Path, monkeypatch):
    training = Training(begun(tmp_path))
    monkeypatch.setattr(type(training.dataset), "verify", lambda self, quick: [Problem("", "the table is odd")])
    with pytest.raises(DataError, match="The data set cannot be used: the table is odd; `zoo data verify` lists all"):
        training.look_at_data()
