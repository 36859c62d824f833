"""Training, validation and the two test sets, rebuilt from tables (G7–G9).

HP: galaxies of high certainty that lie in DES. FO: all galaxies of Galaxy Zoo 1 in the footprint of both surveys.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from jaxtyping import Int, Shaped

from zoo import atomic
from zoo.errors import DataError
from zoo.label_table import some
from zoo_dataset_surveys import objid
from zoo_dataset_surveys.cross_match import cross_match
from zoo_dataset_surveys.khan2019 import losses, selection
from zoo_dataset_surveys.khan2019.tables import Certain, Neighbours, Objects, Tables, Votes

TRAIN, VALIDATION, HP, FO = "train", "validation", "HP_test", "FO_test"
SPLITS = (TRAIN, VALIDATION, HP, FO)
VALIDATION_GALAXIES, SEED = 1000, 42
COLUMNS = (
    "sdss_objid", "split", "label", "ra", "dec", "run", "rerun", "camcol", "field", "petroRad_r",
    "des_coadd_object_id",
)  # fmt: skip
"""Of `splits.parquet`. ra, dec: SDSS, degrees. petroRad_r: arcsec. des_coadd_object_id: blank outside the test sets."""


class Rebuilt(NamedTuple):
    """The splits, and what was met on the way.

    selected: a row per galaxy and set in the columns of `COLUMNS`, with `has_image`, whether the authors had its SDSS
    image, and the position in DES, `ra_des` and `dec_des`. losses: images of the galaxies of high certainty that the
    authors lost, by run and camcol.
    """

    selected: pd.DataFrame
    losses: pd.DataFrame

    @property
    def published(self) -> pd.DataFrame:
        """The galaxies whose SDSS image the authors had, in `COLUMNS`: what they trained and tested with."""
        rows = self.selected[self.selected["has_image"]]
        return rows[list(COLUMNS)].reset_index(drop=True)


def rebuild(tables: Tables, validation_galaxies: int = VALIDATION_GALAXIES) -> Rebuilt:
    """The splits from the tables.

    Which FO galaxies had an image was not published: those in cells of run and camcol that lost most galaxies of high
    certainty are taken for lost, which is six short of the published number. Raises DataError where there are too few
    galaxies to validate on, a galaxy to test on has no votes, or votes contradict a class.
    """
    refuse_contradictions(tables.certain, tables.votes)
    lost = losses.by_camcol(tables.certain.objects.objid, tables.certain.image_lost)
    certain = high_certainty(tables.certain, tables.hp_in_des, validation_galaxies)
    full = full_overlap(tables, certain.loc[certain["split"] != HP, "sdss_objid"])
    full["has_image"] = ~losses.inside(full["sdss_objid"].tolist(), losses.systematic(lost))
    return Rebuilt(pd.concat([certain, full], ignore_index=True), lost)


def refuse_contradictions(certain: Certain, votes: Votes) -> None:
    """Raise DataError where votes are known, and make a galaxy of high certainty uncertain or of another class (G2)."""
    elliptical, spiral = votes.of(certain.objects.objid)
    agree = selection.certain(elliptical, spiral) & (selection.classes(elliptical, spiral) == certain.label)
    wrong = ~agree & ~np.isnan(elliptical)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise DataError(
            f"{wrong.sum()} galaxies of high certainty contradict their votes, the first {certain.objects.objid[row]}: "
            f"it is called {certain.label[row]}, and its debiased fractions are elliptical {elliptical[row]:g} and "
            f"spiral {spiral[row]:g}; mend one of the tables."
        )


def high_certainty(certain: Certain, in_des: Neighbours, validation_galaxies: int) -> pd.DataFrame:
    """Training, validation and HP: a row per galaxy of high certainty, in their order."""
    rows = described(certain.objects, certain.label)
    pairs = cross_match(certain.objects.positions, in_des.positions).one_to_one()
    rows = with_neighbours(rows, pairs.left, in_des, pairs.right)
    rest = np.setdiff1d(np.arange(len(rows)), pairs.left)
    split = np.full(len(rows), TRAIN, dtype=object)
    split[pairs.left] = HP
    split[rest[chosen_to_validate(len(rest), validation_galaxies)]] = VALIDATION
    return rows.assign(split=split, has_image=~certain.image_lost)


def full_overlap(tables: Tables, trained_on: pd.Series) -> pd.DataFrame:
    """FO: galaxies of the common footprint with a neighbour in DES, without those that train or validate."""
    labels = selection.classes(*tables.votes.of(tables.overlap.objid))
    pairs = cross_match(tables.overlap.positions, tables.fo_in_des.positions).one_to_one()
    rows = with_neighbours(described(tables.overlap, labels), pairs.left, tables.fo_in_des, pairs.right)
    found = rows.iloc[pairs.left].assign(split=FO)
    found = found[~found["sdss_objid"].isin(set(trained_on))]
    if (found["label"] == "").any():
        without = found.loc[found["label"] == "", "sdss_objid"].tolist()
        raise DataError(
            f"{len(without)} galaxies of the full overlap have no votes of Galaxy Zoo 1: {some(without)}; add their "
            "rows to its table, or take the whole of it."
        )
    return found


def chosen_to_validate(galaxies: int, number: int = VALIDATION_GALAXIES) -> Int[np.ndarray, " validation"]:
    """The rows that validate: the first of a permutation, as scikit-learn's `train_test_split(random_state=42)`.

    Raises DataError where none would be left to train on.
    """
    if not 0 < number < galaxies:
        raise DataError(
            f"dataset.validation_galaxies={number} of {galaxies} galaxies: name 1 or more, and leave some to train on."
        )
    return np.random.RandomState(SEED).permutation(galaxies)[:number]


def described(objects: Objects, label: Shaped[np.ndarray, " galaxy"]) -> pd.DataFrame:
    """What is known of SDSS objects; run, rerun, camcol and field come out of the objid (G4)."""
    parts = objid.decode(objects.objid)
    return pd.DataFrame(
        {
            "sdss_objid": objects.objid,
            "split": "",
            "label": label.astype(object),
            "ra": objects.positions.ra,
            "dec": objects.positions.dec,
            **{name: getattr(parts, name) for name in ("run", "rerun", "camcol", "field")},
            "petroRad_r": objects.petro_rad_r,
        }
    )


def with_neighbours(
    rows: pd.DataFrame, left: Int[np.ndarray, " pair"], in_des: Neighbours, right: Int[np.ndarray, " pair"]
) -> pd.DataFrame:
    """The rows with id and position of their neighbours in DES: blank and NaN without one."""
    ids = np.full(len(rows), "", dtype=object)
    ids[left] = np.array(in_des.object_id, dtype=object)[right]
    ra, dec = np.full((2, len(rows)), np.nan)
    ra[left], dec[left] = in_des.positions.ra[right], in_des.positions.dec[right]
    return rows.assign(des_coadd_object_id=ids, ra_des=ra, dec_des=dec)


def write(splits: pd.DataFrame, path: Path) -> None:
    """Write the splits as Parquet, whole or not at all; the same splits leave the file as it is."""
    atomic.sweep(path.parent, f".{path.name}.*.part")
    text = pa.string()
    types = {"ra": pa.float64(), "dec": pa.float64(), "petroRad_r": pa.float64()}
    types |= dict.fromkeys(("run", "rerun", "camcol", "field"), pa.int64())
    schema = pa.schema([(name, types.get(name, text)) for name in COLUMNS])
    with atomic.replacing(path, same_stays=True) as file:
        pq.write_table(pa.Table.from_pandas(splits, schema, preserve_index=False).replace_schema_metadata(), file)


def common(rebuilt: Rebuilt) -> tuple[int, int]:
    """How many HP galaxies with an image lie in the full overlap too, and how many of all that were selected."""
    rows = rebuilt.selected
    also = rows["sdss_objid"].isin(set(rows.loc[rows["split"] == FO, "sdss_objid"])) & (rows["split"] == HP)
    return int((also & rows["has_image"]).sum()), int(also.sum())


def counts(splits: pd.DataFrame) -> dict[tuple[str, str], int]:
    """The galaxies by set and class."""
    return splits.groupby(["split", "label"]).size().to_dict()
