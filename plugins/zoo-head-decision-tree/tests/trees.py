"""Random decision trees and outputs, for laws that hold for every tree."""

from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from zoo.schema import Question, VoteFractions

DEPTH = 6


@st.composite
def trees(draw, max_questions=10):
    """Up to ten questions of one to five answers; each follows an earlier answer or none, six levels deep at most."""
    questions, depth = [], {None: 0}
    for number in range(draw(st.integers(1, max_questions))):
        parent = draw(st.sampled_from([answer for answer, level in depth.items() if level < DEPTH]))
        answers = tuple(f"{number}.{k}" for k in range(draw(st.integers(1, 5))))
        questions.append(Question(f"Q{number}", answers, parent))
        depth |= dict.fromkeys(answers, depth[parent] + 1)
    return VoteFractions(tuple(questions))


@st.composite
def reordered(draw, tree):
    """The same tree with its answers, and questions of unrelated branches, in another order."""
    waiting, known, ordered = list(draw(st.permutations(tree.questions))), {None}, []
    while waiting:
        question = next(q for q in waiting if q.parent in known)
        waiting.remove(question)
        ordered.append(Question(question.name, tuple(draw(st.permutations(question.answers))), question.parent))
        known |= set(question.answers)
    return VoteFractions(tuple(ordered))


@st.composite
def trees_with_outputs(draw):
    """A tree, and outputs of up to four galaxies: up to ±10,000, many of them zero."""
    tree = draw(trees())
    numbers = st.one_of(st.floats(-1e4, 1e4, width=32), st.floats(-1, 1, width=32), st.just(0.0))
    shape = (draw(st.integers(1, 4)), len(tree.columns))
    return tree, draw(arrays("float32", shape, elements=numbers))
