"""One service over HTTP: its pace, its patience, and what it answers, checked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from zoo.errors import MissingImage
from zoo_dataset_surveys.retry import Answer, Retry, ServiceError
from zoo_dataset_surveys.throttle import Throttle

PATIENCE = 60.0
"""Seconds of silence after which a request fails."""


@dataclass(frozen=True)
class Client:
    """Asks a service, never faster than its throttle allows, and again where it failed.

    missing: statuses that say that there is no image.
    """

    throttle: Throttle = field(default_factory=lambda: Throttle(5))
    retry: Retry = field(default_factory=Retry)
    timeout: float = PATIENCE
    missing: frozenset[int] = frozenset({404})

    @cached_property
    def session(self) -> Any:
        """Its session of requests, which other clients may use too."""
        from zoo_dataset_surveys.session import session

        return session(self.throttle, self.timeout)

    def get(self, url: str, read: Callable[[bytes], Answer]) -> Answer:
        """What `read` makes of the body at an address, which is sent as it is written: a `+` stays one.

        read: raises Transient, ServiceError or MissingImage for a body that is not what was asked for.

        Raises ServiceError where the service goes on failing or refuses, MissingImage where there is no image.
        """
        return self.retry(url, lambda: self._once(url, read))

    def _once(self, url: str, read: Callable[[bytes], Answer]) -> Answer:
        from zoo_dataset_surveys import network

        try:
            reply = self.session.get(url)
        except network.FAILURES as error:
            raise network.transient(error) from error
        network.check_status(reply, self.missing)
        try:
            return read(reply.content)
        except (ServiceError, MissingImage) as refusal:
            raise type(refusal)(f"{url} {refusal}", refusal.code) from None
