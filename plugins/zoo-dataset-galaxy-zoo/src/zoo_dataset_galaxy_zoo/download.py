"""Retrieval of the challenge's files from kaggle.com, as the zip files that are distributed there."""

from collections.abc import Sequence
from pathlib import Path

from zoo.errors import ZooError

COMPETITION = "galaxy-zoo-the-galaxy-challenge"
PAGE = f"https://www.kaggle.com/c/{COMPETITION}/data"


def retrieve(root: Path, names: Sequence[str]) -> None:
    """Retrieve `<name>.zip` into `root` for every name that is not there in any form.

    Raises ZooError without kagglehub, without an account's token, or when Kaggle refuses.
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
    for name in absent:
        try:
            kagglehub.competition_download(COMPETITION, path=f"{name}.zip", output_dir=str(root))
        except Exception as error:  # kagglehub's and requests' own kinds, of which there are a dozen
            raise ZooError(
                f"{name}.zip could not be retrieved from Kaggle ({error}): accept the challenge's rules at {PAGE}, put "
                "a token into KAGGLE_API_TOKEN or ~/.kaggle/kaggle.json, and repeat the command.",
                "E-DOWNLOAD",
            ) from error
