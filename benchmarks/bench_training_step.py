"""How fast is a training step of the 16-part networks, and how much of it is zoo's own?

naive: gz_convnet written plainly, eager in 32 bits, SGD as torch runs it by default, on pages of 4 kB.
chosen: the network of zoo's parts in a bare loop with what zoo chooses for this machine: arithmetic, layout, fused
    optimizer, huge pages.
zoo: the same through LitModel and Lightning's Trainer, as `zoo train` does it.

Behind the table stand galaxies per second, arithmetic per second (and its share of `--peak`) and how long the 25
million galaxies of the published training would take; on a GPU that is what to look at (`--batch 512`).

Each way lives in a process of its own, because huge pages are decided when torch is imported, and takes its turn on the
same ready views, step by step: on a machine that others use too, steps differ by half, and their medians by much less.
All must begin with the same losses, dropout included.
"""

import argparse
import itertools
import multiprocessing
import os
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection
from unittest import mock

import numpy as np
import rounds
import torch
import yaml
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from zoo import build, compose, draws, environment, precision, registry
from zoo.augmenter import Augmenter
from zoo.datamodule import Batch
from zoo.model import GalaxyModel
from zoo.schema import VoteFractions, read_tree

NAIVE, CHOSEN, ZOO = "naive: eager, 32 bits", "chosen: a bare loop", "zoo: through its Trainer"
PLAIN = "gz_convnet"
"""The network that `PlainNetwork` is."""

PUBLISHED_GALAXIES = 25_000_000
"""Seen by the published training: 1,562,500 steps of 16 (spec D11)."""

RATE = 0.1
BATCHES = 4
NUM_VIEWS, NUM_BANDS, SIZE = 2, 3, 69


def main() -> None:
    """Check that the ways agree, time them in turn, print what the choices bring and what the framework costs."""
    options = arguments()
    print(
        "| network | way | ms a step: median (min to max) | times faster: median (95 % interval) |\n|---|---|---|---|"
    )
    taken = {
        name: compare(name, (NAIVE, CHOSEN) if name == PLAIN else (CHOSEN,), options) for name in options.architectures
    }
    print("\n".join(["", *(work(measured, options) for measured in taken.items())]))
    chosen, why = precision.choose()
    print(f"\n{options.rounds} rounds of {options.steps} steps of {options.batch} galaxies; {chosen}: {why}")
    print(rounds.circumstances())


def compare(architecture: str, bare: Sequence[str], options: argparse.Namespace) -> float:
    """Print a row for each way of training a network, compared with the one before it; returns zoo's seconds a step."""
    ways = {name: Way(name, architecture, options) for name in (*bare, ZOO)}
    try:
        losses = {name: way() for name, way in ways.items()}
        tolerance = 1e-3 if precision.choose()[0] == precision.FULL else 2e-2
        for name, found in losses.items():
            np.testing.assert_allclose(found, losses[bare[0]], rtol=tolerance, err_msg=name)
        taken = rounds.interleaved(ways, options.rounds)
    finally:
        for way in ways.values():
            way.process.kill()  # Lightning would hold a SIGTERM until its batch ends
    before = None
    for name, seconds in taken.items():
        ms = 1e3 * np.array(seconds) / options.steps
        faster = "{:.2f} ({:.2f} to {:.2f})".format(*rounds.median(np.divide(before, ms))) if before else "–"
        cells = [f"{architecture} | {name}", spread(ms), faster]
        print(f"| {' | '.join(cells)} |", flush=True)
        before = ms.tolist()
    return float(np.median(taken[ZOO])) / options.steps


def work(measured: tuple[str, float], options: argparse.Namespace) -> str:
    """A line on how much a network computes in zoo's steps, and how long a published training would be."""
    (name, seconds), batch = measured, options.batch
    speed = flops(name, batch) / seconds / 1e12
    share = f" ({speed / options.peak:.0%} of {options.peak:g})" if options.peak else ""
    hours = PUBLISHED_GALAXIES / batch * seconds / 3600
    return f"{name}: {batch / seconds:.0f} galaxies/s, {speed:.3g} TFLOP/s{share}, 25 million galaxies in {hours:.0f} h"


