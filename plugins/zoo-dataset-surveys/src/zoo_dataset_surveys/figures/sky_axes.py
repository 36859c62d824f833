"""The frame of a map of the sky: an ellipse or a box, with lines of right ascension and declination."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure

from zoo import style
from zoo_dataset_surveys.chart import Chart

SPACING = (60, 30)
"""Degrees between lines of right ascension and of declination on a map of all the sky."""


def framed(made: Chart, what: str) -> tuple[Figure, Any]:
    """An empty map with its grid of right ascension and declination, in degrees; `what` begins its title."""
    from astropy import units
    from astropy.visualization.wcsaxes.frame import EllipticalFrame, RectangularFrame
    from matplotlib.patheffects import withStroke

    height, width = made.shape
    picture = Figure(figsize=(style.WIDTH, min(0.85 * style.WIDTH * height / width, 6.0) + 0.9), layout="constrained")
    frame = EllipticalFrame if made.whole else RectangularFrame
    axes: Any = picture.add_subplot(projection=made.wcs, frame_class=frame)
    axes.set(xlim=(-0.5, width - 0.5), ylim=(-0.5, height - 0.5), aspect="equal")
    axes.set_title(f"{what}, {extent(made)}", pad=10)
    for coordinate, name, spacing in zip(axes.coords, ("right ascension", "declination"), SPACING, strict=True):
        coordinate.set_format_unit("deg", decimal=True)
        coordinate.set_ticklabel(path_effects=[withStroke(linewidth=2, foreground="white")])
        coordinate.set_axislabel("" if made.whole else f"{name} (deg, ICRS)")
        coordinate.grid(color=style.QUIET, lw=0.5, alpha=0.6)
        if made.whole:
            coordinate.set_ticks(spacing=spacing * units.deg)
    if not made.whole and made.has_pole:
        axes.coords[0].set_ticklabel_position("br")
        axes.coords[0].set_axislabel_position("b")
        axes.coords[0].set_ticks(spacing=SPACING[1] * units.deg)
    return picture, axes


def extent(made: Chart) -> str:
    """What a chart shows, in words."""
    if made.whole:
        return "all the sky (Mollweide; right ascension and declination in degrees, ICRS)"
    height, width = (number * made.side for number in made.shape)
    return f"a field of {width:.3g}° by {height:.3g}°"
