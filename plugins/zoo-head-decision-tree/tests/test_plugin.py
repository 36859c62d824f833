"""The heads conform to what zoo expects of a head."""

from zoo.testing import HeadConformance


class TestDecisionTree(HeadConformance):
    name = "decision_tree"


class TestPublishedStart(HeadConformance):
    name = "decision_tree"
    overrides = {"init": "published", "dropout": 0.0}


class TestSoftmax(HeadConformance):
    name = "decision_tree_softmax"


class TestThresholdedSoftmax(HeadConformance):
    name = "decision_tree_thresholded_softmax"


class TestSquared(HeadConformance):
    name = "decision_tree_squared"


class TestSoftplus(HeadConformance):
    name = "decision_tree_softplus"


class TestClipped(HeadConformance):
    name = "decision_tree_clipped"


class TestStopGradient(HeadConformance):
    name = "decision_tree_stop_gradient"


class TestDirichlet(HeadConformance):
    name = "dirichlet"


class TestDirichletOfThePublishedRange(HeadConformance):
    name = "dirichlet"
    overrides = {"lowest": 1.0, "highest": 101.0, "dropout": 0.0}
