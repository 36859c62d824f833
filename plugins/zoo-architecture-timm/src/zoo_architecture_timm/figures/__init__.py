"""Figures about the training of large networks."""
