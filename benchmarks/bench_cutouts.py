"""How much faster are the cutouts of many galaxies in one frame than opening the frame's file once per galaxy?

The naive way: for each galaxy, `astropy.io.fits.open`, the WCS of the header, and `astropy.nddata.Cutout2D`, padded.
zoo reads the frame once and looks its galaxies up together. The frame has the size of one of SDSS, 2048×1489 pixels of
noise. Both ways must give the same pixels before anything is timed.
"""

import argparse
import os
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

os.environ["OMP_NUM_THREADS"] = "1"  # before NumPy is imported

import numpy as np  # noqa: E402
import rounds  # noqa: E402
from astropy.io import fits  # noqa: E402
from astropy.nddata import Cutout2D  # noqa: E402
from astropy.wcs import WCS  # noqa: E402
from zoo_dataset_surveys import frame  # noqa: E402
from zoo_dataset_surveys.cutter import Cutter, Target  # noqa: E402
from zoo_dataset_surveys.size import CutoutSize  # noqa: E402

HEIGHT, WIDTH, SCALE = 1489, 2048, 0.396
NAIVE, ZOO = "the file opened for each galaxy", "zoo: one frame for all"
GROWN = "the same for ten times as many, per galaxy"


def main() -> None:
    """Check that the ways agree, time them, print the table."""
    options = arguments()
    with TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = Path(folder) / "frame.fits"
        wcs = write_frame(path, options.seed)
        targets = galaxies(wcs, options.galaxies, options.seed)
        many = galaxies(wcs, 10 * options.galaxies, options.seed)
        np.testing.assert_array_equal(shared(path, targets, options.side), opened(path, targets, options.side))
        ways = {
            NAIVE: lambda: opened(path, targets, options.side),
            ZOO: lambda: shared(path, targets, options.side),
            GROWN: lambda: shared(path, many, options.side),
        }
        taken = rounds.interleaved(ways, options.rounds, clock=time.process_time)
    taken[GROWN] = [seconds / 10 for seconds in taken[GROWN]]
    print(rounds.table(taken, NAIVE, len(targets), "galaxies"))
    print(f"\n{options.rounds} rounds of {len(targets)} galaxies, {options.side} pixels a side, seconds of one core")
    print(rounds.circumstances())


def write_frame(path: Path, seed: int) -> WCS:
    """A frame of noise with a tangential WCS, turned as frames of a drift scan are."""
    wcs = WCS(naxis=2)
    wcs.wcs.ctype, wcs.wcs.crval, wcs.wcs.crpix = ["RA---TAN", "DEC--TAN"], [150, 2], [WIDTH / 2 + 1, HEIGHT / 2 + 1]
    turn = np.radians(29)
    wcs.wcs.cd = SCALE / 3600 * np.array([[np.sin(turn), np.cos(turn)], [np.cos(turn), -np.sin(turn)]])
    image = np.random.default_rng(seed).standard_normal((HEIGHT, WIDTH), np.float32)
    fits.PrimaryHDU(image, wcs.to_header()).writeto(path)
    return wcs


def galaxies(wcs: WCS, number: int, seed: int) -> list[Target]:
    """Positions all over the frame and at its edges."""
    x, y = np.random.default_rng(seed + 1).random((2, number)) * [[WIDTH - 1], [HEIGHT - 1]]
    ra, dec = wcs.all_pix2world(x, y, 0)
    return [Target(str(k), *map(float, place)) for k, place in enumerate(zip(ra, dec, strict=True))]


def opened(path: Path, targets: Sequence[Target], side: int) -> np.ndarray:
    """The naive way, [galaxy, row, column]."""
    made = []
    for target in targets:
        with fits.open(path) as units:
            x, y = WCS(units[0].header).all_world2pix(target.ra, target.dec, 0)
            cut = Cutout2D(units[0].data, (float(x), float(y)), side, mode="partial", fill_value=0)
            made.append(cut.data.astype(np.float32))
    return np.stack(made)


def shared(path: Path, targets: Sequence[Target], side: int) -> np.ndarray:
    """zoo's way, [galaxy, row, column]."""
    cutter = Cutter({"r": frame.read(path)}, CutoutSize(side, "pixels"))
    return np.stack([cutout.pixels[0] for cutout in cutter.cutouts(targets)])


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--galaxies", type=int, default=100, help="in the frame (default: %(default)s)")
    parser.add_argument("--side", type=int, default=79, help="of a cutout, in pixels, odd (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=9, help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=0, help="of noise and positions (default: %(default)s)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
