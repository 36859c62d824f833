"""What labels mean: the answers of a decision tree, classes, or measured quantities.

A dataset states its schema; a head accepts one kind and derives from it the width of its output, its loss, its metrics
and the names of its catalogue columns. Answers are matched by name, never by position.
"""

from __future__ import annotations

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


@dataclass(frozen=True)
class _Tree(Schema):
    """Questions in an order in which every parent comes before its children."""

    questions: tuple[Question, ...]

    def __post_init__(self) -> None:
        known: set[str] = set()
        for question in self.questions:
            if question.parent is not None and question.parent not in known:
                raise ZooError(
                    f"The question {question.name} follows {question.parent}, an answer that no earlier question has: "
                    "list questions after their parents.",
                    "E-SCHEMA",
                )
            if twice := known & set(question.answers):
                raise ZooError(f"The answer {min(twice)} appears twice: answers need unique names.", "E-SCHEMA")
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
    read = tuple(
        Question(
            name=str(q["name"]),
            answers=tuple(map(str, q["answers"])),
            parent=q.get("parent"),
            asks=str(q.get("asks", "")),
            labels=tuple(map(str, q.get("labels", ()))),
        )
        for q in questions
    )
    return VoteCounts(read) if counts else VoteFractions(read)


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
