"""timm's networks as backbones: features, layers in order, weights from files, refusals."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
import timm
import torch
from safetensors.torch import load_file, save_file

from zoo.errors import CheckpointError, Incompatible, ZooError

NETWORKS = {
    "legacy_xception": (2048, ["conv1", "bn1", "conv2", "bn2", *(f"block{k}" for k in range(1, 13))]),
    "vgg16": (512, ["features.0", "features.2", "features.5"]),
    "vgg19": (512, ["features.0", "features.2", "features.5"]),
    "resnet50": (2048, ["conv1", "bn1", "layer1.0", "layer1.1", "layer1.2", "layer2.0"]),
    "resnet18": (512, ["conv1", "bn1", "layer1.0", "layer1.1", "layer2.0"]),
    "inception_v3": (2048, ["Conv2d_1a_3x3", "Conv2d_2a_3x3", "Conv2d_2b_3x3", "Conv2d_3b_1x1"]),
    "convnext_nano": (640, ["stem.0", "stem.1", "stages.0", "stages.1", "stages.2", "stages.3", "head"]),
}


@pytest.fixture
def without_memory() -> Callable[..., None]:
    """Tensors made in the test have a shape and nothing else."""
    with torch.device("meta"):
        yield


@pytest.mark.parametrize("name", NETWORKS)
def test_features_and_layers_of_the_networks_with_a_file_of_their_own(make, without_memory, name: str):
    """As many features as stated; the layers begin as expected, hold every parameter, and are used in their order."""
    num_features, first = NETWORKS[name]
    backbone, used = make(name=name).eval(), {}
    layers = backbone.layers()
    for layer, module in layers:
        module.register_forward_pre_hook(lambda *_, layer=layer: used.setdefault(layer))
    assert backbone(torch.empty(2, 3, 3, 96, 96)).shape == (3, num_features) and backbone.num_features == num_features
    assert [layer for layer, _ in layers][: len(first)] == first
    assert list(used) == [layer for layer, _ in layers], "timm defines its layers in another order than it uses them"
    held = sum(p.numel() for _, module in layers for p in module.parameters())
    assert held == sum(p.numel() for p in backbone.parameters())


def test_the_published_size_of_xception(make, without_memory):
    """Keras counts 20,806,952 trained parameters without the classifier (Chollet 2017); 54,528 moving statistics."""
    backbone = make(name="legacy_xception")
    assert sum(p.numel() for p in backbone.parameters()) == 20_806_952
    assert sum(b.numel() for name, b in backbone.net.named_buffers() if "running" in name) == 54_528


def test_features_are_the_mean_over_the_views(make):
    torch.manual_seed(0)
    backbone = make().eval()
    views = torch.rand(3, 2, 3, 48, 48)
    with torch.no_grad():
        each = torch.stack([backbone.net((view - 0.5) / 0.5) for view in views])
        torch.testing.assert_close(backbone(views), each.mean(0), rtol=1e-4, atol=1e-5)


def test_weights_of_a_file_are_those_of_the_network(make, saved, offline):
    """A file as on the hub, classifier included, gives the features that timm's own network has with it."""
    path = saved("test_resnet")
    whole = timm.create_model("test_resnet").eval()
    whole.load_state_dict(load_file(path))
    images = torch.rand(2, 3, 64, 64)
    backbone = make(weights=path, normalise=False).eval()
    with torch.no_grad():
        expected = whole.forward_head(whole.forward_features(images), pre_logits=True)
        torch.testing.assert_close(backbone(images[None]), expected, rtol=1e-4, atol=1e-5)


def test_weights_of_three_bands_serve_other_numbers_of_bands(make, saved):
    """timm repeats the filters of the first layer over the bands, scaled so that the maps stay as bright."""
    path = saved("test_resnet")
    three, five = (make(weights=path, num_bands=n).net.state_dict() for n in (3, 5))
    first = "conv1.0.weight"
    torch.testing.assert_close(five[first][:, 3:], three[first][:, :2] * 3 / 5)
    assert all(torch.equal(five[name], three[name]) for name in three if name != first)


