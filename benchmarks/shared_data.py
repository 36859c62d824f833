"""Where the samples of real galaxies lie: `$ZOO_SHARED`, by default the folder `shared` beside the repository."""

import os
from pathlib import Path

DATA = Path(os.environ.get("ZOO_SHARED") or Path(__file__).parents[2] / "shared") / "data"
KAGGLE_IMAGES = DATA / "kaggle_galaxy_zoo" / "images_training_rev1"
