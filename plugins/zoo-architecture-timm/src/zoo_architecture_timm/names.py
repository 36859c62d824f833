"""Which networks timm has."""

import difflib

import timm

from zoo.errors import ZooError


def check(name: str) -> None:
    """Raise ZooError, with the nearest names, unless timm has a network of this name and tag."""
    network, dot, _ = name.partition(".")
    if not timm.is_model(network):
        known, what = timm.list_models(), "network"
    elif dot and name not in timm.list_pretrained(f"{network}.*"):
        known, what = timm.list_pretrained(f"{network}.*"), "weights"
    else:
        return
    near = difflib.get_close_matches(name, known, n=5, cutoff=0.5)
    way = f"the nearest are {', '.join(near)}" if near else "timm.list_models() in Python lists all"
    raise ZooError(f"architecture.name={name}: timm {timm.__version__} has no {what} of this name; {way}.")
