"""The receiver over HTTP. For loopback, or behind a proxy that speaks TLS to the world."""

from __future__ import annotations

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

from isthmus.errors import ConfigurationError
from isthmus.telemetry import emit
from isthmus.web.receiver import MOST_BYTES, Answer, Receiver

#: So many requests are answered at once; more are told to come back.
MOST_AT_ONCE = 64

#: Whoever sends nothing for so long is cut off.
PATIENCE_S = 5.0


class WebServer:
    """Serve a receiver in threads of its own until closed."""

    def __init__(self, receiver: Receiver, host: str = "127.0.0.1", port: int = 0) -> None:
        self._receiver = receiver
        try:
            self._server = _Server((host, port), receiver)
        except (OSError, OverflowError) as error:
            raise ConfigurationError(
                f"cannot listen on {host}:{port}: {getattr(error, 'strerror', None) or error}",
                hint="Choose another address or port.",
            ) from error
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.1,), name="hooks", daemon=True
        )

    @property
    def url(self) -> str:
        """Where it listens."""
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}"

    def start(self) -> Self:
        """Begin to answer."""
        self._thread.start()
        return self

    def close(self) -> None:
        """Stop answering."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], receiver: Receiver) -> None:
        self.receiver = receiver
        self.places = threading.BoundedSemaphore(MOST_AT_ONCE)
        super().__init__(address, _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: whoever hangs up while being answered is no concern of ours."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "isthmus"
    sys_version = ""
    timeout = PATIENCE_S
    server: _Server

    def do_POST(self) -> None:
        self._serve()

    do_GET = do_HEAD = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = do_POST  # noqa: N815

    def log_message(self, *args: object) -> None:
        """Write nothing: the line would have the secret in it."""

    def _serve(self) -> None:
        start = time.perf_counter()
        if not self.server.places.acquire(blocking=False):
            self._send(Answer(503, "Too many at once."), keep=False)
            return
        try:
            answer, keep = self._answer()
        except OSError:  # the other side hung up or fell silent
            self.close_connection = True
            return
        except Exception:  # the boundary: one bad request must not take the receiver with it
            answer, keep = Answer(500, "This hint could not be taken."), False
        finally:
            self.server.places.release()
        self._send(answer, keep=keep)
        emit("web.hook", method=self.command, status=answer.status, duration_s=time.perf_counter() - start)

    def _answer(self) -> tuple[Answer, bool]:
        """Return the answer, and whether the connection can go on: not when a body was left unread."""
        body = b""
        if self.command in ("POST", "PUT", "PATCH"):
            stated = self.headers.get("Content-Length", "")
            if not (stated.isascii() and stated.isdigit()):
                return Answer(411, "Say how long the body is."), False
            if int(stated) > MOST_BYTES:
                return Answer(413, f"More than {MOST_BYTES} bytes."), False
            body = self.rfile.read(int(stated))
        return self.server.receiver.answer(self.command, self.path, body, self._said()), True

    def _said(self) -> dict[str, str]:
        return {name.lower(): value for name, value in self.headers.items()}

    def _send(self, answer: Answer, *, keep: bool) -> None:
        self.close_connection = self.close_connection or not keep
        self.send_response(answer.status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(answer.body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)
