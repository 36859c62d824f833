"""Transfer: a training that begins with what another run has learnt."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor, nn

from zoo import weights
from zoo.model import GalaxyModel
from zoo.run import WEIGHTS, Run


def begin_with(folder: Path, model: GalaxyModel) -> str:
    """Put the weights of a finished run into a model: its backbone, and its head where that answers the same questions.

    Returns what was taken, in words. Raises CheckpointError where the backbone is another network or the file is
    damaged, and ZooError for an unfinished run.
    """
    run, path = Run.open(folder), Path(folder) / WEIGHTS
    learnt = weights.read(path, run.description["sha256"])
    weights.load_into(model.backbone, below("backbone.", learnt), path)
    head = below("head.", learnt)
    if run.schema == model.head.schema and fits(head, model.head):
        weights.load_into(model.head, head, path)
        return f"backbone and head of {folder}"
    return f"the backbone of {folder}; the head is new"


def below(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors of one submodule, by their names in it."""
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def fits(tensors: Mapping[str, Tensor], module: nn.Module) -> bool:
    """Whether names and shapes are the module's own."""
    own = module.state_dict()
    return {name: t.shape for name, t in tensors.items()} == {name: t.shape for name, t in own.items()}
