"""Things that go wrong on a network, switched on for some requests.

::

    server.faults.add(DropConnection(), times=1, when=on(method="POST", path="/1/cards"))
    server.faults.add(Answer.too_many(retry_after_s=10), times=3)
    server.faults.clear()
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from isthmus.sandbox.message import Request, Response

Condition = Callable[[Request], bool]


@dataclass(frozen=True, slots=True)
class Delay:
    """Wait ``seconds`` before acting; then everything goes on as usual."""

    seconds: float


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """Act, then stay silent for ``seconds`` and close: the client times out although the work is done."""

    seconds: float = 60.0


@dataclass(frozen=True, slots=True)
class Belated:
    """Close the connection without an answer, and act ``seconds`` later: the client may have tried again."""

    seconds: float = 0.1


@dataclass(frozen=True, slots=True)
class Repeated:
    """Act twice, as behind a proxy that sends a request again; answer what came of the second time."""


@dataclass(frozen=True, slots=True)
class DropConnection:
    """Close the connection without an answer, before the request is acted on or (``after_acting``) after."""

    after_acting: bool = False


@dataclass(frozen=True, slots=True)
class TruncatedBody:
    """Act, announce the whole body, send only the first ``share`` of it (0 to 1) and close."""

    share: float = 0.5


@dataclass(frozen=True, slots=True)
class HalfBody:
    """Act and send a well-framed answer whose body is cut: complete HTTP, broken JSON."""

    share: float = 0.5


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer with this instead of (or, ``after_acting``, in spite of) what the handler says."""

    status: int
    body: str = ""
    content_type: str = "text/plain; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)
    after_acting: bool = False

    @classmethod
    def bad_gateway(cls, status: int = 502, *, after_acting: bool = False) -> Answer:
        """Return a load balancer's HTML page."""
        body = f"<html><head><title>{status}</title></head><body><h1>{status} Bad Gateway</h1></body></html>"
        return cls(status, body, "text/html; charset=utf-8", after_acting=after_acting)

    @classmethod
    def too_many(cls, retry_after_s: float | None = None, body: str = "Too Many Requests") -> Answer:
        """Return a 429, with ``Retry-After`` when a time is given. Add it with ``times=n`` for a storm."""
        return cls(429, body, headers={} if retry_after_s is None else {"Retry-After": f"{retry_after_s:g}"})

    def response(self) -> Response:
        """Return the answer as a response."""
        response = Response.text(self.status, self.body, self.content_type)
        response.headers.update(self.headers)
        return response


Fault = Delay | NoAnswer | Belated | Repeated | DropConnection | TruncatedBody | HalfBody | Answer


def on(method: str | None = None, path: str | None = None, containing: str | None = None) -> Condition:
    """Return a condition: this method, a path that starts so, a path, or body that contains the text."""

    def fits(request: Request) -> bool:
        return (
            (method is None or request.method == method)
            and (path is None or request.path.startswith(path))
            and (containing is None or containing in request.path or containing.encode() in request.body)
        )

    return fits


@dataclass(slots=True)
class _Planned:
    fault: Fault
    left: int | None
    when: Condition | None


class Faults:
    """The faults that a server will play; the first added that fits a request is taken."""

    def __init__(self) -> None:
        self._planned: list[_Planned] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault, *, times: int | None = 1, when: Condition | None = None) -> None:
        """Play ``fault`` for the next ``times`` requests (None: until :meth:`clear`) that fit ``when``."""
        with self._lock:
            self._planned.append(_Planned(fault, times, when))

    def clear(self) -> None:
        """Play no fault any more."""
        with self._lock:
            self._planned.clear()

    @property
    def pending(self) -> int:
        """Return how many limited faults have not been played yet."""
        with self._lock:
            return sum(planned.left or 0 for planned in self._planned)

    def take(self, request: Request) -> Fault | None:
        """Return the fault for this request and count it as played; None when there is none."""
        if not self._planned:
            return None
        with self._lock:
            for planned in self._planned:
                if planned.when is None or planned.when(request):
                    return self._played(planned)
        return None

    def _played(self, planned: _Planned) -> Fault:
        if planned.left is not None:
            planned.left -= 1
            if planned.left <= 0:
                self._planned.remove(planned)
        return planned.fault
