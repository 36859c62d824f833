"""Galaxy Zoo 2 as it is released: a table of votes, the archive of images, and the table that says whose they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from zoo.errors import DataError
from zoo.image_files import ImageFiles
from zoo.label_table import LabelTable, natural, some
from zoo.retrieval import published
from zoo.retrieval.client import Client
from zoo.retrieval.published import Published, PublishedTable, PublishedZip
from zoo.table_file import read_table

KEY = "dataset.votes.origin"
"""Where the configuration has the addresses."""


def retrieve(root: Path, source: Mapping[str, Any], client: Client | None = None) -> None:
    """Retrieve what a folder lacks of the release; its size is said before. `source`: see conf/votes/gz2_released.yaml.

    Raises ServiceError where a service goes on failing or has another file by now, and ZooError for a full disk.
    """
    wanted = files_of(root, source)
    absent = {path: file for path, file in wanted.items() if not (path.exists() or path.with_suffix("").is_dir())}
    published.retrieve(absent, client or Client(missing=frozenset()))


def files_of(root: Path, source: Mapping[str, Any]) -> dict[Path, Published]:
    """The files of the release: where they belong, and where they are published."""
    origin, naming = source["origin"], source["naming"]
    table = PublishedTable(columns=(source["object_id"], naming["sample"]), key=f"{KEY}.table", **origin["table"])
    columns = (naming["object_id"], naming["sample"], naming["image"])
    names = PublishedTable(columns=columns, key=f"{KEY}.naming", **origin["naming"])
    images = PublishedZip(key=f"{KEY}.images", **origin["images"])
    return {
        root / source["table"]: table,
        root / naming["table"]: names,
        root / f"{source['images']}.zip": images,
    }


class Names:
    """The names of images by galaxy and sample; a galaxy that was shown in several samples has one in each.

    repeated: (objid, sample) that stand twice, of which the first row counts. Raises DataError for columns that are
    not there.
    """

    def __init__(self, rows: LabelTable, columns: Mapping[str, str]):
        keys = zip(rows.text(columns["object_id"]), rows.text(columns["sample"]), strict=True)
        self.path, self.repeated = rows.path, list[tuple[str, str]]()
        self.by_galaxy: dict[str, dict[str, str]] = {}
        for (object_id, sample), name in zip(keys, rows.text(columns["image"]), strict=True):
            known = self.by_galaxy.setdefault(object_id, {})
            if known.setdefault(sample, name) != name:
                self.repeated.append((object_id, sample))

    def of(self, object_id: str, sample: str, order: Sequence[str]) -> dict[str, str]:
        """The names of a galaxy's images by sample: that of its own sample first, others in this order behind it."""
        known = self.by_galaxy.get(object_id, {})
        first = [one for one in dict.fromkeys((sample, *order, *known)) if one in known]
        return {one: known[one] for one in first}


class Release:
    """The images of a release by galaxy, and what is to be said of the joint of its three files.

    files: the image of each galaxy of the table that has one, by the table's id: that of its own sample where the
    archive holds it, else that of another one. told: counts and ids, as lines.
    """

    def __init__(self, root: Path, source: Mapping[str, Any], table: LabelTable, images: ImageFiles):
        naming = source["naming"]
        names = Names(read_table(root / naming["table"]), naming)
        ids, samples = table.ids(source["object_id"]), table.text(naming["sample"])
        places, nameless, imageless, elsewhere = {}, [], [], []
        for object_id, sample in zip(ids, samples, strict=True):
            known = names.of(object_id, sample, naming["order"])
            shown = next((one for one, name in known.items() if name in images), None)
            if shown is not None:
                places[object_id] = images.place(known[shown])
                elsewhere += [object_id] * (shown != sample)
            else:
                (imageless if known else nameless).append(object_id)
        self.files = ImageFiles(places)
        self._refuse_nothing(table, names)
        used = {place.name for place in places.values()}
        spare = sorted((name for name in images if images.place(name).name not in used), key=natural)
        self.told = [
            counted(imageless, f"galaxies of {table.path.name} are named in {names.path.name} but have no image file"),
            counted(nameless, f"galaxies of {table.path.name} have no name in {names.path.name}"),
            counted(elsewhere, "galaxies have the image of another sample than their votes"),
            counted(
                [" ".join(one) for one in names.repeated], "names repeat a galaxy and sample, the first one counts"
            ),
            counted(spare, "images are of no galaxy of the table, or of one that has another image"),
        ]

    def _refuse_nothing(self, table: LabelTable, names: Names) -> None:
        if not len(self.files):
            raise DataError(
                f"None of the {len(table)} galaxies of {table.path} has an image by {names.path}: name the archive "
                "that belongs to them with dataset.votes.images.",
                "E-IMAGE-MISSING",
            )


def counted(ids: Sequence[str], what: str) -> str:
    """How many there are, and which they are, the first of many."""
    return f"{len(ids)} {what}{': ' * bool(ids)}{some(ids, 12)}"
