"""A tree of questions is a tree: each way in which it is none has a sentence of its own."""

import pytest
import yaml

from zoo.errors import ZooError
from zoo.registry import CONF
from zoo.schema import Question, VoteCounts, VoteFractions, from_dict, read_tree

TREES = sorted((CONF / "tree").glob("*.yaml"))


def tree(*questions):
    return read_tree([{"name": n, "answers": answers, "parent": parent} for n, answers, parent in questions])


def refused(*questions) -> str:
    with pytest.raises(ZooError) as caught:
        tree(*questions)
    assert caught.value.exit_code == 2 and caught.value.code == "E-SCHEMA"
    return str(caught.value)


def test_a_cycle_is_told_with_its_questions():
    said = refused(("root", ["a", "b"], None), ("one", ["c"], "f"), ("two", ["d"], "c"), ("three", ["f"], "d"))
    assert "The questions one after three after two after one follow each other in a circle" in said
    assert "The questions one after one follow each other in a circle" in refused(("one", ["a", "b"], "a"))


def test_a_question_behind_a_cycle_is_not_blamed_for_it():
    said = refused(("last", ["z"], "a"), ("one", ["a"], "b"), ("two", ["b"], "a"))
    assert "The questions one after two after one follow" in said and "last" not in said


def test_an_orphan_is_told_with_the_answer_that_is_missing_and_the_nearest():
    said = refused(("root", ["smooth", "featured"], None), ("bar", ["yes", "no"], "feature"))
    assert (
        "The question bar is an orphan: it follows the answer feature, which no question has (is it featured?)" in said
    )


def test_children_before_their_parents_are_neither_cycle_nor_orphan():
    said = refused(("bar", ["yes", "no"], "featured"), ("root", ["smooth", "featured"], None))
    assert "an answer that no earlier question has: list questions after their parents" in said


@pytest.mark.parametrize("questions", [[("q", ["a", "a"], None)], [("q", ["a"], None), ("r", ["b", "a"], None)]])
def test_a_repeated_answer_is_refused_within_a_question_and_between_two(questions):
    assert "The answer a appears twice: answers need unique names." in refused(*questions)


def test_a_repeated_question_and_one_without_answers_are_refused():
    assert "The question q appears twice" in refused(("q", ["a"], None), ("q", ["b"], None))
    assert "The question q has no answers" in refused(("q", [], None))


@pytest.mark.parametrize("question", [{"name": "q"}, {"answers": ["a"]}, "q", {"name": "q", "answers": "ab"}])
def test_a_question_that_is_none_is_shown(question):
    with pytest.raises(ZooError, match="Question 2 of the tree is .*: give each question a name and a list of answers"):
        read_tree([{"name": "first", "answers": ["x"]}, question])


@pytest.mark.parametrize("kind", [VoteFractions, VoteCounts])
def test_a_tree_is_kept_in_plain_values(kind):
    made = kind((Question("q", ("a", "b"), None, "Q?", ("A", "B")), Question("r", ("c",), "b")))
    assert from_dict(made.to_dict()) == made and made.parents == (None, 1)


@pytest.mark.parametrize("path", TREES, ids=lambda path: path.stem)
def test_every_tree_that_zoo_brings_is_one_with_words_for_people(path):
    made = read_tree(yaml.safe_load(path.read_text())["questions"], counts=True)
    assert all(question.asks and len(question.labels) == len(question.answers) for question in made.questions)
