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


SOURCE = yaml.safe_load((Path(__file__).parents[1] / "src/zoo_dataset_galaxy_zoo/conf/votes/gz2.yaml").read_text())
GZ2 = yaml.safe_load((Path(__file__).parents[3] / "conf/tree/gz2.yaml").read_text())
STEMS = read_tree(GZ2["questions"]).columns
STARS = STEMS.index("t01_smooth_or_features_a03_star_or_artifact")


def votes(object_id: str) -> np.ndarray:
    """Numbers of votes on the 37 answers: 23 to 60 volunteers walk down the tree, and star or artefact ends it."""
    random, tree = np.random.default_rng(int(object_id)), read_tree(GZ2["questions"], counts=True)
    found, volunteers = np.zeros(37, int), random.integers(23, 61)
    for question, where, parent in zip(tree.questions, tree.slices, tree.parents, strict=True):
        asked = volunteers if parent is None else found[parent]
        if question.name == "t06_odd":
            asked = volunteers - found[STARS]
        found[where] = random.multinomial(asked, random.dirichlet(np.ones(len(question.answers))))
    return found


def counted(rows: dict[str, np.ndarray], stems=STEMS) -> str:
    """The table of Galaxy Zoo 2 with numbers of votes."""
    lines = [",".join([i, *(str(values[STEMS.index(stem)]) for stem in stems)]) for i, values in rows.items()]
    return "\n".join([",".join(["asset_id", *(f"{stem}_count" for stem in stems)]), *lines]) + "\n"


def shared_out(rows: dict[str, np.ndarray]) -> str:
    """The same with three digits of fractions and totals, as the sample of it has them."""
    tree = read_tree(GZ2["questions"], counts=True)
    names = [f"{stem}_fraction" for stem in STEMS[:2]] + [f"{stem}_weighted_fraction" for stem in STEMS]
    lines = [",".join(["asset_id", "total_classifications", "total_votes", *names])]
    for object_id, values in rows.items():
        parts = np.concatenate([values[k] / max(values[k].sum(), 1) for k in tree.slices])
        cells = [f"{part:.3f}" for part in (*parts[:2], *parts)]
        lines.append(",".join([object_id, f"{values[:3].sum()}.0", f"{values.sum()}.0", *cells]))
    return "\n".join(lines) + "\n"


def write_votes(folder: Path, text: str | None = None) -> None:
    """Write Galaxy Zoo 2 in small: images by asset_id, and the table of votes."""
    (folder / "images").mkdir(exist_ok=True)
    for object_id in TRAINING:
        (folder / "images" / f"{object_id}.jpg").write_bytes(picture(object_id))
    (folder / "gz2_votes.csv").write_text(text or counted({i: votes(i) for i in LABELLED}))


def opened(folder: Path, **options: Any) -> GalaxyZoo:
    """The prepared dataset."""
    made = GalaxyZoo(folder, TREE, **options)
    made.prepare()
    return made
