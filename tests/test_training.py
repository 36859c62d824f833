"""What a training refuses, survives and leaves behind; trained on the toy, in this process."""

import errno
import json
import os
import pickle
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import nullcontext
from pathlib import Path

import pytest
import torch
from killer import PARTS, config
from safetensors.torch import load_file

from zoo import build, fit
from zoo.checkpoint import Checkpoints
from zoo.errors import CheckpointError, NonFinite, Stopped, ZooError
from zoo.run import Run, identity
from zoo.testing.part import offline

pytestmark = pytest.mark.usefixtures("toy")


def begin(runs: Path, **changed: object) -> Run:
    """A fresh run folder of a short toy training."""
    stages = [{"name": "only", "epochs": 1, "lr": 0.01}]
    return fit.prepare(fit.choices_of(PARTS), config(runs, **({"stages": stages} | changed)))


@pytest.fixture
def finished(tmp_path: Path) -> Run:
    return fit.train(begin(tmp_path))


def test_a_finished_run_holds_names_numbers_pictures_and_weights(finished: Run) -> None:
    names = {path.name for path in finished.folder.iterdir()}
    assert names >= {
        *("choices.yaml", "config.yaml", "environment.json", "data.json", "code.json", "metrics.json", "metrics.csv"),
        *("model.safetensors", "model.json", "status.json", "loss.png", "predictions.png"),
    }
    assert "_target_" not in (finished.folder / "config.yaml").read_text()
    measured = finished.metrics["metrics"]["accuracy"]
    assert set(measured) == {"value", "low", "high", "baseline"}
    assert measured["low"] <= measured["value"] <= measured["high"]


def test_the_same_command_finds_the_finished_run_and_touches_nothing(finished: Run, tmp_path: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in finished.folder.iterdir()}
    again = fit.train(begin(tmp_path))
    assert again.folder == finished.folder
    assert {path: path.stat().st_mtime_ns for path in finished.folder.iterdir()} == before


def test_the_name_of_a_run_depends_on_what_changes_the_weights_only(tmp_path: Path) -> None:
    name = begin(tmp_path / "a").folder.name
    assert begin(tmp_path / "b", workers=2, checkpoints={"every_seconds": 9}).folder.name == name
    assert begin(tmp_path / "c", seed=4).folder.name != name
    assert begin(tmp_path / "d", batch_size=8).folder.name != name
    assert begin(tmp_path / "e", architecture={"width": 5, "dropout": 0.2, "crash": False}).folder.name != name


def test_an_unfinished_run_goes_on_with_what_may_differ(tmp_path: Path) -> None:
    """Workers, devices, the logger and places of files are no part of a run's name: they count as typed this time."""
    run = begin(tmp_path)
    logged = fit.choices_of(PARTS | {"logger": "wandb"})
    again = fit.prepare(logged, config(tmp_path, stages=run.config["stages"], workers=3, keep_checkpoints=False))
    assert (again.folder, again.config["workers"], again.choices["logger"]["name"]) == (run.folder, 3, "wandb")


def finishes(run: Run):
    """As when another process finishes a run just before it lets go of its folder."""
    run.say("finished")
    return nullcontext()


def test_a_run_that_another_process_finishes_meanwhile_is_not_trained_again(tmp_path: Path, monkeypatch) -> None:
    run = begin(tmp_path)
    monkeypatch.setattr(Run, "locked", finishes)
    monkeypatch.setattr(fit, "completed", lambda run: pytest.fail("it is trained again"))
    assert fit.train(run).finished


def test_a_run_that_another_process_finishes_meanwhile_keeps_what_it_was_told(tmp_path: Path, monkeypatch) -> None:
    run = begin(tmp_path)
    before = (run.folder / "config.yaml").read_bytes()
    monkeypatch.setattr(Run, "locked", finishes)
    assert begin(tmp_path, workers=3).finished
    assert (run.folder / "config.yaml").read_bytes() == before


@pytest.mark.parametrize(
    ("key", "value"), [("batch_size", 0), ("batch_size", -1), ("batch_size", 2.5), ("chunk", 0), ("chunk", "all")]
)
def test_batches_and_chunks_of_nothing_are_refused_before_there_is_a_folder(tmp_path: Path, key: str, value) -> None:
    with pytest.raises(ZooError, match=f"^{key}={value} leaves no room for a galaxy: take 1 or more, a whole number"):
        begin(tmp_path, **{key: value})
    assert not list(tmp_path.iterdir())


