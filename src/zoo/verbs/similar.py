"""`zoo similar`: the galaxies whose features are most like those of one, as a table and as a sheet of images."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float, Int

from zoo import build, embedding, listing, neighbours, pictures
from zoo.dataset import Dataset
from zoo.embedding import Embedding
from zoo.errors import ZooError
from zoo.fit import choices_of, values_of
from zoo.run import relative
from zoo.verbs import embed
from zoo.verbs.predict import filled

if TYPE_CHECKING:
    from omegaconf import DictConfig

Neighbours = tuple[Int[np.ndarray, " neighbour"], Float[np.ndarray, " neighbour"]]


def main(cfg: DictConfig) -> None:
    """Print the nearest galaxies, the nearest first, and the path of the sheet with the galaxy itself before them.

    Raises ZooError without features, and DataError for a galaxy that is none of them.
    """
    known, dataset = sources(cfg)
    row = known.row(str(cfg.object_id))
    found = neighbours.nearest(known, row, cfg.n, cfg.distance)
    listing.show(("", "object_id", cfg.distance, "split", "label"), table(known, row, found))
    if dataset is None:
        print("no sheet is drawn without images: add run=… or dataset=…", file=sys.stderr)
        return
    print(f"\n{relative(drawn(known, row, found, dataset, Path(cfg.out)))}")


def sources(cfg: DictConfig) -> tuple[Embedding, Dataset | None]:
    """The features that were named, else those of the run, made if they are not there; and where images come from."""
    if cfg.embeddings is not None:
        return embedding.read(Path(cfg.embeddings)), chosen(cfg)
    if cfg.run is None:
        raise ZooError("Name run=FOLDER, a training, or embeddings=FOLDER, what `zoo embed` wrote.")
    task = embed.asked(cfg)
    folder = embed.home(task)
    filled(task, folder, embed.of(task))
    return embedding.read(folder), task.dataset


def chosen(cfg: DictConfig) -> Dataset | None:
    """The data set that was chosen beside features, or that of a run named beside them, if any."""
    from hydra.core.hydra_config import HydraConfig

    choices = choices_of(HydraConfig.get().runtime.choices)
    return build.prepared_dataset(choices, values_of(cfg)) if "dataset" in choices else None


def table(known: Embedding, row: int, found: Neighbours) -> list[tuple[object, ...]]:
    """The galaxy itself, then its neighbours with their distances."""
    rows, distances = [row, *found[0].tolist()], [0.0, *found[1].tolist()]
    return [
        (rank or "", known.object_ids[k], f"{distance:.4g}", known.splits[k], known.labels[k])
        for rank, (k, distance) in enumerate(zip(rows, distances, strict=True))
    ]


def drawn(known: Embedding, row: int, found: Neighbours, dataset: Dataset, path: Path) -> Path:
    """Write the sheet: images, each below its id, distance and label. Raises ZooError for one that is not there."""
    place = {object_id: k for k, object_id in enumerate(dataset.table["object_id"])}
    if absent := [i for i in (known.object_ids[k] for k in (row, *found[0])) if i not in place]:
        raise ZooError(f"The galaxy {absent[0]} is not in the data set: choose the one that features were made of.")
    rows = table(known, row, found)
    images = [dataset[place[known.object_ids[k]]].image.numpy() for k in (row, *found[0])]
    captions = [
        f"{object_id}\n{distance if rank else 'the galaxy itself'}  {label}"
        for rank, object_id, distance, _, label in rows
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    pictures.contact_sheet(images, captions, path)
    return path
