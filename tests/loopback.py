"""A small real HTTP server on loopback that answers as scripted, faults included."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Received:
    """A request as it arrived."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Answer:
    """What to answer.

    ``cut`` closes the connection after so many bytes of the body; ``silent`` never answers; ``hang_up``
    closes the connection without a byte; ``drip`` sends the body byte by byte and is called before each.
    """

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int | None = None
    silent: bool = False
    hang_up: bool = False
    drip: Callable[[], None] | None = None


def json_answer(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(status, json.dumps(value).encode(), {"Content-Type": "application/json", **(headers or {})})


class Loopback:
    """The server: ``received`` lists what came, ``answer`` (replace it at will) decides what goes back."""

    def __init__(self, answer: Callable[[Received], Answer], certificate: Sequence[Path] = ()) -> None:
        self.answer = answer
        self.received: list[Received] = []
        self.connections = 0
        self.stopping = threading.Event()
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._server.block_on_close = False
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        scheme = "https" if certificate else "http"
        self.url = f"{scheme}://127.0.0.1:{self._server.server_address[1]}"

    def note(self, received: Received) -> None:
        with self._lock:
            self.received.append(received)

    def note_connection(self) -> None:
        with self._lock:
            self.connections += 1

    def run(self) -> None:
        self._server.serve_forever(poll_interval=0.01)

    def stop(self) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def loopback(
    *script: Answer | Callable[[Received], Answer], certificate: Sequence[Path] = ()
) -> Iterator[Loopback]:
    """Run a server that gives the scripted answers in turn, the last one again and again."""
    steps = list(script)

    def answer(received: Received) -> Answer:
        step = steps.pop(0) if len(steps) > 1 else steps[0]
        return step if isinstance(step, Answer) else step(received)

    server = Loopback(answer, certificate)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.stop()
        thread.join(5)


def _handler(server: Loopback) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        timeout = 30

        def setup(self) -> None:
            super().setup()
            server.note_connection()

        def log_message(self, *args: Any) -> None:
            pass

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            received = Received(self.command, self.path, self.headers, body)
            server.note(received)
            self._send(server.answer(received))

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _serve  # noqa: N815

        def _send(self, answer: Answer) -> None:
            if answer.silent:
                server.stopping.wait()
            if answer.silent or answer.hang_up:
                self.close_connection = True
                return
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.flush()
            if answer.drip is not None:
                self._drip(answer)
                return
            self.wfile.write(answer.body[: answer.cut])
            self.close_connection = self.close_connection or answer.cut is not None

        def _drip(self, answer: Answer) -> None:
            for byte in answer.body:
                answer.drip()  # type: ignore[misc]
                try:
                    self.wfile.write(bytes([byte]))
                    self.wfile.flush()
                except OSError:
                    break
            self.close_connection = True

    return Handler
