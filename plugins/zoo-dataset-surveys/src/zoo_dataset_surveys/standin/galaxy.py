"""The galaxies of the stand-in sky: what they are, where they lie, and what surveys call them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd
from jaxtyping import Float

from zoo.sky import chord, unit_vectors
from zoo_dataset_surveys import objid

KINDS = ("spiral", "elliptical")
APART, JITTER = 28.0, 8.0
"""Arcsec: galaxies of a field stand on a square of twice this side, each moved at random by up to the second."""

KRON_RADIUS, DES_SCALE = 3.5, 0.263
"""What nearly all galaxies of DES have (spec G13), and arcsec per pixel of its tiles."""

KRON_SEMI_AXIS = 1.78
"""Petrosian radii of the Kron semi-axis: the median of the galaxies of Galaxy Zoo 1 in DES."""

RERUN = 40
"""The reduction of all fields in DR7."""

STEP = 0.3
"""Degrees of right ascension between fields: each has a tile with a name of its own."""


class Galaxy(NamedTuple):
    """One galaxy.

    objid: of SDSS DR7. coadd_object_id: of DES. ra, dec: deg, ICRS. r: magnitude. radius: Petrosian, in arcsec.
    angle: of its long axis, from north through east, in radians. arms, pitch, sense: of its spiral pattern; an
    elliptical has none.
    """

    objid: str
    coadd_object_id: str
    ra: float
    dec: float
    kind: str
    r: float = 16.0
    radius: float = 7.0
    axis_ratio: float = 0.8
    angle: float = 0.0
    arms: int = 2
    pitch: float = 0.3
    sense: int = 1

    @property
    def field(self) -> tuple[int, int, int]:
        """Run, camcol and field, as its objid says."""
        return cells([self])[0]

    @property
    def a_image(self) -> float:
        """A_IMAGE of DES, pixels, which times KRON_RADIUS is the Kron semi-axis."""
        return round(KRON_SEMI_AXIS * self.radius / KRON_RADIUS / DES_SCALE, 4)


def cells(galaxies: Iterable[Galaxy]) -> list[tuple[int, int, int]]:
    """Run, camcol and field of each galaxy."""
    parts = objid.decode([galaxy.objid for galaxy in galaxies])
    return list(zip(parts.run.tolist(), parts.camcol.tolist(), parts.field.tolist(), strict=True))


def generator(*key: int) -> np.random.Generator:
    """Random numbers that follow from two whole numbers alone."""
    return np.random.Generator(np.random.Philox(key=np.array(key, dtype=np.uint64)))


def made(fields: int = 6, seed: int = 0) -> list[Galaxy]:
    """Four galaxies in each field, of either kind alike; the first field lies across right ascension 0."""
    return [galaxy(number, corner, seed) for number in range(fields) for corner in range(4)]


def galaxy(field: int, corner: int, seed: int) -> Galaxy:
    """The galaxy in one corner of a field, drawn from the seed and its number."""
    number = 4 * field + corner
    ra, dec = STEP * field, float(generator(seed, 2**32 + field).uniform(-5, 5))
    draws = generator(seed, number)
    east, north = (sign * APART + draws.uniform(-JITTER, JITTER) for sign in ((-1) ** corner, (-1) ** (corner // 2)))
    kind = KINDS[int(draws.integers(2))]
    parts = (1, RERUN, 752 + 17 * (field // 18), 1 + field % 6, 0, 11 + field % 18 // 6, 10 + corner)
    return Galaxy(
        objid=objid.encode(objid.Objid(*map(np.array, parts)))[0],
        coadd_object_id=str(1_000_000_000 + number),
        ra=round((ra + east / 3600 / math.cos(math.radians(dec))) % 360, 7),
        dec=round(dec + north / 3600, 7),
        kind=kind,
        r=float(draws.uniform(14, 16.5)),
        radius=float(draws.uniform(5, 9)),
        axis_ratio=float(draws.uniform(0.5, 1.0) if kind == "spiral" else draws.uniform(0.65, 1.0)),
        angle=float(draws.uniform(0, math.pi)),
        arms=int(draws.integers(2, 4)),
        pitch=float(draws.uniform(0.25, 0.45)),
        sense=int(draws.choice([-1, 1])),
    )


def table(galaxies: Iterable[Galaxy]) -> pd.DataFrame:
    """The galaxies as anyone's list of positions: `object_id, ra, dec, label`, their sizes, fields and ids in DES."""
    some = list(galaxies)
    rows = [
        (g.objid, g.ra, g.dec, g.kind, g.radius, KRON_RADIUS, g.a_image, g.coadd_object_id, *f)
        for g, f in zip(some, cells(some), strict=True)
    ]
    names, sizes = ["object_id", "ra", "dec", "label"], ["petroRad_r", "KRON_RADIUS", "A_IMAGE"]
    return pd.DataFrame(rows, columns=[*names, *sizes, "coadd_object_id", "run", "camcol", "field"])


class Galaxies:
    """All galaxies, found by id or by position."""

    def __init__(self, galaxies: Iterable[Galaxy]):
        self.all = list(galaxies)

    @cached_property
    def by_objid(self) -> dict[str, Galaxy]:
        """The galaxies by their names in SDSS."""
        return {galaxy.objid: galaxy for galaxy in self.all}

    @cached_property
    def vectors(self) -> Float[np.ndarray, "xyz galaxy"]:
        """Directions to the galaxies."""
        return unit_vectors(np.array([g.ra for g in self.all]), np.array([g.dec for g in self.all]))

    def near(self, ra: float, dec: float, radius: float) -> list[Galaxy]:
        """Those within a radius in arcsec, the nearest first."""
        apart = np.linalg.norm(self.vectors - unit_vectors(np.array([ra]), np.array([dec])), axis=0)
        inside = np.flatnonzero(apart <= chord(radius))
        return [self.all[k] for k in inside[np.argsort(apart[inside])]]


def middle(galaxies: Iterable[Galaxy]) -> tuple[float, float]:
    """The position in deg in the midst of some galaxies, on either side of right ascension 0."""
    x, y, z = Galaxies(galaxies).vectors.mean(axis=1)
    return float(np.degrees(np.arctan2(y, x)) % 360), float(np.degrees(np.arctan2(z, np.hypot(x, y))))
