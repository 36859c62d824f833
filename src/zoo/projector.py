"""Features for the TensorBoard projector: `tensorboard --logdir FOLDER` shows them as a cloud of galaxies."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from zoo import atomic, embedding, sprite
from zoo.catalogue import Catalogue
from zoo.dataset import Dataset
from zoo.embedding import Embedding

TENSORS, METADATA, SPRITE, CONFIG = "tensors.tsv", "metadata.tsv", "sprite.png", "projector_config.pbtxt"


def write(catalogue: Catalogue, thumbnail: int, dataset: Dataset | None = None) -> Path:
    """Write vectors, ids with splits and labels, thumbnails where there is a data set, and what tells them apart.

    thumbnail: pixels of a galaxy's side. Returns the path of the configuration. Raises ZooError for a catalogue
    without features, or with more galaxies than a sprite holds.
    """
    shown = embedding.read(catalogue.folder)
    texts = {TENSORS: "".join(vectors(shown)), METADATA: lines(shown), CONFIG: configuration(thumbnail, bool(dataset))}
    files = {name: text.encode() for name, text in texts.items()}
    if dataset is not None:
        files[SPRITE] = sprite.encoded(sprite.sheet(dataset, shown.object_ids, thumbnail), "PNG")
    for name, data in files.items():
        with atomic.replacing(catalogue.folder / name, same_stays=True) as file:
            file.write(data)
    return catalogue.folder / CONFIG


def vectors(shown: Embedding) -> Iterable[str]:
    """A line per galaxy: its features with the digits that identify them."""
    return ("\t".join(map(str, row)) + "\n" for row in shown.features)


def lines(shown: Embedding) -> str:
    """A heading, and a line per galaxy: id, split, label."""
    columns = [["object_id", *shown.object_ids], ["split", *shown.splits], ["label", *shown.labels]]
    return "".join("\t".join(map(cell, row)) + "\n" for row in zip(*columns, strict=True))


def cell(text: str) -> str:
    """A text without what would end its cell or line."""
    return " ".join(text.split())


def configuration(thumbnail: int, pictured: bool) -> str:
    """The projector's own text format."""
    pictures = [
        "  sprite {",
        f'    image_path: "{SPRITE}"',
        f"    single_image_dim: {thumbnail}",
        f"    single_image_dim: {thumbnail}",
        "  }",
    ]
    told: Sequence[str] = [
        "embeddings {",
        '  tensor_name: "features"',
        f'  tensor_path: "{TENSORS}"',
        f'  metadata_path: "{METADATA}"',
        *(pictures if pictured else []),
        "}",
    ]
    return "\n".join(told) + "\n"
