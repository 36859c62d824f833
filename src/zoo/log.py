"""What zoo says while it works: plain lines on stderr."""

import logging
import os
import sys
import warnings

NOISE = ("does not have many workers", "isinstance\\(treespec", "LeafSpec", "Trainer already configured")
"""Warnings of libraries about things that are meant to be so."""

TALKERS = ("lightning.pytorch.utilities.rank_zero", "lightning.fabric.utilities.rank_zero")
"""Loggers of what Lightning says about the machine; their parents are set anew whenever Lightning is imported."""


def speak() -> None:
    """Send zoo's own lines to stderr, and of the libraries' only what went wrong; ranks above 0 keep still."""
    logger = logging.getLogger("zoo")
    logger.handlers = [logging.StreamHandler(sys.stderr)]
    logger.propagate = False
    logger.setLevel(logging.INFO if os.environ.get("RANK", "0") == "0" else logging.ERROR)
    for name in TALKERS:
        logging.getLogger(name).setLevel(logging.ERROR)
    for message in NOISE:
        warnings.filterwarnings("ignore", message=f".*{message}")
