"""Cutouts of galaxies from frames, by position: a row for every galaxy, with flags or with the reason for none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Literal, NamedTuple, get_args

import numpy as np
from jaxtyping import Float, Float32

from zoo.dataset import Problem
from zoo.errors import DataError, Incompatible
from zoo_dataset_surveys import fits_file, resize, sky, window
from zoo_dataset_surveys.flags import Flag
from zoo_dataset_surveys.frame import Frame
from zoo_dataset_surveys.size import CutoutSize
from zoo_dataset_surveys.window import Window

Cut = Literal["corrected", "as_coded", "north_up"]
Unit = Literal["stored", "nanomaggies", "brightness"]

CHUNK = 1024
"""Galaxies whose pixels are looked up together."""


class Target(NamedTuple):
    """A galaxy to cut out: its id, its position in deg (ICRS), and the columns of its row that sizes need."""

    object_id: str
    ra: float
    dec: float
    row: Mapping[str, float] = {}


class Cutout(NamedTuple):
    """What became of a target: its pixels in the frames' order, or None and the problem.

    masked: the part of the pixels that are masked or not finite, in the worst band; those are in `pixels` as they are
    in the frame, and `fill` where they are not finite.
    """

    object_id: str
    pixels: Float32[np.ndarray, "band height width"] | None
    flags: Flag = Flag.GOOD
    masked: float = 0.0
    problem: Problem | None = None


@dataclass(frozen=True, eq=False)
class Cutter:
    """Cuts galaxies out of frames that were read once, one after the other, whatever their number.

    frames: by band, None for a band that could not be had.
    size: of the cutouts.
    pixels: the side that all planes are resampled to; None leaves them as they are cut.
    cut: `corrected` (centred, padded), `as_coded` (Khan et al. 2019: one pixel off, dropped or truncated at edges, all
      bands needed), `north_up` (on one grid of the sky, which frames need that are turned against each other).
    unit: of the pixels: `stored` as in the frames, `nanomaggies`, or `brightness`, nanomaggies per square arcsec, which
      are the same in surveys of different pixels.
    fill: the value of pixels that are not there, 0 being the sky of sky-subtracted frames; None takes the median of the
      plane's own pixels.
    most_masked: the part of bad pixels in the worst band above which a galaxy is flagged (Galaxy Zoo DECaLS: 0.2).
    centre: the columns that hold a galaxy's column and row counted from 1, used in place of its position, as XWIN_IMAGE
      and YWIN_IMAGE of DES are (spec G13).

    Raises Incompatible where no frame is given, and ZooImageError where one does not know the unit.
    """

    frames: Mapping[str, Frame | None]
    size: CutoutSize
    pixels: int | None = None
    cut: Cut = "corrected"
    unit: Unit = "stored"
    fill: float | None = 0.0
    most_masked: float = 0.2
    centre: tuple[str, str] | None = None

    def __post_init__(self):
        if not self.present:
            raise Incompatible(f"none of the bands {', '.join(self.frames) or '(none named)'} has a frame: name one.")
        for key, known in (("cut", get_args(Cut)), ("unit", get_args(Unit))):
            if (value := getattr(self, key)) not in known:
                raise Incompatible(f"{key}={value} is not one of {', '.join(known)}: choose one of them.")
        _ = self.factors  # so that a frame without a zero point is refused before any galaxy is cut

    @cached_property
    def present(self) -> Mapping[str, Frame]:
        """The frames that could be had."""
        return {band: frame for band, frame in self.frames.items() if frame is not None}

    @cached_property
    def factors(self) -> Mapping[str, float]:
        """What each frame's pixels are multiplied by to be in the wanted unit."""
        if self.unit == "stored":
            return dict.fromkeys(self.present, 1.0)
        areas = {band: frame.pixel_scale**2 if self.unit == "brightness" else 1 for band, frame in self.present.items()}
        return {band: frame.nanomaggies / areas[band] for band, frame in self.present.items()}

    def cutouts(self, targets: Iterable[Target]) -> Iterator[Cutout]:
        """A cutout for every target, in their order."""
        rest = iter(targets)
        while some := list(islice(rest, CHUNK)):
            places = {band: self._places(frame, some) for band, frame in self.present.items()}
            for number, target in enumerate(some):
                yield self._cutout(target, {band: place[number] for band, place in places.items()})

    def _places(self, frame: Frame, targets: list[Target]) -> Float[np.ndarray, "galaxy 6"]:
        """Column, row, and the four steps to the east and north where `north_up` needs them, of each target."""
        ra, dec = (np.array([target[k] for target in targets], float) for k in (1, 2))
        found = np.zeros((len(targets), 6))
        if self.centre is None:
            found[:, :2] = np.transpose(sky.to_pixels(frame.wcs, ra, dec))
        else:
            found[:, :2] = [[target.row.get(name, np.nan) - 1 for name in self.centre] for target in targets]
        if self.cut == "north_up":
            found[:, 2:] = sky.steps(frame.wcs, ra, dec).reshape(-1, 4)
        return found

    def _cutout(self, target: Target, places: Mapping[str, Float[np.ndarray, "6"]]) -> Cutout:
        try:
            self._check_position(target)
            windows = {band: self._window(band, target, places) for band in self.frames}
        except DataError as refusal:  # of its position or size
            return failed(target, refusal)
        shown = {band: one for band, one in windows.items() if one and shows(one)}
        masked = max((np.count_nonzero(one.bad) / one.bad.size for one in windows.values() if one), default=0.0)
        flags = Flag.MASKED if masked > self.most_masked else Flag.GOOD
        flags |= Flag.MISSING_BAND if len(shown) < len(windows) else Flag.GOOD
        flags |= Flag.EDGE if any(not windows[b] or windows[b].cut_off for b in self.present) else Flag.GOOD
        try:
            return Cutout(target.object_id, self._planes(windows, shown), flags, masked)
        except DataError as refusal:
            return failed(target, refusal, flags, masked)

    def _check_position(self, target: Target) -> None:
        """Raise DataError for a position that is none."""
        place = target[1:3] if self.centre is None else [target.row.get(name, np.nan) for name in self.centre]
        if not np.isfinite(place).all() or (self.centre is None and abs(target.dec) > 90):
            names = self.centre or ("ra", "dec")
            said = ", ".join(f"{name} {value:g}" for name, value in zip(names, place, strict=True))
            raise DataError(f"its position is none ({said}): mend it, or leave the galaxy out.", "E-CUTOUT-POSITION")

    def _window(self, band: str, target: Target, places: Mapping[str, Float[np.ndarray, "6"]]) -> Window | None:
        """What one band has of a galaxy, None for nothing. Raises DataError for a size that is none."""
        if (frame := self.frames[band]) is None:
            return None
        measure = next(iter(self.present.values())) if self.cut == "north_up" else frame
        side = self.size.pixels(target.row, measure.pixel_scale)
        if not np.isfinite(places[band]).all():
            return None
        x, y, *steps = map(float, places[band])
        if self.cut == "north_up":
            length = self.pixels or max(round(side), 1)
            return window.north_up(frame, x, y, np.reshape(steps, (2, 2)), length, side * measure.pixel_scale / length)
        return (window.as_coded if self.cut == "as_coded" else window.corrected)(frame, x, y, side)

    def _planes(
        self, windows: Mapping[str, Window | None], shown: Mapping[str, Window]
    ) -> Float32[np.ndarray, "band height width"]:
        """The planes of all bands, those that show nothing filled. Raises DataError where there is no picture."""
        if not shown or (self.cut == "as_coded" and len(shown) < len(windows)):
            raise self._nothing([band for band in windows if band not in shown], windows)
        planes = {band: self._plane(one.pixels * self.factors[band]) for band, one in shown.items()}
        if len(shapes := {plane.shape for plane in planes.values()}) > 1:
            raise DataError(
                f"its bands differ in size ({' and '.join(map(fits_file.size, sorted(shapes)))} pixels): say pixels=, "
                "the side that all are brought to.",
                "E-CUTOUT-SHAPE",
            )
        (shape,) = shapes
        made = np.full((len(windows), *shape), self.fill or 0, np.float32)
        for number, band in enumerate(windows):
            if band in planes:
                made[number] = planes[band]
        return made

    def _nothing(self, missing: list[str], windows: Mapping[str, Window | None]) -> DataError:
        """Why a galaxy has no picture: these bands show nothing of it."""
        bands = ", ".join(missing)
        if any(windows[band] or self.frames[band] is None for band in missing):
            what, code = f"it has no light in {bands}: all pixels are zero, not finite or absent", "E-CUTOUT-EMPTY"
        elif self.cut == "as_coded":
            what = f"the published program drops it: its cutout from {bands} begins before the frame's first pixel or "
            what, code = what + "behind its last one", "E-CUTOUT-DROPPED"
        else:
            what, code = f"it lies outside the frame of {bands}", "E-CUTOUT-OUTSIDE"
        return DataError(f"{what}; take another frame for it, or leave it out.", code)

    def _plane(self, pixels: Float[np.ndarray, "height width"]) -> Float[np.ndarray, "height width"]:
        """A plane without gaps, of the wanted size."""
        there = np.isfinite(pixels)
        filled = pixels
        if not there.all():
            filled = np.where(there, pixels, np.median(pixels[there]) if self.fill is None else self.fill)
        if self.pixels is None or filled.shape == (self.pixels, self.pixels):
            return filled
        return (resize.as_coded if self.cut == "as_coded" else resize.corrected)(filled, self.pixels)


def shows(one: Window) -> bool:
    """Whether a window has any light in it: a pixel that is finite and not zero."""
    return bool(np.any(np.isfinite(one.pixels) & (one.pixels != 0)))


def failed(target: Target, refusal: DataError, flags: Flag = Flag.GOOD, masked: float = 0.0) -> Cutout:
    """The row of a galaxy without a picture."""
    return Cutout(target.object_id, None, flags, masked, Problem(target.object_id, str(refusal), refusal.code))
