"""The classes head conforms to what zoo expects of a head."""

from zoo.testing import HeadConformance


class TestClasses(HeadConformance):
    name = "classes"


class TestSmoothedLabels(HeadConformance):
    name = "classes"
    overrides = {"label_smoothing": 0.1}


class TestDense(HeadConformance):
    name = "classes_dense"
    overrides = {"hidden": [8, 4]}
