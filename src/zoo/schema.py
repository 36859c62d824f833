"""What labels mean: the answers of a decision tree, classes, or measured quantities.

A dataset states its schema; a head accepts one kind and derives from it the width of its output, its loss, its metrics
and the names of its catalogue columns. Answers are matched by name, never by position.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from zoo.errors import ZooError

if TYPE_CHECKING:
    import numpy as np
    from jaxtyping import Float, Shaped


@dataclass(frozen=True)
class Question:
    """A question to volunteers: its answers (globally unique names), and the answer after which it is asked.

    `parent=None` is asked of every galaxy. `labels` describe the answers for people, in the same order.
    """

    name: str
    answers: tuple[str, ...]
    parent: str | None = None
    asks: str = ""
    labels: tuple[str, ...] = ()


class Schema:
    """The meaning of the labels of one dataset. `columns` are the names of a prediction's numbers, in order."""

    kind: ClassVar[str]
    columns: tuple[str, ...]

    def baseline(self, targets: Shaped[np.ndarray, "galaxy ..."]) -> Float[np.ndarray, " column"]:
        """The best constant prediction for these targets: mean fractions, or class frequencies."""
        raise NotImplementedError

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for `model.json`; `from_dict` is the inverse."""
        return {"kind": self.kind, **asdict(self)}  # type: ignore[call-overload]


def _refuse_twice(kind: str, names: Sequence[str]) -> None:
    """Raise ZooError for a name that stands twice."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ZooError(f"The {kind} {name} appears twice: {kind}s need unique names.", "E-SCHEMA")
        seen.add(name)


def _refuse_circle(question: Question, leads: Mapping[str, Question]) -> None:
    """Raise ZooError if the way up from a question, by the question that each answer belongs to, comes back to it."""
    way, above = [question.name], question
    while above.parent is not None and leads[above.parent].name not in way:
        above = leads[above.parent]
        way.append(above.name)
    if above.parent is not None:
        circle = [*way[way.index(leads[above.parent].name) :], leads[above.parent].name]
        raise ZooError(
            f"The questions {' after '.join(circle)} follow each other in a circle, and no volunteer would come to "
            "them: give one of them another parent, or null.",
            "E-SCHEMA",
        )


@dataclass(frozen=True)
class _Tree(Schema):
    """Questions in an order in which every parent comes before its children."""

    questions: tuple[Question, ...]

    def __post_init__(self) -> None:
        """Raise ZooError for what is no tree: a name twice, a parent that no question has, a circle, a wrong order."""
        _refuse_twice("question", [question.name for question in self.questions])
        _refuse_twice("answer", [answer for question in self.questions for answer in question.answers])
        leads = {answer: question for question in self.questions for answer in question.answers}
        known: set[str | None] = {None}
        for question in self.questions:
            if not question.answers:
                raise ZooError(f"The question {question.name} has no answers: list at least one.", "E-SCHEMA")
            if question.parent is not None and question.parent not in leads:
                near = difflib.get_close_matches(question.parent, leads, n=1)
                raise ZooError(
                    f"The question {question.name} is an orphan: it follows the answer {question.parent}, which no "
                    f"question has{f' (is it {near[0]}?)' if near else ''}; name an answer of the tree, or null for a "
                    "question that is always asked.",
                    "E-SCHEMA",
                )
        for question in self.questions:
            _refuse_circle(question, leads)
        for question in self.questions:
            if question.parent not in known:
                raise ZooError(
                    f"The question {question.name} follows {question.parent}, an answer that no earlier question has: "
                    "list questions after their parents.",
                    "E-SCHEMA",
                )
            known |= set(question.answers)

    @cached_property
    def columns(self) -> tuple[str, ...]:  # type: ignore[override]
        """All answers, question by question."""
        return tuple(answer for question in self.questions for answer in question.answers)

    @cached_property
    def slices(self) -> tuple[slice, ...]:
        """Where each question's answers stand among the columns."""
        ends, start = [], 0
        for question in self.questions:
            ends.append(slice(start, start := start + len(question.answers)))
        return tuple(ends)

    @cached_property
    def parents(self) -> tuple[int | None, ...]:
        """The column of each question's parent answer, None for questions that are always asked."""
        return tuple(None if q.parent is None else self.columns.index(q.parent) for q in self.questions)


