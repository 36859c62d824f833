"""A small network of single images, and how it can go wrong."""

import secrets

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from zoo.architecture import ImageBackbone


class Good(ImageBackbone):
    """Two convolutions and a mean."""

    def __init__(self, num_bands: int, width: int = 6):
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(num_bands, width, 3), nn.BatchNorm2d(width), nn.ReLU())
        self.second = nn.Sequential(nn.Dropout(0.2), nn.Conv2d(width, 2 * width, 3), nn.ELU())
        self.num_features = 2 * width

    def image_features(self, images: Float[Tensor, "image band height width"]) -> Float[Tensor, "image feature"]:
        """The mean of each map."""
        return self.second(self.first(images)).mean((-2, -1))


class OneRowPerView(Good):
    """Forgets that views belong to galaxies."""

    caught_by = "shapes"
    found = "give (2, 12)"

    def forward(self, views):
        return self.image_features(views.flatten(0, 1))


class OneSize(Good):
    """Its last layer knows one size of view."""

    caught_by = "shapes"
    found = "cannot be multiplied"

    def __init__(self, num_bands: int, width: int = 6):
        super().__init__(num_bands, width)
        self.last = nn.Linear(12 * 12 * 2 * width, 2 * width)

    def image_features(self, images):
        return self.last(self.second(self.first(images)).flatten(1))


class WrongNumFeatures(Good):
    """States half of its features."""

    caught_by = "num_features_is_true"
    found = "num_features is 6, forward returns 12"

    def __init__(self, num_bands: int, width: int = 6):
        super().__init__(num_bands, width)
        self.num_features = width


class FloatNumFeatures(Good):
    """States its features as a float."""

    caught_by = "num_features_is_true"
    found = "num_features is 12.0"

    def __init__(self, num_bands: int, width: int = 6):
        super().__init__(num_bands, width)
        self.num_features = 2.0 * width


class ThreeBands(Good):
    """Takes the first three bands, however many there are."""

    caught_by = "bands"
    found = "the last band does not reach"

    def __init__(self, num_bands: int, width: int = 6):
        super().__init__(3, width)

    def image_features(self, images):
        return super().image_features(images[:, :3])


class Unseeded(Good):
    """Draws weights from the operating system."""

    caught_by = "seed_gives_the_weights"
    found = "have different weights"

    def __init__(self, num_bands: int, width: int = 6):
        super().__init__(num_bands, width)
        with torch.no_grad():
            self.second[1].bias += secrets.randbelow(1000) / 1000


class Seeded(Good):
    """Begins with the same weights whatever the seed is."""

    caught_by = "seed_gives_the_weights"
    found = "seeds torch's generator"

    def __init__(self, num_bands: int, width: int = 6):
        torch.manual_seed(0)
        super().__init__(num_bands, width)


class NoisyEval(Good):
    """Drops features in eval mode too."""

    caught_by = "eval_is_deterministic"
    found = "two passes in eval mode differ"

    def image_features(self, images):
        return functional.dropout(super().image_features(images), 0.5, training=True)


class BatchMean(Good):
    """Subtracts the mean of the batch."""

    caught_by = "galaxies_are_independent"
    found = "one batch of 4 and four of 1 differ"

    def forward(self, views):
        features = super().forward(views)
        return features - 0.1 * features.mean(0)


class InPlace(Good):
    """Centres the views where they lie."""

    caught_by = "inputs_stay_untouched"
    found = "forward changed its input"

    def forward(self, views):
        return super().forward(views.sub_(0.5))


class IdleParameter(Good):
    """Has a weight that nothing uses."""

    caught_by = "gradients_reach_every_parameter"
    found = "no gradient reaches second.idle"

    def __init__(self, num_bands: int, width: int = 6):
        super().__init__(num_bands, width)
        self.second.register_parameter("idle", nn.Parameter(torch.ones(3)))


class Detached(Good):
    """Cuts the gradient between its layers."""

    caught_by = "gradients_reach_every_parameter"
    found = "no gradient reaches first.0.weight"

    def image_features(self, images):
        return self.second(self.first(images).detach()).mean((-2, -1))


class Turned(torch.autograd.Function):
    """The identity, whose gradient has the wrong sign."""

    @staticmethod
    def forward(ctx, values):
        return values.clone()

    @staticmethod
    def backward(ctx, slope):
        return -slope


class Uphill(Good):
    """Has a backward of the wrong sign."""

    caught_by = "step_lowers_the_loss"
    found = "steps against the gradient take the loss from"

    def image_features(self, images):
        return Turned.apply(super().image_features(images))


class HiddenScale(Good):
    """Multiplies by a random number that the state dict does not have."""

    caught_by = "safetensors_keep_the_model"
    found = "is not in its state dict"

    def __init__(self, num_bands: int, width: int = 6):
        super().__init__(num_bands, width)
        self.scale = 1 + torch.rand(()).item()

    def image_features(self, images):
        return self.scale * super().image_features(images)


