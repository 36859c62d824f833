"""Trained weights from timm's hub or from a file: safetensors, which hold numbers only; nothing is ever unpickled."""

from __future__ import annotations

from pathlib import Path

import timm
from torch import Tensor, nn

from zoo import weights
from zoo.errors import CheckpointError, ZooError


def read(name: str, path: Path | None) -> dict[str, Tensor]:
    """The tensors of a file, or those of this name on timm's hub.

    Raises CheckpointError for a file that is no safetensors file, ZooError where the hub cannot be had.
    """
    return weights.read(path or from_hub(name))


def from_hub(name: str) -> Path:
    """The safetensors file of this network, from the hub or its cache. Raises ZooError where there is none."""
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import EntryNotFoundError

    config = timm.get_pretrained_cfg(name)
    repository = config.hf_hub_id or f"timm/{config.architecture}.{config.tag}"
    filename = (config.hf_hub_filename or "model.safetensors").replace("pytorch_model.bin", "model.safetensors")
    try:
        return Path(hf_hub_download(repository, filename))
    except (OSError, EntryNotFoundError) as error:
        raise ZooError(
            f"architecture.pretrained=true needs {filename} of {repository} from huggingface.co, which cannot be had "
            f"({type(error).__name__}): fetch it where there is a network and give architecture.weights=FILE, or train "
            "from scratch with architecture.pretrained=false."
        ) from error


def check_complete(net: nn.Module, tensors: dict[str, Tensor], name: str, path: Path | None) -> None:
    """Raise CheckpointError unless every layer of the network was in the file; counters may be absent."""
    missing = [n for n in net.state_dict() if n not in tensors and not n.endswith("num_batches_tracked")]
    if missing:
        raise foreign(name, path, f"it lacks {', '.join(missing[:3])}")


def foreign(name: str, path: Path | None, found: str) -> CheckpointError:
    """The refusal of weights that belong to another network."""
    told = " ".join(found.split())[:300]
    return CheckpointError(
        f"{path or 'The file of the hub'} does not hold the weights of {name} in timm's names ({told}): check "
        "architecture.name and architecture.weights."
    )
