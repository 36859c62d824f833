"""Training as a list of stages."""

import copy
import dataclasses
import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from zoo import compose, fit, stages, yaml_file
from zoo.errors import Incompatible, ZooError
from zoo.model import GalaxyModel
from zoo.schedule import Cosine, Drops, Progress
from zoo.schema import Classes

ROOT = Path(__file__).parents[1]
RECIPES = sorted(path for place in ("", "plugins/*/src/*/") for path in ROOT.glob(f"{place}conf/stages/*.yaml"))


@pytest.fixture
def model(toy: None) -> GalaxyModel:
    from zoo_toy.parts import Convolution, Logistic, Roll

    backbone = Convolution(width=4, dropout=0.0, crash=False, num_bands=3)
    return GalaxyModel(Roll(), backbone, Logistic(Classes(("round", "long")), 4))


def trained(model: nn.Module) -> set[str]:
    return {name for name, parameter in model.named_parameters() if parameter.requires_grad}


def test_the_shorter_of_epochs_and_steps_wins_and_the_budget_shortens_it() -> None:
    stage = stages.Stage(lr=0.1, epochs=2, steps=500)
    assert stage.length(steps_per_epoch=100, budget=1.0) == 200
    assert stage.length(steps_per_epoch=1000, budget=1.0) == 500
    assert stage.length(steps_per_epoch=100, budget=0.01) == 2
    assert stages.Stage(lr=0.1, steps=3).length(100, budget=1e-6) == 1


def test_a_stage_without_length_is_refused() -> None:
    with pytest.raises(ZooError, match="no length: set its epochs or steps"):
        stages.Stage(lr=0.1).length(100, 1.0)


def test_an_unknown_key_is_named_with_the_known_ones() -> None:
    with pytest.raises(ZooError, match="no key 'epoch'; it has average, cache_features, epochs"):
        stages.read([{"lr": 0.1, "epoch": 3}])


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.stem)
def test_every_stage_of_every_recipe_states_all_keys_so_that_each_can_be_overridden(recipe: Path) -> None:
    keys = {field.name for field in dataclasses.fields(stages.Stage)}
    for stage in yaml_file.read(recipe).get("stages", []):
        assert set(stage) == keys, f"{recipe.name}, stage {stage.get('name')}: {set(stage) ^ keys}"


def test_training_the_head_freezes_the_backbone(model: GalaxyModel) -> None:
    stages.begin(stages.Stage(lr=0.1, epochs=1, train="head"), model)
    assert trained(model) == {"head.last.weight", "head.last.bias"}
    assert model.backbone.first in stages.frozen_modules(model)


def test_training_from_a_layer_trains_it_and_all_behind_it(model: GalaxyModel) -> None:
    stages.begin(stages.Stage(lr=0.1, epochs=1, train="first"), model)
    assert trained(model) == {"backbone.first.weight", "backbone.first.bias", "head.last.weight", "head.last.bias"}


def test_an_unknown_layer_is_refused_with_those_there_are(model: GalaxyModel) -> None:
    with pytest.raises(Incompatible, match="'block7' on; this backbone has first, drop"):
        stages.begin(stages.Stage(lr=0.1, epochs=1, train="block7"), model)


def test_a_later_stage_s_unknown_layer_is_refused_before_the_first_begins(toy: None, tmp_path: Path) -> None:
    import killer

    staged = [{"epochs": 1, "lr": 0.1, "train": train} for train in ("head", "block7")]
    with pytest.raises(Incompatible, match="'block7' on; this backbone has first, drop"):
        fit.prepare(fit.choices_of(killer.PARTS), killer.config(tmp_path, stages=staged))
    assert not list(tmp_path.iterdir()), "a refused training leaves no folder"


