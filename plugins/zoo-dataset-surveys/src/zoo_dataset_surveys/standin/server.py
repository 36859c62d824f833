"""The server of the stand-in sky: its address, its log of requests, and the faults that wait for some of them."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from zoo.errors import ZooError
from zoo_dataset_surveys.standin.exchange import Reply, Request, html
from zoo_dataset_surveys.standin.faults import INSTEAD, SPOILT
from zoo_dataset_surveys.standin.field import SHAPE
from zoo_dataset_surveys.standin.galaxy import Galaxy, made
from zoo_dataset_surveys.standin.holdings import Holdings
from zoo_dataset_surveys.standin.ranges import part
from zoo_dataset_surveys.standin.routes import answer

Spoil = Callable[[Reply], Reply]


class Sky:
    """A server on this machine, from `with Sky() as sky` to the end of the block.

    galaxies: what is in the sky, four in each of six fields unless others are given. shape: rows and columns of SDSS
    frames. real: a folder of FITS files that are served in place of simulated ones of the same name.

    url: its address. log: the requests so far. busiest: how many of them were under way at once, at most.
    """

    def __init__(
        self, galaxies: Iterable[Galaxy] | None = None, shape: tuple[int, int] = SHAPE, real: Path | None = None
    ):
        self.holdings = Holdings(made() if galaxies is None else galaxies, shape, real)
        self.log = list[Request]()
        self.faults = list[tuple[str, str | Spoil]]()
        self.lock = threading.Lock()
        self.busy = self.busiest = 0

    def __enter__(self) -> Sky:
        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.sky = self
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def fault(self, prefix: str, kind: str | Spoil, times: int = 1) -> None:
        """Let the next requests below a path, such as `sas`, go wrong. Raises ZooError for an unknown fault.

        kind: its name, or what makes a bad reply of a good one.
        """
        if isinstance(kind, str) and kind not in (known := [*INSTEAD, *SPOILT]):
            raise ZooError(f"The stand-in sky knows no fault {kind}: choose one of {', '.join(known)}.")
        with self.lock:
            self.faults += [(prefix, kind)] * times

    def asked(self, prefix: str) -> list[Request]:
        """The requests so far below a path."""
        return [request for request in self.log if request.below(prefix)]

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Count a request that is under way."""
        with self.lock:
            self.busy += 1
            self.busiest = max(self.busy, self.busiest)
        try:
            yield
        finally:
            with self.lock:
                self.busy -= 1

    def reply(self, request: Request) -> Reply:
        """The answer to a request, or what the first fault that waits for it makes of it."""
        with self.lock:
            self.log.append(request)
            waiting = [fault for fault in self.faults if request.below(fault[0])]
            if waiting:
                self.faults.remove(waiting[0])
        kind = waiting[0][1] if waiting else None
        if isinstance(kind, str) and kind in INSTEAD:
            return INSTEAD[kind](request)
        spoil = SPOILT[kind] if isinstance(kind, str) else kind
        good = answer(self.holdings, request)
        return part(request, spoil(good) if spoil else good)


class Server(ThreadingHTTPServer):
    """A thread per connection, none of which outlives the program."""

    daemon_threads = True
    sky: Sky

    def handle_error(self, request, client_address):
        """Clients hang up as they please."""


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        """Answer."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        request = Request(self.command, self.path, dict(self.headers.items()), body, self.server.sky.url)
        with self.server.sky.counted():
            try:
                reply = self.server.sky.reply(request)
            except Exception as error:  # a fault of the stand-in itself: the client's test shall see it
                reply = html(f"500 {type(error).__name__}: {error}", 500)
            self.send(reply)

    do_POST = do_HEAD = do_GET

    def send(self, reply: Reply) -> None:
        """Write a reply, in the way that it asks for."""
        time.sleep(reply.wait)
        if reply.reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            self.close_connection = True
            return
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.kind)
        for name, value in reply.headers.items():
            if value:
                self.send_header(name, value)
        if reply.sized:
            self.send_header("Content-Length", str(len(reply.body)))
        else:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command == "HEAD":
            return
        self.wfile.write(reply.body[: int(len(reply.body) * reply.sent)])
        time.sleep(reply.stall)
        self.close_connection = self.close_connection or not reply.sized or reply.sent < 1

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing: the sky keeps a log."""