def test_rerun_leaves_nothing_of_the_former_training(finished: Run, tmp_path: Path) -> None:
    (finished.folder / "evaluations").mkdir()
    begin(tmp_path, rerun=True)
    left = {path.name for path in finished.folder.iterdir()}
    assert left == {".lock", "choices.yaml", "code.json", "config.yaml", "data.json", "status.json"}


def test_small_numbers_stay_numbers(finished: Run) -> None:
    """PyYAML reads 5e-05, as JSON spells it, as a text."""
    path = finished.folder / "model.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"baseline": [5e-05, 1 - 5e-05]}))
    assert finished.description["baseline"] == [5e-05, 1 - 5e-05]


def test_weights_that_are_numbers_are_no_path(tmp_path: Path) -> None:
    """A head may call its weights of classes so."""
    choices = fit.choices_of(PARTS)
    found = {identity(choices, config(tmp_path, head={"weights": w}), "data") for w in (None, [1, 2], [2, 1])}
    assert len(found) == 3


def test_where_a_data_set_comes_from_is_no_part_of_a_runs_name(tmp_path: Path) -> None:
    choices = fit.choices_of(PARTS)
    sources = ({}, {"download": True, "origin": {"address": "https://a"}}, {"origin": {"address": "https://b"}})
    assert len({identity(choices, config(tmp_path, dataset={"size": 1} | one), "data") for one in sources}) == 1
    assert identity(choices, config(tmp_path, dataset={"size": 2}), "data") != identity(
        choices, config(tmp_path, dataset={"size": 1}), "data"
    )


def test_t43_the_same_seed_gives_the_same_bits(tmp_path: Path) -> None:
    one, two = fit.train(begin(tmp_path / "one")), fit.train(begin(tmp_path / "two"))
    for name in ("model.safetensors", "metrics.json", "metrics.csv", "model.json"):
        assert (one.folder / name).read_bytes() == (two.folder / name).read_bytes(), name


def test_c04_everything_zoo_writes_loads_without_unpickling(finished: Run) -> None:
    for path in finished.folder.rglob("*.ckpt"):
        assert torch.load(path, weights_only=True)["step"] in (5, 6)
    assert load_file(finished.folder / "model.safetensors").keys() == build.load_model(finished).state_dict().keys()


