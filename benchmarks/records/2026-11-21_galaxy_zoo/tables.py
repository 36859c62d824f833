"""Tables of real galaxies, in which a third of those with fractions or votes validates: `python tables.py DATA OUT`.

fractions.csv: the labelled rows of the Kaggle sample and of Galaxy Zoo 2 without its copies of Kaggle images, and the
test images of the challenge, which have no label. classes.csv: the five classes; a galaxy that validates the fractions
validates here too, so that no network has seen one. votes.csv and shares.csv: Galaxy Zoo 2 alone, as numbers of votes
and as the fractions that follow from them.
"""

import hashlib
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from zoo import build, fit
from zoo.compose import config
from zoo.dataset import all_targets, hash_split
from zoo.schema import VoteCounts

KAGGLE, ZOO2 = "kaggle_galaxy_zoo", "gz2_sample"
THIRD = {"validation": 1 / 3, "train": 2 / 3}
TENTH = {"validation": 0.1, "train": 0.9}


def main(data: Path, out: Path) -> None:
    """Write the four tables and say how many rows came from where."""
    out.mkdir(parents=True, exist_ok=True)
    test = pd.DataFrame({"image": [f"{KAGGLE}/images_test_rev1/{p.name}" for p in images(data / KAGGLE, "test")]})
    test["object_id"], test["split"] = [Path(path).stem for path in test["image"]], "test"
    kaggle = pd.read_csv(data / KAGGLE / "training_solutions_rev1.csv", dtype=str)
    kaggle = named(kaggle, f"{KAGGLE}/images_training_rev1/", "")
    zoo2 = named(pd.read_csv(data / ZOO2 / "solutions_gz2_debiased.csv", dtype=str), f"{ZOO2}/images/", "gz2-")
    seen = {pixels(path) for kind in ("training", "test") for path in images(data / KAGGLE, kind)}
    copies = np.array([pixels(data / path) in seen for path in zoo2["image"]])
    fractions = pd.concat([kaggle, zoo2[~copies], test], ignore_index=True)
    fractions.to_csv(out / "fractions.csv", index=False)
    validate = (fractions["split"] == "validation").sum()
    print(f"fractions: {len(kaggle)} Kaggle rows, {(~copies).sum()} of Galaxy Zoo 2 ({copies.sum()} copies left out)")
    print(f"of which {validate} validate, and {len(test)} test images")

    classes = pd.read_csv(data / KAGGLE / "labels_5class.csv", dtype=str)
    classes["image"] = f"{KAGGLE}/images_training_rev1/" + classes["GalaxyID"] + ".jpg"
    held = set(kaggle.loc[kaggle["split"] == "validation", "object_id"])
    by_hash = hash_split(classes["GalaxyID"].tolist(), TENTH)
    classes["split"] = np.where(classes["GalaxyID"].isin(held), "validation", by_hash)
    classes.to_csv(out / "classes.csv", index=False)
    print(f"classes: {len(classes)} galaxies, {(classes['split'] == 'validation').sum()} validate")

    ids, schema, votes = counts(data)
    rows = named(pd.DataFrame({"GalaxyID": ids}), f"{ZOO2}/images/", "gz2-")
    for name, numbers in (("votes", votes), ("shares", cumulative(schema, votes))):
        pd.concat([rows, pd.DataFrame(numbers, columns=schema.columns)], axis=1).to_csv(
            out / f"{name}.csv", index=False
        )
    print(f"votes: {len(rows)} galaxies of Galaxy Zoo 2, {(rows['split'] == 'validation').sum()} validate")


def named(table: pd.DataFrame, folder: str, prefix: str) -> pd.DataFrame:
    """A table of labels with image and split beside the ids."""
    table = table.rename(columns={"GalaxyID": "object_id"})
    table.insert(1, "image", folder + table["object_id"] + ".jpg")
    table["object_id"] = prefix + table["object_id"]
    table.insert(2, "split", hash_split(table["object_id"].tolist(), THIRD, salt="third"))
    return table


def images(folder: Path, kind: str) -> list[Path]:
    """The images of the challenge's sample."""
    return sorted((folder / f"images_{kind}_rev1").glob("*.jpg"))


def pixels(path: Path) -> str:
    """A hash of an image's pixels."""
    return hashlib.sha256(Image.open(path).convert("RGB").tobytes()).hexdigest()


def counts(data: Path) -> tuple[list[str], VoteCounts, np.ndarray]:
    """Ids, tree and votes of Galaxy Zoo 2, as the data set reads them; without those that break the tree."""
    words = ["dataset=galaxy_zoo", "dataset.schema=votes", f"dataset.root={data / ZOO2}", "dataset.violations=drop"]
    cfg = config("train", words)
    dataset = build.prepared_dataset(fit.choices_of(cfg.hydra.runtime.choices), fit.values_of(cfg))
    votes = np.asarray(all_targets(dataset))
    known = ~np.isnan(votes).all(axis=1)
    return dataset.table["object_id"][known].tolist(), dataset.schema, np.nan_to_num(votes[known])


def cumulative(schema: VoteCounts, votes: np.ndarray) -> np.ndarray:
    """Shares of the votes on a question times the fraction of its parent answer, along the tree."""
    found = np.zeros_like(votes, dtype=float)
    for where, parent in zip(schema.slices, schema.parents, strict=True):
        total = votes[:, where].sum(axis=1, keepdims=True)
        come = 1.0 if parent is None else found[:, [parent]]
        share = np.divide(votes[:, where], total, out=np.zeros_like(found[:, where]), where=total > 0)
        found[:, where] = come * np.where(total > 0, share, 1 / (where.stop - where.start))
    return found


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
