"""The catalogue of a survey, by the way in which its service is asked, and what it has of galaxies by position."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from zoo.retrieval.client import Client
from zoo_dataset_surveys.coordinates import Positions
from zoo_dataset_surveys.cutter import Target
from zoo_dataset_surveys.services import datalab, skyserver
from zoo_dataset_surveys.survey import Survey

Catalogue = skyserver.SkyServer | datalab.Catalogue

BATCH = datalab.BATCH
"""Galaxies asked about at once, whichever the service."""

OF_DES = frozenset({"KRON_RADIUS", "A_IMAGE"})
MEASURES: Mapping[str, frozenset[str]] = {"sdss": frozenset({"petroRad_r"}), "datalab": OF_DES, "tiles": OF_DES}
"""Measures of galaxies that the catalogue of a service has, by their names in `zoo_dataset_surveys.size`."""


def catalogue(survey: Survey, client: Client | None) -> Catalogue | None:
    """The catalogue of a survey; None where it has none, and without a client."""
    if client is None or survey.catalogue is None:
        return None
    if survey.service == "sdss":
        return skyserver.SkyServer(survey.catalogue, int(survey.release), client)
    return datalab.Catalogue(survey.catalogue, str(survey.table), client)


def measures(survey: Survey) -> frozenset[str]:
    """The measures that the catalogue of a survey has."""
    return MEASURES.get(survey.service, frozenset()) if survey.catalogue else frozenset()


def numbers(asked: Catalogue, columns: Sequence[str], targets: Sequence[Target]) -> list[list[float] | None]:
    """What a catalogue has in these columns of each galaxy, None where it lacks a number. Raises ServiceError."""
    here = Positions(np.array([one.ra for one in targets]), np.array([one.dec for one in targets]))
    found = asked.near(here, columns)[list(columns)].astype(float).to_numpy()
    return [row.tolist() if np.isfinite(row).all() else None for row in found]