def test_t15_a_loss_that_is_not_a_number_stops_before_the_step(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("zoo.failpoint.visits", Counter())
    monkeypatch.setenv("ZOO_FAILPOINT", "train.loss:nan:4")
    run = begin(tmp_path)
    with pytest.raises(NonFinite, match=r"The loss is nan at step 3 of stage only \(lr .*galaxies blob-") as stopped:
        fit.train(run)
    assert stopped.value.exit_code == 3
    assert run.status["state"] == "failed"
    saved = Checkpoints(run.folder / "checkpoints").load()
    assert saved["step"] == 3
    assert all(tensor.isfinite().all() for tensor in saved["model"].values())


def test_t16_a_gradient_that_is_not_a_number_stops_before_the_step(tmp_path: Path, monkeypatch) -> None:
    from zoo_toy.parts import Logistic

    class Poison(torch.autograd.Function):
        @staticmethod
        def forward(context: object, loss: torch.Tensor) -> torch.Tensor:
            return loss.clone()

        @staticmethod
        def backward(context: object, gradient: torch.Tensor) -> torch.Tensor:
            return gradient * float("nan")

    sound = Logistic.loss
    monkeypatch.setattr(Logistic, "loss", lambda self, *arguments: Poison.apply(sound(self, *arguments)))
    with pytest.raises(NonFinite, match="gradient's norm is nan although the loss is finite at step 0"):
        fit.train(begin(tmp_path))


@pytest.mark.parametrize("error", ["ENOSPC", "EIO"])
def test_t19_a_disk_that_stays_full_stops_the_training_resumably(tmp_path: Path, monkeypatch, error: str) -> None:
    monkeypatch.setenv("ZOO_FAILPOINT", f"ckpt.half:{error}")
    run = begin(tmp_path)
    with pytest.raises(Stopped, match="repeat the command to go on") as stopped:
        fit.train(run)
    assert stopped.value.exit_code == 75
    assert run.status["state"] == "stopped"
    monkeypatch.delenv("ZOO_FAILPOINT")
    assert fit.train(run).finished


def test_t19_a_disk_that_is_full_once_costs_a_warning(tmp_path: Path, monkeypatch, caplog) -> None:
    monkeypatch.setattr("zoo.failpoint.visits", Counter())
    monkeypatch.setenv("ZOO_FAILPOINT", "ckpt.half:ENOSPC:2")
    assert fit.train(begin(tmp_path)).finished
    assert "Training state kept, next try" in caplog.text


def test_t22_an_unwritable_folder_is_refused_before_anything_is_trained(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ZooError, match="cannot be written .*choose another with runs=DIR") as refused:
        begin(tmp_path / "file" / "runs")
    assert refused.value.code == "E-RUN-WRITE"


def test_t24_a_missing_or_empty_folder_is_refused_and_a_finished_one_is_left(finished: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert fit.main([str(tmp_path / "absent")]) == 2
    assert fit.main([str(tmp_path / "empty")]) == 2
    before = (finished.folder / "model.safetensors").stat().st_mtime_ns
    assert fit.main([str(finished.folder)]) == 0
    assert (finished.folder / "model.safetensors").stat().st_mtime_ns == before


def test_t26_a_second_process_in_the_same_folder_is_refused_with_the_first_ones_number(tmp_path: Path) -> None:
    run = begin(tmp_path)
    hold = (
        "import sys, time; from zoo.run import Run\n"
        "with Run(sys.argv[1]).locked(): print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", hold, str(run.folder)], stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout.readline() == "held\n"
        with pytest.raises(ZooError, match=f"in use by process {first.pid} on "):
            fit.train(run)
        first.kill()
    assert fit.train(run).finished


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("config.yaml", "lr: 0.01", "lr: 0.02", "stages"),
        ("config.yaml", "batch_size: 16", "batch_size: 8", "batch_size 8→16"),
        ("choices.yaml", "version: '1.0'", "version: '0.9'", "version 0.9→1.0"),
        ("data.json", "blobs-128", "blobs-127", "data blobs-127→blobs-128"),
    ],
)
def test_t08_changed_values_data_or_versions_are_refused_with_the_difference(
    tmp_path: Path, file: str, old: str, new: str, said: str
) -> None:
    path = begin(tmp_path).folder / file
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(ZooError, match=f"{re.escape(said)}.*rerun=true to start afresh") as refused:
        begin(tmp_path)
    assert refused.value.code == "E-RESUME-CONFIG"


def test_bad_images_are_refused_before_the_first_step(tmp_path: Path) -> None:
    run = begin(tmp_path, dataset={"size": 96, "poison": 7})
    with pytest.raises(ZooError, match="1 of 96 galaxies cannot be used, .* first blob-0007: the image is truncated"):
        fit.train(run)


