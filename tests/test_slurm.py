"""A job of SLURM that is told that its time runs out stops in order and is queued again, once."""

import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from test_devices import begun

from zoo import slurm
from zoo.errors import Stopped
from zoo.stop import stoppable


@pytest.fixture
def scontrol(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `scontrol` that writes down what it is asked; its answer is in the variable ANSWER."""
    program, asked = tmp_path / "bin" / "scontrol", tmp_path / "asked"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$@" >> {asked}\necho "Invalid job id specified" >&2\nexit ${{ANSWER:-0}}\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("SLURM_JOB_ID", "123")
    return asked


def interrupted() -> None:
    """Some work that SLURM tells to end."""
    with pytest.raises(Stopped), slurm.requeueing(), stoppable("The work"):
        os.kill(os.getpid(), signal.SIGUSR1)
        time.sleep(10)


def test_t34_the_work_stops_and_the_job_is_queued_again_once(scontrol: Path) -> None:
    former = signal.getsignal(signal.SIGUSR1)
    interrupted()
    assert scontrol.read_text() == "requeue 123\n"
    assert signal.getsignal(signal.SIGUSR1) == former


def test_a_task_of_an_array_is_called_by_its_number(scontrol: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLURM_ARRAY_JOB_ID", "120")
    monkeypatch.setenv("SLURM_ARRAY_TASK_ID", "3")
    interrupted()
    assert scontrol.read_text() == "requeue 120_3\n"


def test_t34_a_process_that_the_work_has_started_does_not_die_of_the_signal(scontrol: Path) -> None:
    source = "import os, signal; os.kill(os.getpid(), signal.SIGUSR1); print('lives')"
    with slurm.requeueing():
        assert subprocess.check_output([sys.executable, "-c", source], text=True) == "lives\n"


def test_what_is_stopped_by_somebody_else_is_not_queued_again(scontrol: Path) -> None:
    with pytest.raises(Stopped), slurm.requeueing(), stoppable("The work"):
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(10)
    assert not scontrol.exists()


@pytest.mark.parametrize("there", [True, False])
def test_t35_where_slurm_does_not_take_it_the_command_is_told(
    there: bool, scontrol: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("ANSWER", "1")
    if not there:
        monkeypatch.setenv("PATH", "")
    with caplog.at_level(logging.WARNING, "zoo"):
        interrupted()
    assert caplog.messages[-1].endswith(": type scontrol requeue 123")
    assert ("Invalid job id specified" if there else "scontrol") in caplog.messages[-1]


def test_outside_of_slurm_the_signal_is_nobodys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SLURM_JOB_ID", raising=False)
    former = signal.getsignal(signal.SIGUSR1)
    with slurm.requeueing():
        assert signal.getsignal(signal.SIGUSR1) == former


@pytest.mark.torture
def test_t34_a_training_within_a_job_saves_stops_and_goes_on(toy: None, scontrol: Path, tmp_path: Path) -> None:
    run = begun(tmp_path / "runs", 1, workers=1, stages=[{"name": "long", "steps": 100_000, "lr": 0.001}])
    source = "import sys; from pathlib import Path; from zoo import fit, slurm; from zoo.run import Run\n"
    source += "with slurm.requeueing(): fit.train(Run.open(Path(sys.argv[1])))"
    variables = os.environ | {"SLURM_NTASKS": "1", "SLURM_JOB_NAME": "zoo", "SLURM_NNODES": "1"}
    command = [sys.executable, "-c", source, str(run.folder)]
    process = subprocess.Popen(command, env=variables, stderr=subprocess.PIPE, text=True, start_new_session=True)
    while run.status.get("step", 0) < 2 and process.poll() is None:
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGUSR1)
    _, said = process.communicate(timeout=120)
    assert "Stopped by a signal; saved step" in said and run.status["state"] == "stopped", said[-2000:]
    assert scontrol.read_text() == "requeue 123\n"
