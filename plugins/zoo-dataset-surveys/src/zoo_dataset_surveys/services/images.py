"""The images of a survey, by the way in which its service is asked for them."""

from __future__ import annotations

from pathlib import Path

from zoo.retrieval.client import Client
from zoo_dataset_surveys.services import corrected_frames, datalab, legacy, sdss, tiles
from zoo_dataset_surveys.survey import Survey

Images = sdss.Frames | corrected_frames.CorrectedFrames | datalab.CutoutService | legacy.CutoutService | tiles.Tiles


def images(survey: Survey, client: Client | None, memory: Path) -> Images:
    """Where the images are; without a client nothing can be looked up. memory: a file that keeps what was."""
    bands, side = tuple(survey.bands), survey.side or 0.0
    if survey.service == "legacy":
        return legacy.CutoutService(survey.images, survey.release, bands, side, survey.pixel_scale)
    if survey.service == "datalab":
        return datalab.CutoutService(survey.images, survey.release, bands, side, client)
    if survey.service == "sdss_dr7":
        return corrected_frames.CorrectedFrames(survey.images, bands)
    if survey.service == "tiles":
        known = datalab.Catalogue(survey.catalogue, survey.table, client) if client else None
        return tiles.Tiles(survey.images, bands, client, known, memory)
    release, catalogue = int(survey.release), None
    if client and survey.catalogue:
        catalogue = sdss.SkyServer(survey.catalogue, release, client)
    return sdss.Frames(survey.images, release, bands, catalogue, memory)


def missing(survey: Survey) -> frozenset[int]:
    """The statuses with which the service says that there is no image."""
    return legacy.MISSING if survey.service == "legacy" else frozenset({404})
