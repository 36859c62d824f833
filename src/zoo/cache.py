"""Where everything derived lies: `$ZOO_CACHE`, by default the user's cache folder."""

import os
import shutil
from pathlib import Path

from zoo.errors import ZooError


def folder(*names: str) -> Path:
    """A folder of the cache, made if need be; its last name should be a hash of the content."""
    from platformdirs import user_cache_path

    root = Path(os.environ["ZOO_CACHE"]) if os.environ.get("ZOO_CACHE") else user_cache_path("zoo")
    path = root.joinpath(*names)
    path.mkdir(parents=True, exist_ok=True)
    return path


def refuse_full(place: Path, need: int, what: str, instead: str) -> None:
    """Raise ZooError if a disk of the cache has no room for so many bytes. instead: what else can be done."""
    if need > (free := shutil.disk_usage(place).free):
        raise ZooError(
            f"{what} needs {need / 1e9:.1f} GB in {place}, where {free / 1e9:.1f} GB are free: set ZOO_CACHE to a "
            f"larger disk, or {instead}.",
            "E-CACHE-NOSPACE",
        )
