"""The network's numbers, counts, first weights and refusals."""

import copy

import numpy as np
import pytest
import torch
from torch import Tensor

from zoo.errors import Incompatible, ZooError

from . import reference

MAXOUT, RELU = {"units": 4096, "act": "maxout2"}, {"units": 4096, "act": "relu"}


def variant(layers: list[dict]) -> dict:
    """The arguments behind the layers of a golden table."""
    convolutions = [layer for layer in layers if layer["layer"].startswith("conv")]
    hidden = [layer for layer in layers if "kind" in layer]
    shared = [layer for layer in layers if "shared" in layer["layer"]]
    return {
        "conv_kernels": [layer["kernel"] for layer in convolutions],
        "conv_channels": [layer["out"] for layer in convolutions],
        "conv_pool_after": [k for k, layer in enumerate(convolutions, 1) if "pooled_map" in layer],
        "shared_dense": shared[0]["out"] if shared else None,
        "dense": [MAXOUT if layer["kind"] == "maxout" else RELU for layer in hidden],
    }


def with_answers(network) -> int:
    """Parameters together with the head's layer of 37 answers."""
    return sum(p.numel() for p in network.parameters()) + 37 * network.num_features + 37


def views(seed: int = 0, n: int = 3, size: int = 15, bands: int = 3) -> Tensor:
    """Noise in float64."""
    return torch.rand(2, n, bands, size, size, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_the_best_single_network_has_its_published_number_of_parameters(make):
    """42,377,125 with its 37 answers, the same as published (spec D9), 2,048 features, layers in order."""
    network = make()
    assert with_answers(network) == 42_377_125 and network.num_features == 2048
    assert [name for name, _ in network.layers()] == ["conv1", "conv2", "conv3", "conv4", "dense1", "dense2"]


def test_param_counts(make, golden):
    """All seventeen networks come out by arguments: totals, totals with tied biases, and each layer's counts."""
    table = golden("param_counts")
    assert len(table) == 17
    for name, row in table.items():
        changes = variant(row["layers"])
        network = make(**changes)
        assert with_answers(network) == row["total"], name
        assert with_answers(make(**changes, conv_untied_bias=False)) == row["total_if_tied_biases"], name
        for (layer, module), expected in zip(network.layers(), row["layers"], strict=False):
            biases = expected.get("biases_untied", expected.get("biases"))
            assert sum(p.numel() for p in module.parameters()) == expected["weights"] + biases, f"{name}: {layer}"


def test_features_equal_the_reference(small):
    """The network computes what a slow NumPy version of the specification does."""
    state = {name: tensor.numpy() for name, tensor in small.state_dict().items()}
    expected = reference.small_network(views(n=2).numpy(), state, part_size=12)
    with torch.no_grad():
        np.testing.assert_allclose(small(views(n=2)).numpy(), expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"conv_act": "maxout2", "conv_channels": [4, 6]}, {"act": "maxout2"}),
        ({"pool_size": 3}, {"pool": (3, 2)}),
        ({"pool_size": 3, "pool_stride": 1}, {"pool": (3, 1)}),
        ({"pool_size": 4, "pool_stride": 3, "part_size": 13}, {"pool": (4, 3)}),
        ({"conv_first_stride": 2, "conv_kernels": [3, 2]}, {"first_stride": 2}),
        (
            {"part_size": 11, "conv_act": "maxout2", "conv_channels": [2, 2], "pool_size": 3},
            {"act": "maxout2", "pool": (3, 2)},
        ),
    ],
)
def test_what_was_tried_beside_the_published_network_equals_the_reference(make_small, changes: dict, told: dict):
    """Maxout convolutions, overlapping blocks, odd maps that keep their border, strides, other sizes of parts."""
    network, images = make_small(**changes), views(n=1)
    state = {name: tensor.numpy() for name, tensor in network.state_dict().items()}
    expected = reference.small_network(images.numpy(), state, network.part_size, **told)
    with torch.no_grad():
        np.testing.assert_allclose(network(images).numpy(), expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("part_size, pool_size", [(45, 3), (37, 2), (53, 2), (46, 2), (51, 3)])
def test_parts_of_other_sizes_and_overlapping_blocks_make_networks(make, part_size: int, pool_size: int):
    """Views of 69 pixels hold parts from 35 pixels, which share the centre only, to 69, which are the whole view."""
    network = make(part_size=part_size, pool_size=pool_size)
    assert network(torch.empty(2, 4, 3, 69, 69, device="meta")).shape == (4, 2048)


def test_overlapping_blocks_need_no_other_weights(make):
    """A 3×3 maximum every two pixels leaves maps of the published sizes."""
    shapes = [{name: p.shape for name, p in make(pool_size=size).named_parameters()} for size in (2, 3)]
    assert shapes[0] == shapes[1]


def test_twice_as_fine_images_and_a_stride_of_2_give_maps_of_the_published_sizes(make):
    """Spec H: 138 pixels for 69, parts of 90, a first kernel of 12 with stride 2; all other weights have one shape."""
    fine, published = make(part_size=90, conv_kernels=[12, 5, 3, 3], conv_first_stride=2), make()
    assert fine(torch.empty(2, 4, 3, 138, 138, device="meta")).shape == (4, 2048)
    shapes = [{name: p.shape for name, p in network.named_parameters()} for network in (fine, published)]
    assert {name for name in shapes[0] if shapes[0][name] != shapes[1][name]} == {"convolutions.conv1.convolve.weight"}


def test_maxout_halves_the_maps(make):
    """As many linear maps as conv_channels says; the next convolution reads half of them."""
    layers = dict(make(conv_act="maxout2", conv_channels=[64, 128, 256, 256]).layers())
    assert [layers[f"conv{k}"].convolve.weight.shape[:2] for k in (1, 2, 3, 4)] == [
        (64, 3), (128, 32), (256, 64), (256, 128)
    ]  # fmt: skip
    assert layers["dense1"].linear.in_features == 8192


def test_galaxies_do_not_see_each_other(small):
    """X09: a batch of n gives what n batches of one give, and another order gives the other order."""
    with torch.no_grad():
        together, order = small(views(n=4)), [2, 0, 3, 1]
        alone = torch.cat([small(views(n=4)[:, k : k + 1]) for k in range(4)])
        torch.testing.assert_close(together, alone, rtol=0, atol=1e-12)
        torch.testing.assert_close(small(views(n=4)[:, order]), together[order], rtol=0, atol=1e-12)


@pytest.mark.parametrize("untied", [True, False])
@pytest.mark.parametrize("init", ["he", "published"])
def test_gradients_are_right_and_reach_every_parameter(make, untied: bool, init: str):
    """The gradient of each parameter equals a central difference along it."""
    torch.manual_seed(2)
    network = make(
        "cpu",
        part_size=9,
        conv_kernels=[4, 3],
        conv_channels=[4, 4],
        conv_pool_after=[1],
        conv_weight_std=[0.3, 0.3],
        conv_untied_bias=untied,
        shared_dense=8,
        dense=[{"units": 6, "act": "maxout2"}],
        init=init,
    )
    network.double().eval()
    weigh = torch.randn(network.num_features, dtype=torch.float64)

    def loss() -> Tensor:
        return (network(views(size=11)) @ weigh).sum()

    loss().backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None and parameter.grad.any(), f"no gradient reaches {name}"
        direction = torch.randn_like(parameter)
        with torch.no_grad():
            parameter += 1e-6 * direction
            above = loss()
            parameter -= 2e-6 * direction
            below = loss()
            parameter += 1e-6 * direction
        expected = (parameter.grad * direction).sum()
        torch.testing.assert_close((above - below) / 2e-6, expected, rtol=1e-5, atol=1e-8)


def test_dropout_is_on_the_input_of_every_dense_layer(small):
    """Spec D4: half of the inputs, in training only, without rescaling at evaluation."""
    dropouts = [module for module in small.modules() if isinstance(module, torch.nn.Dropout)]
    assert len(dropouts) == 3 and all(dropout.p == 0.5 for dropout in dropouts)
    small.train()
    try:
        assert not torch.equal(small(views()), small(views()))
    finally:
        small.eval()
    assert torch.equal(small(views()), small(views()))


def test_published_first_weights_have_the_published_spread(make):
    """Spec D1: standard deviations 0.01, 0.01, 0.01, 0.1 and 0.001; biases 0.1 and 0.01."""
    torch.manual_seed(0)
    layers = dict(make("cpu", init="published", dense=[{"units": 64, "act": "maxout2"}]).layers())
    for number, std in enumerate([0.01, 0.01, 0.01, 0.1], start=1):
        convolution = layers[f"conv{number}"]
        assert convolution.convolve.weight.std().item() == pytest.approx(std, rel=0.05)
        assert (convolution.bias.bias == 0.1).all()
    assert layers["dense1"].linear.weight.std().item() == pytest.approx(0.001, rel=0.05)
    assert (layers["dense1"].linear.bias == 0.01).all()


def test_he_weights_keep_the_scale_of_the_maps(make):
    """He et al. (2015): N(0, 2/inputs), zero biases; behind four convolutions the maps are as large as the image."""
    torch.manual_seed(0)
    network = make("cpu", dense=[{"units": 64, "act": "maxout2"}]).eval()
    assert not any(p.any() for name, p in network.named_parameters() if name.endswith("bias"))
    with torch.no_grad():
        image = torch.randn(16, 3, 45, 45)
        maps = network.convolutions(image)
    assert 0.3 < maps.square().mean().sqrt() < 3


def test_one_seed_gives_one_network(make):
    """First weights are a function of torch's seed."""
    states = []
    for _ in range(2):
        torch.manual_seed(7)
        states.append(make("cpu", dense=[{"units": 16, "act": "relu"}]).state_dict())
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


def test_bfloat16_maps_stay_bfloat16(small):
    """Untied biases do not up-cast: under autocast every map behind a convolution is bfloat16, and the result close."""
    found = {}
    network = copy.deepcopy(small).float()
    for name, module in network.convolutions.named_modules():
        module.register_forward_hook(lambda _, inputs, maps, name=name: found.update({name: maps.dtype}))
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        half = network(views().float())
    assert set(found.values()) == {torch.bfloat16}
    torch.testing.assert_close(half.double(), small(views()), rtol=0.05, atol=0.05)


def test_exports_for_any_number_of_galaxies(small):
    """torch.export with a dynamic galaxy axis gives the same features for another number of galaxies."""
    program = torch.export.export(small, (views(n=2),), dynamic_shapes=({1: torch.export.Dim("galaxy", max=64)},))
    torch.testing.assert_close(program.module()(views(n=5)), small(views(n=5)), rtol=0, atol=1e-12)


@pytest.mark.parametrize("bands", [1, 5])
def test_other_numbers_of_bands(make, bands: int):
    """The first convolution has as many inputs as the images have bands."""
    network = make(num_bands=bands)
    assert network(torch.empty(2, 4, bands, 69, 69, device="meta")).shape == (4, 2048)


def test_refuses_another_number_of_views(make):
    with pytest.raises(Incompatible, match="built for 2 views of a galaxy and was given 1: .*architecture.num_views=1"):
        make()(torch.empty(1, 4, 3, 69, 69, device="meta"))


@pytest.mark.parametrize("pixels", [44, 90])
def test_refuses_views_whose_centre_is_not_in_every_part(make, pixels: int):
    with pytest.raises(Incompatible, match=f"need views of 45 to 89 pixels, these have {pixels}×{pixels}: change"):
        make()(torch.empty(2, 4, 3, pixels, pixels, device="meta"))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"conv_kernels": [6, 5, 3]}, "has 3 conv_kernels, 4 conv_channels and 4 conv_weight_std: give each"),
        ({"conv_kernels": [6, 5, 3, 9]}, "Convolution 4 with its kernel of 9 pixels finds maps of 6: choose smaller"),
        ({"conv_pool_after": [0, 1]}, "conv_pool_after names convolution 0, and there are 4, counted from 1"),
        ({"conv_pool_after": [5]}, "conv_pool_after names convolution 5"),
        ({"dense": []}, "dense is empty: what the convolutions find needs a dense layer"),
        (
            {"dense": [{"units": 7, "act": "maxout2"}]},
            "7 units with act=maxout2: choose act=maxout2 or relu, and an even",
        ),
        ({"dense": [{"units": 8, "act": "gelu"}]}, "8 units with act=gelu: choose act=maxout2 or relu"),
        ({"shared_dense": 0}, "0 units with act=maxout2"),
        ({"conv_act": "gelu"}, "has 32 maps for conv_act=gelu: choose conv_act=maxout2 or relu, and even numbers"),
        ({"conv_act": "maxout2", "conv_channels": [31, 2, 2, 2]}, "has 31 maps for conv_act=maxout2"),
        ({"conv_first_stride": 0}, "conv_first_stride=0 moves nowhere: take 1, or 2"),
        ({"pool_kind": "mean"}, "pool_kind=mean is unknown: choose max or stochastic"),
        ({"pool_kind": "stochastic", "conv_act": "maxout2"}, "conv_act=maxout2 gives negative maps"),
        ({"pool_stride": 3}, "pool_stride=3 does not fit pool_size=2: take 1 to 2"),
        ({"pool_stride": 0}, "pool_stride=0 does not fit pool_size=2"),
        ({"pool_size": 45, "conv_pool_after": [1]}, "Pooling blocks of 45 pixels, 2 apart, find maps of 40: choose a"),
        ({"init": "xavier"}, "init=xavier is unknown: choose he or published"),
    ],
)
def test_refuses_arguments_that_make_no_network(make, changes: dict, words: str):
    with pytest.raises(ZooError, match=words):
        make(**changes)
