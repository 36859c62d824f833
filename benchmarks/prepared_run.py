"""A run from the words of `zoo train`, for benchmarks that train."""

from collections.abc import Sequence

from zoo import compose, fit
from zoo.run import Run


def prepared(words: Sequence[str]) -> Run:
    """The run of these words, its folder ready; nothing is trained yet."""
    cfg = compose.config("train", words)
    return fit.prepare(fit.choices_of(compose.chosen(cfg.hydra.runtime.choices)), fit.values_of(cfg))
