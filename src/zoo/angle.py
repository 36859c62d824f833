"""Angles in the unit that a table states of them."""

from __future__ import annotations

import logging

from zoo.errors import DataError

log = logging.getLogger("zoo")

DEGREES = ("", "deg", "degree", "degrees", "°")
"""What needs no conversion; where nothing is stated, a position is in degrees."""


def degrees(unit: str, what: str) -> float:
    """How many degrees one of this unit is, as FITS, VOTable or astropy spell it: 15 for `hourangle`.

    Raises DataError, naming `what`, for a unit that is no angle. Hours are a time, and often the first of three columns
    of hours, minutes and seconds, so they are none either.
    """
    if unit.strip() in DEGREES:
        return 1.0
    try:
        from astropy import units
    except ImportError:
        raise DataError(
            f"{what} is in {unit}, which astropy turns into degrees: pip install 'galaxy-model-zoo[fits]'.",
            "E-POSITION-UNIT",
        ) from None
    try:
        found = float(units.Unit(unit).to(units.deg))
    except (ValueError, TypeError):
        raise DataError(
            f"{what} is in {unit!r}, which is no angle: write it in degrees, and deg as its unit.", "E-POSITION-UNIT"
        ) from None
    log.info("%s is in %s and becomes degrees", what, unit)
    return found
