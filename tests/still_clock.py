"""A clock that stands still until somebody sleeps on it, for tests without waiting."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta


class StillClock:
    """Tell a fixed time; ``sleep`` moves it at once and notes how long. Safe between threads."""

    def __init__(self, start: datetime = datetime(2026, 11, 22, 12, 0, 0)) -> None:
        self.slept: list[float] = []
        self._start = start
        self._passed = 0.0
        self._lock = threading.Lock()

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._passed)

    def monotonic(self) -> float:
        return self._passed

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.slept.append(seconds)
            self._passed += seconds

    def advance(self, seconds: float) -> None:
        """Move the time without anybody having slept."""
        with self._lock:
            self._passed += seconds

    def jump(self, seconds: float) -> None:
        """Have the time of day set forward or back; no time passes by that."""
        with self._lock:
            self._start += timedelta(seconds=seconds)