def test_normalisation_is_timm_s_and_can_be_left_out(make):
    """Mean and spread of the images that timm trained on; their average where there are not three bands."""
    config = timm.get_pretrained_cfg("resnet18")
    assert make(name="resnet18").mean.flatten().tolist() == pytest.approx(list(config.mean))
    one = make(name="resnet18", num_bands=1)
    assert one.std.flatten().tolist() == pytest.approx([sum(config.std) / 3])
    plain = make(name="resnet18", normalise=False)
    assert not plain.mean.any() and (plain.std == 1).all()


def test_the_first_weights_are_not_kept_beside_the_network(make, saved):
    """A copied or pickled backbone holds its parameters once."""
    backbone = make(weights=saved("test_resnet"))
    written = io.BytesIO()
    torch.save(backbone, written)
    size = sum(tensor.nbytes for tensor in backbone.state_dict().values())
    assert len(written.getvalue()) < 1.5 * size


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("restnet18", "timm .* has no network of this name; the nearest are resnet18"),
        ("resnet18.a1_in2k", "timm .* has no weights of this name; the nearest are resnet18.a1_in1k"),
        ("hf_hub:someone/something", "timm .* has no network of this name"),
        ("local-dir:/tmp", "timm .* has no network of this name; timm.list_models"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest(make, name: str, words: str):
    with pytest.raises(ZooError, match=f"architecture.name={name}: {words}"):
        make(name=name)


@pytest.mark.parametrize("name", ["resnet18", "legacy_xception"])
def test_without_the_hub_the_way_out_is_named(make, offline, name: str):
    """Also for a network whose weights timm itself would take from elsewhere, as a pickle."""
    with pytest.raises(
        ZooError, match=r"needs model.safetensors of timm/.* cannot be had .* architecture.weights=FILE"
    ):
        make(name=name, pretrained=True)


def test_a_pickle_is_not_opened(make, tmp_path: Path):
    """Whatever its name says."""
    path = tmp_path / "weights.safetensors"
    torch.save({"a": torch.zeros(1)}, path)
    with pytest.raises(CheckpointError, match="is a pickle, which can hold code") as refusal:
        make(weights=path)
    assert refusal.value.code == "E-CKPT-UNSAFE"


def test_a_missing_file_is_named(make, tmp_path: Path):
    with pytest.raises(CheckpointError, match="There are no weights at .*gone.safetensors"):
        make(weights=tmp_path / "gone.safetensors")


def test_weights_of_another_network_are_refused(make, saved):
    with pytest.raises(CheckpointError, match="does not hold the weights of resnet18 in timm's names"):
        make(name="resnet18", weights=saved("test_resnet"))


def test_weights_that_lack_a_layer_are_refused(make, saved):
    """Else the layer would stay random without a word."""
    path = saved("test_resnet")
    tensors = load_file(path)
    del tensors["layer2.0.conv1.weight"]
    save_file(tensors, path)
    with pytest.raises(CheckpointError, match="it lacks layer2.0.conv1.weight"):
        make(weights=path)


@pytest.mark.parametrize(
    ("name", "size", "words"),
    [
        ("inception_v3", 69, "takes views of 75 pixels or more, these have 69×69"),
        ("vgg16", 16, "takes views of 32 pixels or more, these have 16×16"),
        ("test_vit", 69, "takes views of 160 pixels only, these have 69×69"),
    ],
)
def test_views_of_a_size_the_network_cannot_take(make, without_memory, name: str, size: int, words: str):
    with pytest.raises(Incompatible, match=f"architecture.name={name} {words}: choose an augmenter"):
        make(name=name).eval()(torch.empty(1, 2, 3, size, size))


def test_an_error_that_the_size_does_not_explain_stays_what_it_is(make):
    """A wrong number of bands is no matter of size."""
    with pytest.raises(RuntimeError, match="must match the size"):
        make().eval()(torch.rand(1, 2, 4, 64, 64))
