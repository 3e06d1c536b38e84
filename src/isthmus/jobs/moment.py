"""Moments as the job tables keep them: whole microseconds since 1970, UTC.

The time that counts is that of the database, since workers run on several machines. PostgreSQL is asked now
and then, and between two answers our own monotonic clock is added, which no change of the wall clock moves.
SQLite has no clock of its own; all of its users are on one machine.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from isthmus.clock import Clock
from isthmus.errors import IsthmusError

EPOCH = datetime(1970, 1, 1)
SECOND = 1_000_000

#: How long an answer of the database is relied upon; clocks drift by less than a millisecond in it.
RENEW_S = 60.0


def from_datetime(moment: datetime) -> int:
    """Return the moment of a datetime: naive UTC, or aware of its zone."""
    if moment.tzinfo is not None:
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    return (moment - EPOCH) // timedelta(microseconds=1)


def to_datetime(moment: int) -> datetime:
    """Return a moment as a naive UTC datetime."""
    return EPOCH + timedelta(microseconds=moment)


class OwnTime:
    """The moments of this machine."""

    def now(self) -> int:
        """Return the current moment."""
        return time.time_ns() // 1_000


class LocalTime:
    """The moments of a clock on this machine."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def now(self) -> int:
        """Return the current moment."""
        return from_datetime(self._clock.now())


class DatabaseTime:
    """The moments of a database: what it said last, plus the time since then."""

    def __init__(self, ask: Callable[[], int], clock: Clock) -> None:
        self._ask = ask
        self._clock = clock
        self._lock = threading.Lock()
        self._said: tuple[int, float] | None = None
        self._asked_at = 0.0

    def now(self) -> int:
        """Return the current moment; asks the database when its last answer is old.

        While the database is away, an old answer is better than none. Raises what it raises when it was never
        asked before.
        """
        with self._lock:
            if self._said is None or self._clock.monotonic() - self._asked_at >= RENEW_S:
                self._renew()
            assert self._said is not None
            moment, since = self._said
            return moment + int((self._clock.monotonic() - since) * SECOND)

    def _renew(self) -> None:
        self._asked_at = self._clock.monotonic()
        try:
            self._said = self._ask(), self._clock.monotonic()
        except IsthmusError:
            if self._said is None:
                raise
