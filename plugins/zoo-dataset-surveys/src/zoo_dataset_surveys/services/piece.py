"""A piece of sky that one set of files covers, and where the files come from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from zoo_dataset_surveys.cutter import Target


@dataclass(frozen=True)
class Piece:
    """Galaxies that lie in the same files.

    group: what losses are counted by, such as `run 752 camcol 1`. paths: of the files by band, within the archive.
    addresses: asks where the files of some bands are; it may ask a service, and raise as `Client.get` does. asked: how
    many requests that takes; without paths, that looking for the galaxies would take. why: the reason for no paths.
    sets: about how many sets of files galaxies without paths would lie in. confirm: of a service that says the same
    where it has no image and where it is out of order: asks which it is; raises MissingImage or ServiceError, or
    returns where there should be an image after all.
    """

    group: str
    targets: list[Target]
    paths: Mapping[str, Path]
    addresses: Callable[[list[str]], Mapping[str, str]]
    asked: int = 0
    why: str = ""
    sets: int = 1
    confirm: Callable[[], None] | None = None


def without_files(group: str, targets: list[Target], why: str, asked: int = 0, sets: int = 0) -> Piece:
    """Galaxies of which nobody can say where they are to be seen. asked, sets: see `Piece`."""
    return Piece(group, targets, {}, lambda bands: {}, asked, why, sets)


def one_each(
    targets: Sequence[Target],
    bands: Sequence[str],
    side: float,
    addresses: Callable[[Target, list[str]], Mapping[str, str]],
    asked: int = 0,
) -> list[Piece]:
    """A piece for every galaxy: a cutout of `side` arcsec about it in each band, where `addresses` says."""
    return [
        Piece(
            square_degree(target),
            [target],
            {band: place_path(target, side, band) for band in bands},
            partial(addresses, target),
            asked,
        )
        for target in targets
    ]


def square_degree(target: Target) -> str:
    """The degree of sky that a galaxy lies in, about as large as a tile: a group where files have none themselves."""
    return f"square degree {int(target.ra)} {int(target.dec // 1):+d}"


def place_path(target: Target, side: float, band: str) -> Path:
    """The name of a cutout by what is in it: position in deg, side in arcsec, and band."""
    return Path(f"{int(target.ra):03d}", f"{target.ra:.5f}{target.dec:+.5f}_{side:g}_{band}.fits")
