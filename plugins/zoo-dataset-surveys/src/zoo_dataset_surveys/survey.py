"""A survey: which services have its catalogue and images, what its images are, and the pace that it bears."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, get_args

from zoo.errors import Incompatible, UnknownPart

CONF = Path(__file__).parent / "conf" / "survey"
STANDIN = "{standin}"
"""What stands in addresses for that of the stand-in sky."""

Service = Literal["sdss", "sdss_dr7", "datalab", "legacy", "tiles"]
WHOLE = ("sdss", "sdss_dr7", "tiles")
"""Services of whole frames, of which no side is asked for."""

NUMBER = re.compile(r"(?:^|dr)(\d+)")
"""The number in the name of a release, a collection or a layer."""

PLAIN: Mapping[str, Any] = {"bands": None, "size": 30.0, "cut": "corrected", "pixels": 64, "colour": "bands"}
"""What cutouts are where nobody says it: 30 arcsec a side, centred and padded, of 64 pixels, every band as it is."""


@dataclass(frozen=True)
class Survey:
    """A survey as its YAML file has it.

    title: what it is called. service: whose way of asking. catalogue: the address of its tables; None where there are
    none. images: the address of its images. release: number of the data release, collection or layer. bands: that are
    retrieved. pixel_scale: arcsec. zero_point: magnitude of one unit, where headers do not say it; None of raw counts.
    size, colour: names in `size.SIZES` and `colour.PRESETS` that suit its images. side: of retrieved cutouts, in
    arcsec; None where frames are. per_second: requests that it bears. at_once: requests under way. timeout: seconds of
    silence. attempts: at each request. bytes_per_file: about. table: of the catalogue. simulated: fields of the
    stand-in sky that is started where addresses begin with `{standin}`. recipes: by name, what others chose for its
    images: values of `dataset=cutouts` for keys of PLAIN. credits: the `licence` of its data, and the `citation` that
    it asks for.

    Raises Incompatible for values that cannot be.
    """

    title: str
    service: Service
    images: str
    release: str
    bands: Sequence[str]
    pixel_scale: float
    zero_point: float | None
    size: str
    colour: str
    bytes_per_file: int
    catalogue: str | None = None
    table: str | None = None
    side: float | None = None
    per_second: float = 1.0
    at_once: int = 2
    timeout: float = 60.0
    attempts: int = 5
    simulated: int = 0
    recipes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    credits: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        from zoo_dataset_surveys.colour import PRESETS
        from zoo_dataset_surveys.size import SIZES

        for key, known in (("service", get_args(Service)), ("colour", PRESETS), ("size", SIZES)):
            if (value := getattr(self, key)) not in known:
                raise Incompatible(f"survey.{key}={value} is not one of {', '.join(known)}: choose one of them.")
        for key in ("images", "catalogue"):
            value = getattr(self, key)
            if value is not None and not value.startswith(("http://", "https://", STANDIN)):
                raise Incompatible(f"survey.{key}={value} is no address: begin it with https://.")
        if not self.bands:
            raise Incompatible("survey.bands names no band: name one.")
        if self.service.startswith("sdss") and not str(self.release).isdigit():
            raise Incompatible(f"survey.release={self.release} is no release of SDSS: name its number, such as 17.")
        if self.service == "tiles" and not self.catalogue:
            raise Incompatible("survey.catalogue=None cannot say which tile shows a galaxy: name a TAP service.")
        if self.service not in WHOLE and not self.side:
            raise Incompatible(f"survey.side={self.side} is no side of cutouts: say it in arcsec, such as 60.")
        for key in ("pixel_scale", "bytes_per_file", "per_second", "at_once", "timeout", "attempts"):
            if not getattr(self, key) > 0:
                raise Incompatible(f"survey.{key}={getattr(self, key)} has to be more than 0.")
        for name, recipe in self.recipes.items():
            if strange := sorted(set(recipe) - set(PLAIN)):
                raise Incompatible(f"survey.recipes.{name} has {strange[0]}, which is none of {', '.join(PLAIN)}.")

    def recipe(self, name: str) -> Mapping[str, Any]:
        """The recipe of this name. Raises UnknownPart where this survey has none."""
        if name not in self.recipes:
            known = f"one of {', '.join(self.recipes)}" if self.recipes else "the keys by themselves: it has no recipe"
            raise UnknownPart(f"dataset.recipe={name} is not known of {self}: choose {known}.")
        return self.recipes[name]

    def __str__(self) -> str:
        """The survey and its release."""
        return f"{self.title} {self.data_release}"

    @property
    def data_release(self) -> str:
        """The release as people call it, DR17 for `17`, DR2 for `des_dr2`: the column `release` of a catalogue."""
        number = NUMBER.search(str(self.release))
        return f"DR{number[1]}" if number else str(self.release)

    @contextmanager
    def opened(self) -> Iterator[Survey]:
        """The survey with addresses that answer: its own, or those of a stand-in sky that runs meanwhile."""
        if STANDIN not in self.images:
            yield self
            return
        from zoo_dataset_surveys.standin import Sky
        from zoo_dataset_surveys.standin.galaxy import made

        with Sky(made(self.simulated)) as sky:
            catalogue = self.catalogue and self.catalogue.replace(STANDIN, sky.url)
            yield replace(self, images=self.images.replace(STANDIN, sky.url), catalogue=catalogue)


def making(survey: Survey | None, recipe: str | None, own: Mapping[str, Any]) -> dict[str, Any]:
    """Bands, size, cut, pixels and colour of cutouts: own values, where they are not None, go before the recipe's.

    Behind the recipe stand the colour of the survey, then PLAIN. Raises Incompatible for a recipe without a survey, and
    UnknownPart for one that the survey does not have.
    """
    if recipe and survey is None:
        raise Incompatible(
            f"dataset.recipe={recipe} is that of a survey: choose survey=NAME, or say {', '.join(PLAIN)} one by one."
        )
    suits = {"colour": survey.colour} if survey else {}
    known = survey.recipe(recipe) if survey and recipe else {}
    return {**PLAIN, **suits, **known, **{key: value for key, value in own.items() if value is not None}}


def named(name: str) -> Survey:
    """The survey of this name, as this package has it. Raises UnknownPart for any other."""
    known = sorted(path.stem for path in CONF.glob("*.yaml"))
    if name not in known:
        raise UnknownPart(
            f"No survey of zoo-dataset-surveys is called {name}: choose one of {', '.join(known)}, or one of another "
            f"package with survey@dataset.survey={name}."
        )
    return Survey(**{key: value for key, value in values_of(name).items() if key != "_target_"})


def values_of(name: str) -> dict[str, Any]:
    """The values in a file, behind those of the file that it names in its defaults list."""
    import yaml

    values = yaml.safe_load((CONF / f"{name}.yaml").read_text(encoding="utf-8"))
    inherited = [values_of(base) for base in values.pop("defaults", []) if base != "_self_"]
    return {key: value for one in [*inherited, values] for key, value in one.items()}


def chosen(given: Mapping[str, Any] | str | None) -> Survey | None:
    """The survey of these values, or of this name, if any. Raises UnknownPart for an unknown name."""
    if isinstance(given, str):
        return named(given)
    return Survey(**given) if given else None
