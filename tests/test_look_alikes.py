"""Copies of an image are found whichever way up, and galaxies that are none are left alone (D15)."""

import io

import numpy as np
import pytest
from PIL import Image

from zoo import compose, look_alikes


def galaxy(seed: int, side: int = 64) -> np.ndarray:
    """An image "band height width" of a lopsided blob with clumps and noise."""
    chance = np.random.default_rng(seed)
    y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
    light = sum(
        chance.uniform(20, 120) * np.exp(-((x - a) ** 2 + (y - b) ** 2) / chance.uniform(0.01, 0.2))
        for a, b in chance.normal(0, 0.3, (6, 2))
    )
    return np.clip(light + chance.normal(20, 4, (3, side, side)), 0, 255).astype(np.uint8)


def recoded(image: np.ndarray, quality: int = 75) -> np.ndarray:
    """What JPEG makes of an image."""
    buffer = io.BytesIO()
    Image.fromarray(np.moveaxis(image, 0, -1)).save(buffer, "JPEG", quality=quality)
    return np.moveaxis(np.asarray(Image.open(buffer)), -1, 0)


def resized(image: np.ndarray, side: int) -> np.ndarray:
    """An image of another size."""
    small = Image.fromarray(np.moveaxis(image, 0, -1)).resize((side, side), Image.Resampling.BICUBIC)
    return np.moveaxis(np.asarray(small), -1, 0)


COPIES = {
    "encoded anew": recoded,
    "turned": lambda image: np.rot90(image, 1, (1, 2)),
    "mirrored": lambda image: image[:, :, ::-1],
    "mirrored and turned": lambda image: recoded(np.rot90(image[:, ::-1], 3, (1, 2))),
    "of another size": lambda image: resized(image, 45),
    "darker, with less contrast": lambda image: (image * 0.6 + 10).astype(np.uint8),
}


@pytest.mark.parametrize("change", COPIES.values(), ids=COPIES)
def test_a_copy_looks_like_its_original_and_like_no_other(change):
    images = [galaxy(seed) for seed in range(20)]
    small = np.stack([look_alikes.thumbnail(image) for image in [*images, change(images[7])]])
    found = look_alikes.pairs(small)
    assert [(pair.one, pair.other) for pair in found] == [(7, 20)]
    assert found[0].distance < look_alikes.ALIKE


def test_the_candidates_are_all_pairs_that_are_near(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(look_alikes, "STRETCH", 16)
    numbers = np.random.default_rng(0).normal(0, 0.1, (300, 4))
    distances = np.linalg.norm(numbers[:, None] - numbers, axis=2) + np.eye(300)
    assert ((distances < look_alikes.ALIKE).sum(axis=1) <= look_alikes.NEAREST).all()
    wanted = {(one, other) for one, other in np.argwhere(distances < look_alikes.ALIKE).tolist() if one < other}
    found = {tuple(sorted(pair)) for some in look_alikes.candidates(numbers) for pair in some.tolist()}
    assert len(wanted) > 50 and wanted <= found


def test_turned_images_have_the_same_numbers_which_never_lie_further_apart_than_the_images():
    chance = np.random.default_rng(0)
    one, other = chance.normal(size=(2, 100, look_alikes.SIDE, look_alikes.SIDE))
    numbers = look_alikes.invariants(one)
    for turned in look_alikes.orientations(one):
        np.testing.assert_allclose(look_alikes.invariants(turned), numbers, atol=1e-12)
    distances = np.linalg.norm(numbers - look_alikes.invariants(other), axis=1)
    assert (distances <= look_alikes.apart(one, other) + 1e-9).all()


def test_a_thumbnail_holds_the_means_of_its_squares_also_where_they_cut_through_pixels():
    image = np.random.default_rng(0).uniform(size=(1, 24, 40))
    fine = np.kron(image[0], np.ones((2, 2)))  # 48 by 80 divide by 16
    wanted = fine.reshape(16, 3, 16, 5).mean(axis=(1, 3))
    wanted -= wanted.mean()
    np.testing.assert_allclose(look_alikes.thumbnail(image), wanted / np.linalg.norm(wanted), atol=1e-6)


def test_images_without_any_light_look_like_none_and_a_thousand_copies_cost_no_million_pairs():
    assert look_alikes.pairs(np.stack([look_alikes.thumbnail(np.full((3, 20, 20), 7, np.uint8))] * 5)) == []
    copies = np.repeat(look_alikes.thumbnail(galaxy(1))[None], 1000, axis=0)
    found = look_alikes.pairs(copies)
    assert {row for pair in found for row in pair[:2]} == set(range(1000)) and len(found) <= 9000


def test_verify_lists_copies_with_their_splits_and_answers_0(tmp_path, capsys):
    (tmp_path / "images").mkdir()
    images = [galaxy(seed) for seed in range(12)]
    copies = [*images, COPIES["mirrored and turned"](images[3]), COPIES["turned"](images[5])]
    lines = ["object_id,shape,part"]
    for number, image in enumerate(copies):
        Image.fromarray(np.moveaxis(image, 0, -1)).save(tmp_path / "images" / f"g{number}.png")
        lines.append(f"g{number},{('round', 'long')[number % 2]},{'test' if number == 12 else 'train'}")
    (tmp_path / "labels.csv").write_text("\n".join(lines) + "\n")
    words = [f"dataset.table={tmp_path}/labels.csv", "dataset.suffix=.png", "dataset.label=shape", "dataset.split=part"]
    assert compose.run_hydra("data verify", ["dataset=table", *words]) == 0
    told = capsys.readouterr()
    across, within = told.out.splitlines()
    assert across.startswith("g3 (train) and g12 (test) look alike: distance 0.0")
    assert within == "g5 (train) and g13 (train) look alike: distance 0.000"
    assert "2 pairs of galaxies look alike" in told.err
    assert compose.run_hydra("data verify", ["dataset=table", *words, "look_alikes=false"]) == 0
    assert capsys.readouterr().out == ""
