"""Which service answers at which path (surveys.md 7.1)."""

from __future__ import annotations

import re

from zoo_dataset_surveys.standin import datalab, galaxy_zoo, kaggle, skyserver, viewer
from zoo_dataset_surveys.standin.exchange import Reply, Request, html
from zoo_dataset_surveys.standin.holdings import Holdings

ROUTES = (
    (r"/dr(?P<release>\d+)/en/tools/(search|crossid)/x_(results|sql|crossid)\.aspx?$", skyserver.search),
    (r"/dr(?P<release>\d+)/skyserverws/searchtools/sqlsearch$", skyserver.rest),
    (r"/dr(?P<release>\d+)/skyserverws/imgcutout/getjpeg$", skyserver.jpeg),
    (r"/sas/dr(?P<release>\d+)/(?P<redux>.+)/photoobj/frames/(?P<place>.+)$", skyserver.frame),
    (r"/cgi-bin/drC$", skyserver.corrected_frame),
    (r"/records/(?P<record>\d+)/files/(?P<name>[^/]+)$", galaxy_zoo.deposited),
    (r"/tap/capabilities$", datalab.capabilities),
    (r"/tap(/sync)?$", datalab.tap),
    (r"/sia/(?P<collection>.+)$", datalab.images),
    (r"/svc/cutout$", datalab.cutout),
    (r"/query/query$", datalab.query),
    (r"/auth/login$", datalab.login),
    (r"/despublic/dr(?P<release>[12])_tiles/(?P<place>.*)$", datalab.tile_folder),
    (r"/api/.+\.CompetitionApiService/DownloadDataFile$", kaggle.order),
    (r"/gcs/(?P<name>[^/]+)$", kaggle.file),
    (r"/gz/(?P<name>[^/]+)$", galaxy_zoo.published),
    (r"/viewer/(fits-cutout|cutout\.fits)$", viewer.fits_cutout),
    (r"/viewer/(jpeg-cutout|cutout\.jpg)$", viewer.jpeg_cutout),
)
"""Patterns of paths, in any case, and the function that answers with the groups that they name."""


def answer(holdings: Holdings, request: Request) -> Reply:
    """The reply of the service at this path."""
    for pattern, service in ROUTES:
        if match := re.match(pattern, request.path, re.IGNORECASE):
            return service(holdings, request, **match.groupdict())
    return html("404 Not Found", 404)
