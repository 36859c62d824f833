"""Cutouts as Khan et al. (2019) published, coded, and as corrected: by one word, for SDSS and for DES (spec G30)."""

import re
from pathlib import Path

import numpy as np
import pytest
from zoo_dataset_surveys import colour, survey
from zoo_dataset_surveys.cutouts import Cutouts
from zoo_dataset_surveys.recipe import Recipe
from zoo_dataset_surveys.size import SIZES

from zoo import compose
from zoo.errors import Incompatible, UnknownPart

from . import fields

README = Path(__file__).parents[1] / "README.md"
THREE = ("khan2019", "khan2019_published", "khan2019_corrected")
SURVEYS = ("sdss", "des", "standin", "standin_des", "des_tiles", "standin_des_tiles")


def made(name: str, recipe: str) -> dict:
    """What a recipe chooses for a survey."""
    return survey.making(survey.named(name), recipe, {})


@pytest.mark.parametrize("name", SURVEYS)
def test_each_survey_has_the_three_recipes_and_is_by_hydra_what_it_is_by_name(name):
    cfg = compose.config("data", ["dataset=cutouts", f"survey={name}"])
    values = {key: value for key, value in cfg.dataset.survey.items() if key != "_target_"}
    assert survey.Survey(**values) == survey.named(name) and tuple(values["recipes"]) == THREE


def test_as_coded_the_surveys_differ_in_bands_stretch_and_size_and_corrected_they_do_not():
    coded, published, corrected = ([made(name, recipe) for name in ("sdss", "des")] for recipe in THREE)
    assert [one["colour"] for one in coded] == ["khan2019_sdss_fluxes", "khan2019_des"]
    assert [one["size"] for one in coded] == ["khan2019_sdss", "khan2019_des"] == [one["size"] for one in published]
    assert "".join(coded[0]["bands"]) == "grz" and len(coded[1]["bands"]) == 5, "as coded DES needs all five bands"
    assert {one["cut"] for one in (*coded, *published)} == {"as_coded"} and {one["pixels"] for one in coded} == {200}
    assert {one["pixels"] for one in published} == {299}
    for key in ("bands", "cut", "pixels", "colour"):
        assert corrected[0][key] == corrected[1][key]
    assert [one["size"] for one in corrected] == ["petrosian", "kron"] and corrected[0]["cut"] == "corrected"
    assert all("".join(one["bands"]) == "gri" for one in (*published, *corrected))
    assert SIZES["khan2019_des"].pixels({"KRON_RADIUS": 3.5}, 0.263) == 84


def test_the_two_sizes_of_the_corrected_recipe_agree_for_real_galaxies(texts):
    """Of FO, sides by Kron are 0.89 of those by Petrosian radius in the median, 0.67 to 1.26 for nine of ten."""
    rows = texts("khan_fo_test_16758.csv.gz")[["petroRad_r", "KRON_RADIUS", "A_IMAGE"]].astype(float)
    sides = {name: np.array([SIZES[name].pixels(row, 0.263) for row in rows.to_dict("records")]) for name in SIZES}
    ratio = np.quantile(sides["kron"] / sides["petrosian"], [0.05, 0.5, 0.95])
    assert ratio == pytest.approx([0.67, 0.888, 1.262], abs=0.002)
    assert np.mean(sides["khan2019_des"] == 84) > 0.97


def test_published_sdss_has_i_where_coded_it_has_z():
    image = np.random.default_rng(0).normal(100, 5, (4, 20, 20))
    coded = colour.PRESETS["khan2019_sdss_fluxes"](image, ("g", "r", "i", "z"))
    published = colour.PRESETS["khan2019_sdss_published"](image[[0, 1, 3]], ("g", "r", "i"))
    np.testing.assert_array_equal(coded, published)


@pytest.mark.parametrize(("intended", "coded"), [("khan2019_sdss_intended", "khan2019_sdss_fluxes"),
                                                 ("khan2019_des_intended", "khan2019_des")])  # fmt: skip
