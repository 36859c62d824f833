"""The challenge in small, in its real layout: images by id, solutions with 37 columns, classes."""

import shutil
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from PIL import Image
from zoo_dataset_galaxy_zoo.galaxy_zoo import GalaxyZoo

from zoo.schema import read_tree

TREE = yaml.safe_load((Path(__file__).parents[3] / "conf/tree/galaxy_zoo.yaml").read_text())
SCHEMA = read_tree(TREE["questions"])
NAMES = ("images_training_rev1", "training_solutions_rev1", "images_test_rev1")

TRAINING = [str(99990 + 7 * k) for k in range(30)]
"""Ids of five and of six digits, so that the order of numbers is not that of texts."""

LABELLED = TRAINING[:4] + TRAINING[8:]
TEST = ["99991", "99998", "100020", "900000"]
SIZE = 24


def picture(object_id: str, size: int = SIZE) -> bytes:
    """A galaxy whose pixels follow from its id."""
    pixels = np.random.default_rng(int(object_id)).integers(0, 256, (size, size, 3), dtype=np.uint8)
    file = BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=90)
    return file.getvalue()


def fractions(object_id: str) -> np.ndarray:
    """Cumulative fractions that obey the tree, parent by parent."""
    generator, values = np.random.default_rng(int(object_id)), {}
    for question in SCHEMA.questions:
        shares = generator.dirichlet(np.ones(len(question.answers)))
        weight = 1.0 if question.parent is None else values[question.parent]
        values |= dict(zip(question.answers, weight * shares, strict=True))
    return np.array([values[answer] for answer in SCHEMA.columns])


def solutions(rows: dict[str, np.ndarray], columns=SCHEMA.columns, name: str = "GalaxyID") -> str:
    """The solutions table; `columns` gives their order."""
    at = [SCHEMA.columns.index(column) for column in columns]
    lines = [f"{i}," + ",".join(f"{value:.9f}" for value in values[at]) for i, values in rows.items()]
    return "\n".join([",".join([name, *columns]), *lines]) + "\n"


def write(folder: Path) -> None:
    """Write the challenge's files."""
    for name, ids in (("images_training_rev1", TRAINING), ("images_test_rev1", TEST)):
        (folder / name).mkdir()
        for object_id in ids:
            (folder / name / f"{object_id}.jpg").write_bytes(picture(object_id))
    (folder / "training_solutions_rev1.csv").write_text(solutions({i: fractions(i) for i in LABELLED}))
    classes = "".join(f"{i},{('spiral', 'edge_on', 'round_smooth')[int(i) % 3]}\n" for i in LABELLED)
    (folder / "labels_5class.csv").write_text("GalaxyID,label\n" + classes)


def zip_all(folder: Path) -> None:
    """Replace folders and solutions by the zip files that Kaggle distributes."""
    for name in NAMES:
        with zipfile.ZipFile(folder / f"{name}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            if (folder / name).is_dir():
                for path in sorted((folder / name).iterdir()):
                    archive.write(path, f"{name}/{path.name}")
                shutil.rmtree(folder / name)
            else:
                archive.write(folder / f"{name}.csv", f"{name}.csv")
                (folder / f"{name}.csv").unlink()


def opened(folder: Path, **options: Any) -> GalaxyZoo:
    """The prepared dataset."""
    made = GalaxyZoo(folder, TREE, **options)
    made.prepare()
    return made
