"""From samples to batches: the right galaxies in the right order, uint8 until the device."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int, Shaped
from torch import Tensor
from torch.utils.data import DataLoader

from zoo import draws
from zoo.dataset import Dataset, Sample
from zoo.desk import Desk, Packed, Rows
from zoo.errors import ZooError, ZooImageError
from zoo.failpoint import fp
from zoo.reading import POLL, Reading
from zoo.worker import end_with_parent, fork_server

WORKER_TIMEOUT = 300.0
"""Seconds after which workers that deliver nothing count as hung, unless `worker_timeout` says otherwise."""


class Batch(NamedTuple):
    """Galaxies together.

    failures: (code, sentence) by the position in the batch of unusable images, which are set to zero. measured: what
    the augmenter asked to be measured on each image.
    """

    images: Shaped[Tensor, "galaxy band height width"]
    target: Shaped[Tensor, "galaxy ..."]
    object_id: list[str]
    index: Int[Tensor, " galaxy"]
    failures: dict[int, tuple[str, str]]
    measured: Float[Tensor, "galaxy number"] | None = None


class Failure(NamedTuple):
    """A row whose image cannot be used."""

    index: int
    code: str
    what: str


class Reader:
    """The rows of a dataset as a map-style dataset that workers share; `tolerant` turns bad images into failures."""

    def __init__(self, dataset: Dataset, tolerant: bool = False):
        self.dataset, self.tolerant = dataset, tolerant

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, index: int) -> Sample | Failure:
        fp("dl.decode")
        try:
            return self.dataset[index]
        except ZooImageError as error:
            if not self.tolerant:
                raise
            return Failure(index, error.code, str(error))


def collate(samples: Sequence[Sample | Failure], dataset: Dataset) -> Batch:
    """A batch; a mixture of uint8 and float images becomes float in [0, 1], failed rows become zeros without label."""
    good = [s for s in samples if isinstance(s, Sample)]
    images = [s.image for s in good]
    if len({image.dtype for image in images}) > 1:
        images = [image.float() / 255 if image.dtype == torch.uint8 else image for image in images]
    blank = torch.zeros_like(images[0]) if images else torch.zeros(dataset.num_bands, 1, 1, dtype=torch.uint8)
    no_label = unlabelled(good[0].target) if good else torch.tensor(float("nan"))
    pairs, names = iter(zip(images, good, strict=True)), dataset.table["object_id"]
    rows = [next(pairs) if isinstance(s, Sample) else (blank, None) for s in samples]
    index = torch.tensor([s.index for s in samples])
    return Batch(
        stacked([image for image, _ in rows]),
        torch.stack([s.target if s is not None else no_label for _, s in rows]),
        [names.iat[s.index] for s in samples],
        index,
        {k: (s.code, s.what) for k, s in enumerate(samples) if isinstance(s, Failure)},
        None if dataset.measured is None else torch.from_numpy(dataset.measured[index.numpy()]),
    )


def stacked(images: Sequence[Tensor]) -> Shaped[Tensor, "galaxy band height width"]:
    """One batch in the images' own order in memory: decoders put the bands last, and turning them costs a copy."""
    by_pixel = [image.movedim(0, -1) for image in images]
    if all(image.is_contiguous() for image in by_pixel):
        return torch.stack(by_pixel).movedim(-1, 1)
    return torch.stack(list(images))


def unlabelled(target: Tensor) -> Tensor:
    """The mark of a missing label, in the form of this one."""
    return torch.full_like(target, float("nan") if target.is_floating_point() else -1)


def refuse_nothing(sizes: Mapping[str, Any]) -> None:
    """Raise ZooError for a batch, chunk or shard that is to hold no galaxy, or no whole number of them."""
    for key, size in sizes.items():
        if not isinstance(size, int) or size < 1:
            raise ZooError(f"{key}={size} leaves no room for a galaxy: take 1 or more, a whole number.")


