"""The whole line of Khan et al. (2019) on the stand-in sky: positions, services with faults, training, catalogue."""

from pathlib import Path

import pandas as pd
import pytest
from astropy.io import votable
from zoo_dataset_surveys.standin import Sky
from zoo_dataset_surveys.standin.galaxy import made, table

from zoo import compose
from zoo.catalogue import Catalogue

FAULTS = ("429", "503", "html_page", "truncated", "reset")
SMALL = ["dataset.pixels=72", "augmenter.view_size=72", "batch_size=4", "architecture.pretrained=false"]
SHORT = [f"stages.{k}.{key}" for k in range(3) for key in ("epochs=1", "steps=1")]


@pytest.mark.slow
def test_from_positions_to_a_catalogue_although_services_fail(tmp_path: Path, monkeypatch, capsys) -> None:
    """Every fault strikes once, and one field is lost for good: its galaxies are told of, and left out when asked."""
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "cache"))
    galaxies = made(6)
    table(galaxies).to_csv(tmp_path / "galaxies.csv", index=False)
    with Sky(galaxies) as sky:
        lost = [galaxy for galaxy in galaxies if galaxy.field == galaxies[-1].field]
        run, camcol, _ = lost[0].field
        monkeypatch.setattr("zoo_dataset_surveys.halt.Halt.sleep", lambda halt, seconds: halt.watch())  # no pauses here
        sky.fault(f"sas/dr17/eboss/photoObj/frames/301/{run}/{camcol}", "404", times=99)
        for kind in FAULTS:
            sky.fault("sas", kind)
        source = [
            f"survey.images={sky.url}/sas",
            f"survey.catalogue={sky.url}",
            "survey.simulated=0",
            "survey.attempts=6",
        ]
        words = ["survey=standin", *source, f"dataset.positions={tmp_path / 'galaxies.csv'}", "dataset.missing=drop"]
        typed = ["experiment=khan2019", *words, *SMALL, *SHORT, f"runs={tmp_path / 'runs'}", "trainer.accelerator=cpu"]
        assert compose.run_hydra("train", typed) == 0, capsys.readouterr().err
    trained = Path(capsys.readouterr().out.splitlines()[-1])
    out = tmp_path / "catalogue"
    assert compose.run_hydra("predict", [f"run={trained}", f"out={out}", "format=votable", "device=cpu"]) == 0
    found = Catalogue(out).to_pandas()
    assert set(found["object_id"]) == {g.objid for g in galaxies} - {g.objid for g in lost}
    assert {"ra", "dec", "flag", "probability", "margin"} <= {*found} and (found["flag"] >= 0).all()
    assert set(found["morph_class"]) <= {"spiral", "elliptical"} and (found["survey"] == "simulated SDSS").all()
    assert votable.validate(str(out / "catalogue.vot"), output=None)
    failures = pd.concat(map(pd.read_csv, (tmp_path / "cache").rglob("failures.csv")))
    assert set(failures.iloc[:, 0].astype(str)) >= {g.objid for g in lost}
