"""What an augmenter must do: uniform draws become parameters, images become views, and nothing else has a say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar

import pytest
import torch
from torch import Tensor

from zoo.augmenter import Augmenter
from zoo.testing.check import check, refusal
from zoo.testing.part import PartConformance
from zoo.testing.state import unchanged

LAST_DRAW = 1 - 2**-24
"""The largest float32 below 1."""


class AugmenterConformance(PartConformance):
    """The checks of an augmenter.

    image_sizes: heights of square images that it can take. band_counts: numbers of bands. grids: the names of its
    test-time grids. neutral: values that switch every perturbation off. quarter_turns: whether it claims that a view of
    an image turned by 90° is the view, turned by 90°.
    """

    group = "augmenter"
    image_sizes: ClassVar[tuple[int, ...]] = (64, 97)
    band_counts: ClassVar[tuple[int, ...]] = (1, 3, 5)
    grids: ClassVar[tuple[str, ...]] = ()
    neutral: ClassVar[Mapping[str, Any] | None] = None
    quarter_turns: ClassVar[bool] = False

    @contextmanager
    def example(self) -> Iterator[Augmenter]:
        """The augmenter; it needs no files."""
        yield self.build()

    def images(self, n: int, size: int | None = None, bands: int | None = None) -> Tensor:
        """Smooth uint8 images, different for each galaxy and band."""
        size = size or self.image_sizes[0]
        bands = bands or max(self.band_counts, key=lambda count: count == 3)
        coarse = torch.rand(n, bands, 9, 9, generator=torch.Generator().manual_seed(size + bands))
        smooth = torch.nn.functional.interpolate(coarse, (size, size), mode="bicubic", align_corners=True)
        return (255 * smooth.clamp(0, 1)).round().to(torch.uint8)

    def draws(self, augmenter: Augmenter, n: int, seed: int = 0) -> Tensor:
        """Uniform numbers in [0, 1), one row per galaxy."""
        return torch.rand(n, augmenter.num_draws, generator=torch.Generator().manual_seed(seed))

    @check(
        why="zoo draws num_draws numbers for each galaxy, and networks are built for views of a known form",
        fix="set the integers num_draws, num_views and view_size in __init__, and return float32 "
        "[view galaxy band size size] for the image_sizes and band_counts of the test",
    )
    def test_views_have_the_stated_form(self) -> None:
        augmenter = self.build()
        stated = {name: getattr(augmenter, name, None) for name in ("num_draws", "num_views", "view_size")}
        wrong = [f"{name}={value!r}" for name, value in stated.items() if type(value) is not int]
        assert not wrong, f"it states {', '.join(wrong)}"
        for size in self.image_sizes:
            for bands in self.band_counts:
                views = drawn(augmenter, self.images(2, size, bands), self.draws(augmenter, 2))
                wanted = (augmenter.num_views, 2, bands, augmenter.view_size, augmenter.view_size)
                told = f"2 images of {size} pixels and {bands} bands"
                assert views.shape == wanted, f"{told} give {tuple(views.shape)}, its numbers say {wanted}"
                assert views.dtype == torch.float32, f"{told} give {views.dtype}"

    @check(
        why="a training that goes on after a kill must show each galaxy as it would have been shown",
        fix="let sample and views depend on their arguments alone: no generator, no counter",
    )
    def test_views_are_a_function_of_the_draws(self) -> None:
        augmenter, images = self.build(), self.images(4)
        first = drawn(augmenter, images, self.draws(augmenter, 4))
        drawn(augmenter, images, self.draws(augmenter, 4, seed=1))
        again = drawn(self.build(), images, self.draws(augmenter, 4))
        assert torch.equal(first, again), "the same draws give other views the second time"

    @check(
        why="whoever draws from a generator that all share changes every later number",
        fix="take all randomness from the draws",
    )
    def test_consumes_no_global_randomness(self) -> None:
        augmenter, images = self.build(), self.images(2)
        drawn(augmenter, images, self.draws(augmenter, 2))  # imports what it needs
        with unchanged():
            drawn(augmenter, images, self.draws(augmenter, 2))
            augmenter.views(images, augmenter.canonical(2))

    @check(
        why="a draw without effect is waste, and usually a perturbation that was forgotten",
        fix="set num_draws to how many columns sample reads, and let overrides switch on every perturbation",
    )
    def test_every_draw_counts(self) -> None:
        augmenter, images = self.build(), self.images(4)
        draws = self.draws(augmenter, 4)
        before = drawn(augmenter, images, draws)
        for column in range(augmenter.num_draws):
            moved = draws.clone()
            moved[:, column] = (moved[:, column] + 0.5) % 1
            assert not torch.equal(drawn(augmenter, images, moved), before), f"draw {column} changes no view"

    @check(
        why="a galaxy's views must not depend on the batch that it is in",
        fix="treat each galaxy by itself: no statistics over the batch, no parameter shared by mistake",
    )
    def test_galaxies_are_independent(self) -> None:
        augmenter, images = self.build(), self.images(5)
        draws = self.draws(augmenter, 5)
        together = drawn(augmenter, images, draws)
        alone = torch.cat([drawn(augmenter, images[k : k + 1], draws[k : k + 1]) for k in range(5)], dim=1)
        assert torch.allclose(together, alone, atol=1e-6), "a batch of 5 and five of 1 give different views"
        order = [4, 2, 0, 1, 3]
        turned = drawn(augmenter, images[order], draws[order])
        assert torch.allclose(together[:, order], turned, atol=1e-6), "another order of galaxies gives other views"

    @check(
        why="with every strength at zero, training sees what evaluation sees",
        fix="let sample give canonical parameters where nothing perturbs; neutral of the test switches all off",
    )
    def test_neutral_is_canonical(self) -> None:
        if self.neutral is None:
            pytest.skip("the test does not say how to switch the perturbations off (neutral)")
        augmenter, images = self.build(self.neutral), self.images(4)
        canonical = augmenter.views(images, augmenter.canonical(4))
        gap = (drawn(augmenter, images, self.draws(augmenter, 4)) - canonical).abs().max().item()
        assert gap <= 1e-6, f"with {dict(self.neutral)} views differ from the canonical ones by up to {gap:.2g}"

    @check(
        why="averages over turned images are exact only where a quarter turn moves whole pixels",
        fix="take the centre of an image at (size - 1) / 2, and let no rounding creep into sines and cosines",
    )
    def test_quarter_turns_are_exact(self) -> None:
        if not self.quarter_turns:
            pytest.skip("it does not claim exact quarter turns (quarter_turns = True)")
        augmenter = self.build()
        for size in self.image_sizes:
            images = self.images(2, size)
            expected = augmenter.views(images, augmenter.canonical(2)).rot90(dims=(-2, -1))
            found = augmenter.views(images.rot90(dims=(-2, -1)), augmenter.canonical(2))
            gap = (found - expected).abs().max().item()
            assert gap <= 1e-6, f"views of an image of {size} pixels turned by 90° are off by up to {gap:.2g}"

    @check(
        why="networks are trained on numbers from 0 to 1",
        fix="divide uint8 by 255 and clip at the end; let no draw, 0 included, give infinite parameters",
    )
    def test_views_stay_in_range(self) -> None:
        augmenter, images = self.build(), self.images(6)
        images[0], images[1] = 0, 255
        edges = torch.full((6, augmenter.num_draws), LAST_DRAW)
        edges[::2] = 0
        for draws in (self.draws(augmenter, 6), edges):
            views = drawn(augmenter, images, draws)
            assert views.isfinite().all(), "some views are not finite"
            low, high = views.min().item(), views.max().item()
            assert low >= 0 and high <= 1, f"views reach from {low:.4g} to {high:.4g}"

    @check(
        why="images stay bytes until they are on the device, and some datasets have float images",
        fix="let uint8 count from 0 to 255 and float from 0 to 1",
    )
    def test_bytes_are_fractions(self) -> None:
        augmenter, images = self.build(), self.images(3)
        draws = self.draws(augmenter, 3)
        gap = (drawn(augmenter, images, draws) - drawn(augmenter, images / 255, draws)).abs().max().item()
        assert gap <= 1e-5, f"views of bytes and of the same image divided by 255 differ by up to {gap:.2g}"

    @check(why="the caller goes on using its images", fix="write into no argument: copy first")
    def test_images_stay_untouched(self) -> None:
        augmenter = self.build()
        draws = self.draws(augmenter, 2)
        for images in (self.images(2), self.images(2) / 255):
            before, drawn_before = images.clone(), draws.clone()
            drawn(augmenter, images, draws)
            assert torch.equal(images, before) and torch.equal(draws, drawn_before), "it wrote into its argument"

    @check(
        why="a prediction must be the same whenever it is asked for",
        fix="let canonical(n) give every galaxy the same, unperturbed parameters",
    )
    def test_canonical_is_the_same_for_all(self) -> None:
        augmenter, image = self.build(), self.images(1)
        images = image.expand(3, -1, -1, -1).contiguous()
        views = augmenter.views(images, augmenter.canonical(3))
        alone = self.build().views(image, augmenter.canonical(1))
        assert torch.allclose(views, alone.expand_as(views), atol=1e-6), "one image thrice gives three different views"

    @check(
        why="zoo averages predictions over the views of a named grid",
        fix="let grid return parameters of one galaxy each, and views use them for every image of a batch",
    )
    def test_grids_serve_a_batch(self) -> None:
        if not self.grids:
            pytest.skip("the test names no grid (grids)")
        augmenter, images = self.build(), self.images(3)
        for name in self.grids:
            grid = augmenter.grid(name)
            assert isinstance(grid, list) and grid, f"grid({name!r}) is {grid!r}, not a list of parameters"
            for k in (0, len(grid) - 1):
                views = augmenter.views(images, grid[k])
                alone = torch.cat([augmenter.views(images[i : i + 1], grid[k]) for i in range(3)], dim=1)
                assert views.shape == alone.shape, f"entry {k} of {name} gives {tuple(views.shape)} for 3 images"
                assert torch.allclose(views, alone, atol=1e-6), f"entry {k} of {name} serves the images differently"

    @check(
        why="a misspelt grid must not pass for another",
        fix="raise ZooError for a name you do not know, with those that you do",
    )
    def test_unknown_grid_is_refused(self) -> None:
        said = refusal(lambda: self.build().grid("no such grid"))
        missing = [name for name in ("no such grid", *self.grids) if name not in said]
        assert not missing, f"the refusal {said!r} does not name {', '.join(missing)}"


def drawn(augmenter: Augmenter, images: Tensor, draws: Tensor) -> Tensor:
    """The views that these draws lead to."""
    return augmenter.views(images, augmenter.sample(draws))
