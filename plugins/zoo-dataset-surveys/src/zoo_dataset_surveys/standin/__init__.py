"""A small sky on a local server: it answers as the services of SDSS, Data Lab and the Legacy Surveys do (surveys.md 7).

The clients that talk to it are the real ones; the galaxies are simulated, and faults come on demand.
"""

from zoo_dataset_surveys.standin.server import Sky

__all__ = ["Sky"]