def flops(architecture: str, batch: int) -> int:
    """Floating-point operations of a step, forward and backward, without those of head and optimizer."""
    with torch.device("meta"):
        model = galaxy_model(architecture)
        images = torch.empty(batch, NUM_VIEWS * NUM_BANDS, SIZE, SIZE)
        with FlopCounterMode(display=False) as counted:
            model.backbone(model.augmenter.views(images, None)).sum().backward()
    return counted.get_total_flops()


def spread(values: np.ndarray) -> str:
    """Median, smallest and largest."""
    return f"{np.median(values):.0f} ({values.min():.0f} to {values.max():.0f})"


class Way:
    """A process that trains in one way; a call lets it take the next steps and returns their losses."""

    def __init__(self, name: str, architecture: str, options: argparse.Namespace):
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=train, args=(name, architecture, options, theirs), daemon=True)
        with mock.patch.dict(os.environ, THP_MEM_ALLOC_ENABLE="0" if name == NAIVE else "1"):
            self.process.start()

    def __call__(self) -> list[float]:
        self.connection.send("go")
        return self.connection.recv()


class Turn:
    """What a way calls after each step, and where it waits until it is its turn again."""

    def __init__(self, connection: Connection, steps: int):
        self.connection, self.steps, self.losses = connection, steps, []
        connection.recv()

    def __call__(self, loss: float) -> None:
        self.losses.append(loss)
        if len(self.losses) == self.steps:
            self.connection.send(self.losses)
            self.losses = []
            self.connection.recv()


def train(name: str, architecture: str, options: argparse.Namespace, connection: Connection) -> None:
    """The life of a way's process."""
    torch.manual_seed(options.seed)
    model, batches = galaxy_model(architecture), ready(options)
    ways = {NAIVE: train_naively, CHOSEN: train_as_chosen, ZOO: train_by_zoo}
    ways[name](model, batches, options.seed, Turn(connection, options.steps))


def train_naively(model: GalaxyModel, batches: Iterator[Batch], seed: int, turn: Turn) -> None:
    """A plain loop over a plain network."""
    model.backbone = PlainNetwork(model.backbone.state_dict())
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE, momentum=0.9, nesterov=True)
    for step, batch in enumerate(batches):
        torch.manual_seed(draws.step_seed(seed, step, 0))  # zoo's rule: else each way would drop other units
        optimizer.zero_grad()
        loss = model.head.loss(model(batch.images, None), batch.target)
        loss.backward()
        optimizer.step()
        turn(loss.item())


def train_as_chosen(model: GalaxyModel, batches: Iterator[Batch], seed: int, turn: Turn) -> None:
    """A plain loop with the arithmetic, optimizer and device that zoo would use."""
    device = environment.device()
    reduced = precision.choose()[0] == precision.BF16
    model.to(device)
    optimizer = fused_sgd(model.parameters(), RATE)
    for step, batch in enumerate(batches):
        torch.manual_seed(draws.step_seed(seed, step, 0))
        optimizer.zero_grad()
        with torch.autocast(device.type, torch.bfloat16, enabled=reduced):
            loss = model.head.loss(model(batch.images.to(device), None), batch.target.to(device))
        loss.backward()
        optimizer.step()
        model.backbone.after_step(step + 1)
        turn(loss.item())


