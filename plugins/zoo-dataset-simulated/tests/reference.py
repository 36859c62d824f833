"""Slow and obvious versions of what the plugin computes, by other ways."""

import math

import numpy as np


def blurred(image: np.ndarray, width: float, halo: float) -> np.ndarray:
    """Convolution with the two Gaussians, pixel by pixel, in real space; light wraps around."""
    size = len(image)
    reach = np.arange(size)
    distance = np.minimum(reach, size - reach)
    total = np.zeros_like(image, dtype=float)
    for share, sigma in ((1 - halo, width), (halo, 3 * width)):
        kernel = np.exp(-((distance / sigma) ** 2) / 2) / (sigma * math.sqrt(2 * math.pi))
        for row, column in zip(*np.nonzero(image), strict=True):
            total += share * image[row, column] * np.outer(np.roll(kernel, row), np.roll(kernel, column))
    return total


def stretched(g: float, r: float, i: float, weights: np.ndarray, slope: float, softening: float) -> list[float]:
    """The asinh stretch of one pixel (Lupton et al. 2004, sec. 2)."""
    red, green, blue = i * weights[0], r * weights[1], g * weights[2]
    mean = (red + green + blue) / 3
    factor = math.asinh(softening * slope * mean) / (softening * mean)
    colours = [max(c, 0) * factor for c in (red, green, blue)]
    return [c / max(1, *colours) for c in colours]


def classified(row: dict[str, float]) -> str | None:
    """The class of one row, as the data's README states the thresholds."""
    if row["Class1.1"] >= 0.469:
        for answer, name in (("7.1", "round_smooth"), ("7.2", "inbetween_smooth"), ("7.3", "cigar_smooth")):
            if row[f"Class{answer}"] >= 0.5:
                return name
    if row["Class1.2"] >= 0.43 and row["Class2.1"] >= 0.602:
        return "edge_on"
    if row["Class1.2"] >= 0.43 and row["Class2.2"] >= 0.715 and row["Class4.1"] >= 0.619:
        return "spiral"
    return None


def measures(picture: np.ndarray) -> np.ndarray:
    """What a blob has: mean colours in a small and a large aperture, flux, size and area of the light above the sky."""
    light = picture[112:312, 112:312].astype(float) / 255
    total = light.sum(-1)
    above = np.clip(total - np.median(picture.sum(-1)) / 255 - 0.1, 0, None)
    y, x = np.mgrid[:200, :200] - 99.5
    size = math.sqrt((above * (x**2 + y**2)).sum() / (above.sum() + 1e-6))
    mean, middle = light.mean((0, 1)), light[80:120, 80:120].mean((0, 1))
    return np.array([*mean, *middle, *mean / mean.sum(), math.log(above.sum() + 1e-6), size, (above > 0).mean()])


def regression_ratio(measured: np.ndarray, fractions: np.ndarray, folds: int = 10) -> float:
    """RMSE of a cross-validated linear regression, relative to that of the mean predictor."""
    inputs = np.c_[np.ones(len(measured)), (measured - measured.mean(0)) / measured.std(0)]
    predicted = np.empty_like(fractions)
    fold = np.arange(len(inputs)) % folds
    for k in range(folds):
        seen = inputs[fold != k]
        normal = seen.T @ seen + 0.01 * np.eye(seen.shape[1])
        predicted[fold == k] = inputs[fold == k] @ np.linalg.solve(normal, seen.T @ fractions[fold != k])
    return math.sqrt(((predicted - fractions) ** 2).mean() / fractions.var(0).mean())
