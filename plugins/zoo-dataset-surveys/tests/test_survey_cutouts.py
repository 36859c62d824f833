"""Cutouts from a survey by its name: from positions through the services to a data set, here on the stand-in sky."""

import pickle
import shutil
from dataclasses import asdict
from pathlib import Path

import pandas as pd
import pytest
import torch
from zoo_dataset_surveys import standin, survey
from zoo_dataset_surveys.cutouts import Cutouts

from zoo import build, compose, fit
from zoo.errors import ZooError

WORDS = ["dataset=cutouts", "survey=standin", "survey.simulated=2", "dataset.label=label", "dataset.pixels=32"]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache."""
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def dataset(*words: str) -> Cutouts:
    """The data set of these words, prepared."""
    cfg = compose.config("data", [*WORDS, *words])
    choices = fit.choices_of({"dataset": cfg.hydra.runtime.choices["dataset"]})
    return build.prepared_dataset(choices, fit.values_of(cfg))


def test_a_survey_by_its_name_gives_every_galaxy_of_a_list_its_image(cache: Path) -> None:
    made = dataset()
    assert len(made) == 8 and set(made.schema.columns) == {"elliptical", "spiral"}
    assert (made.table["survey"] == "simulated SDSS").all() and (made.table["flag"] == 0).all()
    assert (made.table["release"] == "DR17").all() and "tile" not in made.table, "SDSS has none"
    assert made[0].image.shape == (3, 32, 32) and made[0].image.float().std() > 1
    assert pickle.loads(pickle.dumps(made))[3].image.equal(made[3].image)


def test_what_was_retrieved_serves_other_cutouts_without_asking_anybody(cache: Path) -> None:
    first = dataset()
    shutil.rmtree(cache / "cutouts")
    again = dataset("dataset.download=false", "survey.images=http://127.0.0.1:9/sas")
    assert again.fingerprint == first.fingerprint


def test_nothing_retrieved_and_offline_is_one_sentence(cache: Path) -> None:
    with pytest.raises(ZooError, match="None of 8 galaxies has a cutout"):
        dataset("dataset.download=false")


def test_single_values_of_a_survey_and_bands_are_chosen_by_words(cache: Path) -> None:
    made = dataset("dataset.bands=[r]", "dataset.colour=bands", "dataset.limits=[-1,5]")
    assert made.num_bands == 1 and made[0].image.dtype.is_floating_point


@pytest.mark.parametrize(
    "words, told",
    [
        (["dataset.pattern=frame-{band}.fits"], "names files of a folder, and survey=… names its own"),
        (["survey.timeout=0"], "survey.timeout=0 has to be more than 0"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_asked(cache: Path, words: list[str], told: str) -> None:
    with pytest.raises(ZooError, match=told):
        dataset(*words)


def test_a_real_survey_needs_positions() -> None:
    with pytest.raises(ZooError, match="needs dataset.positions=FILE"):
        Cutouts(None, None, survey=asdict(survey.named("sdss")))


def test_the_stand_in_brings_its_own_positions(cache: Path) -> None:
    lines = standin.positions(2).read_text().splitlines()
    assert lines[0].startswith("object_id,ra,dec,label") and len(lines) == 9


@pytest.mark.parametrize("name, size, columns", [
    ("standin", "petrosian", ["petroRad_r"]), ("standin_des", "kron", ["KRON_RADIUS", "A_IMAGE"])])  # fmt: skip
def test_sizes_that_a_table_lacks_are_those_of_the_surveys_catalogue(cache, tmp_path, name, size, columns) -> None:
    """A list of positions gives the cutouts that the same list with its sizes gives."""
    whole = pd.read_csv(standin.positions(1), dtype={"object_id": str})
    whole.to_csv(tmp_path / "whole.csv", index=False)
    whole.drop(columns=columns).to_csv(tmp_path / "bare.csv", index=False)
    values = {**asdict(survey.named(name)), "simulated": 1}
    given = {"size": size, "pixels": 16, "colour": "bands_asinh", "bands": ["r"]}
    made = [Cutouts(tmp_path / f"{table}.csv", None, values, **given) for table in ("whole", "bare")]
    for one in made:
        one.prepare()
    for row in range(4):
        torch.testing.assert_close(made[0][row].image, made[1][row].image, rtol=0, atol=1e-4)
    nobody = values | {"images": "http://127.0.0.1:9", "catalogue": "http://127.0.0.1:9"}
    again = Cutouts(tmp_path / "bare.csv", None, nobody, download=False, **given)
    again.prepare()
    assert again.fingerprint == made[1].fingerprint, "what the catalogue said is kept"


def test_a_galaxy_that_the_catalogue_lacks_is_a_row_with_the_reason(cache, tmp_path) -> None:
    rows = pd.read_csv(standin.positions(1), dtype={"object_id": str})[["object_id", "ra", "dec"]]
    rows.loc[len(rows)] = ["alone", rows["ra"][0] + 0.004, rows["dec"][0]]
    rows.to_csv(tmp_path / "bare.csv", index=False)
    values = {**asdict(survey.named("standin")), "simulated": 1}
    made = Cutouts(tmp_path / "bare.csv", None, values, size="petrosian", pixels=16)
    made.prepare()
    lost = made.cutouts.rows[made.cutouts.rows["problem"] != ""]
    assert lost["object_id"].tolist() == ["alone"] and len(made) == 5


def test_two_data_sets_have_a_survey_each_of_any_package(cache, tmp_path, monkeypatch) -> None:
    folder = tmp_path / "conf" / "survey"
    folder.mkdir(parents=True)
    (folder / "deeper.yaml").write_text("# Somebody's own survey.\ndefaults: [standin_des, _self_]\ntitle: Deeper\n")
    monkeypatch.setenv("ZOO_CONFIG_DIR", str(tmp_path / "conf"))
    words = ["dataset=cutouts", "survey@dataset.survey=deeper", "dataset.survey.simulated=1"]
    assert fit.values_of(compose.config("data", words))["dataset"]["survey"]["title"] == "Deeper"
    plain, named = (compose.config("data", ["dataset=cutouts", word]) for word in ("survey=sdss", "dataset.survey=des"))
    assert fit.values_of(plain)["dataset"]["survey"]["title"] == "SDSS"
    assert fit.values_of(named)["dataset"]["survey"] == "des"


def test_what_failed_is_asked_for_again_whenever_that_is_told_and_stays_once_it_came(cache, tmp_path, standin) -> None:
    """The cutouts of the day on which it failed are kept too, and not taken for today's."""
    some = standin.holdings.galaxies.all[:8]
    rows = [f"{galaxy.objid},{galaxy.ra},{galaxy.dec}" for galaxy in some]
    (tmp_path / "some.csv").write_text("\n".join(["object_id,ra,dec", *rows, ""]))
    addresses = {"catalogue": standin.url, "images": f"{standin.url}/sas"}
    values = asdict(survey.named("sdss")) | addresses | {"attempts": 1, "per_second": 1000.0}
    run, camcol, _ = some[4].field
    standin.fault(f"sas/dr17/eboss/photoobj/frames/301/{run}/{camcol}/", "404", times=6)
    found = []
    for download in (True, True, "again", "again", True):
        asked = len(standin.log)
        made = Cutouts(tmp_path / "some.csv", None, values, pixels=16, missing="drop", download=download)
        made.prepare()
        found.append((len(made), len(standin.log) - asked))
    assert found == [(4, 6), (4, 0), (4, 3), (8, 3), (8, 0)]
