"""The part as zoo sees it."""

import os
import zipfile
from pathlib import Path

import zoo.testing

from . import challenge


class TestGalaxyZoo(zoo.testing.DatasetConformance):
    """The challenge in small, as folders."""

    name = "galaxy_zoo"

    def write(self, folder):
        challenge.write(folder)

    def arguments(self, folder):
        return {"root": folder, "tree": challenge.TREE}

    def damage(self, folder):
        path = self.image(folder)
        data, status = bytearray(path.read_bytes()), path.stat()
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))

    def remove(self, folder):
        self.image(folder).unlink()

    def relabel(self, folder):
        rows = {i: challenge.fractions(i) for i in challenge.LABELLED}
        rows[challenge.LABELLED[0]] = challenge.fractions("1")
        (folder / "training_solutions_rev1.csv").write_text(challenge.solutions(rows))

    def rearrange(self, folder):
        (folder / "images_training_rev1" / "12.jpg").write_bytes(challenge.picture("12"))

    def image(self, folder) -> Path:
        return folder / "images_training_rev1" / f"{challenge.LABELLED[9]}.jpg"


class TestZips(TestGalaxyZoo):
    """The challenge in small, as the zips that Kaggle distributes, with decoded frames in the cache."""

    overrides = {"cache": True}

    def write(self, folder):
        challenge.write(folder)
        challenge.zip_all(folder)

    def arguments(self, folder):
        return {"root": folder, "tree": challenge.TREE}

    def damage(self, folder):
        path = folder / "images_training_rev1.zip"
        member = zipfile.ZipFile(path).infolist()[4]
        data = bytearray(path.read_bytes())
        data[member.header_offset + member.compress_size // 2] ^= 1
        path.write_bytes(data)

    def remove(self, folder):
        (folder / "images_training_rev1.zip").unlink()

    def relabel(self, folder):
        (folder / "training_solutions_rev1.zip").unlink()
        super().relabel(folder)

    def rearrange(self, folder):
        (folder / "images_test_rev1.zip").unlink()


class TestVotes(TestGalaxyZoo):
    """Galaxy Zoo 2 in small, with numbers of votes."""

    overrides = {"schema": "votes", "votes": challenge.SOURCE}

    def write(self, folder):
        challenge.write_votes(folder)

    def arguments(self, folder):
        return {"root": folder, "tree": challenge.GZ2}

    def relabel(self, folder):
        rows = {i: challenge.votes(i) for i in challenge.LABELLED}
        rows[challenge.LABELLED[0]] = challenge.votes("1")
        (folder / "gz2_votes.csv").write_text(challenge.counted(rows))

    def rearrange(self, folder):
        (folder / "images" / "12.jpg").write_bytes(challenge.picture("12"))

    def image(self, folder) -> Path:
        return folder / "images" / f"{challenge.LABELLED[9]}.jpg"
