"""Figures that compare models of classes, as Khan et al. (2019) did."""
