"""Where the workers of one Odoo meet, to ask it together no faster and no more at once than allowed.

:func:`book` and :func:`postpone` decide on values; a :class:`Turnstile` keeps the value where its workers can
reach it: in memory for the threads of a process, in files for the processes of a machine
(:mod:`isthmus.odoo.file_turnstile`), in PostgreSQL for many machines (``isthmus.connector.turnstile``).
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable
from typing import Protocol

from isthmus.clock import Clock, SystemClock

#: Nobody is kept out longer, whatever an answer asks for: a mistyped Retry-After must not stop work for days.
LONGEST_PAUSE_S = 900.0

Leave = Callable[[], None]


def book(turn_at: float, now: float, interval_s: float, patience_s: float) -> tuple[float, float]:
    """Take the next turn: return when the one after it comes, and how many seconds to wait for this one.

    All times are seconds of one clock. When the wait is longer than ``patience_s`` nothing is taken.
    """
    turn_at = min(turn_at, now + LONGEST_PAUSE_S + interval_s)  # the clock may have been set back
    wait = max(0.0, turn_at - now)
    if wait > patience_s:
        return turn_at, wait
    return max(turn_at, now) + interval_s, wait


def postpone(turn_at: float, now: float, seconds: float) -> float:
    """Return when the next turn comes after the other side asked for a pause."""
    return max(turn_at, now + min(max(seconds, 0.0), LONGEST_PAUSE_S))


class Turnstile(Protocol):
    """Give turns (when) and places (how many at once) under the name of an Odoo. Safe between threads."""

    def book(self, name: str, interval_s: float, patience_s: float) -> float:
        """Take the next turn and return the seconds to wait for it.

        A wait longer than ``patience_s`` is only told: no turn is taken then.
        """
        ...

    def postpone(self, name: str, seconds: float) -> None:
        """Let the next turn come no earlier than in so many seconds, 15 minutes at most."""
        ...

    def enter(self, name: str, places: int) -> Leave | None:
        """Take one of the places and return what gives it back; None when all are taken.

        A place is free again when its holder's process ends, however that happens.
        """
        ...


class LocalTurnstile:
    """A turnstile for the threads of this process."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._lock = threading.Lock()
        self._turns: defaultdict[str, float] = defaultdict(float)
        self._inside: defaultdict[str, int] = defaultdict(int)

    def book(self, name: str, interval_s: float, patience_s: float) -> float:
        with self._lock:
            now = self._clock.monotonic()
            self._turns[name], wait = book(self._turns[name], now, interval_s, patience_s)
        return wait

    def postpone(self, name: str, seconds: float) -> None:
        with self._lock:
            self._turns[name] = postpone(self._turns[name], self._clock.monotonic(), seconds)

    def enter(self, name: str, places: int) -> Leave | None:
        with self._lock:
            if self._inside[name] >= places:
                return None
            self._inside[name] += 1
        return lambda: self._leave(name)

    def _leave(self, name: str) -> None:
        with self._lock:
            self._inside[name] -= 1
