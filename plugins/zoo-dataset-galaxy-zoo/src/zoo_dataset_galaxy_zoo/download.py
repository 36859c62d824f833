"""Retrieval of the challenge's files from kaggle.com, as the zip files that are distributed there."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from zoo import atomic
from zoo.errors import ZooError

COMPETITION = "galaxy-zoo-the-galaxy-challenge"
PAGE = f"https://www.kaggle.com/c/{COMPETITION}/data"
CACHE = "KAGGLEHUB_CACHE"
"""The variable that tells kagglehub where files lie while they arrive."""


def retrieve(root: Path, names: Sequence[str]) -> None:
    """Retrieve `<name>.zip` into `root` for every name that is not there in any form.

    A file appears whole; one that was broken off waits in a hidden folder, and kagglehub goes on with it. Raises
    ZooError without kagglehub, without an account's token, when Kaggle refuses, and when the connection breaks.
    """
    absent = [name for name in names if not any(root.glob(f"{name}*"))]
    if not absent:
        return
    try:
        import kagglehub
    except ImportError:
        raise ZooError(
            f"dataset.download=true needs kagglehub: pip install 'galaxy-model-zoo[kaggle]', or get the files "
            f"from {PAGE} into {root}.",
            "E-DOWNLOAD",
        ) from None
    root.mkdir(parents=True, exist_ok=True)
    with arriving(root):
        for name in absent:
            try:
                found = kagglehub.competition_download(COMPETITION, path=f"{name}.zip")
            except Exception as error:  # kagglehub's and requests' own kinds, of which there are a dozen
                raise ZooError(
                    f"{name}.zip could not be retrieved from Kaggle ({' '.join(str(error).split())}): {remedy(error)}.",
                    "E-DOWNLOAD",
                ) from error
            put(Path(found), root / f"{name}.zip")


@contextmanager
def arriving(root: Path) -> Iterator[None]:
    """Let files arrive in a hidden folder of `root`, unless the user has named one; it goes when all have arrived."""
    if CACHE in os.environ:
        yield
        return
    folder = root / ".kagglehub"
    os.environ[CACHE] = str(folder)
    try:
        yield
    finally:
        del os.environ[CACHE]
    shutil.rmtree(folder, ignore_errors=True)


def put(found: Path, path: Path) -> None:
    """Give a file its name: it is moved, or copied from another disk."""
    try:
        os.replace(found, path)
    except OSError:
        with open(found, "rb") as file, atomic.replacing(path) as copy:
            shutil.copyfileobj(file, copy)


def remedy(error: Exception) -> str:
    """What to do about an error: repeat the command where a connection broke, else be somebody whom Kaggle knows."""
    if isinstance(error, OSError) and getattr(error, "response", None) is None:
        return "repeat the command, which goes on where it was"
    return (
        f"accept the challenge's rules at {PAGE}, put a token into KAGGLE_API_TOKEN or ~/.kaggle/kaggle.json, and "
        "repeat the command"
    )
