"""The images of a survey, by the way in which its service is asked for them."""

from __future__ import annotations

from zoo.retrieval.client import Client
from zoo_dataset_surveys.services import corrected_frames, datalab, frames, legacy, tiles
from zoo_dataset_surveys.services.catalogue import catalogue
from zoo_dataset_surveys.services.places import Places
from zoo_dataset_surveys.survey import Survey

Images = frames.Frames | corrected_frames.CorrectedFrames | datalab.CutoutService | legacy.CutoutService | tiles.Tiles


def images(survey: Survey, client: Client | None, places: Places) -> Images:
    """Where the images are; without a client nothing can be looked up. places: what was looked up before."""
    bands, side = tuple(survey.bands), survey.side or 0.0
    if survey.service == "legacy":
        return legacy.CutoutService(survey.images, survey.release, bands, side, survey.pixel_scale, client)
    if survey.service == "datalab":
        return datalab.CutoutService(survey.images, survey.release, bands, side, client)
    if survey.service == "sdss_dr7":
        return corrected_frames.CorrectedFrames(survey.images, bands)
    if survey.service == "tiles":
        return tiles.Tiles(survey.images, bands, client, catalogue(survey, client), places)
    return frames.Frames(survey.images, int(survey.release), bands, catalogue(survey, client), places)


def missing(survey: Survey) -> frozenset[int]:
    """The statuses with which the service says that there is no image."""
    return legacy.MISSING if survey.service == "legacy" else frozenset({404})
