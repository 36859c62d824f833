"""`zoo runs` lists what was asked for, in the order asked for, with intervals, and seeds together."""

import json
import statistics
from pathlib import Path

import pytest

from zoo import atomic, run_table
from zoo.errors import ZooError
from zoo.run import Run, found_in
from zoo.verbs import runs

RMSE = {"tiny": [0.20, 0.24, 0.22], "large": [0.15, 0.11]}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Runs of two architectures with some seeds each, and one that failed."""
    for name, values in RMSE.items():
        for seed, value in enumerate(values):
            train(tmp_path / f"{name}-{seed}", name, seed, value)
    train(tmp_path / "broken", "tiny", 9, None)
    return tmp_path


def train(folder: Path, name: str, seed: int, rmse: float | None) -> None:
    """Leave what a training leaves."""
    folder.mkdir()
    parts = {"dataset": "simulated", "augmenter": "affine", "architecture": name, "head": "classes"}
    choices = {group: {"name": part, "provider": "zoo", "version": "1"} for group, part in parts.items()}
    lr = 0.1 if name == "tiny" else 0.01
    Run(folder).tell(
        choices, {"seed": seed, "runs": str(folder.parent), "stages": [{"lr": lr}], "dataset": {"size": 9}}
    )
    Run(folder).say("finished" if rmse else "failed", **({} if rmse else {"reason": "the disk is full"}))
    if rmse:
        metric = {"value": rmse, "low": rmse - 0.01, "high": rmse + 0.01, "baseline": 0.3}
        atomic.write_json(folder / "metrics.json", {"metrics": {"rmse": metric, "confusion": {"value": [[1]]}}})


def listed(folder: Path, capsys: pytest.CaptureFixture[str], *words: str) -> list[list[str]]:
    """The cells of the table that is printed."""
    runs.main([str(folder), *words])
    header, *lines = capsys.readouterr().out.splitlines()
    places = [header.index(name) for name in header.split()] + [None]
    return [[line[at:to].strip() for at, to in zip(places, places[1:], strict=False)] for line in [header, *lines]]


def test_a_run_has_its_interval_and_a_failed_one_its_reason(folder: Path, capsys):
    header, *rows = listed(folder, capsys, "architecture=tiny", "sort=rmse")
    assert header[:6] == ["run", "state", "architecture", "head", "dataset", "seed"]
    assert [row[5] for row in rows] == ["0", "2", "1", "9"], "the failed one comes last"
    assert rows[0][header.index("rmse")] == "0.2000 (0.1900 to 0.2100)"
    assert rows[-1][-1] == "the disk is full"


def test_seeds_together_have_mean_spread_and_number(folder: Path, capsys):
    header, *rows = listed(folder, capsys, "state=finished", "seeds=together", "sort=rmse")
    assert [row[2] for row in rows] == ["large", "tiny"]
    mean, spread = statistics.fmean(RMSE["tiny"]), statistics.stdev(RMSE["tiny"])
    assert rows[1][header.index("rmse")] == f"{mean:.4f} ± {spread:.4f} (n=3)"
    assert rows[1][header.index("seed")] == "0, 1, 2"


def test_seeds_are_together_where_the_galaxies_are_the_same_and_not_where_their_number_is(folder: Path, capsys):
    for seed in range(2):
        other = {"fingerprint": "others" if seed else "ours", "galaxies": 9}
        atomic.write_json(folder / f"large-{seed}" / "data.json", other)
    _, *rows = listed(folder, capsys, "state=finished", "seeds=together", "architecture=large")
    assert [row[5] for row in rows] == ["0", "1"]


def test_json_has_the_order_and_the_metrics_that_were_asked_for(folder: Path, capsys):
    runs.main([str(folder), "state=finished", "sort=-rmse", "metrics=rmse"], as_json=True)
    found = [run["metrics"]["rmse"] for run in json.loads(capsys.readouterr().out)]
    assert found == sorted([*RMSE["tiny"], *RMSE["large"]], reverse=True)


@pytest.mark.parametrize("word", ["seeds=together", "out=table.csv"])
def test_json_refuses_what_it_cannot_do(folder: Path, word: str, capsys):
    with pytest.raises(ZooError, match="^--json lists each run by itself, on stdout: leave out seeds=together and"):
        runs.main([str(folder), word], as_json=True)
    assert capsys.readouterr().out == ""


def test_a_minus_begins_with_the_largest(folder: Path, capsys):
    _, *rows = listed(folder, capsys, "state=finished", "sort=-rmse")
    assert [row[2] for row in rows] == ["tiny"] * 3 + ["large"] * 2


def of_classes(folder: Path, name: str, accuracy: float) -> None:
    """Leave what a training on classes leaves, with a metric of a name that says no direction."""
    train(folder / name, name, 0, accuracy)
    metrics = json.loads((folder / name / "metrics.json").read_text())["metrics"]
    metrics = {"accuracy": metrics["rmse"], "spread": metrics["rmse"]}
    atomic.write_json(folder / name / "metrics.json", {"metrics": metrics})


def test_runs_of_votes_and_of_classes_each_have_their_main_metric(folder: Path, capsys):
    of_classes(folder, "classes", 0.9)
    header, *rows = listed(folder, capsys, "state=finished", "seed=0")
    scores = {row[2]: [row[header.index(name)].partition(" ")[0] for name in ("rmse", "accuracy")] for row in rows}
    assert scores == {"classes": ["", "0.9000"], "large": ["0.1500", ""], "tiny": ["0.2000", ""]}
    assert "accuracy" not in listed(folder, capsys, "architecture=tiny,large")[0]


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("accuracy", ["good", "fair", "poor"]),
        ("-accuracy", ["poor", "fair", "good"]),
        ("spread", ["poor", "fair", "good"]),
        ("-spread", ["good", "fair", "poor"]),
    ],
)
def test_the_best_comes_first_and_the_smallest_where_a_name_does_not_say(
    tmp_path: Path, capsys, sort: str, order: list
):
    for name, accuracy in {"fair": 0.7, "good": 0.9, "poor": 0.5}.items():
        of_classes(tmp_path, name, accuracy)
    assert [row[2] for row in listed(tmp_path, capsys, f"sort={sort}")[1:]] == order


def test_what_runs_differ_in_is_a_column_and_can_be_asked_for(folder: Path, capsys):
    header, *rows = listed(folder, capsys, "state=finished", "seed=0")
    assert [row[header.index("stages.0.lr")] for row in rows] == ["0.01", "0.1"]
    assert len(listed(folder, capsys, "stages.0.lr=0.01")) == 1 + len(RMSE["large"])
    assert len(listed(folder, capsys, "seed=0,1", "state=finished")) == 1 + 4


def test_the_few_keys_on_the_screen_are_those_that_tell_the_runs_apart(tmp_path: Path):
    """Eight runs of three keys that differ, and of four before them that set one run alone apart."""
    for number in range(8):
        train(tmp_path / f"{number}", "tiny", 0, 0.2)
        single = {f"a{key}": number == key for key in range(4)}
        bits = {f"b{bit}": number >> bit & 1 for bit in range(3)}
        config = json.loads(json.dumps(Run(tmp_path / f"{number}").config))
        Run(tmp_path / f"{number}").tell(Run(tmp_path / f"{number}").choices, {**config, "head": single | bits})
    lines = [run_table.Line([one]) for one in found_in(tmp_path)]
    keys = run_table.differing(lines)
    assert len(keys) == 7
    assert run_table.telling(lines, keys, 3) == ["head.b0", "head.b1", "head.b2"]
    assert run_table.telling(lines, keys, 9) == keys


def test_a_value_that_no_run_was_told_is_answered_with_those_that_some_were(folder: Path, capsys):
    runs.main([str(folder), "architecture=tinny"])
    assert capsys.readouterr().out == (
        f"None of the 6 runs in {folder} has architecture=tinny: of architecture they have tiny, large.\n"
    )
    runs.main([str(folder / "nowhere"), "architecture=tiny"])
    assert "`zoo train` makes the first one" in capsys.readouterr().out


@pytest.mark.parametrize("suffix", [".csv", ".html"])
def test_the_table_becomes_a_file(folder: Path, suffix: str, capsys):
    out = folder / f"table{suffix}"
    runs.main([str(folder), f"out={out}"])
    assert capsys.readouterr().out == f"{out}\n"
    text = out.read_text()
    assert "stages.0.lr" in text and "the disk is full" in text
    assert text.count("<tr" if suffix == ".html" else "\n") >= 7


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("sort=beauty", "No run has a metric 'beauty': choose one of rmse"),
        ("metrics=rmse,rmes", "No run has a metric 'rmes': choose one of rmse"),
        ("stages.1.lr=0.1", "No run was told stages.1.lr: try stages.0.lr"),
        ("out=table.docx", "choose .csv or .html"),
        ("seeds=mixed", "neither together nor apart"),
    ],
)
def test_what_cannot_be_is_refused(folder: Path, word: str, said: str):
    with pytest.raises(ZooError, match=said):
        runs.main([str(folder), word])