class ObjectInState(Good):
    """Keeps an object in its state dict."""

    caught_by = "state_is_plain"
    found = "Weights only load failed"

    def get_extra_state(self):
        return {"of": complex, "by": type(self)}

    def set_extra_state(self, state):
        return None


class CountsCalls(Good):
    """Anneals by a counter that no checkpoint has."""

    caught_by = "training_resumes_exactly"
    found = "2 steps and 1 + 1 steps"

    def __init__(self, num_bands: int, width: int = 6):
        super().__init__(num_bands, width)
        self.calls = 0

    def forward(self, views):
        self.calls += self.training
        return super().forward(views) * (1 + 0.1 * self.calls if self.training else 1)


class SwallowsNan(Good):
    """Replaces NaN by zero."""

    caught_by = "nan_stays_visible"
    found = "gives finite numbers"

    def image_features(self, images):
        return super().image_features(images.nan_to_num())


class SpreadsNan(Good):
    """Lets a broken galaxy spoil its batch."""

    caught_by = "nan_stays_visible"
    found = "changes the others"

    def forward(self, views):
        features = super().forward(views)
        return features + 0 * features.sum()


class SameCopy(Good):
    """Copies itself as itself."""

    caught_by = "copies"
    found = "shares weights"

    def __deepcopy__(self, memo):
        return self


class Lambda(Good):
    """Holds a function that cannot be pickled."""

    caught_by = "pickles"
    found = "pickle local object"

    def __init__(self, num_bands: int, width: int = 6):
        super().__init__(num_bands, width)
        self.squash = lambda values: values.tanh()

    def image_features(self, images):
        return self.squash(super().image_features(images))


class SinglePrecision(Good):
    """Adds a tensor of the default dtype in forward."""

    caught_by = "dtypes"
    found = "float64 gives torch.float32"

    def image_features(self, images):
        return super().image_features(images).float()


class MixedPrecision(Good):
    """Puts a float32 tensor beside whatever it computed."""

    caught_by = "dtypes"
    found = "same dtype"

    def image_features(self, images):
        return super().image_features(images) @ torch.eye(self.num_features, device=images.device)


class AlwaysDouble(Good):
    """Gives float64 whatever it is given."""

    caught_by = "dtypes"
    found = "float32 gives torch.float64"

    def image_features(self, images):
        return super().image_features(images).double()


class HiddenTensor(Good):
    """Keeps a tensor where `.to(device)` does not find it."""

    caught_by = "moves_to_a_device"
    found = "cuda:0 and cpu"

    def __init__(self, num_bands: int, width: int = 6):
        super().__init__(num_bands, width)
        self.weights = torch.linspace(0.5, 1, 2 * width)

    def image_features(self, images):
        features = super().image_features(images)
        return features * self.weights.to(features.dtype)


class MakesOnCpu(Good):
    """Makes a tensor on the CPU in forward."""

    caught_by = "moves_to_a_device"
    found = "cuda:0 and cpu"

    def image_features(self, images):
        features = super().image_features(images)
        return torch.cat([features[:, :-1], torch.ones(len(features), 1, dtype=features.dtype)], dim=1)


class NeedsOneLayout(Good):
    """Views memory as if it were ordered by bands."""

    caught_by = "channels_last"
    found = "view size is not compatible"

    def image_features(self, images):
        maps = self.second(self.first(images))
        return maps.view(len(maps), -1).unflatten(1, (self.num_features, -1)).mean(-1)


class NoLayers(Good):
    """Lists no layer."""

    caught_by = "layers_are_in_order"
    found = "layers() is empty"

    def layers(self):
        return []


class LayersBackwards(Good):
    """Lists its layers from the features to the image."""

    caught_by = "layers_are_in_order"
    found = "in the order ['first', 'second']"

    def layers(self):
        return super().layers()[::-1]


class LayersOfOneName(Good):
    """Gives two layers one name."""

    caught_by = "layers_are_in_order"
    found = "['layer'] twice"

    def layers(self):
        return [("layer", layer) for _, layer in super().layers()]


class LayerForgotten(Good):
    """Lists all layers but the last."""

    caught_by = "layers_are_in_order"
    found = "no layer has second.1.bias"

    def layers(self):
        return super().layers()[:-1]


class LayerOfOthers(Good):
    """Lists a layer that it does not have."""

    caught_by = "layers_are_in_order"
    found = "are not the backbone's"

    def layers(self):
        return [*super().layers(), ("other", nn.Linear(2, 2))]


class LayersOverlap(Good):
    """Lists a layer and a part of it."""

    caught_by = "layers_are_in_order"
    found = "share a parameter"

    def layers(self):
        return [("convolution", self.first[0]), *super().layers()]


class DependsOnValues(Good):
    """Takes another way for bright images."""

    caught_by = "exports"
    found = "data-dependent"

    def image_features(self, images):
        features = super().image_features(images)
        return features * 2 if features.sum() > 0.3 else features
