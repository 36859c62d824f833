"""HTTP sessions that keep the pace of a service and lose patience, for our own requests and for those of clients."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from zoo.retrieval.throttle import Throttle

HERE = ("127.0.0.1", "localhost", "::1")
"""Names of this machine, where the stand-in sky is."""


class Paced(HTTPAdapter):
    """Sends each request in its turn. timeout: seconds of silence after which it fails, where nobody says another."""

    def __init__(self, throttle: Throttle, timeout: float):
        super().__init__(pool_maxsize=32)
        self.throttle, self.timeout = throttle, timeout

    def send(self, request, stream=False, timeout=None, verify=True, cert=None, proxies=None):
        """Send a request when its turn has come; those to this machine go past any proxy."""
        self.throttle.wait()
        here = urlsplit(request.url).hostname in HERE
        return super().send(request, stream, timeout or self.timeout, verify, cert, {} if here else proxies)


def session(throttle: Throttle, timeout: float) -> requests.Session:
    """A session that sends no request out of turn."""
    return paced(requests.Session(), throttle, timeout)


def paced(found: Any, throttle: Throttle, timeout: float) -> Any:
    """The session of a client, which from now on keeps the pace."""
    for scheme in ("http://", "https://"):
        found.mount(scheme, Paced(throttle, timeout))
    return found
