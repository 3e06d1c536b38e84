"""What a piece of work costs: seconds, and requests."""

from __future__ import annotations

import threading
import time
from contextvars import ContextVar
from functools import cache
from typing import Any, Self

from isthmus import telemetry

#: The meters that run here. Threads that work for somebody else take the context of that one along.
_running: ContextVar[tuple[Meter, ...]] = ContextVar("isthmus_meters", default=())


class Meter:
    """Measures blocks, one after the other: ``seconds`` that they took, and ``calls``: their HTTP requests.

    Those of threads count that were started in the block with its context, however long they live.
    """

    def __init__(self) -> None:
        self.calls = 0
        self.seconds = 0.0
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        _listen()
        self._token = _running.set((*_running.get(), self))
        self._start = time.perf_counter()
        return self

    def __exit__(self, *exc: object) -> None:
        self.seconds += time.perf_counter() - self._start
        _running.reset(self._token)

    def count(self) -> None:
        """Count one request."""
        with self._lock:
            self.calls += 1


@cache
def _listen() -> None:
    """Count requests from now on, for as long as the process lives: a thread may outlive its block."""
    telemetry.subscribe(_count)


def _count(name: str, fields: dict[str, Any]) -> None:
    if name == "http.request":
        for meter in _running.get():
            meter.count()
