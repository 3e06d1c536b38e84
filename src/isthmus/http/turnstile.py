"""Where the workers that share a budget of calls meet, so that they keep it together.

What they agree on is a small text for each budget: when the next turn comes (:func:`book`,
:func:`postpone`), or what was sent lately (:mod:`isthmus.http.ratelimit`). Functions on values decide; a
:class:`Turnstile` keeps the text where its workers can reach it: in memory for the threads of a process, in
files for the processes of a machine (:mod:`isthmus.http.file_turnstile`), in PostgreSQL for many machines
(``isthmus.connector.turnstile``).
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from isthmus.clock import Clock, SystemClock

#: Nobody is kept out longer, whatever an answer asks for: a mistyped Retry-After must not stop work for days.
LONGEST_PAUSE_S = 900.0

T = TypeVar("T")
Leave = Callable[[], None]

#: Gets the text that is kept (empty at first) and the time in seconds; returns the new text and its result.
Decide = Callable[[str, float], tuple[str, T]]


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


class Turnstile(ABC):
    """Give turns (when) and places (how many at once) under the name of a budget. Safe between threads."""

    @abstractmethod
    def change(self, name: str, decide: Decide[T]) -> T:
        """Have the text of a name changed by nobody else meanwhile, and return what was decided.

        The time is that of one clock for all that meet here, whose beginning may be any.
        """

    @abstractmethod
    def enter(self, name: str, places: int) -> Leave | None:
        """Take one of the places and return what gives it back; None when all are taken.

        A place is free again when its holder's process ends, however that happens.
        """

    def close(self) -> None:  # noqa: B027 - most have nothing to give back
        """Give back what is held open between calls."""

    def book(self, name: str, interval_s: float, patience_s: float) -> float:
        """Take the next turn and return the seconds to wait for it.

        A wait longer than ``patience_s`` is only told: no turn is taken then.
        """

        def decide(text: str, now: float) -> tuple[str, float]:
            turn_at, wait = book(moment(text), now, interval_s, patience_s)
            return f"{turn_at:.6f}", wait

        return self.change(name, decide)

    def postpone(self, name: str, seconds: float) -> None:
        """Let the next turn come no earlier than in so many seconds, 15 minutes at most."""
        self.change(name, lambda text, now: (f"{postpone(moment(text), now, seconds):.6f}", None))


def moment(text: str) -> float:
    """Read a time; 0 for an empty text, or one that somebody else wrote."""
    with suppress(ValueError):
        return float(text)
    return 0.0


class LocalTurnstile(Turnstile):
    """A turnstile for the threads of this process."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._lock = threading.Lock()
        self._texts: dict[str, str] = {}
        self._inside: defaultdict[str, int] = defaultdict(int)

    def change(self, name: str, decide: Decide[T]) -> T:
        with self._lock:
            self._texts[name], result = decide(self._texts.get(name, ""), self._clock.monotonic())
        return result

    def enter(self, name: str, places: int) -> Leave | None:
        with self._lock:
            if self._inside[name] >= places:
                return None
            self._inside[name] += 1
        return lambda: self._leave(name)

    def _leave(self, name: str) -> None:
        with self._lock:
            self._inside[name] -= 1
