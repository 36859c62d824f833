"""The ranks of a training: a process for each device, started together by torchrun, and why they ended.

`python -m zoo.ranks WORDS` is torchrun with these words, of which the last is the run folder.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from zoo.errors import DONE, INTERRUPTED, UNEXPECTED, ZooError
from zoo.log import speak
from zoo.run import Run
from zoo.stop import Stop
from zoo.worker import end_with_starter

POLL = 0.1
"""Seconds between two looks at the ranks."""

TOGETHER = 1
"""Seconds, in which torchrun counts, within which ranks fail at once."""

OWN_STORE = {"TORCH_DISABLE_SHARE_RDZV_TCP_STORE": "1"}
"""Gives ranks that are started again a meeting place of their own. In the one that torchrun keeps they may find the
addresses of the dead ("Gloo connectFullMesh failed … Connection refused"), which costs another start."""

CODE = "E-RANK"
GONE = ("Timed out", "timeout", "Connection closed by peer", "Connection reset by peer")
"""What gloo and NCCL say in a rank that is well, when another one hangs or is gone."""


def train(run: Run, devices: int) -> Run:
    """Train with one process per device. torchrun answers 1 whatever its ranks did: `status.json` carries the truth.

    When one of them dies all are started again, `trainer.restarts` times, and go on where the run stands. Raises
    ZooError for a batch that the devices cannot share, and for what ended the ranks.
    """
    batch_size = run.config["batch_size"]
    if batch_size % devices:
        raise ZooError(f"batch_size={batch_size} cannot be shared equally by {devices} devices: choose a multiple.")
    restarts = run.config["trainer"].get("restarts", 0)
    if not (isinstance(restarts, int) and restarts >= 0):
        raise ZooError(f"trainer.restarts={restarts} is no number of times: take 0 or more.")
    words = ["--standalone", f"--nproc-per-node={devices}", f"--max-restarts={restarts}"]
    words += ["-m", "zoo.fit", str(run.folder)]
    variables = {"OMP_NUM_THREADS": str(max(1, (os.cpu_count() or 1) // devices))} | os.environ
    asked, code = watched([sys.executable, "-m", "zoo.ranks", *words], variables | (OWN_STORE if restarts else {}))
    status = run.status
    if status["state"] == "finished":
        return run
    error = ZooError(status.get("reason") or f"torchrun answered {code} without a word.", status.get("code") or CODE)
    error.exit_code = INTERRUPTED if asked == signal.SIGINT else status.get("exit_code", UNEXPECTED)
    raise error


def watched(command: list[str], variables: Mapping[str, str]) -> tuple[int | None, int]:
    """Run torchrun to its end; returns the signal that asked this process to stop, and torchrun's exit code.

    SIGTERM and Ctrl-C are handed on as SIGTERM, and waited for: the ranks save their step.
    """
    stop = Stop()
    process = subprocess.Popen(command, stdout=sys.stderr, env=dict(variables), start_new_session=True)
    stop.watch()
    told = False
    try:
        while process.poll() is None:
            if stop.signal and not told:
                process.terminate()
                told = True
            time.sleep(POLL)
    finally:
        process.terminate()
        stop.release()
    return stop.signal, process.wait()


def refused(run: Run) -> bool:
    """Whether a rank that is started again would end as before: by a refusal or on request, and not by an accident."""
    again = int(os.environ.get("TORCHELASTIC_RESTART_COUNT", 0)) > 0
    status = run.status
    return again and status["state"] != "running" and status.get("exit_code", UNEXPECTED) != UNEXPECTED


def told(error: BaseException) -> str:
    """Why a training ends, in the words of the rank that notices it; said before others complain of its end."""
    from zoo.environment import rank

    number, ranks = rank()
    reason = str(error) or type(error).__name__
    if ranks == 1 or isinstance(error, ZooError | KeyboardInterrupt | SystemExit):
        return reason
    if any(word in reason for word in GONE):
        others = ", ".join(str(other) for other in range(ranks) if other != number)
        return f"Rank {number} of {ranks} waited in vain for rank {others}: repeat the command to go on."
    reason = f"Rank {number} of {ranks} ended with {type(error).__name__}: {reason}"
    print(f"zoo.fit: {reason}", file=sys.stderr, flush=True)
    return reason


def main(words: list[str]) -> int:
    """Run torchrun in this process; a rank that was killed is named in the run's `status.json`."""
    from torch.distributed import run as torchrun
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError

    speak()
    end_with_starter()
    try:
        torchrun.run(torchrun.parse_args(words))
    except ChildFailedError as error:
        say_who_died(Run(Path(words[-1])), error.failures)
        return UNEXPECTED
    return DONE


def say_who_died(run: Run, failures: Mapping[int, Any]) -> None:
    """Write which rank was ended by a signal, if that was the first to fail; torchrun ends the others so too."""
    first = min(failure.timestamp for failure in failures.values())
    died = {
        number: failure.signal_name()
        for number, failure in failures.items()
        if failure.exitcode < 0 and failure.exitcode != -signal.SIGTERM and failure.timestamp <= first + TOGETHER
    }
    if died and run.status["state"] != "finished":
        number, name = min(died.items())
        reason = f"Rank {number} was ended by {name}, the others with it: repeat the command to go on."
        run.say("failed", reason=reason, exit_code=UNEXPECTED, code=CODE)
        print(f"zoo.fit: {reason}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
