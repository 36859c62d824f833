"""Where galaxies lie: a map of the sky, or of their field, by class or by density, with the outline of a footprint."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float
from matplotlib.figure import Figure

from zoo import style
from zoo.catalogue import DEC, MORPH_CLASS, OBJECT_ID, RA, SPLIT
from zoo.dataset import Dataset
from zoo.drawing import Drawing
from zoo.errors import ZooError
from zoo.label_table import nearest
from zoo_dataset_surveys import chart, coverage, located
from zoo_dataset_surveys.chart import Chart
from zoo_dataset_surveys.coordinates import Positions
from zoo_dataset_surveys.figures import sky_axes

log = logging.getLogger("zoo")

DENSITY = "density"
USUAL = (MORPH_CLASS.name, "label", SPLIT.name)
"""Columns that colour galaxies where none is chosen, the first that there is."""

NONE, OTHERS = "none", "others"
"""What is blank, and what is rarer than the names that have colours of their own."""

DETAIL = 6
"""Points on the side of a cell at which it is asked whether a footprint covers it."""

BASE = 58.6
"""Degrees: the side of the largest cells of a MOC, those of order 0 (Górski et al. 2005)."""


def draw(
    catalogue: Path | None,
    object_id: str,
    ra: str,
    dec: str,
    colour: str | None,
    most: int,
    cells: int,
    footprint: Path | None,
    dataset: Dataset | None = None,
) -> Drawing:
    """Draw a dot per galaxy in the colour of its class, or the number of galaxies per square degree in cells.

    The table has the same: a row per galaxy, or per cell that is not empty. Raises ZooError where there are no galaxies
    and for unknown colours, and DataError for positions and footprints that cannot be read.
    """
    if cells < 2:
        raise ZooError(f"cells={cells}: a map has at least two on its side.")
    rows = galaxies(catalogue, (object_id, ra, dec), dataset)
    positions = Positions(rows[RA.name].to_numpy(), rows[DEC.name].to_numpy())
    chosen = colour or usual(rows, most)
    made = chart.of(positions, cells)
    picture, axes = sky_axes.framed(made, f"{len(rows):,} galaxies")
    if chosen == DENSITY:
        numbers = densities(made, positions)
        fill(picture, axes, made, positions)
    else:
        numbers = rows[[OBJECT_ID.name, RA.name, DEC.name]].assign(**{chosen: kinds(rows, chosen)})
        dot(picture, axes, made.places(positions), numbers[chosen])
    outline(axes, made, footprint or beside(catalogue))
    return Drawing(picture, numbers)


def galaxies(catalogue: Path | None, columns: tuple[str, str, str], dataset: Dataset | None) -> pd.DataFrame:
    """The galaxies to be drawn, with ids and places. Raises ZooError where none are given."""
    if catalogue is not None:
        return located.in_catalogue(catalogue) if catalogue.is_dir() else located.in_table(catalogue, *columns)
    if dataset is None:
        raise ZooError(
            "The figure sky_map needs galaxies: give catalogue=FOLDER, one that `zoo predict` wrote, catalogue=FILE, a "
            "table with ra and dec, dataset=NAME, or run=FOLDER for those of a run."
        )
    return located.in_dataset(dataset)


def usual(rows: pd.DataFrame, most: int) -> str:
    """What colours galaxies where nothing is chosen: their class, or their density where they are many."""
    known = [name for name in USUAL if name in rows]
    return DENSITY if len(rows) > most or not known else known[0]


def kinds(rows: pd.DataFrame, colour: str) -> pd.Series:
    """The names in a column, those without a colour of their own as `others`. Raises ZooError for an unknown column."""
    if colour not in rows:
        raise ZooError(f"colour={colour} is neither {DENSITY} nor a column of the galaxies{nearest(colour, rows)}.")
    names = rows[colour].astype(str).where(rows[colour].notna(), "").replace("", NONE)
    common = names[names != NONE].value_counts().index[: len(style.COLOURS)]
    return names.where(names.isin(common) | (names == NONE), OTHERS)


def densities(made: Chart, positions: Positions) -> pd.DataFrame:
    """A row per cell that is not empty: its centre, its galaxies, and how many that is per square degree."""
    counts, (_, _, ra, dec) = made.counts(positions), made.centres()
    full = counts > 0
    told = {RA.name: ra[full], DEC.name: dec[full], "galaxies": counts[full]}
    return pd.DataFrame(told).assign(per_square_degree=counts[full] / made.side**2)


def fill(picture: Figure, axes: Any, made: Chart, positions: Positions) -> None:
    """Colour the cells that have galaxies; the scale is a square root, so that sparse ones show."""
    from matplotlib.colors import PowerNorm

    density = made.counts(positions) / made.side**2
    drawn = axes.imshow(
        np.ma.masked_equal(density, 0), origin="lower", norm=PowerNorm(0.5, vmin=0), cmap=style.AMOUNTS, aspect="equal"
    )
    picture.colorbar(drawn, ax=axes, label=f"galaxies per square degree, in cells of {made.side:.2g}°", shrink=0.8)


def dot(picture: Figure, axes: Any, places: Float[np.ndarray, "2 galaxy"], names: pd.Series) -> None:
    """A dot per galaxy, smaller where they are many, in the order of the rows; in an SVG they are one image."""
    from matplotlib.lines import Line2D

    counts = names.value_counts()
    own = sorted({*counts.index} - {NONE, OTHERS})
    colours = {name: style.colour(number) for number, name in enumerate(own)} | dict.fromkeys(
        (OTHERS, NONE), style.QUIET
    )
    rows = np.argsort(names.isin(own), kind="stable")  # what stands back is below
    size = float(np.clip(4000 / len(names), 0.3, 12))
    axes.scatter(*places[:, rows], s=size, lw=0, c=names.iloc[rows].map(colours).tolist(), rasterized=True)
    marks = [
        Line2D([], [], ls="", marker="o", color=colours[name], label=f"{name} ({counts[name]:,})")
        for name in colours
        if name in counts
    ]
    picture.legend(handles=marks, loc="outside lower center", ncols=4)


def beside(catalogue: Path | None) -> Path | None:
    """The footprint that `format=moc` wrote beside a catalogue, if there is one and mocpy can read it."""
    if catalogue is None or not catalogue.is_dir():
        return None
    found = [catalogue / name for name in coverage.FILES.values() if (catalogue / name).is_file()]
    if found and not coverage.installed():
        log.warning("%s is not drawn: mocpy is not installed", found[0])
    return found[0] if found and coverage.installed() else None


def outline(axes: Any, made: Chart, path: Path | None) -> None:
    """The outline of a MOC; cells too small to be seen are drawn as the larger ones that hold them."""
    if path is None:
        return
    moc = coverage.read(path)
    seen = max(0, int(np.log2(BASE / (3 * made.side / DETAIL))))
    moc = moc.degrade_to_order(seen) if seen < moc.max_order else moc
    column, row, ra, dec = made.centres(DETAIL)
    on_sky, covered = np.isfinite(ra), np.zeros(ra.shape)
    covered[on_sky] = coverage.covers(moc, ra[on_sky], dec[on_sky])
    axes.contour(column, row, covered, levels=[0.5], colors=style.INK, linewidths=0.7)
