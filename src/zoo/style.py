"""The house's colours and sizes: one look for every figure, legible in print and to colour-blind readers."""

from __future__ import annotations

from typing import Any

INK, QUIET, PALE = "#222222", "#8a8a8a", "#e6e6e6"
"""Text and lines; what stands back, such as a baseline; grounds."""

BLUE, VERMILION, GREEN, AMBER, SKY, PURPLE = "#0072B2", "#D55E00", "#009E73", "#E69F00", "#56B4E9", "#CC79A7"
"""Colours that all readers can tell apart (Okabe & Ito 2008)."""

COLOURS = (BLUE, VERMILION, GREEN, AMBER, SKY, PURPLE)
"""In the order in which curves take them."""

AMOUNTS, SIGNED = "cividis", "RdBu_r"
"""Colour maps of amounts and of numbers around zero."""

WIDTH = 7.2
"""Inches: a page's text width."""

DPI = 110

HOUSE: dict[str, Any] = {
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same letters on every machine
    "font.size": 9,
    "axes.titlesize": 9.5,
    "axes.titlelocation": "left",
    "axes.labelsize": 9,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": QUIET,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "grid.color": PALE,
    "grid.linewidth": 0.8,
    "lines.linewidth": 1.6,
    "lines.markersize": 4,
    "image.cmap": AMOUNTS,
    "image.composite_image": False,  # else an SVG has all pictures of a sheet as one, at 72 pixels an inch
    "figure.facecolor": "white",
    "svg.hashsalt": "zoo",  # else the names inside an SVG differ from one drawing to the next
}
"""What matplotlib is told while a figure is drawn and written."""


def colour(number: int) -> str:
    """The colour of the n-th curve, counted from 0; they repeat after six."""
    return COLOURS[number % len(COLOURS)]
