"""`python -m zoo_dataset_surveys.standin FIELDS TABLE.csv`: write the galaxies of a stand-in sky, then serve it."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from zoo_dataset_surveys.standin import Sky
from zoo_dataset_surveys.standin.galaxy import made, table

USAGE = "python -m zoo_dataset_surveys.standin FIELDS TABLE.csv"


def main(arguments: list[str]) -> None:
    """Write the table, print the address, and answer until the program is interrupted."""
    if len(arguments) != 2 or not arguments[0].isdigit():
        sys.exit(f"Say how many fields of four galaxies, and where their table goes: {USAGE}")
    galaxies = made(int(arguments[0]))
    table(galaxies).to_csv(Path(arguments[1]), index=False)
    with Sky(galaxies) as sky:
        print(sky.url, flush=True)
        while True:
            time.sleep(3600)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(0)
