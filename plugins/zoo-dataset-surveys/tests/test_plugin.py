"""The parts as zoo sees them."""

import os

from zoo_dataset_surveys import cutout_shards

import zoo.testing

from . import few, fields


class TestSdss(zoo.testing.DatasetConformance):
    """A few galaxies that SDSS saw."""

    name = "khan2019_sdss"
    overrides = {"validation_galaxies": few.VALIDATION_GALAXIES}

    def write(self, folder):
        few.write(folder)

    def arguments(self, folder):
        return {"root": folder, "images": folder / "sdss"}

    def damage(self, folder):
        flip(self.image(folder))

    def remove(self, folder):
        self.image(folder).unlink()

    def relabel(self, folder):
        few.write_tables(folder, few.LABEL | {few.CERTAIN[0]: "spiral"})

    def rearrange(self, folder):
        few.write_images(folder / "sdss", [few.galaxy(99)])

    def image(self, folder):
        return folder / "sdss" / f"{few.CERTAIN[0]}.png"


class TestDes(TestSdss):
    """The full overlap as DES saw it, with decoded frames in the cache."""

    name = "khan2019_des"
    overrides = {"validation_galaxies": few.VALIDATION_GALAXIES, "test": "fo", "cache": True}

    def arguments(self, folder):
        return {"root": folder, "images": folder / "des"}

    def relabel(self, folder):
        return {"ties": "spiral"}

    def rearrange(self, folder):
        few.write_images(folder / "des", ["99"])

    def image(self, folder):
        return folder / "des" / f"{few.IN_DES[few.FAINT[0]]}.png"


class TestCutouts(zoo.testing.DatasetConformance):
    """Galaxies cut out of frames of the test's own, in three bands of floats."""

    name = "cutouts"
    overrides = {"label": "label", "size": 6, "pixels": 16, "limits": [-0.01, 3.2]}

    def write(self, folder):
        fields.write(folder)

    def arguments(self, folder):
        return {"positions": folder / "positions.csv", "frames": folder / "frames"}

    def damage(self, folder):
        flip(next(cutout_shards.path("").parent.glob("*.npy")))

    def remove(self, folder):
        for band in fields.BANDS:
            (folder / "frames" / fields.name(1, band)).unlink()

    def relabel(self, folder):
        fields.write_table(folder / "positions.csv", fields.galaxies(), {"000": "wide"})

    def rearrange(self, folder):
        rows = fields.galaxies()
        fields.write_table(folder / "positions.csv", dict(reversed(rows.items())))


def flip(path):
    """Flip a bit in the midst of a file, as a bad disk does."""
    data, status = bytearray(path.read_bytes()), path.stat()
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
