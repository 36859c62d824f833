"""The limit to column norms (spec D8)."""

import pytest
import torch
from zoo_architecture_gz_convnet.norm_constraint import NormConstraint, constrain, norms

from zoo.errors import ZooError


@pytest.mark.parametrize("kind, key", [("rms", "as_coded_rms"), ("l2", "conventional_l2")])
def test_norm_constraint(golden, kind: str, key: str):
    """The golden columns, as released and as probably meant."""
    values = golden("norm_constraint")
    weight = torch.tensor(values["W_in_by_out"], dtype=torch.float64).T.contiguous()
    column_norms = torch.tensor(values[f"column_{kind}"], dtype=torch.float64)
    torch.testing.assert_close(norms(weight, kind), column_norms, rtol=0, atol=1e-12)
    constrain(weight, values["c"], kind)
    torch.testing.assert_close(weight.T, torch.tensor(values[key], dtype=torch.float64), rtol=0, atol=1e-12)


def limited(make, **limits):
    """The small network with limits so low that they act."""
    return make(
        "cpu",
        part_size=12,
        conv_kernels=[4, 2],
        conv_channels=[3, 5],
        conv_pool_after=[1, 2],
        conv_weight_std=[0.01, 0.01],
        dense=[{"units": 8, "act": "maxout2"}, {"units": 6, "act": "relu"}],
        norm_constraint={"dense1": 0.01, "dense2": 0.02, "every": 10, "kind": "l2"} | limits,
    )


def test_it_acts_62_times_in_a_chunk_of_625_updates(make):
    """After updates 10, 20, … 620 of each chunk, which need not be multiples of ten in all."""
    network, acted = limited(make), []
    for step in range(1, 1251):
        with torch.no_grad():
            network.dense.dense1.linear.weight.fill_(1.0)
        network.after_step(step)
        if network.dense.dense1.linear.weight[0, 0] < 1:
            acted.append(step)
    assert acted == [*range(10, 621, 10), *range(635, 1246, 10)]


def test_columns_end_at_their_limit_and_biases_and_other_layers_stay(make):
    network = limited(make)
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    network.after_step(10)
    for layer, limit in (("dense1", 0.01), ("dense2", 0.02)):
        weight = network.dense.get_submodule(layer).linear.weight
        torch.testing.assert_close(norms(weight, "l2"), torch.full((len(weight),), limit))
    changed = {name for name, tensor in network.state_dict().items() if not torch.equal(tensor, before[name])}
    assert changed == {"dense.dense1.linear.weight", "dense.dense2.linear.weight"}


@pytest.mark.parametrize(
    "limits, words",
    [
        ({"kind": "max"}, "kind=max is unknown: choose rms or l2"),
        ({"dense3": 0.1}, "limits dense3; the dense layers are dense1, dense2"),
        ({"every": 0}, "not above 0"),
        ({"dense1": -1.0}, "not above 0"),
    ],
)
def test_impossible_limits_are_refused(make, limits: dict, words: str):
    with pytest.raises(ZooError, match=words):
        limited(make, **limits)


def test_the_published_limits_do_not_touch_the_published_first_weights():
    """As root mean squares they are 36 and 10 as lengths, and the first columns have 0.09 and 0.045 (spec D8)."""
    layer = torch.nn.ModuleDict({"linear": torch.nn.Linear(8192, 16)})
    torch.nn.init.normal_(layer.linear.weight, std=0.001)
    before = layer.linear.weight.clone()
    NormConstraint({"dense1": layer}, every=1, kind="rms", dense1=0.4).after(1)
    assert torch.equal(layer.linear.weight, before)