def train_by_zoo(model: GalaxyModel, batches: Iterator[Batch], seed: int, turn: Turn) -> None:
    """The loop of `zoo train`, without what it writes."""
    import lightning as L

    from zoo.callbacks import Bar
    from zoo.lit import LitModel
    from zoo.log import speak
    from zoo.stages import Stage

    speak()

    class Wait(L.Callback):
        def on_train_batch_end(self, trainer, lit, outputs, batch, batch_idx):  # noqa: ANN001
            turn(outputs["loss"].item())

    first = next(batches)
    rows = BATCHES * len(first.index)
    lit = LitModel(model, fused_sgd, lambda progress: 1.0, seed, num_rows=rows, steps_per_epoch=BATCHES)
    lit.enter(0, Stage(lr=RATE), first=0, end=10**9)
    trainer = L.Trainer(
        accelerator="auto",
        devices=1,
        precision=precision.choose()[0],
        max_epochs=-1,
        use_distributed_sampler=False,
        logger=False,
        callbacks=[Bar(10**9), Wait()],
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.fit(lit, itertools.chain([first], batches))


def fused_sgd(parameters: Iterator[nn.Parameter], lr: float) -> torch.optim.Optimizer:
    """The published optimizer as zoo's YAML has it."""
    return build.part("optimizer", "nesterov", compose.part_values("optimizer", "nesterov"), params=parameters, lr=lr)


class Ready(Augmenter):
    """Hands on views that were made before, packed into the bands of an image."""

    num_draws, num_views, view_size = 0, NUM_VIEWS, SIZE

    def sample(self, draws: Tensor) -> None:
        """Nothing is perturbed."""

    canonical = grid = sample

    def views(self, images: Tensor, parameters: None) -> Tensor:
        """Unpacked."""
        return images.unflatten(1, (NUM_VIEWS, NUM_BANDS)).transpose(0, 1)


def galaxy_model(architecture: str) -> GalaxyModel:
    """A network with the decision tree."""
    backbone = build.part("architecture", architecture, compose.part_values("architecture", architecture))
    told = {"schema": tree(), "num_features": backbone.num_features}
    head = build.part("head", "decision_tree", compose.part_values("head", "decision_tree"), **told)
    return GalaxyModel(Ready(), backbone, head)


def tree() -> VoteFractions:
    """The questions of Galaxy Zoo."""
    return read_tree(yaml.safe_load((registry.CONF / "tree" / "galaxy_zoo.yaml").read_text())["questions"])


def ready(options: argparse.Namespace) -> Iterator[Batch]:
    """The same few batches of noise again and again."""
    random = torch.Generator().manual_seed(options.seed)
    names, batches = [str(k) for k in range(options.batch)], []
    for first in range(0, BATCHES * options.batch, options.batch):
        images = torch.rand(options.batch, NUM_VIEWS * NUM_BANDS, SIZE, SIZE, generator=random)
        target = torch.rand(options.batch, len(tree().columns), generator=random)
        batches.append(Batch(images, target, names, torch.arange(first, first + options.batch), {}))
    return itertools.cycle(batches)


class PlainNetwork(nn.Module):
    """The same network as one writes it down: maps channels first, one layer after the other."""

    def __init__(self, state: dict[str, Tensor]):
        super().__init__()
        values = [value.permute(2, 0, 1) if name.endswith("bias.bias") else value for name, value in state.items()]
        self.weights = nn.ParameterList(nn.Parameter(value.clone().contiguous()) for value in values)

    def forward(self, views: Tensor) -> Tensor:
        """Sixteen parts, four convolutions, two maxout layers."""
        weights = iter(self.weights)
        x = torch.cat([part for view in views for copy in (view, view.flip(-1)) for part in corners(copy)])
        for pooled in (True, True, False, True):
            x = F.relu(F.conv2d(x, next(weights)) + next(weights))
            x = F.max_pool2d(x, 2) if pooled else x
        x = x.flatten(1).unflatten(0, (16, -1)).transpose(0, 1).flatten(1)
        for _ in range(2):
            x = F.linear(F.dropout(x, 0.5, self.training), next(weights), next(weights))
            x = x.unflatten(1, (-1, 2)).amax(-1)
        return x


def corners(view: Tensor) -> list[Tensor]:
    """Four corners of 45 pixels, clockwise, turned so that the centre is at the lower right."""
    cut = [view[..., :45, :45], view[..., :45, -45:], view[..., -45:, -45:], view[..., -45:, :45]]
    return [corner.rot90(k, (-2, -1)) for k, corner in enumerate(cut)]


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("architectures", nargs="*", default=[PLAIN], help="such as gz_bigger (default: %(default)s)")
    parser.add_argument("--batch", type=int, default=16, help="galaxies in a batch (default: %(default)s)")
    parser.add_argument("--steps", type=int, default=1, help="of a way in a round (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=60, help="default: %(default)s")
    parser.add_argument("--peak", type=float, help="of the device in this arithmetic, TFLOP/s")
    parser.add_argument("--seed", type=int, default=0, help="of weights, data and dropout (default: %(default)s)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
