"""Figures of Khan et al. (2019) that need tables alone."""