def test_training_from_a_part_of_a_layer_trains_it_and_all_behind_it(model: GalaxyModel) -> None:
    inner = nn.Sequential(nn.Linear(1, 2), nn.ReLU(), nn.Linear(2, 3))
    model.backbone.first = nn.ModuleDict({"before": nn.Linear(1, 1), "rep": inner, "after": nn.Linear(3, 1)})
    stages.begin(stages.Stage(lr=0.1, epochs=1, train="first.rep.2"), model)
    parts = {"rep.2", "after"}
    backbone = {f"backbone.first.{part}.{name}" for part in parts for name in ("weight", "bias")}
    assert trained(model) == backbone | {"head.last.weight", "head.last.bias"}
    with pytest.raises(Incompatible, match="from part '3' of a layer on; there, it has 0, 1, 2"):
        stages.begin(stages.Stage(lr=0.1, epochs=1, train="first.rep.3"), model)


@pytest.mark.parametrize(("key", "words"), [("keep", "last nor best"), ("frozen_bn", "inference nor batch_stats")])
def test_a_value_that_a_key_does_not_have_is_answered_with_those_it_has(key: str, words: str) -> None:
    with pytest.raises(ZooError, match=f"{key}=other of a stage is neither {words}"):
        stages.read([{"lr": 0.1, "epochs": 1, key: "other"}])


@pytest.mark.parametrize("frozen_bn", ["inference", "batch_stats"])
def test_frozen_batch_norms_normalise_by_what_the_stage_says(model: GalaxyModel, frozen_bn: str) -> None:
    """Either way their averages stay, and validation uses these (spec G20)."""
    norm = model.backbone.first = nn.BatchNorm2d(3)
    images, before = 5 + 2 * torch.randn(8, 3, 12, 12), copy.deepcopy(norm.state_dict())
    stage = stages.Stage(lr=0.1, epochs=1, train="head", frozen_bn=frozen_bn)
    stages.begin(stage, model)
    stages.wake(stage, model)
    of_batch, of_averages = torch.nn.functional.batch_norm(images, None, None, training=True), images
    assert torch.allclose(norm(images), of_batch if frozen_bn == "batch_stats" else of_averages, atol=1e-3)
    assert all(torch.equal(value, before[name]) for name, value in norm.state_dict().items())
    assert torch.allclose(model.eval().backbone.first(images), of_averages, atol=1e-3)

    everything = stages.Stage(lr=0.1, epochs=1)
    stages.begin(everything, model)
    stages.wake(everything, model)
    norm(images)
    assert norm.num_batches_tracked == 1 and norm.running_mean.min() > 0.3, "trained again, its averages follow"


def test_head_options_that_the_head_does_not_declare_are_skipped(model: GalaxyModel) -> None:
    stages.set_options(model.head, stages.Stage(lr=0.1, epochs=1, head={"normalise": False}), {})
    assert not hasattr(model.head, "normalise")


def test_a_stage_sets_an_option_of_the_head_and_the_next_one_has_it_as_it_was_built() -> None:
    """Also one that the constructor sets, of which the class knows nothing."""
    head = SimpleNamespace(options=("smoothing",), smoothing=0.3)
    built = stages.options_of(head)
    for told, wanted in (({"smoothing": 0.1}, 0.1), ({}, 0.3)):
        stages.set_options(head, stages.Stage(lr=0.1, epochs=1, head=told), built)
        assert head.smoothing == wanted


def test_drops_divide_by_ten_and_cosine_ends_at_its_last_rate() -> None:
    assert [Drops([0.5, 0.9])(Progress(done)) for done in (0.0, 0.5, 0.95)] == pytest.approx([1, 0.1, 0.01])
    cosine = Cosine(warm_up=0.1, final=0.01)
    rates = [cosine(Progress(k / 1000)) for k in range(1000)]
    assert max(rates) == pytest.approx(1.0, abs=0.01)
    assert rates[-1] == pytest.approx(0.01, abs=1e-3)
    assert rates == sorted(rates[:100]) + sorted(rates[100:], reverse=True)


