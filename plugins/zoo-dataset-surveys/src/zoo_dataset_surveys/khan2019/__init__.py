"""Spirals and ellipticals of SDSS and DES as Khan et al. (2019) chose them: tables, splits, losses, data set."""
