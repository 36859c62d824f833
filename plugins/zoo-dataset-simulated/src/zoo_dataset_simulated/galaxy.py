"""The physical parameters of one simulated galaxy and of the night in which it was seen."""

from dataclasses import dataclass

PIXELS_PER_RADIUS = 50.0  # an image pixel is 0.02 Petrosian radii R90, as in the Kaggle challenge
HALF_LIGHT = 26.0  # typical half-light radius of such galaxies, image pixels
SIGMA_PER_WIDTH = 0.42466  # of a Gaussian, relative to its full width at half maximum


@dataclass(frozen=True)
class Body:
    """One galaxy: lengths in image pixels (0.02 R90), angles in radians, colours in magnitudes.

    family: elliptical, lenticular, spiral, irregular or star; it decides which of the parameters matter.
    angle: of the long axis. g_r, r_i: colours of the old stars. flux: relative to the main galaxy of the image.
    axis_ratio, sersic, effective_radius, boxiness: of an elliptical (see `profiles.sersic`).
    inclination (0 is face-on), thickness (axis ratio from the side), scale (length): of a disc.
    bulge: share of the light; bulge_sersic, bulge_radius, bulge_flattening, bulge_boxiness: its profile.
    arms: their number; pitch, sense, arm_width: see `arms.Spiral`; arm_contrast: share of the disc's light that young
    stars on the arms have; flocculence: 0 for long arms, 1 for patches; knots: share of young light in bright knots;
    youth: how much bluer young stars are (g-r).
    bar: share of the disc's light; bar_length, bar_ratio, bar_angle (in the plane of the disc): its shape.
    ring, ring_radius: share of the disc's light, and where. dust: optical depth of its lanes in the mean of g and r.
    lopsided: how much brighter one side is than the mean.
    """

    family: str
    angle: float
    g_r: float
    r_i: float
    flux: float = 1.0
    axis_ratio: float = 1.0
    sersic: float = 4.0
    effective_radius: float = 28.0
    boxiness: float = 2.0
    inclination: float = 0.0
    thickness: float = 0.15
    scale: float = 17.0
    bulge: float = 0.0
    bulge_sersic: float = 2.0
    bulge_radius: float = 5.0
    bulge_flattening: float = 1.0
    bulge_boxiness: float = 2.0
    arms: int = 0
    pitch: float = 0.35
    sense: int = 1
    arm_width: float = 0.5
    arm_contrast: float = 0.0
    flocculence: float = 0.0
    knots: float = 0.0
    youth: float = 0.35
    bar: float = 0.0
    bar_length: float = 15.0
    bar_ratio: float = 0.35
    bar_angle: float = 0.0
    ring: float = 0.0
    ring_radius: float = 35.0
    dust: float = 0.0
    lopsided: float = 0.0

    @property
    def is_disc(self) -> bool:
        """Whether most of its light lies in a plane."""
        return self.family in ("lenticular", "spiral", "irregular")


@dataclass(frozen=True)
class Galaxy:
    """What stands in the middle of an image, and how it was seen.

    main: the galaxy. radius: its Petrosian R90, arcsec. brightness: mean r surface brightness within the half-light
    radius, mag/arcsec². seeing: full width at half maximum of the point spread function in r, arcsec. companion: a
    galaxy that merges with it, at (x, y) = companion_at, or none. tail: share of the light in tidal tails. arc: light
    of a lensed galaxy behind, relative to the main one's.
    """

    main: Body
    radius: float
    brightness: float
    seeing: float
    companion: Body | None = None
    companion_at: tuple[float, float] = (0.0, 0.0)
    tail: float = 0.0
    arc: float = 0.0

    @property
    def pixel(self) -> float:
        """Arcsec per image pixel."""
        return self.radius / PIXELS_PER_RADIUS

    @property
    def blur(self) -> float:
        """Standard deviation of the point spread function, image pixels."""
        return SIGMA_PER_WIDTH * self.seeing / self.pixel
