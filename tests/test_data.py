"""`zoo data`: what is in a data set, and what is wrong with it, as lines that a script can read."""

import os
import signal
from pathlib import Path

import numpy as np
import pytest

from zoo import compose, label_words
from zoo.dataset import Problem
from zoo.schema import Classes, Quantities, Question, VoteFractions
from zoo.verbs import data

TREE = VoteFractions(
    (
        Question("shape", ("smooth", "disc"), labels=("round", "flat")),
        Question("edge", ("edge-on", "face-on"), parent="disc"),
        Question("odd", ("yes", "no")),
    )
)


def zoo_data(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, list[str], str]:
    """The exit code, the lines on stdout and the text on stderr of `zoo data …` on the toy's blobs."""
    code = compose.run_hydra(f"data {words[0]}", ["dataset=blobs", "dataset.size=32", *words[1:]])
    told = capsys.readouterr()
    return code, told.out.splitlines(), told.err


def test_prepare_counts_the_galaxies_of_each_split(toy: None, capsys):
    code, lines, _ = zoo_data(capsys, "prepare")
    assert code == 0
    assert lines[0].split() == ["split", "galaxies", "labelled"]
    counts = {line.split()[0]: int(line.split()[1]) for line in lines[1:]}
    assert counts.pop("all") == sum(counts.values()) == 32


def test_a_preparation_that_is_stopped_says_that_the_same_command_goes_on(toy: None, capsys, monkeypatch):
    monkeypatch.setattr(data, "prepared", lambda cfg: os.kill(os.getpid(), signal.SIGTERM))
    code, lines, err = zoo_data(capsys, "prepare")
    assert (code, lines) == (75, [])
    assert "The preparation was stopped: the same command goes on with it. [E-STOPPED]" in err


def test_show_counts_classes_and_draws_a_sheet(toy: None, capsys, tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, lines, _ = zoo_data(capsys, "show", "out=a sheet.png", "galaxies=4")
    assert (code, lines[-1]) == (0, "a sheet.png")
    assert (tmp_path / "a sheet.png").read_bytes().startswith(b"\x89PNG")
    assert [line for line in lines if line.startswith("class (galaxies)")]


def test_show_refuses_a_split_that_is_none(toy: None, capsys):
    code, lines, err = zoo_data(capsys, "show", "split=training")
    assert (code, lines) == (2, [])
    assert "There is no split training: choose one of train, validation, test, all." in err


def test_verify_prints_a_line_per_problem_and_answers_2(toy: None, capsys, monkeypatch):
    found = [Problem("galaxy 1", "its image is cut off", "E-IMAGE"), Problem("", "the table is odd")]
    monkeypatch.setattr(data, "problems", lambda dataset, quick: found)
    code, lines, err = zoo_data(capsys, "verify")
    assert (code, lines) == (2, ["galaxy 1: its image is cut off", "the table is odd"])
    assert "2 problems in 32 galaxies" in err and "[E-DATA]" in err


def test_verify_of_a_sound_data_set_prints_nothing_on_stdout(toy: None, capsys):
    assert zoo_data(capsys, "verify", "quick=true")[:2] == (0, [])


@pytest.mark.parametrize(
    ("schema", "target", "words", "word"),
    [
        (TREE, [0.2, 0.8, 0.7, 0.1, 0, 1], "flat, edge-on", "flat"),
        (TREE, [0.6, 0.4, 0.3, 0.1, 0, 1], "round", "round"),
        (TREE, [np.nan] * 6, "no label", ""),
        (Classes(("spiral", "elliptical")), 1, "elliptical", "elliptical"),
        (Classes(("spiral", "elliptical")), -1, "no label", ""),
        (Quantities(("redshift", "mass")), [0.12345, 10], "redshift 0.123", ""),
    ],
)
def test_a_label_is_told_in_a_few_words_and_in_one(schema, target, words, word):
    assert label_words.of(schema, np.asarray(target)) == words
    assert label_words.in_short(schema, np.asarray(target)) == word


def test_answers_have_means_and_their_words():
    targets = np.array([[0.2, 0.8, 0.7, 0.1, 0, 1], [0.6, 0.4, 0.3, 0.1, 0, 1]])
    assert data.summary(TREE, targets) == ["0.400", "0.600", "0.500", "0.100", "0.000", "1.000"]
    assert data.described(TREE)[:3] == ["smooth round", "disc flat", "edge-on"]
    assert data.summary(TREE, targets[:0]) == ["-"] * 6
