"""What was told of and is due: each record at once, then again only after a rest.

So one change is followed without delay, and a storm about one record costs two looks: one for its first
hint, one for all others.
"""

from __future__ import annotations

import threading

from isthmus.clock import Clock, SystemClock
from isthmus.connector.inbox import Subject

#: So long a record that was looked at is left in peace.
REST_S = 2.0

#: So many subjects are kept; of more, a round takes care.
MOST = 10_000


class Due:
    """Knows the subjects that wait, and from when on. Safe to share between threads; kept in memory only.

    ``rest_s``: how long after it was taken a subject is not due again.
    """

    def __init__(self, *, rest_s: float = REST_S, clock: Clock | None = None) -> None:
        self._rest_s = rest_s
        self._clock = clock or SystemClock()
        self._ready: dict[Subject, float] = {}
        self._rests: dict[Subject, float] = {}
        self._changed = threading.Condition()
        self._is_closed = False

    def add(self, subject: Subject, settle_s: float = 0.0) -> None:
        """Have a subject looked at ``settle_s`` seconds from now, or after its rest; one that waits stays."""
        with self._changed:
            if len(self._ready) >= MOST:
                subject = Subject(subject.side, subject.model)
            if subject not in self._ready:
                ready = self._clock.monotonic() + settle_s
                self._ready[subject] = max(ready, self._rests.get(subject, ready))
                self._changed.notify_all()

    def take(self) -> list[Subject]:
        """Return what is due by now, in the order in which it became so, and let it rest."""
        with self._changed:
            now = self._clock.monotonic()
            due = sorted((ready, number) for number, ready in enumerate(self._ready.values()) if ready <= now)
            known = list(self._ready)
            taken = [known[number] for _, number in due]
            self._rests = {one: until for one, until in self._rests.items() if until > now}
            for subject in taken:
                del self._ready[subject]
                self._rests[subject] = now + self._rest_s
            return taken

    def wait(self, seconds: float, *, for_hints: bool = True) -> None:
        """Wait for so long, until something is due (unless not ``for_hints``), or until :meth:`close`."""
        end = self._clock.monotonic() + seconds
        with self._changed:
            while not self._is_closed:
                first = min(self._ready.values(), default=end) if for_hints else end
                left = min(end, first) - self._clock.monotonic()
                if left <= 0:
                    return
                self._changed.wait(left)

    def close(self) -> None:
        """Let nobody wait any more."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    @property
    def is_closed(self) -> bool:
        """Whether the end was asked for."""
        return self._is_closed
