"""`experiment=khan2019`, `_published` and `_corrected` differ where the paper, its code and their mistakes do (G30)."""

from typing import Any

import pytest

from zoo import compose, fit

CODED, PUBLISHED, CORRECTED = (f"khan2019{which}" for which in ("", "_published", "_corrected"))

ROWS = {
    "input size": ("augmenter.view_size", 224, 299, 224),
    "images": ("dataset.survey.recipes.{}.pixels", 200, 299, 224),
    "scaling": ("architecture.normalise", False, True, False),
    "bands": ("dataset.survey.recipes.{}.bands", ["g", "r", "z"], ["g", "r", "i"], ["g", "r", "i"]),
    "cut-out": ("dataset.survey.recipes.{}.size", "khan2019_sdss", "khan2019_sdss", "petrosian"),
    "its centre and edges": ("dataset.survey.recipes.{}.cut", "as_coded", "as_coded", "corrected"),
    "background statistics": (
        "dataset.survey.recipes.{}.colour", "khan2019_sdss_fluxes", "khan2019_sdss_published", "fixed_asinh",
    ),
    "lr reduction watches": ("scheduler.watches", "validation", "training", "validation"),
    "batch": ("batch_size", 64, 16, 64),
    "centre of augmentation": ("augmenter.centre", "as_coded", "as_coded", "corrected"),
    "test images": ("augmenter.evaluation", "plain", "plain", "plain"),
    "frozen batch-norm": ("stages.0.frozen_bn", "batch_stats", "batch_stats", "inference"),
    "galaxies lost at edges": ("dataset.missing", "drop", "drop", "refuse"),
}  # fmt: skip
"""What is chosen, the key that says it, and its value as coded, published and corrected."""


def value(config: dict[str, Any], key: str) -> Any:
    """The value of a dotted key."""
    found: Any = config
    for part in key.split("."):
        found = found[int(part)] if part.isdigit() else found[part]
    return found


def composed(name: str, survey: str) -> dict[str, Any]:
    """The values of an experiment with a survey."""
    return fit.values_of(compose.config("train", [f"experiment={name}", f"survey={survey}"]))


@pytest.fixture(scope="module")
def three() -> dict[str, dict[str, Any]]:
    """The values of the three experiments on SDSS; the recipes of DES are tested with the plugin."""
    return {name: composed(name, "sdss") for name in (CODED, PUBLISHED, CORRECTED)}


@pytest.mark.parametrize("item", ROWS)
def test_each_choice_has_the_value_of_its_preset(three: dict[str, dict[str, Any]], item: str) -> None:
    key, *wanted = ROWS[item]
    assert [value(one, key.format(name)) for name, one in three.items()] == wanted


@pytest.mark.parametrize("name", [CODED, PUBLISHED, CORRECTED])
def test_each_experiment_takes_its_own_recipe_of_the_survey_that_is_chosen(name: str) -> None:
    found = composed(name, "standin_des_tiles")
    assert found["dataset"]["recipe"] == name and name in found["dataset"]["survey"]["recipes"]
    assert found["dataset"]["classes"] == ["elliptical", "spiral"]
    assert [stage["name"] for stage in found["stages"]] == ["head", "upper", "all"]
