"""The decision-tree head conforms to what zoo expects of a head."""

from zoo.testing import HeadConformance


class TestDecisionTree(HeadConformance):
    name = "decision_tree"


class TestPublishedStart(HeadConformance):
    name = "decision_tree"
    overrides = {"init": "published", "dropout": 0.0}
