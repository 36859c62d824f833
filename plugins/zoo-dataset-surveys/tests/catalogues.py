"""Catalogues of spirals and ellipticals at given places, as `zoo predict` and `zoo blend` write them."""

from pathlib import Path

import numpy as np

from zoo import catalogue
from zoo.catalogue import Catalogue
from zoo.classification import of_blend
from zoo.schema import Classes
from zoo.shards import CatalogueWriter

CLASSES = ("elliptical", "spiral")
INPUTS = {
    "dataset": {"name": "cutouts"},
    "model": {"head": {"name": "classes", "version": "0.1.0"}},
    "note": "Zoé",
    "credits": {"licence": "CC BY", "citation": "Abbott et al. 2021, ApJS 255, 20"},
    "versions": {"galaxy-model-zoo": "0.1.0"},
}


def write(folder: Path, ra, dec, status=None, known=catalogue.ABOUT) -> Catalogue:
    """A catalogue in shards of at most 40,000 rows. status: of each row, `ok` unless given."""
    number, ids = len(ra), [f"J{k:06d}" for k in range(len(ra))]
    spiral = (np.arange(number) % 10 / 10).astype(np.float32)
    columns = {
        "object_id": ids,
        "ra": np.asarray(ra, float),
        "dec": np.asarray(dec, float),
        "survey": ["DES"] * number,
        "release": ["DR2"] * number,
        "tile": ["DES0000-0207"] * number,
        "flag": np.arange(number) % 3 * 2,
        "elliptical": 1 - spiral,
        "spiral": spiral,
        "morph_class": [CLASSES[int(p > 0.5)] for p in spiral],
        "probability": np.maximum(spiral, 1 - spiral),
        "margin": spiral,
        "spread": spiral / 10,
        "status": list(status or ["ok"] * number),
        "error_code": [""] * number,
    }
    made = of_blend(catalogue.columns(Classes(CLASSES), CLASSES, [column.name for column in known]))
    writer = CatalogueWriter(folder, ids, 40_000, INPUTS)
    writer.begin()
    writer.describe(made)
    for shard in writer.missing():
        rows = writer.rows(shard)
        writer.write(shard, {one.name: columns[one.name][rows.start : rows.stop] for one in made})
    writer.finish()
    return Catalogue(folder)


def all_over(number: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Places all over the sky, as many on each square degree."""
    draws = np.random.default_rng(seed).uniform(size=(2, number))
    return 360 * draws[0], np.rad2deg(np.arcsin(2 * draws[1] - 1))


def around(ra: float, dec: float, number: int, radius: float = 2.0, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Places within so many degrees of a place, by astropy."""
    from astropy.coordinates import SkyCoord

    draws = np.random.default_rng(seed).uniform(size=(2, number))
    centre = SkyCoord(ra, dec, unit="deg")
    found = centre.directional_offset_by(360 * draws[0] * centre.ra.unit, radius * draws[1] ** 0.5 * centre.ra.unit)
    return found.ra.deg, found.dec.deg
