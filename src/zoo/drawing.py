"""What the function of a figure returns: a picture, and the numbers drawn in it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from zoo import atomic, style
from zoo.errors import ZooError

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

UNDATED = {"svg": {"Date": None, "Creator": None}, "png": {"Software": None}}
"""What matplotlib writes of itself and of the day is left out: the same numbers give the same bytes."""


@dataclass(frozen=True)
class Drawing:
    """A picture, and a table of the numbers drawn in it: one row per mark. page: a picture to touch, as HTML."""

    picture: Figure
    numbers: pd.DataFrame
    page: str | None = None

    def write(self, folder: Path, name: str) -> Path:
        """Write `<name>.csv`, the page if there is one, `<name>.svg` and `<name>.png`, each whole or not at all.

        Returns the path of the last.

        Raises ZooError where the folder cannot be written.
        """
        png = folder / f"{name}.png"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            atomic.write_text(folder / f"{name}.csv", self.numbers.to_csv(index=False))
            if self.page is not None:
                atomic.write_text(folder / f"{name}.html", self.page)
            for path in (folder / f"{name}.svg", png):
                kind = path.suffix[1:]
                small = {"pil_kwargs": {"optimize": True}} if kind == "png" else {}
                with atomic.replacing(path) as file:
                    self.picture.savefig(file, format=kind, dpi=style.DPI, metadata=UNDATED[kind], **small)
        except OSError as error:
            raise ZooError(
                f"{folder} cannot be written ({error.strerror}): choose another folder with out=DIR."
            ) from error
        return png