def test_about_the_darkest_half_as_intended_the_sky_is_brighter_and_galaxies_are_white(intended, coded):
    """Why the bug of the published program is no loss: meant as it was, a bright galaxy has nothing in it to see."""
    y, x = np.mgrid[:60, :60] - 30
    image = np.random.default_rng(0).normal(100, 5, (4, 60, 60)) + 400 * np.exp(-np.hypot(x, y) / 6)
    made = {name: colour.PRESETS[name](image, ("g", "r", "i", "z")).mean(0) for name in (intended, coded)}
    inner = np.hypot(x, y) < 10
    assert np.median(made[intended]) > 1.5 * np.median(made[coded])
    assert (made[intended][inner] >= 224).all() and np.mean(made[coded][inner] >= 224) < 0.3


def test_single_keys_go_before_a_recipe_and_a_recipe_before_the_survey(tmp_path):
    fields.write(tmp_path)
    values = {key: value for key, value in survey.values_of("sdss").items() if key != "_target_"}
    made = Cutouts(tmp_path / "positions.csv", tmp_path, values, recipe="khan2019", pixels=80)
    assert (made.making["pixels"], made.making["cut"], made.making["colour"]) == (
        80,
        "as_coded",
        "khan2019_sdss_fluxes",
    )
    assert list(made.source.bands) == ["g", "r", "z"]
    plain = Cutouts(tmp_path / "positions.csv", tmp_path, values)
    assert (plain.making["pixels"], plain.making["size"], plain.making["cut"]) == (64, 30.0, "corrected")
    assert plain.making["colour"] == "sdss_viewer" and list(plain.source.bands) == ["g", "r", "i"]


def test_a_recipe_of_no_survey_or_of_another_one_is_refused(tmp_path):
    with pytest.raises(
        Incompatible, match="dataset.recipe=khan2019 is that of a survey: choose survey=NAME, or say bands"
    ):
        survey.making(None, "khan2019", {})
    with pytest.raises(
        UnknownPart, match="recipe=khan2018 is not known of SDSS DR17: choose one of khan2019, khan2019_"
    ):
        survey.making(survey.named("sdss"), "khan2018", {})
    with pytest.raises(UnknownPart, match="not known of Legacy Surveys DR10: choose the keys by themselves"):
        survey.making(survey.named("legacy"), "khan2019", {})
    with pytest.raises(Incompatible, match="survey.recipes.x has sizes, which is none of bands, size"):
        survey.Survey(**{k: v for k, v in survey.values_of("sdss").items() if k not in ("_target_", "recipes")},
                      recipes={"x": {"sizes": 3}})  # fmt: skip


def test_every_item_of_g30_has_a_row_that_says_where_each_of_the_three_is_chosen(shared):
    spec = (shared / "spec/des-catalogue.md").read_text().split("## 5. Paper against code (G30)")[1].split("## H.")[0]
    wanted = [row[0] for row in rows(spec)]
    found = rows(README.read_text().split("## The paper, its code, and corrected")[1].split("\n## ")[0])
    assert [row[0] for row in found] == wanted and len(wanted) == 15
    assert all(len(row) == 4 and all(row) for row in found)
    assert all(row[1] != row[2] for row in found), "paper and code differ"


def rows(text: str) -> list[list[str]]:
    """The rows of the first table in a text, without its head."""
    lines = [line for line in text.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip("|"))] for line in lines]


def test_a_frame_whose_name_does_not_lead_to_a_mask_has_none_and_is_not_its_own():
    recipe = Recipe(("g",), mask=("_ooi_", "_ood_"), size=9.0, pixels=9)
    assert recipe.beside(Path("a/b_ooi_g.fits")) == {"mask": Path("a/b_ood_g.fits")}
    assert recipe.beside(Path("a_ooi_/other.fits")) == {}
