"""The private training state survives kills, full disks and damage."""

import errno
import json
from pathlib import Path

import pytest
import torch

from zoo import atomic
from zoo.checkpoint import Checkpoints
from zoo.errors import CheckpointError


def state(step: int) -> dict[str, object]:
    return {"step": step, "model": {"weight": torch.full((100,), float(step))}}


@pytest.fixture
def checkpoints(tmp_path: Path) -> Checkpoints:
    saved = Checkpoints(tmp_path / "checkpoints")
    for step in (1, 2, 3):
        saved.save(state(step))
    return saved


def test_the_newest_of_two_generations_is_loaded(checkpoints: Checkpoints) -> None:
    assert checkpoints.load()["step"] == 3
    assert [p.name for p in sorted(checkpoints.folder.glob("*.ckpt"))] == ["step-000000002.ckpt", "step-000000003.ckpt"]


def test_nothing_saved_is_nothing_loaded(tmp_path: Path) -> None:
    assert Checkpoints(tmp_path / "none").load() is None


@pytest.mark.parametrize("damage", [b"", b"garbage", None])
def test_t23_a_damaged_newest_state_is_named_and_the_one_before_it_used(
    checkpoints: Checkpoints, damage: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    newest = checkpoints.folder / "step-000000003.ckpt"
    newest.write_bytes(newest.read_bytes()[:-100] if damage is None else damage)
    assert checkpoints.load()["step"] == 2
    assert "step-000000003.ckpt is damaged (sha256 mismatch" in caplog.text
    assert "using step-000000002.ckpt (verified)" in caplog.text


def test_t23_without_a_sound_state_it_refuses_and_lists_what_it_tried(checkpoints: Checkpoints) -> None:
    for path in checkpoints.folder.glob("*.ckpt"):
        path.write_bytes(b"garbage")
    with pytest.raises(CheckpointError, match="step-000000003.ckpt is damaged.*step-000000002.ckpt.*rerun=true"):
        checkpoints.load()


def test_a_damaged_pointer_costs_nothing(checkpoints: Checkpoints) -> None:
    (checkpoints.folder / "last.json").write_text("{")
    assert checkpoints.load()["step"] == 3


@pytest.mark.parametrize("point", ["ckpt.open", "ckpt.half", "ckpt.before_fsync", "ckpt.before_rename"])
@pytest.mark.parametrize("error", ["ENOSPC", "EIO", "EDQUOT"])
def test_t19_t21_a_failing_disk_is_named_and_the_old_state_stands(
    checkpoints: Checkpoints, point: str, error: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZOO_FAILPOINT", f"{point}:{error}")
    with pytest.raises(CheckpointError, match="MB are needed|EIO") as refused:
        checkpoints.save(state(4))
    assert refused.value.code == ("E-CKPT-WRITE" if error == "EIO" else "E-CKPT-NOSPACE")
    assert checkpoints.load()["step"] == 3
    assert not list(checkpoints.folder.glob(".*.part"))


def test_t21_an_error_of_fsync_is_no_success(checkpoints: Checkpoints, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(handle: int) -> None:
        raise OSError(errno.EIO, "input/output error")

    monkeypatch.setattr(atomic.os, "fsync", broken)
    with pytest.raises(CheckpointError, match="EIO"):
        checkpoints.save(state(4))
    monkeypatch.undo()
    assert checkpoints.load()["step"] == 3


def test_c01_a_pickle_in_place_of_a_state_is_not_executed(checkpoints: Checkpoints, tmp_path: Path) -> None:
    import pickle

    class Evil:
        def __reduce__(self):
            return Path.touch, (tmp_path / "PWNED",)

    newest = checkpoints.folder / "step-000000003.ckpt"
    newest.write_bytes(pickle.dumps(Evil()))
    pointer = json.loads((checkpoints.folder / "last.json").read_text())
    from zoo.checkpoint import sha256

    pointer["checkpoints"][0]["sha256"] = sha256(newest)
    (checkpoints.folder / "last.json").write_text(json.dumps(pointer))
    with pytest.raises(CheckpointError, match="no training state of zoo's"):
        checkpoints.load()
    assert not (tmp_path / "PWNED").exists()


def test_t25_temporary_files_of_dead_processes_are_swept_those_of_living_ones_stay(tmp_path: Path) -> None:
    import os

    dead, living = tmp_path / ".model.999999999.part", tmp_path / f".model.{os.getpid()}.part"
    dead.touch(), living.touch()
    assert atomic.sweep(tmp_path) == 1
    assert living.exists() and not dead.exists()
