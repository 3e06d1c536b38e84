"""Sleeping until a signal comes, however shortly before it was sent."""

from __future__ import annotations

import select
import signal
import socket
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

#: How long a sleep lasts at most where the end of a child sends no signal.
SHORT_S = 0.2


class Wakening:
    """Signal handlers for the length of a block, and a sleep that each of these signals ends.

    The end of a child process ends it too. For the main thread.
    """

    def __init__(self, handlers: dict[int, Callable[[int, Any], None]]) -> None:
        self._handlers = dict(handlers)
        self._sends_at_end = hasattr(signal, "SIGCHLD")
        if self._sends_at_end:
            self._handlers[signal.SIGCHLD] = lambda number, frame: None

    def __enter__(self) -> Self:
        self._ours, self._theirs = socket.socketpair()
        self._ours.setblocking(False)
        self._theirs.setblocking(False)
        # What a handler sets before the sleep begins would be slept over; a byte in a socket is not.
        self._before_fd = signal.set_wakeup_fd(self._theirs.fileno(), warn_on_full_buffer=False)
        self._before = {one: signal.signal(one, handler) for one, handler in self._handlers.items()}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for one, handler in self._before.items():
            signal.signal(one, handler)
        signal.set_wakeup_fd(self._before_fd)
        self._ours.close()
        self._theirs.close()

    def sleep(self, seconds: float) -> None:
        """Sleep until a signal comes, at most so long."""
        most = seconds if self._sends_at_end else min(seconds, SHORT_S)
        ready, _, _ = select.select([self._ours], [], [], max(0.0, most))
        if ready:
            self._ours.recv(4096)
