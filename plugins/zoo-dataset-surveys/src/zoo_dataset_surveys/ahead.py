"""Work on the next few items while the present one is used."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from itertools import islice
from typing import TypeVar

Item, Made = TypeVar("Item"), TypeVar("Made")


def ahead(
    pool: Executor, work: Callable[[Item], Made], items: Iterable[Item], number: int
) -> Iterator[tuple[Item, Made]]:
    """Each item and what is made of it, in their order, while up to twice the `number` of next ones are worked on."""
    rest, waiting = iter(items), deque[tuple[Item, Future[Made]]]()
    try:
        waiting.extend((item, pool.submit(work, item)) for item in islice(rest, 2 * number))
        while waiting:
            item, future = waiting.popleft()
            made = future.result()
            waiting.extend((one, pool.submit(work, one)) for one in islice(rest, 1))
            yield item, made
    finally:
        for _, future in waiting:
            future.cancel()
