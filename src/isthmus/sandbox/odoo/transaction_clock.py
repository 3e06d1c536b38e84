"""The time within a transaction of the database: that of its start, whatever the clock on the wall says."""

from __future__ import annotations

from datetime import datetime

from isthmus.clock import Clock


class TransactionClock:
    """Stand still. ``write_date`` is the start of the transaction that wrote, as ``now()`` in PostgreSQL."""

    def __init__(self, clock: Clock, started: datetime | None = None) -> None:
        self._clock = clock
        self._started = started or clock.now()

    def now(self) -> datetime:
        return self._started

    def monotonic(self) -> float:
        return self._clock.monotonic()

    def sleep(self, seconds: float) -> None:
        self._clock.sleep(seconds)