@pytest.mark.parametrize("budget", [0, -0.1])
def test_a_budget_of_nothing_is_refused(budget: float) -> None:
    with pytest.raises(ZooError, match="leaves no step to train: take a number above 0"):
        stages.Stage(lr=0.1, steps=3).length(100, budget)


def test_schedule_steps(shared) -> None:
    """The published recipe has the published number of steps at each rate, and its warm-up (spec D11, D12)."""
    golden = json.loads((shared / "spec/golden/optimiser.json").read_text())["schedule"]
    config = fit.values_of(compose.config("train", ["stages=published"]))
    published = stages.read(config["stages"])
    ends = np.cumsum([stage.length(625, config["budget"]) for stage in published]).tolist()
    assert ends[-1] == golden["steps"] and (config["batch_size"], config["chunk"]) == (16, golden["chunk"])
    rates = {end: (stage.lr, stage.head.get("normalise", True)) for end, stage in zip(ends, published, strict=True)}
    drops = [row["from_step"] for row in golden["lr"][1:]] + [golden["steps"]]
    assert [rates[end][0] for end in drops] == [row["lr"] for row in golden["lr"]]
    assert rates[golden["warmup_no_normalisation_steps"]] == (0.04, False)
    assert [stage.fresh_optimizer for stage in published] == [True, True, False, False]


def test_the_modern_recipe_can_be_shortened_and_averages_within_it() -> None:
    config = fit.values_of(compose.config("train", ["stages=modern", "budget=0.1"]))
    (stage,) = stages.read(config["stages"])
    assert config["optimizer"]["betas"] and config["scheduler"]["warm_up"] and config["chunk"] is None
    assert stage.length(100, config["budget"]) == 0.1 * stage.epochs * 100
    assert 1 / (1 - stage.average) <= stage.length(100, config["budget"]), "else it would remember the first weights"


def plain(tmp_path: Path, **stage: object) -> tuple[dict, dict]:
    """A training of the toy's head alone."""
    import killer

    staged = [{"name": "head", "epochs": 3, "lr": 0.1, "train": "head"} | stage]
    return fit.choices_of(killer.PARTS), killer.config(tmp_path, stages=staged)


def test_cached_features_give_the_losses_of_computed_ones_and_look_at_a_galaxy_once(
    toy: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from zoo_toy.parts import Convolution, Roll

    looked: dict[bool, int] = {False: 0, True: 0}
    histories = {}
    forward = Convolution.image_features
    monkeypatch.setattr(Roll, "sample", lambda self, draws: self.canonical(len(draws)))
    for cached in looked:

        def counted(self: Convolution, images: torch.Tensor, cached: bool = cached) -> torch.Tensor:
            looked[cached] += len(images)
            return forward(self, images)

        monkeypatch.setattr(Convolution, "image_features", counted)
        run = fit.train(fit.prepare(*plain(tmp_path / str(cached), cache_features=cached)))
        histories[cached] = pd.read_csv(run.folder / "metrics.csv")
    for column in ("train_loss", "validation_loss"):
        np.testing.assert_allclose(histories[True][column], histories[False][column], atol=1e-6)
    assert looked[True] < looked[False] / 2, "three passes, and one look at the validation galaxies at the end"


@pytest.mark.parametrize(
    ("stage", "words"),
    [
        ({}, "the augmenter changes galaxies at random: set its strengths to 0, or leave cache_features out"),
        ({"train": "first"}, "it trains 'first': set its train to head"),
        ({"frozen_bn": "batch_stats"}, "its frozen batch-norms follow the batch: set its frozen_bn to inference"),
    ],
)
def test_features_that_would_not_stay_are_refused_before_the_first_step(
    toy: None, tmp_path: Path, stage: dict, words: str
) -> None:
    with pytest.raises(Incompatible, match=f"cache_features of the stage head keeps .*, and {words}"):
        fit.prepare(*plain(tmp_path, cache_features=True, **stage))
    assert not list(tmp_path.iterdir()), "a refused training leaves no folder"
