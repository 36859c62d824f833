"""Galaxy Zoo 2 in small as it is released: table, names of images, and the archive, in their real layout."""

import gzip
import zipfile
from pathlib import Path

import numpy as np
from zoo_dataset_galaxy_zoo.galaxy_zoo import GalaxyZoo

from zoo.plain import read as read_yaml

from . import challenge

CONF = Path(__file__).parents[1] / "src/zoo_dataset_galaxy_zoo/conf/votes"
SOURCE = challenge.SOURCE | {k: v for k, v in read_yaml(CONF / "gz2_released.yaml").items() if k != "defaults"}
TABLE, NAMING, IMAGES = "gz2_hart16.csv.gz", "gz2_filename_mapping.csv", "images_gz2.zip"

GALAXIES = [str(587722981736120347 + 1_000_003 * k) for k in range(12)]
"""Ids of DR7, of 18 digits."""

ELSEWHERE, TWICE, NAMELESS, IMAGELESS = GALAXIES[3], GALAXIES[5], GALAXIES[7], GALAXIES[9]
"""Whose votes are of the sample extra and image of original; named twice; without a name; without a file."""


def asset(object_id: str, sample: str = "original") -> str:
    """The name of an image."""
    return str(GALAXIES.index(object_id) + 1 + 100 * (sample != "original"))


def table() -> bytes:
    """The catalogue: nine columns about each galaxy, and six for each answer, of which the first is the number."""
    ends = ("count", "weight", "fraction", "weighted_fraction", "debiased", "flag")
    about = "dr7objid,ra,dec,rastring,decstring,sample,gz2_class,total_classifications,total_votes"
    lines = [",".join([about, *(f"{stem}_{end}" for stem in challenge.STEMS for end in ends)])]
    for number, object_id in enumerate(GALAXIES):
        votes = challenge.votes(object_id[-6:])
        sample = "extra" if object_id == ELSEWHERE else "original"
        about = [object_id, f"{10.5 * number}", f"{number - 6.25}", "00:42:00", "+00:00:00", sample, "Sc2", "44", "150"]
        cells = [cell for count in votes for cell in (count, f"{count}.0", 0.5, 0.5, 0.5, 0)]
        lines.append(",".join(map(str, [*about, *cells])))
    return gzip.compress("\n".join([*lines, ""]).encode(), mtime=0)


def naming() -> bytes:
    """The names of images; one galaxy was shown in stripe 82 as well, and one row stands twice with another name."""
    rows = [(object_id, "original", asset(object_id)) for object_id in GALAXIES if object_id != NAMELESS]
    rows += [(GALAXIES[0], "stripe82_coadd_1", asset(GALAXIES[0], "stripe82")), (TWICE, "original", "77")]
    return "\n".join(["objid,sample,asset_id", *map(",".join, rows), ""]).encode()


def write(folder: Path) -> None:
    """Write the three files as their services have them."""
    (folder / TABLE).write_bytes(table())
    (folder / NAMING).write_bytes(naming())
    with zipfile.ZipFile(folder / IMAGES, "w") as archive:
        for object_id in GALAXIES:
            if object_id not in (NAMELESS, IMAGELESS):
                archive.writestr(f"images/{asset(object_id)}.jpg", challenge.picture(object_id))
        archive.writestr("images/900.jpg", challenge.picture("900"))
        archive.writestr("README.txt", np.random.default_rng(0).bytes(60_000))


def opened(folder: Path, **options) -> GalaxyZoo:
    """The prepared dataset."""
    made = GalaxyZoo(folder, challenge.GZ2, schema="votes", votes=SOURCE, **{"missing": "drop"} | options)
    made.prepare()
    return made


def votes_of(object_id: str) -> np.ndarray:
    """The numbers of votes of a galaxy."""
    return challenge.votes(object_id[-6:])
