"""Numbers of votes of Galaxy Zoo 2, from a table that has them or from one that has fractions and totals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from zoo import labels
from zoo.errors import DataError, ZooError
from zoo.label_table import LabelTable
from zoo.schema import Question, VoteCounts
from zoo.table_file import read_table
from zoo_dataset_galaxy_zoo.labels import Labels

ROUNDING = 1e-2
"""How much more than 1 a fraction may be: the catalogue has three digits."""


def read(path: Path, tree: VoteCounts, source: Mapping[str, Any]) -> LabelTable:
    """A table of votes; of one that has their numbers these alone, and what tells galaxies apart and where they lie."""
    counts = list(counts_of(tree, source).values())
    named = [source[key] for key in ("object_id", "ra", "dec") if source.get(key)]
    rows = read_table(path, {*counts, *named, (source.get("naming") or {}).get("sample")})
    return rows if all(name in rows.columns for name in counts) else read_table(path)


def counts_of(tree: VoteCounts, source: Mapping[str, Any]) -> dict[str, str]:
    """The columns with the numbers of votes, by answer."""
    return {answer: source["count"].format(stem) for answer, stem in stems(tree, source).items()}


def stems(tree: VoteCounts, source: Mapping[str, Any]) -> dict[str, str]:
    """What the columns of each answer are called, less their endings."""
    return {answer: source["columns"].get(answer, answer) for answer in tree.columns}


def votes(rows: LabelTable, tree: VoteCounts, source: Mapping[str, Any], violations: str) -> tuple[Labels, str]:
    """The numbers of votes of a table, and how they were had, as a line for people. `source`: see conf/votes/gz2.yaml.

    Raises DataError where a column is absent and for numbers that are no votes.
    """
    ids, columns = rows.ids(source["object_id"]), stems(tree, source)
    counts = list(counts_of(tree, source).values())
    if all(name in rows.columns for name in counts):
        given, told = rows.numbers(counts), "votes are the counts of the table"
    else:
        given = reconstructed(rows, tree, source, columns)
        told = compared(rows, given, source["total"])
    values, broken = labels.checked_votes(tree, given, ids, violations)
    return Labels(tree, ids, values, broken), told


def reconstructed(
    rows: LabelTable, tree: VoteCounts, source: Mapping[str, Any], columns: Mapping[str, str]
) -> Float[np.ndarray, "galaxy answer"]:
    """Numbers of votes from the shares of each question: share times the number of those who were asked, made whole.

    Asked are all volunteers at a first question, those who gave the parent answer at another one, and those who gave
    one of the answers that `source["asked"]` names at a question such as "anything odd?". The shares are the raw
    fractions where the table has them for all answers of a question but one, which then has the rest; else the weighted
    ones, in which volunteers who mostly disagree with all others count less, so that single votes may be off by one.
    Counts are made whole by largest remainders, and sum to the number of those who were asked; a question whose shares
    are all zero has no votes, whoever was asked.
    """
    found: dict[str, Float[np.ndarray, " galaxy"]] = {}
    everybody = rows.numbers([source["volunteers"]])[:, 0]
    for question in tree.questions:
        leading = source["asked"].get(question.name, ()) if question.parent is None else (question.parent,)
        if strange := [answer for answer in leading if answer not in found]:
            raise ZooError(
                f"dataset.votes.asked.{question.name} names {strange[0]}, which is no answer before it in the tree: "
                "name answers of earlier questions."
            )
        asked = sum(found[answer] for answer in leading) if leading else everybody
        given = shares(rows, question, source, columns)
        found |= dict(zip(question.answers, apportioned(given, asked).T, strict=True))
    return np.stack([found[answer] for answer in tree.columns], axis=1)


def shares(
    rows: LabelTable, question: Question, source: Mapping[str, Any], columns: Mapping[str, str]
) -> Float[np.ndarray, "galaxy answer_of_question"]:
    """The share of each answer to a question: raw, the one that is absent by subtraction, or weighted."""
    names = [source["fraction"].format(columns[answer]) for answer in question.answers]
    absent = [k for k, name in enumerate(names) if name not in rows.columns]
    if len(absent) > 1:
        return numbers(rows, [source["weighted"].format(columns[answer]) for answer in question.answers], source)
    found = np.zeros((len(rows), len(names)))
    present = [k for k in range(len(names)) if k not in absent]
    found[:, present] = numbers(rows, [names[k] for k in present], source)
    if absent:
        rest = 1 - found.sum(axis=1)
        found[:, absent[0]] = np.where(found.any(axis=1), np.maximum(rest, 0), 0)
    return found


def numbers(rows: LabelTable, names: Sequence[str], source: Mapping[str, Any]) -> Float[np.ndarray, "galaxy column"]:
    """Columns of fractions. Raises DataError for one that is negative or more than 1 by more than rounding."""
    found = rows.numbers(names)
    with np.errstate(invalid="ignore"):
        bad = (found < 0) | (found > 1 + ROUNDING)
    if bad.any():
        row, column = np.argwhere(bad)[0]
        raise DataError(
            f"{int(bad.any(axis=1).sum())} galaxies of {rows.path} have shares that are none, the first "
            f"{rows.text(source['object_id'])[row]}: {names[column]} is {found[row, column]:g}, expected 0 to 1; mend "
            "these rows or remove them.",
            "E-LABELS-RANGE",
        )
    return found


def apportioned(
    given: Float[np.ndarray, "galaxy answer_of_question"], asked: Float[np.ndarray, " galaxy"]
) -> Float[np.ndarray, "galaxy answer_of_question"]:
    """Whole numbers in proportion to shares, which sum to the number of those asked (largest remainders, Hamilton)."""
    total = given.sum(axis=1, keepdims=True)
    exact = given / np.where(total > 0, total, 1) * asked[:, None]
    whole = np.floor(exact + 1e-6)
    left = np.round(np.where(total[:, 0] > 0, asked, 0) - whole.sum(axis=1))
    rank = np.argsort(np.argsort(whole - exact, axis=1, kind="stable"), axis=1)
    return whole + (rank < left[:, None])


def compared(rows: LabelTable, given: Float[np.ndarray, "galaxy answer"], column: str) -> str:
    """In how many galaxies the votes sum to what the table says they are in all."""
    told = "votes are had back from fractions"
    if column not in rows.columns:
        return told
    off = np.abs(np.nansum(given, axis=1) - rows.numbers([column])[:, 0])
    return f"{told}: {(off == 0).sum()} of {len(rows)} sums are {column}, the others differ by at most {off.max():g}"
