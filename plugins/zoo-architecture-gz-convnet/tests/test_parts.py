"""Sixteen parts of a galaxy, and their merging, against golden index maps, symmetries and plain slices."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from zoo_architecture_gz_convnet import parts

from . import reference

SIZE, VIEW = 45, 69
CORNERS = range(4)


def galaxies(seed: int = 0, n: int = 2, size: int = VIEW) -> torch.Tensor:
    """Noise, [view galaxy band height width]."""
    return torch.rand(2, n, 3, size, size, generator=torch.Generator().manual_seed(seed))


def test_part_index_maps(golden):
    """Every pixel of the sixteen parts comes from the pixel of the view that the published solution takes it from."""
    source = torch.arange(VIEW * VIEW, dtype=torch.float32).view(1, 1, 1, VIEW, VIEW).repeat(2, 1, 1, 1, 1)
    expected = np.array(golden("parts")["full_index_maps_16x45x45"])
    np.testing.assert_array_equal(parts.cut(source, SIZE)[:, 0, 0].numpy(), expected)


def test_parts_know_their_view(golden):
    """The first eight parts come from the view at 0°, the others from the one at 45°."""
    source = torch.stack([torch.zeros(1, 1, VIEW, VIEW), torch.full((1, 1, VIEW, VIEW), 45.0)])
    found = [f"{number:.0f}deg" for number in parts.cut(source, SIZE)[:, 0, 0, 0, 0].tolist()]
    assert found == [part["source_array"] for part in golden("parts")["parts"]]


def test_merge_order(golden):
    """A galaxy's vector holds part after part, and in each part feature after feature."""
    check = golden("parts")["merge_check"]
    part, galaxy, feature = torch.meshgrid(torch.arange(16), torch.arange(2), torch.arange(3), indexing="ij")
    merged = parts.merge((100 * part + 10 * galaxy + feature).float())
    assert merged.tolist() == check["merged"]


def test_the_centre_is_in_the_same_place_of_every_part():
    """Spec C3: the middle pixel of the view lands on row and column 34 of all sixteen parts."""
    views = torch.zeros(2, 1, 1, VIEW, VIEW)
    views[..., 34, 34] = 1
    cut = parts.cut(views, SIZE)
    assert (cut[:, 0, 0, 34, 34] == 1).all() and cut.sum() == 16


@given(seed=st.integers(0, 2**31), size=st.integers(4, 20), extra=st.integers(0, 10))
def test_parts_are_numpy_slices(seed: int, size: int, extra: int):
    """Source pixels of each part as the formulas of the specification say (X04), for any size."""
    views = galaxies(seed, size=size + extra)
    np.testing.assert_array_equal(parts.cut(views, size).numpy(), reference.parts(views.numpy(), size))


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_turning_a_galaxy_turns_the_corners_round(quarters: int):
    """X04: a quarter turn of the views moves each part by one corner of its view, bit by bit."""
    views = galaxies()
    still, turned = (parts.cut(v, SIZE).unflatten(0, (4, 4)) for v in (views, views.rot90(quarters, dims=(-2, -1))))
    for view in range(4):
        step = quarters if view % 2 == 0 else -quarters  # a mirror image turns the other way
        for corner in CORNERS:
            assert torch.equal(turned[view, corner], still[view, (corner + step) % 4])


def test_mirroring_a_galaxy_exchanges_views_and_their_mirror_images():
    """X04: a left-right flip of the views permutes the parts, bit by bit."""
    views = galaxies()
    still, flipped = (parts.cut(v, SIZE).unflatten(0, (2, 2, 4)) for v in (views, views.flip(-1)))
    assert torch.equal(flipped, still.flip(1))


def test_the_parts_of_the_whole_symmetry_group_are_the_same_set():
    """The eight parts of a view are all its turned and mirrored corners: no symmetry of the square brings a new one."""
    view = galaxies(n=1)[:1]

    def found(v: torch.Tensor) -> set[bytes]:
        return {part.contiguous().numpy().tobytes() for part in parts.cut(v, SIZE)}

    alike = [found(v.rot90(k, dims=(-2, -1))) for v in (view, view.flip(-1)) for k in range(4)]
    assert len(alike[0]) == 8 and all(parts == alike[0] for parts in alike)


def test_part_matrices_say_where_the_parts_are_cut():
    """Reading a view at a part's matrix gives that part, pixel by pixel."""
    view, size = galaxies(n=1, size=20)[:1], 12
    y, x = torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij")
    pixels = torch.stack([x, y, torch.ones_like(x)]).double().flatten(1)
    for part, matrix in zip(parts.cut(view, size), parts.matrices(view_size=20), strict=True):
        column, row, _ = (matrix @ pixels).long()
        torch.testing.assert_close(part[0], view[0, 0][:, row, column].unflatten(1, (size, size)), rtol=0, atol=0)
