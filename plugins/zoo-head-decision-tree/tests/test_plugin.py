"""The heads conform to what zoo expects of a head."""

from zoo.testing import HeadConformance


class TestDecisionTree(HeadConformance):
    name = "decision_tree"


class TestPublishedStart(HeadConformance):
    name = "decision_tree"
    overrides = {"init": "published", "dropout": 0.0}


class TestDirichlet(HeadConformance):
    name = "dirichlet"


class TestDirichletOfThePublishedRange(HeadConformance):
    name = "dirichlet"
    overrides = {"lowest": 1.0, "highest": 101.0, "dropout": 0.0}
