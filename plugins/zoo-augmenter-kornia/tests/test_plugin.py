"""The parts of this plugin do what zoo expects of any augmenter."""

from zoo import build, compose, testing

STILL = {"rotation": 0, "zoom": 0, "shift": 0, "flip": 0, "colour": 0}
OPTIONS = {"shear": 10, "gamma": 0.3, "noise": 0.02, "noise_per_view": True}
OTHERS = {"normalise": "maximum", "factor": [3, 1.5]}


class TestAffine(testing.AugmenterConformance):
    name = "affine"
    grids = ("published60", "dihedral8")
    neutral = STILL
    quarter_turns = True


class TestAffineWithEveryOption(testing.AugmenterConformance):
    name = "affine"
    overrides = OPTIONS | OTHERS
    grids = ("published60", "dihedral8")
    neutral = STILL | dict.fromkeys(OPTIONS, 0)
    quarter_turns = True


class TestSingle(testing.AugmenterConformance):
    name = "single"
    grids = ("published60", "dihedral8")
    neutral = STILL
    quarter_turns = True


class TestKeras(testing.AugmenterConformance):
    name = "keras"
    grids = ("flips4",)
    neutral = {"rotation": 0, "shift": 0, "zoom": 0, "flip": 0}


class TestKerasCorrected(TestKeras):
    name = "keras_corrected"
    image_sizes = (200, 224)


class TestKerasRandom(TestKeras):
    name = "keras_random"
    neutral = None
    overrides = {"view_size": 64}


class TestPolar(testing.AugmenterConformance):
    name = "polar"
    grids = ("published60", "dihedral8")
    neutral = STILL


class TestLogPolar(TestPolar):
    overrides = {"innermost": 2.0}


def test_polar_perturbs_like_affine():
    affine, polar = (compose.part_values("augmenter", name) for name in ("affine", "polar"))
    assert {key for key in affine if key in polar and affine[key] != polar[key]} == {"view_size"}


def test_single_perturbs_like_affine():
    affine, single = (compose.part_values("augmenter", name) for name in ("affine", "single"))
    assert {key for key in affine if affine[key] != single[key]} == {"view_size", "factor", "angles"}
    assert build.part("augmenter", "single", single).num_views == 1
