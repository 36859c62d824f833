"""The physical parameters of one simulated galaxy and of the night it was seen in."""

from dataclasses import dataclass

PIXELS_PER_RADIUS = 50.0  # an image pixel is 0.02 Petrosian radii R90, as in the Kaggle challenge

FAMILIES = ("elliptical", "lenticular", "spiral", "irregular", "merger", "star")


@dataclass(frozen=True)
class Body:
    """One galaxy: lengths in image pixels (0.02 R90), angles in radians, colours in magnitudes.

    family: which of the parameters below matter. flux: relative to the brightest body of the scene.
    angle: position angle of the long axis. axis_ratio, sersic: of a smooth galaxy. boxiness: exponent of the isophotes.
    inclination, thickness: of a disc, 0 is face-on. scale: its scale length. bulge: its share of the light;
    bulge_sersic, bulge_radius, bulge_flattening, bulge_boxiness: its Sérsic index, half-light radius, axis ratio and isophotes.
    arms: number; pitch; sense (+1, -1); arm_contrast: share of the disc's light that young stars have; arm_width: 1/κ;
    flocculence: patches between arms; knots: share of young light in bright knots. bar: share of the light; bar_length,
    bar_ratio, bar_angle. ring: share; ring_radius. dust: optical depth in g on lanes. lopsided: light of one side over
    the other. g_r, r_i: colours of the old stars; youth: how much bluer (mag, g-r) the young ones are.
    """

    family: str
    angle: float
    g_r: float
    r_i: float
    flux: float = 1.0
    axis_ratio: float = 1.0
    sersic: float = 4.0
    effective_radius: float = 21.0
    boxiness: float = 2.0
    inclination: float = 0.0
    thickness: float = 0.15
    scale: float = 13.0
    bulge: float = 0.0
    bulge_sersic: float = 2.0
    bulge_radius: float = 5.0
    bulge_flattening: float = 1.0
    bulge_boxiness: float = 2.0
    arms: int = 0
    pitch: float = 0.35
    sense: int = 1
    arm_contrast: float = 0.0
    arm_width: float = 0.5
    flocculence: float = 0.0
    knots: float = 0.0
    bar: float = 0.0
    bar_length: float = 10.0
    bar_ratio: float = 0.35
    bar_angle: float = 0.0
    ring: float = 0.0
    ring_radius: float = 30.0
    dust: float = 0.0
    lopsided: float = 0.0
    youth: float = 0.35


@dataclass(frozen=True)
class Galaxy:
    """What stands in the middle of an image, and how it was seen.

    radius: Petrosian R90, arcsec. brightness: mean r surface brightness inside the half-light radius, mag/arcsec².
    seeing: full width at half maximum of the point spread function in r, arcsec. main: the galaxy. companion: one that
    merges with it, at (x, y) = companion_at, or none. tail: share of the light in tidal tails. arc: of a lensed arc.
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
        return self.seeing / 2.3548 / self.pixel
