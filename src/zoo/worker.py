"""A process that works for another one, and ends when that one does."""

import multiprocessing
import os
import threading
from multiprocessing.context import BaseContext


def end_with_parent(number: int = 0) -> None:
    """Let this process die with the one that started it, which may be killed without a chance to say so.

    A fork server lives as long as one of its processes does, and a worker waits as long as its fork server lives:
    without this, both would outlive a killed training for ever. For `worker_init_fn` of a DataLoader, which hands the
    number of the worker, and for `initializer` of a pool.
    """
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=lambda: (parent.join(), os._exit(1)), daemon=True).start()


def fork_server() -> BaseContext:
    """Where workers come from: a process that has imported torch once, so that none of them waits seconds for it."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["zoo.datamodule"])
    return context
