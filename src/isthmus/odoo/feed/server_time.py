"""The time of Odoo's database, as far as it can be known from outside. Our own time of day plays no part.

``write_date`` comes from the database's clock. A row that says 12:00:00 was read, so it was 12:00:00 there or
later; twenty seconds after that it is 12:00:20 or later, by whatever measures seconds. The ``Date`` of an
answer is the clock of the web server, which may be another machine: it only tells that a row from next year
is not to be believed.
"""

from __future__ import annotations

import threading
from datetime import datetime, timedelta


class ServerTime:
    """A time that the database has certainly reached. Safe to share between threads and models.

    ``trust`` is by how much a row may be ahead of the web server's clock.
    """

    def __init__(self, trust: timedelta) -> None:
        self._trust = trust
        self._lock = threading.Lock()
        self._start: datetime | None = None

    def observe(self, written: datetime, received_s: float, web: datetime | None) -> None:
        """Learn from a row that was written at a time and received at a monotonic second.

        ``web`` is the time of the web server; what is far ahead of it was not written by the clock.
        """
        if web is not None and written > web + self._trust:
            return
        start = written - timedelta(seconds=received_s)
        with self._lock:
            if self._start is None or start > self._start:
                self._start = start

    def at_least(self, asked_s: float) -> datetime | None:
        """Return a time that is not later than the database's at a monotonic second; None: not known."""
        with self._lock:
            return None if self._start is None else self._start + timedelta(seconds=asked_s)
