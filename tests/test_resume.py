"""A training that is killed and repeated ends with the same bits as one that nobody disturbed."""

import itertools
import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

KILLER = Path(__file__).parent / "killer.py"
POINTS = [
    *(f"ckpt.{point}" for point in ("open", "half", "before_fsync", "before_rename", "after_rename", "prune")),
    *(f"train.{point}" for point in ("batch_start", "after_backward", "after_step", "val", "epoch_end")),
    "dl.decode",
]


def kill(*words: object) -> dict[str, int]:
    """What the killer counted."""
    command = [sys.executable, str(KILLER), *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=3000)
    assert done.returncode == 0, done.stderr[-2000:]
    counted = json.loads(done.stdout)
    counted["said"] = done.stderr[-2000:]
    return counted


def assert_identical(counted: dict[str, int], kills: int = 1) -> None:
    """Every training ended as the undisturbed one, and the kills did strike."""
    assert counted["identical"] == counted["runs"], f"replay with --seed {counted['seed']}: {counted['said']}"
    assert counted["kills"] >= kills, f"only {counted['kills']} kills struck: the test proves nothing"


def test_t01_twenty_random_kills_change_no_bit() -> None:
    assert_identical(kill("--runs", 5, "--kills", 4, "--seed", 1), kills=8)


def test_t02_t04_t05_a_kill_at_any_point_changes_no_bit() -> None:
    """The first chain strikes before there is any checkpoint (T05)."""
    chains = ["train.batch_start:1"]
    chains += [f"{point}:{nth}" for point, nth in zip(POINTS, itertools.cycle((1, 2, 7, 13)), strict=False)]
    assert_identical(kill("--chains", *chains), kills=len(chains))


def test_t03_two_kills_with_the_first_at_an_epochs_boundary_change_no_bit() -> None:
    assert_identical(
        kill("--chains", "train.after_step:6,train.after_step:3", "train.after_step:24,train.batch_start:2")
    )


def test_a_rate_that_follows_from_the_losses_so_far_changes_no_bit_after_a_kill() -> None:
    """Killed within a pass of the first stage, and of the second."""
    assert_identical(
        kill("--chains", "train.after_step:15,train.after_step:17", "--scheduler", "ranks_plateau"), kills=2
    )


def test_t06_the_number_of_workers_changes_no_bit() -> None:
    late = "train.after_step:33"  # a pass begins with the start of its workers: few are enough
    assert_identical(kill("--chains", late, "--workers", 2, 0), kills=1)


@pytest.mark.torture
def test_t06_from_none_to_two_to_one() -> None:
    chain = "train.after_step:33,train.after_step:5"
    assert_identical(kill("--chains", chain, "--workers", 0, 2, 1), kills=2)


@pytest.mark.torture
def test_t01_a_thousand_random_kills() -> None:
    assert_identical(kill("--runs", 250, "--kills", 4), kills=400)


@pytest.mark.torture
def test_t02_every_point_five_times() -> None:
    chains = [f"{point}:{nth}" for point in POINTS for nth in range(1, 6)]
    assert_identical(kill("--chains", *chains), kills=len(chains))


@pytest.mark.torture
def test_t03_117_chains_of_two_kills() -> None:
    chance = random.Random(0)
    pairs = [(chance.randint(1, 47), chance.randint(1, 20)) for _ in range(117)]
    assert_identical(kill("--chains", *(f"train.after_step:{a},train.after_step:{b}" for a, b in pairs)), kills=117)
