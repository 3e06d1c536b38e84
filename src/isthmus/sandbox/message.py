"""One HTTP request and one answer, read from and written to a socket's file."""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus
from io import BufferedIOBase
from typing import Any
from urllib.parse import parse_qsl, unquote

MAX_LINE = 256 * 1024
MAX_BODY = 256 * 1024 * 1024


class BadRequestError(Exception):
    """The bytes on the connection are not an HTTP/1.1 request."""


@dataclass(slots=True)
class Request:
    """A request. ``path`` is percent-decoded, ``query`` keeps the last value of a repeated name,
    ``headers`` has lower-case names. ``facts`` is what a handler wants the request log to know
    (for Odoo: ``model`` and ``call``)."""

    method: str
    path: str
    query: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def content_type(self) -> str:
        """Return the media type in lower case without its parameters; empty when there is none."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @classmethod
    def of(
        cls, method: str, target: str, headers: dict[str, str] | None = None, body: bytes = b""
    ) -> Request:
        """Build a request from a target such as ``/1/boards?key=k``."""
        path, _, query = target.partition("?")
        pairs = parse_qsl(query, keep_blank_values=True)
        return cls(method.upper(), unquote(path), dict(pairs), headers or {}, body)


@dataclass(slots=True)
class Response:
    """An answer; ``Content-Length`` and ``Connection`` are added when it is written."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @classmethod
    def text(cls, status: int, text: str, content_type: str = "text/plain; charset=utf-8") -> Response:
        """Answer with text (plain unless told otherwise)."""
        return cls(status, {"Content-Type": content_type}, text.encode())

    def encode(self, *, head_only: bool = False, keep_alive: bool = True) -> bytes:
        """Return the bytes of the whole answer, or of its head when the request was HEAD."""
        try:
            reason = HTTPStatus(self.status).phrase
        except ValueError:
            reason = "Unknown"
        lines = [f"HTTP/1.1 {self.status} {reason}"]
        lines.extend(f"{name}: {value}" for name, value in self.headers.items())
        if self.status not in (204, 304):
            lines.append(f"Content-Length: {len(self.body)}")
        if not keep_alive:
            lines.append("Connection: close")
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")
        return head if head_only or self.status in (204, 304) else head + self.body


def read_request(incoming: BufferedIOBase, outgoing: BufferedIOBase) -> Request | None:
    """Read the next request of a connection; None when the client closed it.

    Raises BadRequestError when the bytes are no HTTP request, ConnectionError when they stop half way.
    """
    line = incoming.readline(MAX_LINE)
    while line in (b"\r\n", b"\n"):
        line = incoming.readline(MAX_LINE)
    if not line:
        return None
    parts = line.decode("latin-1").split()
    if len(parts) != 3 or not parts[2].startswith("HTTP/1"):
        raise BadRequestError("malformed request line")
    headers = _read_headers(incoming)
    if parts[2] == "HTTP/1.0":
        headers.setdefault("connection", "close")
    if headers.get("expect", "").lower() == "100-continue":
        outgoing.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        outgoing.flush()
    return Request.of(parts[0], parts[1], headers, _read_body(incoming, headers))


def _read_headers(incoming: BufferedIOBase) -> dict[str, str]:
    headers: dict[str, str] = {}
    while (line := incoming.readline(MAX_LINE)) not in (b"\r\n", b"\n"):
        if not line:
            raise ConnectionError("the client closed the connection inside the headers")
        name, colon, value = line.decode("latin-1").partition(":")
        if not colon:
            raise BadRequestError("malformed header")
        headers[name.strip().lower()] = value.strip()
    return headers


def _read_body(incoming: BufferedIOBase, headers: dict[str, str]) -> bytes:
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return _read_chunks(incoming)
    try:
        length = int(headers.get("content-length", 0))
    except ValueError as error:
        raise BadRequestError("malformed content-length") from error
    if not 0 <= length <= MAX_BODY:
        raise BadRequestError("content-length out of range")
    return _read_exactly(incoming, length)


def _read_chunks(incoming: BufferedIOBase) -> bytes:
    chunks: list[bytes] = []
    total = 0
    while True:
        try:
            size = int(incoming.readline(MAX_LINE).partition(b";")[0], 16)
        except ValueError as error:
            raise BadRequestError("malformed chunk") from error
        if size == 0:
            _read_headers(incoming)
            return b"".join(chunks)
        total += size
        if size < 0 or total > MAX_BODY:
            raise BadRequestError("chunk out of range")
        chunks.append(_read_exactly(incoming, size))
        incoming.readline(MAX_LINE)


def _read_exactly(incoming: BufferedIOBase, length: int) -> bytes:
    body = incoming.read(length) if length else b""
    if len(body) != length:
        raise ConnectionError("the client closed the connection inside the body")
    return body
