"""How the scales and the offsets of recentred galaxies are distributed, with the limits and the bias marked."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float

from zoo import style
from zoo_augmenter_kornia.matrices import LARGEST_SCALE, TARGET_RADIUS

BINS = 40

WIDEST = 2.5
"""Scales are drawn from one part in so many to this; what lies further out is counted in the outermost bins."""

FURTHEST = 12.0
"""Pixels to which offsets are drawn; what lies further out is counted in the outermost bins."""


def draw(below: Any, table: pd.DataFrame, offsets: Float[np.ndarray, "galaxy xy"], bias: float) -> None:
    """Draw both side by side: scales with the clamps, offsets to the right and down with the bias."""
    left, right = below.subplots(1, 2)
    _scales(left, table)
    _offsets(right, offsets[table["x"].notna()], bias)


def _scales(axes: Any, table: pd.DataFrame) -> None:
    """The scales before they are clamped, the clamps, and how many lie beyond each."""
    wanted = (TARGET_RADIUS / (table["a"] * table["petro_radius"])).dropna()
    bins = np.geomspace(1 / WIDEST, WIDEST, BINS + 1)
    axes.hist(wanted.clip(bins[0], bins[-1]), bins, color=style.BLUE, alpha=0.8)
    clamps = {"down": 1 / LARGEST_SCALE, "up": LARGEST_SCALE}
    for side, clamp in clamps.items():
        share = (table["clamped"] == side).mean()
        axes.axvline(clamp, color=style.VERMILION, lw=1.2)
        beyond = {"ha": "right" if side == "down" else "left", "va": "top", "color": style.VERMILION, "fontsize": 8}
        gap = 0.97 if side == "down" else 1.03
        axes.text(clamp * gap, 0.97, f"{100 * share:.1f} %\nbeyond", transform=axes.get_xaxis_transform(), **beyond)
    axes.set(xscale="log", xlabel=f"{TARGET_RADIUS:g} px / Petrosian radius", ylabel="galaxies")
    ticks = {1 / WIDEST: f"1/{WIDEST:g}", 1 / LARGEST_SCALE: f"1/{LARGEST_SCALE:g}", 1: "1"}
    ticks |= {LARGEST_SCALE: f"{LARGEST_SCALE:g}", WIDEST: f"{WIDEST:g}"}
    axes.set_xticks([*ticks], [*ticks.values()])
    axes.minorticks_off()
    radius = (table["a"] * table["petro_radius"]).median()
    axes.set_title(f"{len(table)} galaxies, median radius {radius:.1f} px")


def _offsets(axes: Any, offsets: Float[np.ndarray, "galaxy xy"], bias: float) -> None:
    """How far from the middle of the image the view is put, to the right and down."""
    bins = np.linspace(-FURTHEST, FURTHEST, 2 * BINS + 1)
    for number, name in enumerate(("right", "down")):
        values = offsets[:, number]
        label = f"{name}: median {np.median(values):.2f}" if len(values) else name
        kept = values.clip(-FURTHEST, FURTHEST)
        axes.hist(kept, bins, histtype="step", lw=1.4, color=style.colour(number), label=label)
    axes.axvline(bias, ymax=0.68, color=style.QUIET, ls="--", lw=1.2, label=f"galaxy in the middle: {bias:g}")
    axes.set(xlabel="view put off the image's centre, px", ylabel="galaxies")
    axes.set_ylim(top=axes.get_ylim()[1] * 1.4)
    axes.legend(loc="upper left", handlelength=1.2)
    axes.set_title("Offsets")
