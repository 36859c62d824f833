"""The intervals of votes cover what they claim on the simulated survey, whose volunteers' chances are known."""

import numpy as np
import pytest
import torch
import yaml
from torch import nn

from zoo.registry import CONF
from zoo.schema import VoteCounts, VoteFractions, read_tree

NOISE, TRAINED, TESTED = 0.5, 2000, 1000
VOLUNTEERS = 40


@pytest.fixture(scope="module")
def tree() -> VoteCounts:
    """The questions of the simulated volunteers."""
    return read_tree(yaml.safe_load((CONF / "tree" / "galaxy_zoo.yaml").read_text())["questions"], counts=True)


@pytest.fixture(scope="module")
def survey(tree: VoteCounts) -> tuple[np.ndarray, np.ndarray]:
    """The chance of each answer, and the votes, of simulated galaxies; no galaxy is rendered for them."""
    simulated = pytest.importorskip("zoo_dataset_simulated.volunteers", reason="the simulated survey is not installed")
    from zoo_dataset_simulated.draws import stream
    from zoo_dataset_simulated.population import draw_galaxy

    chances, votes = [], []
    for index in range(TRAINED + TESTED):
        own = simulated.chances(draw_galaxy(stream(0, index, "galaxy")))
        chances.append(np.concatenate([own[question.name] for question in tree.questions]))
        given = simulated.vote(VoteFractions(tree.questions), own, VOLUNTEERS, stream(0, index, "votes"))
        votes.append(np.round(given * VOLUNTEERS))
    return np.array(chances), np.array(votes)


@pytest.mark.slow
def test_nine_of_ten_chances_of_1000_simulated_galaxies_lie_in_their_interval(tree, survey):
    """A small network sees noisy measures of a galaxy, new ones at each pass as augmenters give, and learns from votes.

    Half a standard deviation of noise leaves it something not to know; what it cannot know must be in its intervals.
    """
    dirichlet = pytest.importorskip("zoo_head_decision_tree.dirichlet", reason="the head is not installed")
    chances, votes = survey
    odds = np.clip(chances, 1e-3, 1 - 1e-3)
    measures = np.log(odds / (1 - odds))
    measures = torch.tensor((measures - measures.mean(0)) / measures.std(0)).float()
    target = torch.tensor(votes).float()
    torch.manual_seed(0)
    head = dirichlet.Dirichlet(tree, 64, dropout=0.0, lowest=0.01, highest=1e4)
    head.start_from(tree.baseline(votes[:TRAINED]))
    network = nn.Sequential(nn.Linear(measures.shape[1], 64), nn.GELU(), head)
    optimizer = torch.optim.AdamW(network.parameters())
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 1e-2, total_steps=300)
    for _ in range(300):
        rows = torch.randint(0, TRAINED, (500,))
        optimizer.zero_grad()
        head.loss(network(noisy(measures[rows])), target[rows]).backward()
        optimizer.step()
        schedule.step()
    with torch.no_grad():
        columns = head.predict(network(noisy(measures[TRAINED:])))
    low, high = (np.stack([columns[f"{name}_{end}"] for name in tree.columns], axis=1) for end in ("low", "high"))
    inside = (low <= chances[TRAINED:]) & (chances[TRAINED:] <= high)
    assert inside.mean() == pytest.approx(0.9, abs=0.03), f"{inside.mean():.3f} of the chances lie in their interval"
    asked = [np.repeat(votes[TRAINED:, k].sum(1, keepdims=True) > 0, k.stop - k.start, axis=1) for k in tree.slices]
    seen = inside[np.concatenate(asked, axis=1)].mean()
    assert seen == pytest.approx(0.9, abs=0.03), f"{seen:.3f} of those on questions that were asked"


def noisy(measures: torch.Tensor) -> torch.Tensor:
    """Another measurement of the same galaxies."""
    return measures + NOISE * torch.randn_like(measures)