@pytest.mark.parametrize(("number", "answer"), [(signal.SIGTERM, 75), (signal.SIGINT, 130)], ids=["SIGTERM", "Ctrl-C"])
def test_t10_a_training_told_to_stop_saves_its_step_and_says_so(number: int, answer: int, tmp_path: Path) -> None:
    run = begin(tmp_path, stages=[{"name": "long", "steps": 100_000, "lr": 0.001}])
    child = subprocess.Popen(
        [sys.executable, "-m", "zoo.fit", str(run.folder)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    watchdog = threading.Timer(120, child.kill)
    watchdog.start()
    while run.status.get("step", 0) < 6 and child.poll() is None:
        time.sleep(0.05)
    child.send_signal(number)
    _, said = child.communicate()
    watchdog.cancel()
    assert (child.returncode, run.status["state"]) == (answer, "stopped"), said
    saved = Checkpoints(run.folder / "checkpoints").load()
    assert f"saved step {saved['step']}" in said


def test_t20_nothing_on_its_way_to_the_run_folder_passes_through_tmpdir(tmp_path: Path, monkeypatch) -> None:
    """A temporary folder on another, full filesystem therefore costs nothing."""

    def full(*arguments: object, **named: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    for name in ("mkstemp", "mkdtemp", "TemporaryFile", "NamedTemporaryFile"):
        monkeypatch.setattr(tempfile, name, full)
    assert fit.train(begin(tmp_path)).finished


@pytest.mark.parametrize("place", ["https://example.org/model.ckpt", "s3://bucket/run", "hf://someone/model"])
def test_c02_an_address_is_no_folder_and_nothing_is_fetched(place: str, tmp_path: Path) -> None:
    with offline(), pytest.raises(ZooError, match=f"There is no run folder {Path(place)}"):
        begin(tmp_path, weights=place)


class Evil:
    """A pickle that leaves a mark when it is loaded."""

    def __init__(self, mark: Path):
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.mark),)


def evil_files(mark: Path, folder: Path) -> list[Path]:
    """Pickles in all the wrappings in which weights travel."""
    import tarfile
    import zipfile

    made = []
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        made.append(folder / f"protocol{protocol}.bin")
        made[-1].write_bytes(pickle.dumps(Evil(mark), protocol))
    for name, state in (("bare", Evil(mark)), ("nested", {"state_dict": {"w": Evil(mark)}}), ("list", [Evil(mark)])):
        for legacy in (False, True):
            made.append(folder / f"{name}-{legacy}.ckpt")
            torch.save(state, made[-1], _use_new_zipfile_serialization=not legacy)
    made.append(folder / "zip.ckpt")
    with zipfile.ZipFile(made[-1], "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(Evil(mark)))
    made.append(folder / "tar.ckpt")
    with tarfile.open(made[-1], "w") as archive:
        archive.add(made[0], "pickle")
    return made


def test_c01_no_pickle_is_executed_whatever_it_is_wrapped_in(finished: Run, tmp_path: Path) -> None:
    mark = tmp_path / "PWNED"
    for evil in evil_files(mark, tmp_path):
        (finished.folder / "model.safetensors").write_bytes(evil.read_bytes())
        with pytest.raises(CheckpointError, match="is a pickle, which can hold code") as refused:
            build.load_model(finished)
        assert refused.value.code == "E-CKPT-UNSAFE", evil.name
    assert not mark.exists()


@pytest.mark.parametrize("name", ["config.yaml", "choices.yaml", "model.json"])
def test_c06_a_class_in_a_shared_file_is_refused_unread(finished: Run, name: str) -> None:
    path = finished.folder / name
    values = json.loads(path.read_text()) if name.endswith("json") else None
    if values is None:
        path.write_text(path.read_text() + "extra: {_target_: os.mkdir, path: PWNED}\n")
    else:
        path.write_text(json.dumps(values | {"extra": {"_target_": "os.mkdir", "path": "PWNED"}}))
    with pytest.raises(ZooError, match=f"Unknown key `_target_` in .*{name} at extra"):
        build.load_model(Run(finished.folder))


def test_c10_an_alias_bomb_is_refused_at_once(finished: Run) -> None:
    lines = [f"{k}: &{k} [*{before}, *{before}]\n" for before, k in zip("abcdefghij", "bcdefghijk", strict=True)]
    bomb = "a: &a [x, x]\n" + "".join(lines)
    (finished.folder / "config.yaml").write_text(bomb)
    began = time.monotonic()
    with pytest.raises(ZooError, match="an alias, which shared files may not use"):
        build.load_model(Run(finished.folder))
    assert time.monotonic() - began < 5


def test_c13_weights_of_another_network_are_refused_with_the_names_that_differ(finished: Run) -> None:
    path = finished.folder / "config.yaml"
    path.write_text(path.read_text().replace("width: 4", "width: 5"))
    with pytest.raises(CheckpointError, match=r"shape: backbone.first.bias \(4,\) for \(5,\)"):
        build.load_model(Run(finished.folder))


def test_c16_a_flipped_bit_in_the_weights_is_found(finished: Run) -> None:
    path = finished.folder / "model.safetensors"
    content = bytearray(path.read_bytes())
    content[-3] ^= 4
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match="damaged or replaced: sha256"):
        build.load_model(finished)
