"""Positions on the sky and in a frame: pixels are counted from 0, with whole numbers at their centres."""

from __future__ import annotations

import re
import warnings
from typing import Any

import numpy as np
from jaxtyping import Float

from zoo.errors import ZooImageError
from zoo.sky import unit_vectors

SIP = re.compile(r"[AB]P?_(\d_\d|ORDER|DMAX)$")
"""Header keys of the SIP distortion (Shupe et al. 2005)."""

PLACE = re.compile(
    r"(WCSAXES|NAXIS\d?|(CTYPE|CRPIX|CRVAL|CUNIT|CDELT|CROTA)\d|(CD|PC|PV|PS)\d_\d+|LONPOLE|LATPOLE|RADESYS|RADECSYS"
    r"|EQUINOX|EPOCH)$"
)
"""Header keys that say where an image lies; headers with thousands of others make a WCS slow."""

SAME = 1e-5
"""Degrees by which a position may be missed on the way to its pixel and back: a tenth of a pixel."""

STEP = 0.1
"""Arcsec by which directions on a frame are probed: small beside the curvature of circles of Dec."""

J2000 = 2000.0
"""The equinox whose axes are those of ICRS."""

Numbers = Float[np.ndarray, " galaxy"]


def wcs(header: Any) -> Any:
    """The celestial WCS of an image: RA and Dec, with its CD matrix and distortions. Raises ZooImageError.

    SIP coefficients count where CTYPE ends in -SIP only, as their convention has it: images that were drizzled keep
    them in their headers after the distortion is gone, and their positions are arcminutes off with them. FK5 of J2000
    passes for ICRS, from which it differs by 0.02 arcsec; other equinoxes are refused.
    """
    from astropy import log
    from astropy.io import fits
    from astropy.wcs import WCS

    bent = str(header.get("CTYPE1", "")).strip().endswith("-SIP")
    cards = [c for c in header.cards if PLACE.match(c.keyword) or (bent and SIP.match(c.keyword))]
    with warnings.catch_warnings(), log.log_to_list():
        warnings.simplefilter("ignore")  # of a text EQUINOX, RADECSYS and other old spellings, which it understands
        try:
            found = WCS(fits.Header(cards), naxis=2)
            usable = found.has_celestial and found.wcs.lngtyp == "RA" and found.wcs.radesys in ("", "ICRS", "FK5")
            usable = usable and np.linalg.det(found.pixel_scale_matrix) != 0
        except Exception as error:  # wcslib's dozen kinds
            what = " ".join(str(error).split())[:120]
            raise ZooImageError(f"has a WCS that cannot be used ({what}): take another file.", "E-FRAME-WCS") from None
    refuse_other_equinox(found)
    if not usable:
        axes = ", ".join(str(header.get(key, "absent")) for key in ("CTYPE1", "CTYPE2", "RADESYS"))
        raise ZooImageError(
            f"has no WCS in RA and Dec (CTYPE1, CTYPE2 and RADESYS are {axes}), so no galaxy can be found in it: "
            "solve its astrometry or take another file.",
            "E-FRAME-WCS",
        )
    return found


def refuse_other_equinox(wcs: Any) -> None:
    """Raise ZooImageError where positions are of another equinox than J2000: 50 years are up to 0.7 degrees."""
    equinox = wcs.wcs.equinox
    if wcs.wcs.lngtyp == "RA" and wcs.wcs.radesys != "ICRS" and np.isfinite(equinox) and equinox != J2000:
        raise ZooImageError(
            f"has a WCS of equinox {equinox:g}, and galaxies are sought in ICRS, which J2000 is: convert its "
            "astrometry or take another file.",
            "E-FRAME-WCS",
        )


def to_pixels(wcs: Any, ra: Numbers, dec: Numbers) -> tuple[Numbers, Numbers]:
    """Column and row of positions in deg; NaN for those that this projection cannot show.

    What lies far outside can land on a pixel by mistake (the back of the sky, a distortion beyond its range): a pixel
    counts if the way back leads to the position.
    """
    x, y = (np.full(len(ra), np.nan) for _ in range(2))
    good = np.isfinite(ra) & np.isfinite(dec) & (np.abs(dec) <= 90)
    if good.any():
        with np.errstate(all="ignore"):
            x[good], y[good] = wcs.all_world2pix(ra[good], dec[good], 0, tolerance=1e-6, quiet=True)
            back = wcs.all_pix2world(x[good], y[good], 0)
        missed = np.linalg.norm(unit_vectors(*back) - unit_vectors(ra[good], dec[good]), axis=0)
        lost = np.flatnonzero(good)[~(missed < np.radians(SAME))]
        x[lost] = y[lost] = np.nan
    return x, y


def pixel_side(wcs: Any, x: float, y: float) -> float:
    """Side in arcsec of a square as large as the pixel there."""
    corners = unit_vectors(*wcs.all_pix2world([x - 0.5, x + 0.5, x - 0.5], [y - 0.5, y - 0.5, y + 0.5], 0))
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]))
    return float(np.degrees(np.sqrt(area)) * 3600)


def steps(wcs: Any, ra: Numbers, dec: Numbers) -> Float[np.ndarray, "galaxy 2 2"]:
    """How far column and row (first axis) change for one arcsec to the east and to the north (second axis)."""
    step = STEP / 3600
    towards = np.where(dec > 0, -1, 1)  # to the equator, as there is nothing beyond the pole
    here = np.array(to_pixels(wcs, ra, dec))
    east = np.array(to_pixels(wcs, ra + step / np.cos(np.radians(dec)), dec)) - here
    north = (np.array(to_pixels(wcs, ra, dec + towards * step)) - here) * towards
    return np.stack([east.T, north.T], axis=2) / STEP
