"""Weights on disk: safetensors, which hold tensors and nothing else."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from zoo import atomic
from zoo.errors import CheckpointError


def write(path: Path, tensors: Mapping[str, Tensor]) -> str:
    """Replace a safetensors file; returns its sha256. The same tensors give the same bytes.

    A tensor under two names, as of tied layers, is written under both: no file may hold memory that is shared.
    """
    from safetensors.torch import save

    content = save({name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()})
    with atomic.replacing(path) as file:
        file.write(content)
    return hashlib.sha256(content).hexdigest()


def read(path: Path, sha256: str | None = None) -> dict[str, Tensor]:
    """The tensors of a safetensors file.

    Raises CheckpointError where the file is missing, holds a pickle (code), is damaged, or has another sha256.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load

    if not path.is_file():
        raise CheckpointError(f"There are no weights at {path}: restore the file, or train the run again.")
    content = path.read_bytes()
    if holds_code(content):
        raise CheckpointError(
            f"{path} is a pickle, which can hold code; zoo opens only .safetensors from others: "
            "ask its author for a safetensors file.",
            "E-CKPT-UNSAFE",
        )
    found = hashlib.sha256(content).hexdigest()
    if sha256 is not None and found != sha256:
        raise CheckpointError(
            f"{path} is damaged or replaced: sha256 {found[:12]}, expected {sha256[:12]}; restore or train it again."
        )
    try:
        return load(content)
    except (SafetensorError, ValueError, KeyError) as error:
        raise CheckpointError(f"{path} is no valid safetensors file ({error}): fetch it again.") from error


def holds_code(content: bytes) -> bool:
    """Whether a file is a pickle, or an archive of the kinds that carry one."""
    is_zip, is_pickle, is_tar = content[:2] == b"PK", content[:1] == b"\x80", content[257:262] == b"ustar"
    return is_zip or is_pickle or is_tar or content[:6] == b"\x93NUMPY" or content[:1] in (b"(", b"c", b"]", b"}")


def load_into(module: torch.nn.Module, tensors: Mapping[str, Tensor], source: Path) -> None:
    """Put tensors into a module, strictly.

    Raises CheckpointError with the first missing, surplus and differently shaped names and the likely cause.
    """
    own = module.state_dict()
    missing, surplus = sorted(own.keys() - tensors.keys()), sorted(tensors.keys() - own.keys())
    shapes = [
        f"{name} {tuple(tensors[name].shape)} for {tuple(own[name].shape)}"
        for name in sorted(own.keys() & tensors.keys())
        if own[name].shape != tensors[name].shape
    ]
    found = {"missing": missing, "surplus": surplus, "shape": shapes}
    if any(found.values()):
        told = "; ".join(f"{what}: {', '.join(names[:5])}" for what, names in found.items() if names)
        raise CheckpointError(f"The weights in {source} belong to another network ({told}): check the parts chosen.")
    module.load_state_dict(dict(tensors))
