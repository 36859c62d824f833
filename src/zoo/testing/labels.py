"""Made-up labels: a schema of each kind, random targets that obey it, and what a prediction must obey."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from zoo.schema import Classes, Quantities, Question, Schema, VoteCounts, VoteFractions

KINDS: tuple[type[Schema], ...] = (VoteFractions, VoteCounts, Classes, Quantities)
DEPTH = 6
VOTERS = 40


def schema_of(kind: type[Schema], seed: int, columns: int = 14) -> Schema:
    """A schema of the kind with at most so many columns, a function of the seed."""
    random = np.random.default_rng(seed)
    if issubclass(kind, (VoteFractions, VoteCounts)):
        return kind(tuple(tree(random, columns)))
    names = tuple(f"name{k}" for k in random.permutation(int(random.integers(2, min(columns, 8) + 1))))
    return Classes(names) if issubclass(kind, Classes) else Quantities(names)


def tree(random: np.random.Generator, columns: int) -> list[Question]:
    """Questions of two to four answers, each behind a random earlier answer or at the root, at most DEPTH deep."""
    questions, depth, left = [], {}, columns
    while left >= 2:
        size = min(int(random.integers(2, 5)), left)
        parents = [None, *(answer for answer, level in depth.items() if level < DEPTH)]
        parent = parents[int(random.integers(len(parents)))]
        name = f"question{len(questions)}"
        answers = tuple(f"{name}.{k}" for k in random.permutation(size))
        depth |= dict.fromkeys(answers, depth.get(parent, 0) + 1)
        questions.append(Question(name, answers, parent))
        left -= size
    return questions


def targets_of(schema: Schema, n: int, seed: int) -> Tensor:
    """Labels of n galaxies that obey the schema: float32 [galaxy column], classes int64 [galaxy]."""
    random = np.random.default_rng(seed)
    if isinstance(schema, Classes):  # every class occurs where there are galaxies enough
        return torch.from_numpy(random.permutation(np.arange(n) % len(schema.names)))
    if isinstance(schema, VoteFractions):
        return torch.from_numpy(fractions(schema, n, random)).float()
    if isinstance(schema, VoteCounts):
        return torch.from_numpy(votes(schema, n, random)).float()
    return torch.from_numpy(random.normal(size=(n, len(schema.columns)))).float()


def fractions(schema: VoteFractions, n: int, random: np.random.Generator) -> np.ndarray:
    """Cumulative fractions: shares drawn question by question, times the fraction of the parent."""
    found = np.empty((n, len(schema.columns)))
    for where, parent in zip(schema.slices, schema.parents, strict=True):
        shares = random.dirichlet(np.ones(where.stop - where.start), size=n)
        found[:, where] = shares if parent is None else shares * found[:, [parent]]
    return found


def votes(schema: VoteCounts, n: int, random: np.random.Generator) -> np.ndarray:
    """Counts: as many voters at a question as gave the answer before it."""
    found = np.empty((n, len(schema.columns)), dtype=np.int64)
    for where, parent in zip(schema.slices, schema.parents, strict=True):
        voters = np.full(n, VOTERS) if parent is None else found[:, parent]
        shares = random.dirichlet(np.ones(where.stop - where.start), size=n)
        found[:, where] = random.multinomial(voters, shares)
    return found


def unanimous(schema: Schema) -> Tensor:
    """Labels of one galaxy about which all agree: the first answer of each question, the first class."""
    if isinstance(schema, Classes):
        return torch.zeros(1, dtype=torch.int64)
    found = torch.zeros(1, len(schema.columns))
    if isinstance(schema, (VoteFractions, VoteCounts)):
        for where, parent in zip(schema.slices, schema.parents, strict=True):
            found[0, where.start] = 1 if parent is None else found[0, parent]
    return found * VOTERS if isinstance(schema, VoteCounts) else found


def perfect(schema: Schema, targets: Tensor) -> Tensor:
    """The predictions [galaxy column] that agree with the targets."""
    if isinstance(schema, Classes):
        return torch.nn.functional.one_hot(targets, len(schema.names)).float()
    if isinstance(schema, VoteCounts):
        parts = [targets[:, where] for where in schema.slices]
        return torch.cat([part / part.sum(1, keepdim=True).clamp(min=1) for part in parts], dim=1)
    return targets


def violation(schema: Schema, predictions: Tensor) -> float:
    """By how much predictions [galaxy column] break the laws of their schema; NaN breaks them without bound.

    Fractions lie in [0, 1], and a question's sum to the fraction of the answer before it (of counts: to 1), or are all
    zero where the network supports no answer; probabilities sum to 1; quantities may be any finite number.
    """
    if not predictions.isfinite().all():
        return float("inf")
    if isinstance(schema, Quantities):
        return 0.0
    worst = max((-predictions).max().item(), (predictions - 1).max().item())
    if isinstance(schema, Classes):
        return max(worst, (predictions.sum(1) - 1).abs().max().item())
    for where, parent in zip(schema.slices, schema.parents, strict=True):
        total = predictions[:, where].sum(1)
        cumulative = parent is not None and isinstance(schema, VoteFractions)
        due = predictions[:, parent] if cumulative else torch.ones_like(total)
        worst = max(worst, torch.where(total == 0, 0, total - due).abs().max().item())
    return worst


def shuffled(schema: Schema, seed: int) -> Schema:
    """The same questions, answers and names in another order."""
    random = np.random.default_rng(seed)
    if isinstance(schema, (Classes, Quantities)):
        return type(schema)(tuple(random.permutation(schema.names).tolist()))
    waiting, known, ordered = list(random.permutation(np.array(schema.questions, dtype=object))), {None}, []
    while waiting:
        question = next(q for q in waiting if q.parent in known)
        waiting.remove(question)
        answers = tuple(random.permutation(question.answers).tolist())
        ordered.append(Question(question.name, answers, question.parent))
        known |= set(answers)
    return type(schema)(tuple(ordered))


def reordered(targets: Tensor, schema: Schema, other: Schema) -> Tensor:
    """Targets of one schema in the order of another."""
    if isinstance(schema, Classes):
        return torch.tensor([other.columns.index(name) for name in schema.columns])[targets]
    return targets[:, [schema.columns.index(name) for name in other.columns]]
