"""The frames of DR7, fpC: counts of 16 bits with sky and soft bias, by the ids of DR7 (surveys.md 2.6, 7.1)."""

from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
import requests
from astropy.io import fits
from zoo_dataset_surveys import frame, survey
from zoo_dataset_surveys.archive import Archive
from zoo_dataset_surveys.cutouts import Cutouts
from zoo_dataset_surveys.cutter import Target
from zoo_dataset_surveys.standin.galaxy import table

from zoo.errors import ZooImageError

from .patience import Clock


@pytest.fixture
def galaxies(standin):
    return standin.holdings.galaxies.all


@pytest.fixture
def archive(standin, tmp_path):
    """The archive of frames of the stand-in sky."""
    clock = Clock()
    chosen = replace(survey.named("sdss_dr7"), images=f"{standin.url}/cgi-bin/drC", bands=("g", "r"), timeout=20.0)
    return Archive(chosen, tmp_path / "dr7", False, clock.time, clock.sleep)


def test_drc_sends_counts_of_16_bits_with_sky_and_soft_bias(standin, galaxies):
    run, camcol, field = galaxies[0].field
    asked = {"RUN": run, "RERUN": 40, "CAMCOL": camcol, "FIELD": field, "FILTER": "r"}
    reply = requests.get(f"{standin.url}/cgi-bin/drC", params=asked, timeout=5)
    header = fits.Header.fromstring(reply.content[:5760])
    assert (header["BITPIX"], header["BZERO"], header["SOFTBIAS"], header["BUNIT"]) == (16, 32768, 1000, "DN")
    seen = frame.read(reply.content)
    assert seen.image.dtype == np.uint16 and seen.unit == "DN"
    assert abs(np.median(seen.image) - 1000 - header["SKY"]) < 3, "sky is not taken away"
    with pytest.raises(ZooImageError, match="is in DN without a zero point, so its fluxes compare with no others"):
        _ = seen.nanomaggies
    for wrong in ({"RERUN": 301}, {"FILTER": "x"}, {"FIELD": 9999}, {"RUN": "x"}):
        assert requests.get(f"{standin.url}/cgi-bin/drC", params=asked | wrong, timeout=5).status_code == 404


def test_counts_are_the_fluxes_of_later_releases(standin, galaxies):
    """Both show the same pixels; calibvec has the nanomaggies of a count."""
    field = standin.holdings.fields[galaxies[0].field]
    counts, header = fits.getdata(BytesIO(field.corrected_frame("g")), header=True)
    fluxes = frame.read(field.frame("g")).image
    np.testing.assert_allclose((counts - 1000.0 - header["SKY"]) * 0.005, fluxes, atol=0.0026)
    assert header["FLUX20"] * 0.005 == pytest.approx(10 ** (0.4 * (22.5 - 20)))


def test_ids_say_which_frames_to_ask_for_and_others_have_none(archive, galaxies, standin):
    targets = [*(Target(g.objid, g.ra, g.dec) for g in galaxies[:5]), Target("1237650372092690464", 10.0, 1.0)]
    assert archive.plan(targets)[:4] == (6, 4, 0, 4)
    groups = list(archive.frames(targets))
    assert [len(some) for _, some in groups] == [4, 1, 1] and list(groups[2][0].values()) == [None, None]
    path = groups[0][0]["r"]
    run, camcol, field = galaxies[0].field
    assert path.parts[-5:-1] == ("7", "40", str(run), str(camcol))
    assert path.name == f"fpC-{run:06d}-r{camcol}-{field:04d}.fit"
    asked = {"run": str(run), "rerun": "40", "camcol": str(camcol), "field": str(field), "filter": "g"}
    assert [request.values for request in standin.log].count(asked) == 1
    (why,) = {failure.what for failure in archive.record.failures}
    assert why == "Its id is none of DR7, which would say its field: take dr7objid, or survey=sdss."
    assert len(standin.log) == 4 and len(list(archive.frames(targets))) == 3 and len(standin.log) == 4


def test_the_recipe_as_coded_takes_them_as_they_are(standin, tmp_path, galaxies, monkeypatch):
    """Khan et al. (2019) cast to 16 bits, which these are; no colour of fluxes is offered them."""
    table(galaxies[:4]).to_csv(tmp_path / "here.csv", index=False)
    chosen = replace(survey.named("sdss_dr7"), images=f"{standin.url}/cgi-bin/drC", per_second=1000)
    monkeypatch.setattr("zoo_dataset_surveys.cutouts.chosen", lambda given: chosen)
    said = {"survey": "sdss_dr7", "label": "label"}
    made = Cutouts(tmp_path / "here.csv", tmp_path / "frames", recipe="khan2019", **said)
    made.prepare()
    assert len(made) == 4 and made.making["colour"] == "khan2019_sdss" and made.source.bands == ("g", "r", "z")
    assert made.table[["survey", "release"]].drop_duplicates().values.tolist() == [["SDSS", "DR7"]]
    image = made[0].image.numpy()
    assert image.shape == (3, 200, 200) and image[:, 98:102, 98:102].mean() > 3 * np.median(image)
    with pytest.raises(ZooImageError, match="is in DN without a zero point"):
        Cutouts(tmp_path / "here.csv", tmp_path / "frames", recipe="khan2019", colour="bands_asinh", **said).prepare()
