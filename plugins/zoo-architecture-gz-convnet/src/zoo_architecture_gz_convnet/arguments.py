"""What the arguments of a network have to agree on, whatever its convolutions look at."""

from collections.abc import Collection, Mapping, Sized

from zoo.errors import ZooError


def check(each: Mapping[str, Sized], pool_after: Collection[int], dense: Sized) -> None:
    """Raise ZooError for lists of other lengths, pooling behind a convolution that is not there, or no dense layer.

    each: what every convolution has one of, by the argument's name.
    """
    number, *others = (len(values) for values in each.values())
    if number == 0 or set(others) - {number}:
        *first, last = (f"{len(values)} {name}" for name, values in each.items())
        raise ZooError(f"architecture has {', '.join(first)} and {last}: give each convolution one of each.")
    if beyond := sorted(set(pool_after) - set(range(1, number + 1))):
        raise ZooError(
            f"architecture.conv_pool_after names convolution {beyond[0]}, and there are {number}, counted from 1."
        )
    if not len(dense):
        raise ZooError("architecture.dense is empty: what the convolutions find needs a dense layer to read it.")
