"""Datasets in other processes: read by workers, prepared by two at once, prepared by one that is killed."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import forkserver
from typing import Any

import numpy as np

from zoo.dataset import Dataset
from zoo.worker import end_with_parent

TIMEOUT = 300.0
"""Seconds until a process counts as hung."""


def context() -> Any:
    """Fresh processes, as zoo's own workers are: nothing but what is sent to them is known there."""
    found = multiprocessing.get_context("forkserver")
    found.set_forkserver_preload(["zoo.dataset"])
    return found


def warm() -> None:
    """Start the process from which the others come; it gets ready by itself."""
    context()
    forkserver.ensure_running()


def elsewhere(function: Callable[[Dataset], str], dataset: Dataset, processes: int = 1) -> list[str]:
    """What the function answers about the dataset in each of several processes that start together."""
    with ProcessPoolExecutor(processes, context(), end_with_parent) as pool:
        jobs = [pool.submit(in_environment, dict(os.environ), function, dataset) for _ in range(processes)]
        return [job.result(TIMEOUT) for job in jobs]


def in_environment(variables: Mapping[str, str], function: Callable[[Dataset], str], dataset: Dataset) -> str:
    """Call the function under these environment variables: a fork server keeps those of its own start."""
    os.environ.update(variables)
    return function(dataset)


def contents(dataset: Dataset, most: int = 16) -> str:
    """A hash of the table, and of the images and labels of the first rows."""
    digest = hashlib.sha256(dataset.table.to_csv().encode())
    for index in range(min(len(dataset.table), most)):
        sample = dataset[index]
        digest.update(f"{sample.object_id} {sample.index}".encode())
        digest.update(np.asarray(sample.target).tobytes() + sample.image.numpy().tobytes())
    return digest.hexdigest()


def prepared(dataset: Dataset) -> str:
    """Prepare a dataset and hash its contents."""
    dataset.prepare()
    return contents(dataset)


def prepare_until_killed(dataset: Dataset, seconds: float) -> None:
    """Start to prepare a dataset, and kill the process and its helpers after so many seconds."""
    begun = context().Event()
    process = context().Process(target=begin, args=(dict(os.environ), dataset, begun))
    process.start()
    assert begun.wait(TIMEOUT), "a process that should prepare the dataset did not begin"
    time.sleep(seconds)
    os.killpg(process.pid, signal.SIGKILL)
    process.join()


def begin(variables: Mapping[str, str], dataset: Dataset, begun: Any) -> None:
    """Prepare the dataset in a process group of its own, and then wait for the end."""
    os.environ.update(variables)
    os.setsid()
    begun.set()
    dataset.prepare()
    time.sleep(TIMEOUT)
