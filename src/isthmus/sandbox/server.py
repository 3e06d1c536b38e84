"""A small threaded HTTP/1.1 server with keep-alive, a request log and switchable faults.

::

    with HttpServer(lambda request: Response.text(200, "hello")) as server:
        urlopen(server.url)
    server.log.count(method="GET")
"""

from __future__ import annotations

import contextlib
import io
import socket
import socketserver
import threading
import time
import traceback
from collections.abc import Callable
from types import TracebackType
from typing import Self, cast

from isthmus.errors import ConfigurationError
from isthmus.sandbox.faults import (
    Answer,
    Belated,
    Delay,
    DropConnection,
    Fault,
    Faults,
    HalfBody,
    NoAnswer,
    Repeated,
    TruncatedBody,
)
from isthmus.sandbox.message import BadRequestError, Request, Response, read_request
from isthmus.sandbox.request_log import LogEntry, RequestLog, without_secrets
from isthmus.sandbox.traffic import Inlet, Traffic

__all__ = ["Faults", "Handler", "HttpServer", "LogEntry", "Request", "RequestLog", "Response"]

Handler = Callable[[Request], Response]


class HttpServer:
    """Serve ``handler`` on loopback, one thread a connection; ``log`` and ``faults`` are live."""

    def __init__(self, handler: Handler, *, host: str = "127.0.0.1") -> None:
        self.handler = handler
        self.host = host
        self.log = RequestLog()
        self.faults = Faults()
        self.stopping = threading.Event()
        self.traffic = Traffic()
        self._listener: _Listener | None = None
        self._thread: threading.Thread | None = None

    @property
    def port(self) -> int:
        """Return the port; raises ConfigurationError when the server is not running."""
        if self._listener is None:
            raise ConfigurationError("the sandbox server is not running", hint="Call start() first.")
        return int(self._listener.server_address[1])

    @property
    def url(self) -> str:
        """Return the base URL without a slash at the end, for instance ``http://127.0.0.1:41000``."""
        return f"http://{self.host}:{self.port}"

    def start(self, port: int = 0) -> str:
        """Listen on ``port`` (0: any free one) and return the base URL; a running server only tells it."""
        if self._listener is None:
            self.stopping.clear()
            try:
                self._listener = _Listener((self.host, port), self)
            except OSError as error:
                raise ConfigurationError(
                    f"cannot listen on {self.host}:{port}: {error.strerror}",
                    hint="Choose another port, or 0.",
                ) from error
            self._thread = threading.Thread(
                target=self._listener.serve_forever, args=(0.05,), name=f"sandbox-{self.port}", daemon=True
            )
            self._thread.start()
        return self.url

    def stop(self) -> None:
        """Stop listening and close every connection; a stopped server may be started again."""
        listener, self._listener = self._listener, None
        if listener is None:
            return
        listener.is_closed = True  # for good: a new start does not wake up what was cut off
        self.stopping.set()
        listener.shutdown()
        listener.server_close()
        listener.close_connections()
        if self._thread is not None:
            self._thread.join()

    def come_to_rest(self, seconds: float = 30.0) -> bool:
        """Wait until every request that was sent has been acted on; return False when that takes longer.

        Also those whose client was cut off, or has given up waiting.
        """
        return self.traffic.wait(lambda: self._listener.socket if self._listener else None, seconds)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def answer(self, request: Request) -> tuple[Response, str | None]:
        """Return the handler's answer, or a 500 and the traceback when it failed."""
        try:
            return self.handler(request), None
        except Exception:  # the web handler's boundary: one bad request must not end the connection's thread
            return Response.text(500, "internal server error"), traceback.format_exc()


class _Listener(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], owner: HttpServer) -> None:
        self.owner = owner
        self.connections: set[socket.socket] = set()
        self.guard = threading.Lock()
        self.is_closed = False
        super().__init__(address, _Connection)

    def get_request(self) -> tuple[socket.socket, object]:
        return self.owner.traffic.opened(super().get_request)

    def close_connections(self) -> None:
        with self.guard:
            for connection in self.connections:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)


class _Connection(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True
    wbufsize = -1

    def setup(self) -> None:
        super().setup()
        self.listener = cast(_Listener, self.server)
        self.owner = self.listener.owner
        self.rfile = io.BufferedReader(Inlet(self.connection, self.owner.traffic))
        with self.listener.guard:
            self.listener.connections.add(self.connection)

    def finish(self) -> None:
        with self.listener.guard:
            self.listener.connections.discard(self.connection)
        with contextlib.suppress(OSError):
            super().finish()
        self.owner.traffic.closed(self.connection)

    def handle(self) -> None:
        with contextlib.suppress(OSError):
            while not self.listener.is_closed and self._serve_one():
                self.owner.traffic.ended(self.connection)

    def _serve_one(self) -> bool:
        """Answer one request; return whether the connection stays open."""
        try:
            request = read_request(self.rfile, self.wfile)
        except BadRequestError as error:
            self._send(Response.text(400, str(error)).encode(keep_alive=False))
            return False
        if request is None:
            return False
        self.owner.traffic.begun(self.connection)  # it may have come together with the one before
        start = time.perf_counter()
        fault = self.owner.faults.take(request)
        response, error_text = self._act(request, fault)
        status = response.status if response is not None else 0
        if isinstance(fault, NoAnswer | Belated | DropConnection):
            status = 0
        ms = (time.perf_counter() - start) * 1000
        self.owner.log.add(
            LogEntry(
                request.method,
                request.path,
                without_secrets(request.query),
                status,
                ms,
                request.facts,
                error_text,
                type(fault).__name__ if fault else None,
            )
        )
        return response is not None and self._deliver(request, response, fault)

    def _act(self, request: Request, fault: Fault | None) -> tuple[Response | None, str | None]:
        match fault:
            case Delay(seconds):
                self.owner.stopping.wait(seconds)
            case DropConnection(after_acting=False):
                return None, None
            case Belated(seconds):
                with contextlib.suppress(OSError):
                    self.connection.shutdown(socket.SHUT_RDWR)
                self.owner.stopping.wait(seconds)
            case Repeated():
                self.owner.answer(request)
            case Answer(after_acting=False):
                return fault.response(), None
        response, error_text = self.owner.answer(request)
        if isinstance(fault, Answer):
            return fault.response(), error_text
        return response, error_text

    def _deliver(self, request: Request, response: Response, fault: Fault | None) -> bool:
        match fault:
            case NoAnswer(seconds):
                self.owner.stopping.wait(seconds)
                return False
            case DropConnection() | Belated():
                return False
            case TruncatedBody(share):
                missing = len(response.body) - int(len(response.body) * share)
                data = response.encode(keep_alive=False)
                self._send(data[: len(data) - max(missing, 1)])
                return False
            case HalfBody(share):
                response.body = response.body[: int(len(response.body) * share)]
        keep_alive = request.headers.get("connection", "").lower() != "close"
        self._send(response.encode(head_only=request.method == "HEAD", keep_alive=keep_alive))
        return keep_alive

    def _send(self, data: bytes) -> None:
        self.wfile.write(data)
        self.wfile.flush()
