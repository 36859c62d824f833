"""Where everything derived lies: `$ZOO_CACHE`, by default the user's cache folder."""

import os
from pathlib import Path


def folder(*names: str) -> Path:
    """A folder of the cache, made if need be; its last name should be a hash of the content."""
    from platformdirs import user_cache_path

    root = Path(os.environ["ZOO_CACHE"]) if os.environ.get("ZOO_CACHE") else user_cache_path("zoo")
    path = root.joinpath(*names)
    path.mkdir(parents=True, exist_ok=True)
    return path
