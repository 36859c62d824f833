"""Figures of surveys: the sets of Khan et al. (2019), cutouts, and galaxies that two surveys see."""
