"""Images of more than 8 bits keep their depth on the whole line, and networks take as many bands as images have."""

from pathlib import Path

import numpy as np
import pytest
import torch
from image_bytes import saved
from PIL import Image

from zoo import build, compose, datamodule, fit
from zoo.catalogue import Catalogue
from zoo.schema import Classes

fits = pytest.importorskip("astropy.io.fits", reason="the extra `fits` is not installed")

SIDE, SCALE, ACROSS = 32, 1.0, 4
BANDS = "grizy"
GRADIENT = np.linspace(0.5, 0.5 + 1 / 255, SIDE, dtype=np.float32)
"""Brightness from left to right, so faint that 8 bits would show two levels of it."""

NETWORK = ["architecture=timm", "architecture.name=test_resnet", "head=classes", "augmenter=single"]
VIEWS = ["augmenter.view_size=32", "augmenter.factor=1"]
SHORT = ["batch_size=4", "stages.0.steps=2", "trainer.accelerator=cpu"]


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "cache"))


def write_frames(folder: Path, bands: str = BANDS) -> list[str]:
    """Write a frame for each band with 16 galaxies, and their table; the words that choose both as data set."""
    frame = np.tile(np.tile(GRADIENT, ACROSS), (SIDE * ACROSS, 1))
    header = fits.Header({"CTYPE1": "RA---CAR", "CTYPE2": "DEC--CAR", "CRVAL1": 0.0, "CRVAL2": 0.0})
    header.update(CRPIX1=64.5, CRPIX2=64.5, CD1_1=-SCALE / 3600, CD2_2=SCALE / 3600, CD1_2=0.0, CD2_1=0.0)
    for number, band in enumerate(bands):
        fits.PrimaryHDU(frame * (1 + number / 100), header).writeto(folder / f"frame-{band}.fits")
    rows = [
        f"{k},{(1.5 - k % ACROSS) * -SIDE * SCALE / 3600 % 360:.8f},{(k // ACROSS - 1.5) * SIDE * SCALE / 3600:.8f},"
        f"{'ab'[k % 2]},{'validation' if k % 4 == 0 else 'train'}"
        for k in range(ACROSS**2)
    ]
    (folder / "positions.csv").write_text("\n".join(["object_id,ra,dec,label,split", *rows, ""]))
    made = [f"dataset.size={SIDE * SCALE}", f"dataset.pixels={SIDE}", "dataset.limits=[0,2]", "dataset.label=label"]
    names = [f"dataset.positions={folder}/positions.csv", f"dataset.frames={folder}", "dataset.split=split"]
    return ["dataset=cutouts", *names, "dataset.pattern=frame-{band}.fits", *made]


def write_table(folder: Path) -> list[str]:
    """Write 16-bit images and their table; the words that choose them as data set."""
    pixels = np.tile(np.round(GRADIENT * 65535).astype(np.uint16), (SIDE, 1))
    for k in range(2):
        (folder / f"{k}.png").write_bytes(saved(Image.fromarray(pixels), "PNG"))
    (folder / "labels.csv").write_text("object_id,label\n0,a\n1,b\n")
    names = [f"dataset.table={folder}/labels.csv", "dataset.images=.", "dataset.suffix=.png", "dataset.label=label"]
    return ["dataset=table", *names]


def composed(*words: str) -> tuple[dict, dict]:
    cfg = compose.config("train", words)
    return fit.choices_of(cfg.hydra.runtime.choices), fit.values_of(cfg)


@pytest.mark.parametrize("augmenter", [["augmenter=single", *VIEWS], ["augmenter=keras", "augmenter.view_size=32"]])
@pytest.mark.parametrize("depth", ["float32", "float16", "uint16", "16-bit files"])
def test_a_gradient_below_1_255_reaches_the_network(depth: str, augmenter: list[str], tmp_path: Path) -> None:
    words = write_table(tmp_path) if depth == "16-bit files" else [*write_frames(tmp_path), f"dataset.depth={depth}"]
    choices, config = composed(*NETWORK, *augmenter, *words)
    dataset = build.prepared_dataset(choices, config)
    model = build.model(choices, config, dataset.schema, dataset.num_bands).eval()
    seen = []
    model.backbone.net.register_forward_pre_hook(lambda _, images: seen.append(images[0]))
    (batch,) = datamodule.batches(dataset, [0, 1], 2)
    model(batch.images, model.augmenter.canonical(2))
    row = (seen[0] * model.backbone.std + model.backbone.mean)[0, 0, SIDE // 2]
    white = 2 if depth != "16-bit files" else 1
    levels = 8 if depth == "float16" else SIDE / 3
    assert (row.diff() >= 0).all() and len(row.unique()) > levels
    assert (row[-1] - row[0]).item() * white == pytest.approx(1 / 255, abs=3e-4)


@pytest.mark.parametrize("bands", ["r", "gri", "grizy"])
def test_images_of_any_number_of_bands_train_and_are_predicted(bands: str, tmp_path: Path) -> None:
    words = [*write_frames(tmp_path), f"dataset.bands=[{','.join(bands)}]"]
    run = fit.train(fit.prepare(*composed(*NETWORK, *VIEWS, *SHORT, *words, f"runs={tmp_path}/runs")))
    assert run.num_bands == len(bands) and build.load_model(run).backbone.net.conv1[0].in_channels == len(bands)
    assert compose.run_hydra("predict", [f"run={run.folder}", f"out={tmp_path}/out", "split=all"]) == 0
    catalogue = Catalogue(tmp_path / "out").to_pandas()
    assert len(catalogue) == 16 and set(catalogue["status"]) == {"ok"}
    np.testing.assert_allclose(catalogue["a"] + catalogue["b"], 1, atol=1e-5)


@pytest.mark.parametrize("bands", [1, 3, 5])
def test_the_network_of_khan_et_al_takes_any_number_of_bands(bands: int) -> None:
    choices, config = composed("model=xception_khan2019", "dataset=table")
    with torch.device("meta"):
        model = build.model(choices, config, Classes(("elliptical", "spiral")), bands)
        assert model.backbone(torch.empty(1, 2, bands, 224, 224)).shape == (2, 2048)
