"""The private state of an unfinished training: saved so that no kill and no full disk can lose the last good one.

Two generations are kept. `last.json` names the newest with its sha256; the older one goes only when the newer one has
been read back. Only plain types and tensors are stored, and only `weights_only=True` reads them.
"""

from __future__ import annotations

import errno
import hashlib
import json
import logging
import shutil
from pathlib import Path
from typing import Any

from zoo import atomic
from zoo.errors import CheckpointError
from zoo.failpoint import fp
from zoo.note import sha256

log = logging.getLogger("zoo")

NO_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
KEPT = 2
MB = 1e6


class Checkpoints:
    """The checkpoints of one run."""

    def __init__(self, folder: Path):
        self.folder = folder

    def save(self, state: dict[str, Any]) -> Path:
        """Write a state and its pointer, then drop the oldest. Raises CheckpointError; the former state then stands."""
        path = self.folder / f"step-{state['step']:09d}.ckpt"
        try:
            self.folder.mkdir(exist_ok=True)
            self._refuse_without_space()
            digest = self._write(path, state)
            if sha256(path) != digest:
                raise OSError(errno.EIO, "what was read back is not what was written")
            atomic.write_json(self.folder / "last.json", self._pointers(path, digest))
        except OSError as error:
            raise self._explained(error) from error
        fp("ckpt.prune")
        self._prune()
        return path

    def load(self) -> dict[str, Any] | None:
        """The newest sound state, None where none was ever saved.

        A damaged file is named in the log and the one before it is used. Raises CheckpointError where none is sound.
        """
        damaged = []
        for entry in self._entries():
            path = self.folder / entry["file"]
            if path.is_file() and sha256(path) == entry["sha256"]:
                for fault in damaged:
                    log.warning("%s; using %s (verified)", fault, path.name)
                return read(path)
            damaged.append(self._fault(path, entry))
        if damaged:
            raise CheckpointError(
                f"No checkpoint in {self.folder} is sound ({'; '.join(damaged)}): rerun=true starts afresh."
            )
        return None

    def clear(self) -> None:
        """Remove everything: the run has finished."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _write(self, path: Path, state: dict[str, Any]) -> str:
        import torch

        fp("ckpt.open")
        with atomic.replacing(path) as file:
            hashed = _Hashing(file)
            torch.save(state, hashed)
            fp("ckpt.before_fsync")
            file.flush()
            fp("ckpt.before_rename")
        fp("ckpt.after_rename")
        return hashed.digest.hexdigest()

    def _entries(self) -> list[dict[str, Any]]:
        """What the pointer lists, newest first; a damaged pointer is replaced by what lies there."""
        pointer = self.folder / "last.json"
        try:
            return json.loads(pointer.read_text())["checkpoints"]
        except FileNotFoundError:
            return []
        except (ValueError, KeyError, UnicodeDecodeError):
            log.warning("%s is damaged: taking the checkpoints beside it", pointer)
            files = sorted(self.folder.glob("step-*.ckpt"), reverse=True)
            return [{"file": p.name, "sha256": sha256(p), "bytes": p.stat().st_size} for p in files if readable(p)]

    def _pointers(self, path: Path, digest: str) -> dict[str, Any]:
        newest = {"file": path.name, "sha256": digest, "bytes": path.stat().st_size}
        older = [entry for entry in self._entries() if entry["file"] != path.name]
        return {"checkpoints": [newest, *older][:KEPT]}

    def _prune(self) -> None:
        kept = {entry["file"] for entry in self._entries()}
        for path in self.folder.glob("step-*.ckpt"):
            if path.name not in kept:
                path.unlink(missing_ok=True)

    def _fault(self, path: Path, entry: dict[str, Any]) -> str:
        if not path.is_file():
            return f"{path.name} is missing"
        found, wanted = path.stat().st_size / MB, entry["bytes"] / MB
        return f"{path.name} is damaged (sha256 mismatch, {found:.1f} of {wanted:.1f} MB)"

    def _refuse_without_space(self) -> None:
        sizes = [entry["bytes"] for entry in self._entries()]
        if sizes and shutil.disk_usage(self.folder).free < 1.1 * sizes[0]:
            raise OSError(errno.ENOSPC, "no space left on device")

    def _explained(self, error: OSError) -> CheckpointError:
        if error.errno in NO_SPACE:
            free = shutil.disk_usage(self.folder if self.folder.is_dir() else self.folder.parent).free / MB
            need = max((1.1 * entry["bytes"] / MB for entry in self._entries()), default=0)
            return CheckpointError(
                f"The training state cannot be saved: {self.folder} has {free:.0f} MB free, {need:.0f} MB are needed; "
                "free space, or choose another folder with runs=DIR.",
                "E-CKPT-NOSPACE",
            )
        name = errno.errorcode.get(error.errno or 0, "error")
        return CheckpointError(
            f"The training state cannot be saved in {self.folder} ({name}: {error.strerror}): check the folder, or "
            "choose another one with runs=DIR.",
            "E-CKPT-WRITE",
        )


class _Hashing:
    """A file that hashes what is written to it; torch.save needs only `write` and `flush`."""

    def __init__(self, file: Any):
        self.file, self.digest, self.halfway = file, hashlib.sha256(), True

    def write(self, chunk: Any) -> int:
        self.digest.update(chunk)
        written = self.file.write(chunk)
        if self.halfway:
            self.halfway = False
            fp("ckpt.half")
        return written

    def flush(self) -> None:
        self.file.flush()


def read(path: Path) -> dict[str, Any]:
    """A state from a file of our own: plain types and tensors only."""
    import torch

    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises half a dozen kinds for a file that is not its own
        raise CheckpointError(f"{path} is no training state of zoo's: rerun=true starts afresh.") from error


def readable(path: Path) -> bool:
    """Whether a checkpoint can be read at all."""
    try:
        return bool(read(path))
    except CheckpointError:
        return False
