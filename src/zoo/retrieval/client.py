"""One service over HTTP: its pace, its patience, and what it answers, checked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from zoo.errors import MissingImage
from zoo.retrieval import network
from zoo.retrieval.partial_file import NO_SUCH_REST, PartialFile
from zoo.retrieval.retry import Answer, Retry, ServiceError, Transient
from zoo.retrieval.throttle import Throttle
from zoo.retrieval.version import version

PATIENCE = 60.0
"""Seconds of silence after which a request fails."""

SAY_NO_LENGTH = frozenset({403, 405, 501})
"""Statuses with which services refuse to talk about a file; some stores of files do when they sign addresses."""


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
        from zoo.retrieval.session import session

        return session(self.throttle, self.timeout)

    def get(self, url: str, read: Callable[[bytes], Answer]) -> Answer:
        """What `read` makes of the body at an address, which is sent as it is written: a `+` stays one.

        read: raises Transient, ServiceError or MissingImage for a body that is not what was asked for.

        Raises ServiceError where the service goes on failing or refuses, MissingImage where there is no image.
        """
        return self.retry(url, lambda: self._once(url, read))

    def fetch(self, partial: PartialFile, read: Callable[[PartialFile], Answer]) -> Answer:
        """What `read` makes of a partial file once it is whole; what arrived before is not asked for again.

        Reads and raises as `get` does; a file that is not what was asked for is thrown away.
        """
        return self.retry(partial.address, lambda: self._rest(partial, read))

    def length(self, url: str) -> int | None:
        """The bytes of the file at an address, None where the service does not say them. Raises as `get` does."""
        return self.retry(url, lambda: self._length(url))

    def _once(self, url: str, read: Callable[[bytes], Answer]) -> Answer:
        try:
            reply = self.session.get(url)
        except network.FAILURES as error:
            raise network.transient(error) from error
        network.check_status(reply, self.missing)
        return addressed(url, lambda: read(reply.content))

    def _length(self, url: str) -> int | None:
        try:
            reply = self.session.head(url, headers={"Accept-Encoding": "identity"}, allow_redirects=True)
        except network.FAILURES as error:
            raise network.transient(error) from error
        if reply.status_code in SAY_NO_LENGTH:
            return None
        network.check_status(reply, self.missing)
        return version(url, reply).bytes

    def _rest(self, partial: PartialFile, read: Callable[[PartialFile], Answer]) -> Answer:
        try:
            if not partial.whole:
                with self.session.get(partial.address, headers=partial.headers(), stream=True) as reply:
                    if reply.status_code != NO_SUCH_REST:
                        network.check_status(reply, self.missing)
                    partial.receive(reply)
            partial.refuse_damaged()
        except network.FAILURES as error:
            raise network.transient(error) from error
        try:
            return addressed(partial.address, lambda: read(partial))
        except (Transient, ServiceError, MissingImage):
            partial.forget()
            raise


def addressed(url: str, read: Callable[[], Answer]) -> Answer:
    """What was read; refusals get the address as their subject."""
    try:
        return read()
    except (ServiceError, MissingImage) as refusal:
        raise type(refusal)(f"{url} {refusal}", refusal.code) from None
