"""The tables that the splits are rebuilt from: SDSS objects, their neighbours in DES, votes of Galaxy Zoo 1 (G4–G6)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Shaped

from zoo.errors import DataError
from zoo.label_table import LabelTable, some
from zoo.retrieval.client import Client
from zoo.retrieval.published import PublishedTable
from zoo.table_file import read_table
from zoo_dataset_surveys import coordinates
from zoo_dataset_surveys.coordinates import Positions
from zoo_dataset_surveys.khan2019.selection import ELLIPTICAL, SPIRAL

HIGH_CERTAINTY = "khan_high_certainty_40620.csv.gz"
OVERLAP = "sdss_photoobj_des_overlap_16922.csv.gz"
HP_IN_DES, FO_IN_DES = "khan_hp_test_1366.csv.gz", "khan_fo_test_16758.csv.gz"
WHOLE = "GalaxyZoo1_DR_table2.csv"
VOTES = ("gz1_dr_table2_subset.csv.gz", WHOLE, f"{WHOLE}.gz")
"""Any will do. The whole of Galaxy Zoo 1 knows the votes of the training galaxies too, and takes longer to read."""

FRACTIONS = ("P_EL_DEBIASED", "P_CS_DEBIASED")


class Objects(NamedTuple):
    """SDSS objects by objid, with the Petrosian radius in r, arcsec."""

    objid: list[str]
    positions: Positions
    petro_rad_r: Float[np.ndarray, " galaxy"]


class Certain(NamedTuple):
    """The galaxies of high certainty: objects, class, and whether the authors lost the SDSS image."""

    objects: Objects
    label: Shaped[np.ndarray, " galaxy"]
    image_lost: Bool[np.ndarray, " galaxy"]


class Neighbours(NamedTuple):
    """DES objects by COADD_OBJECT_ID."""

    object_id: list[str]
    positions: Positions


class Votes(NamedTuple):
    """Debiased fractions of Galaxy Zoo 1 by objid; the two need not sum to 1 (surveys 1.1)."""

    objid: list[str]
    elliptical: Float[np.ndarray, " galaxy"]
    spiral: Float[np.ndarray, " galaxy"]

    def of(self, objids: list[str]) -> tuple[Float[np.ndarray, " galaxy"], Float[np.ndarray, " galaxy"]]:
        """The fractions elliptical and spiral of these galaxies, NaN for those without."""
        rows = {objid: row for row, objid in enumerate(self.objid)}
        found = np.array([rows.get(objid, -1) for objid in objids], dtype=int)
        with_none = (np.append(values, np.nan) for values in (self.elliptical, self.spiral))
        elliptical, spiral = (values[found] for values in with_none)
        return elliptical, spiral


class Tables(NamedTuple):
    """All of them."""

    certain: Certain
    overlap: Objects
    hp_in_des: Neighbours
    fo_in_des: Neighbours
    votes: Votes

    def ids(self, survey: str) -> set[str]:
        """The names of all galaxies of a survey, `sdss` or `des`, chosen or not."""
        if survey == "des":
            return {*self.hp_in_des.object_id, *self.fo_in_des.object_id}
        return {*self.certain.objects.objid, *self.overlap.objid}


def read(root: Path) -> Tables:
    """The tables in a folder. Raises DataError for those that are absent, or are not what their names say."""
    refuse_absent(root)
    return Tables(
        certain(read_table(root / HIGH_CERTAINTY)),
        objects(read_table(root / OVERLAP)),
        neighbours(read_table(root / HP_IN_DES)),
        neighbours(read_table(root / FO_IN_DES)),
        votes(root),
    )


def refuse_absent(root: Path, votes_to_come: bool = False) -> None:
    """Raise DataError with the names of the tables that a folder lacks; votes may still be retrieved."""
    absent = [name for name in (HIGH_CERTAINTY, OVERLAP, HP_IN_DES, FO_IN_DES) if not (root / name).is_file()]
    lacks_votes = not (votes_to_come or has_votes(root))
    if absent or lacks_votes:
        found = "lacks" if root.is_dir() else "does not exist and so lacks"
        more = ", or retrieve the votes with dataset.download=true" if lacks_votes else ""
        raise DataError(
            f"dataset.root={root} {found} {', '.join([*absent, *VOTES[:lacks_votes]])}: name the folder with the "
            f"tables of Khan et al. (2019){more}.",
            "E-TABLE-MISSING",
        )


def has_votes(root: Path) -> bool:
    """Whether a folder has a table of Galaxy Zoo 1."""
    return any((root / name).is_file() for name in VOTES)


def retrieve_votes(root: Path, origin: PublishedTable) -> None:
    """Retrieve the whole table of Galaxy Zoo 1 into a folder that has all but the votes.

    Raises DataError where other tables are absent, and ServiceError.
    """
    refuse_absent(root, votes_to_come=True)
    if not has_votes(root):
        origin.retrieve(root / f"{WHOLE}{'.gz' * origin.address.endswith('.gz')}", Client())


def objects(table: LabelTable) -> Objects:
    """SDSS objects as the table PhotoObj has them."""
    positions = coordinates.of(table, "ra", "dec")
    return Objects(table.ids("objid"), positions, table.numbers(["petroRad_r"])[:, 0])


def certain(table: LabelTable) -> Certain:
    """The galaxies of high certainty. Raises DataError for a class that is neither spiral nor elliptical."""
    label = np.array(table.classes("label"))
    if strange := sorted(set(label.tolist()) - {SPIRAL, ELLIPTICAL}):
        raise DataError(f"{table.path} has the labels {some(strange)}: {SPIRAL} and {ELLIPTICAL} are expected.")
    return Certain(objects(table), label, np.array(table.classes("image_failed")) != "")


def neighbours(table: LabelTable) -> Neighbours:
    """The DES objects of a table of cross-matches."""
    return Neighbours(table.ids("DES_COADD_OBJECT_ID"), coordinates.of(table, "RA_des", "DEC_des"))


def votes(root: Path, names: Sequence[str] = VOTES) -> Votes:
    """The debiased fractions of Galaxy Zoo 1 in the first of these tables that a folder has."""
    table = read_table(next(root / name for name in names if (root / name).is_file()))
    values = table.numbers(FRACTIONS)
    return Votes(table.ids("OBJID"), values[:, 0], values[:, 1])
