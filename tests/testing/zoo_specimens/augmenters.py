"""An augmenter that scales, flips, rolls and dims, and how it can go wrong."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from zoo.augmenter import Augmenter
from zoo.errors import ZooError


@dataclass
class Parameters:
    """Whether a galaxy is mirrored, by how many pixels it is rolled, and by what its light is multiplied."""

    flip: Tensor
    shift: Tensor
    light: Tensor


class Good(Augmenter):
    """One view of the whole image, mirrored, rolled and dimmed."""

    def __init__(self, view_size: int = 16, flip: float = 0.5, shift: int = 5, light: float = 0.5):
        self.num_draws, self.num_views, self.view_size = 3, 1, view_size
        self.flip, self.shift, self.light = flip, shift, light

    def sample(self, draws):
        flip, shift, light = draws.unbind(1)
        return Parameters(flip < self.flip, (self.shift * shift).round().int(), 1 + self.light * (2 * light - 1))

    def canonical(self, n):
        return Parameters(torch.zeros(n, dtype=torch.bool), torch.zeros(n, dtype=torch.int), torch.ones(n))

    def grid(self, name):
        if name != "flips":
            raise ZooError(f"There is no grid {name!r}: choose flips.")
        plain, mirrored = self.canonical(1), self.canonical(1)
        mirrored.flip[:] = True
        return [plain, mirrored]

    def views(self, images, parameters):
        scaled = self.scaled(self.fractions(images))
        n, size = len(scaled), self.view_size
        along = torch.arange(size) - parameters.shift.expand(n)[:, None]
        along = torch.where(parameters.flip.expand(n)[:, None], -1 - along, along) % size
        rolled = scaled.gather(3, along[:, None, None].expand(n, scaled.shape[1], size, size))
        return self.clipped(rolled * parameters.light.expand(n)[:, None, None, None])[None]

    def fractions(self, images: Tensor) -> Tensor:
        """Images from 0 to 1."""
        return images.float() / 255 if images.dtype == torch.uint8 else images

    def scaled(self, images: Tensor) -> Tensor:
        """Images of the size of a view."""
        return functional.interpolate(images, (self.view_size,) * 2, mode="bilinear", align_corners=True)

    def clipped(self, views: Tensor) -> Tensor:
        """Views from 0 to 1."""
        return views.clamp(0, 1)


class TwoViewsStated(Good):
    """States a view more than it gives."""

    caught_by = "views_have_the_stated_form"
    found = "give (1, 2, 1, 16, 16)"

    def __init__(self, view_size: int = 16, flip: float = 0.5, shift: int = 5, light: float = 0.5):
        super().__init__(view_size, flip, shift, light)
        self.num_views = 2


class DoubleViews(Good):
    """Gives views of float64."""

    caught_by = "views_have_the_stated_form"
    found = "give torch.float64"

    def clipped(self, views):
        return super().clipped(views).double()


class ThreeBandsOnly(Good):
    """Weighs three bands, whatever it is given."""

    caught_by = "views_have_the_stated_form"
    found = "give (1, 2, 3, 16, 16)"

    def clipped(self, views):
        return super().clipped(views * torch.ones(3, 1, 1))


class Counts(Good):
    """Shifts each batch further than the last."""

    caught_by = "views_are_a_function_of_the_draws"
    found = "other views the second time"
    batches = 0

    def sample(self, draws):
        Counts.batches += 1
        parameters = super().sample(draws)
        parameters.shift += Counts.batches
        return parameters


class ConsumesTorch(Good):
    """Draws from the generator of all."""

    caught_by = "consumes_no_global_randomness"
    found = "random state of torch"

    def sample(self, draws):
        torch.rand(1)
        return super().sample(draws)


class IdleDraw(Good):
    """Asks for a draw that it does not use."""

    caught_by = "every_draw_counts"
    found = "draw 3 changes no view"

    def __init__(self, view_size: int = 16, flip: float = 0.5, shift: int = 5, light: float = 0.5):
        super().__init__(view_size, flip, shift, light)
        self.num_draws = 4

    def sample(self, draws):
        return super().sample(draws[:, :3])


class BatchLight(Good):
    """Dims each galaxy by the mean of the batch."""

    caught_by = "galaxies_are_independent"
    found = "a batch of 5 and five of 1"

    def clipped(self, views):
        return super().clipped(views / (0.5 + views.mean()))


class NeverNeutral(Good):
    """Shifts by a pixel even where the strength is zero."""

    caught_by = "neutral_is_canonical"
    found = "differ from the canonical ones"

    def sample(self, draws):
        parameters = super().sample(draws)
        parameters.shift += 1
        return parameters


class OffCentre(Good):
    """Scales about a corner of the image."""

    caught_by = "quarter_turns_are_exact"
    found = "turned by 90°"

    def scaled(self, images):
        return super().scaled(images[..., :-1, :-1])


class Unclipped(Good):
    """Lets views shine brighter than white."""

    caught_by = "views_stay_in_range"
    found = "views reach from 0 to 1."

    def clipped(self, views):
        return views


class Of256(Good):
    """Divides bytes by 256."""

    caught_by = "bytes_are_fractions"
    found = "divided by 255 differ"

    def fractions(self, images):
        return images.float() / 256 if images.dtype == torch.uint8 else images


class InPlace(Good):
    """Dims the images themselves."""

    caught_by = "images_stay_untouched"
    found = "it wrote into its argument"

    def fractions(self, images):
        return super().fractions(images).mul_(0.9)


class WritesDraws(Good):
    """Turns the draws into parameters where they lie."""

    caught_by = "images_stay_untouched"
    found = "it wrote into its argument"

    def sample(self, draws):
        return super().sample(draws.mul_(0.9))


class CanonicalDiffers(Good):
    """Shifts each galaxy of a batch further than the last, unperturbed as they are."""

    caught_by = "canonical_is_the_same_for_all"
    found = "one image thrice"

    def canonical(self, n):
        parameters = super().canonical(n)
        parameters.shift += torch.arange(n)
        return parameters


class GridOfTwo(Good):
    """Gives grids of two galaxies."""

    caught_by = "grids_serve_a_batch"
    found = "RuntimeError"

    def grid(self, name):
        super().grid(name)
        return [self.canonical(2)]


class GridGenerator(Good):
    """Gives a grid that can be walked once."""

    caught_by = "grids_serve_a_batch"
    found = "not a list of parameters"

    def grid(self, name):
        return iter(super().grid(name))


class AnyGrid(Good):
    """Takes any name for its only grid."""

    caught_by = "unknown_grid_is_refused"
    found = "nothing is refused"

    def grid(self, name):
        return super().grid("flips")


class KeyErrorGrid(Good):
    """Refuses an unknown grid in Python's words."""

    caught_by = "unknown_grid_is_refused"
    found = "KeyError"

    def grid(self, name):
        return {"flips": super().grid("flips")}[name]
