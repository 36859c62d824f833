"""The data set does what zoo expects of one, on a few fake galaxies in the layout of the real ones."""

from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from zoo.testing import DatasetConformance


class TestTemplateDataset(DatasetConformance):
    name = "template_dataset"
    kills = 1

    def write(self, folder: Path) -> None:
        (folder / "images").mkdir()
        random, ids = np.random.default_rng(0), [f"00{k:02d}" for k in range(12)]
        for object_id in ids:
            Image.fromarray(random.integers(0, 256, (16, 16, 3), dtype=np.uint8)).save(image(folder, object_id))
        pd.DataFrame({"object_id": ids, "label": ["disk", "smooth"] * 6}).to_csv(folder / "labels.csv", index=False)

    def arguments(self, folder: Path) -> dict[str, str]:
        return {"root": str(folder)}

    def damage(self, folder: Path) -> None:
        file = image(folder, "0003")
        file.write_bytes(file.read_bytes()[:200])

    def remove(self, folder: Path) -> None:
        image(folder, "0003").unlink()

    def relabel(self, folder: Path) -> None:
        rewrite(folder, lambda rows: [rows[0].replace("disk", "smooth"), *rows[1:]])

    def rearrange(self, folder: Path) -> None:
        rewrite(folder, lambda rows: rows[::-1])


def image(folder: Path, object_id: str) -> Path:
    """The file of a galaxy."""
    return folder / "images" / f"{object_id}.png"


def rewrite(folder: Path, change) -> None:
    """Change the rows of the table, below its header."""
    header, *rows = (folder / "labels.csv").read_text().splitlines()
    (folder / "labels.csv").write_text("\n".join([header, *change(rows), ""]))