@dataclass(frozen=True)
class VoteFractions(_Tree):
    """Cumulative vote fractions: a question's answers sum to the fraction of its parent answer, roots to 1."""

    kind: ClassVar[str] = "fractions"

    def baseline(self, targets: Shaped[np.ndarray, "galaxy answer"]) -> Float[np.ndarray, " answer"]:
        """Mean fractions; they obey the tree as every galaxy does, because its sums are linear."""
        import numpy as np

        return np.nanmean(targets, axis=0)


@dataclass(frozen=True)
class VoteCounts(_Tree):
    """Numbers of volunteers who gave each answer; a question without votes was not asked."""

    kind: ClassVar[str] = "votes"

    def baseline(self, targets: Shaped[np.ndarray, "galaxy answer"]) -> Float[np.ndarray, " answer"]:
        """Each question's answers over all its votes."""
        import numpy as np

        total = np.nansum(targets, axis=0)
        return np.concatenate([total[s] / max(total[s].sum(), 1) for s in self.slices])


@dataclass(frozen=True)
class Classes(Schema):
    """One of several classes per galaxy; a target is the position of its name."""

    names: tuple[str, ...]
    kind: ClassVar[str] = "classes"

    @property
    def columns(self) -> tuple[str, ...]:  # type: ignore[override]
        """One probability per class."""
        return self.names

    def baseline(self, targets: Shaped[np.ndarray, " galaxy"]) -> Float[np.ndarray, " class"]:
        """Class frequencies."""
        import numpy as np

        known = targets[targets >= 0].astype(int)
        return np.bincount(known, minlength=len(self.names)) / max(len(known), 1)


@dataclass(frozen=True)
class Quantities(Schema):
    """Measured numbers, one column each."""

    names: tuple[str, ...]
    kind: ClassVar[str] = "quantities"

    @property
    def columns(self) -> tuple[str, ...]:  # type: ignore[override]
        """One number per quantity."""
        return self.names

    def baseline(self, targets: Shaped[np.ndarray, "galaxy quantity"]) -> Float[np.ndarray, " quantity"]:
        """Means."""
        import numpy as np

        return np.nanmean(targets, axis=0)


def read_tree(questions: Sequence[Mapping[str, Any]], counts: bool = False) -> VoteFractions | VoteCounts:
    """The schema that a tree's YAML describes: a list of `{name, asks, answers, labels, parent}` (see `conf/tree`)."""
    read = []
    for number, q in enumerate(questions, 1):
        if not isinstance(q, Mapping) or not {"name", "answers"} <= set(q) or isinstance(q["answers"], str):
            raise ZooError(
                f"Question {number} of the tree is {q!r}: give each question a name and a list of answers.", "E-SCHEMA"
            )
        read.append(
            Question(
                name=str(q["name"]),
                answers=tuple(map(str, q["answers"])),
                parent=None if q.get("parent") is None else str(q["parent"]),
                asks=str(q.get("asks", "")),
                labels=tuple(map(str, q.get("labels", ()))),
            )
        )
    return VoteCounts(tuple(read)) if counts else VoteFractions(tuple(read))


def from_dict(values: Mapping[str, Any]) -> Schema:
    """The schema that `Schema.to_dict` wrote."""
    match values["kind"]:
        case "fractions" | "votes" as kind:
            return read_tree(values["questions"], counts=kind == "votes")
        case "classes":
            return Classes(tuple(values["names"]))
        case "quantities":
            return Quantities(tuple(values["names"]))
        case kind:
            raise ZooError(f"Labels of the kind {kind!r} are unknown to this zoo: pip install -U galaxy-model-zoo.")