class Steps:
    """The batches of some steps of a training, all of one epoch, at first those of its first: a batch sampler.

    rows: the galaxies that train. batch_size: over all ranks together; an incomplete last batch is left out, unless it
    is the only one. Rank r of w takes every w-th galaxy of a batch, so that all ranks together see what one would.
    chunk: how many galaxies an epoch takes, drawn anew from all rows without repetition (spec B15); None takes all.
    """

    def __init__(
        self,
        rows: Sequence[int],
        batch_size: int,
        seed: int,
        rank: int = 0,
        ranks: int = 1,
        chunk: int | None = None,
    ):
        refuse_nothing({"batch_size": batch_size} | ({} if chunk is None else {"chunk": chunk}))
        self.rows, self.batch_size, self.seed = np.asarray(rows), min(batch_size, len(rows)), seed
        self.rank, self.ranks = rank, ranks
        self.per_epoch = max(1, min(len(self.rows), chunk or len(self.rows)) // self.batch_size)
        self.first = 0
        self.end = self.per_epoch

    def between(self, first: int, end: int) -> Steps:
        """The batches from step `first` up to but not including step `end`, all of one epoch."""
        steps = copy.copy(self)
        steps.first, steps.end = first, end
        return steps

    def __len__(self) -> int:
        return self.end - self.first

    def __iter__(self) -> Iterator[list[int]]:
        if self.first == self.end:
            return
        epoch, start = divmod(self.first, self.per_epoch)
        order = self.rows[draws.order(self.seed, epoch, len(self.rows))]  # a chunk is what the batches reach of it
        for batch in range(start, start + len(self)):
            whole = order[batch * self.batch_size : (batch + 1) * self.batch_size]
            yield whole[self.rank :: self.ranks].tolist()


def in_order(rows: Sequence[int], batch_size: int) -> list[list[int]]:
    """Rows cut into batches in the order given; the last one may be short. Raises ZooError for batches of nothing."""
    refuse_nothing({"batch_size": batch_size})
    return [list(rows[k : k + batch_size]) for k in range(0, len(rows), batch_size)]


def loader(
    dataset: Dataset,
    batches: Iterable[list[int]],
    workers: int = 0,
    tolerant: bool = False,
    ahead: int = 4,
    timeout: float = WORKER_TIMEOUT,
) -> DataLoader | Reading:
    """Batches from ready-made lists of row numbers; `workers` processes decode ahead, each `ahead` batches.

    timeout: seconds to wait for one batch of theirs.
    """
    reader, pack, pinned = Reader(dataset, tolerant), partial(collate, dataset=dataset), torch.cuda.is_available()
    if not workers:
        return DataLoader(reader, batch_sampler=batches, collate_fn=pack, pin_memory=pinned)
    context = fork_server()
    desk = Desk(workers, context)
    ahead_of_us = DataLoader(
        Rows(reader, desk),
        batch_sampler=batches,
        num_workers=workers,
        collate_fn=Packed(pack, desk),
        prefetch_factor=ahead,
        timeout=POLL,
        multiprocessing_context=context,
        worker_init_fn=end_with_parent,
        pin_memory=pinned,
    )
    return Reading(ahead_of_us, dataset, desk, timeout)


def reading(config: Mapping[str, Any]) -> dict[str, Any]:
    """How batches are to be read, by the keys `workers` and `worker_timeout` of a configuration."""
    return {"workers": config["workers"], "timeout": config.get("worker_timeout", WORKER_TIMEOUT)}


def batches(
    dataset: Dataset,
    rows: Sequence[int],
    batch_size: int,
    workers: int = 0,
    tolerant: bool = False,
    timeout: float = WORKER_TIMEOUT,
) -> DataLoader | Reading:
    """Batches of these rows in the order given."""
    return loader(dataset, in_order(rows, batch_size), workers, tolerant, timeout=timeout)
