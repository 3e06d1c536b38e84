"""The watchdog: interrupts jobs by the clock alone, without asking the database.

The keeper of a worker does so as well, but it may have to wait: on SQLite a job that has written holds up all
other writers until it ends, the keeper among them.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from isthmus.jobs.interruption import JobTimeout, WorkerStopped
from isthmus.jobs.runner import Runner

#: How often running jobs are looked at, in seconds.
LOOK_S = 1.0


class Watchdog:
    """Look after running jobs in a thread of its own, for the length of a block."""

    def __init__(self, runner: Runner, is_stopping: Callable[[], bool]) -> None:
        self._runner = runner
        self._is_stopping = is_stopping
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="isthmus-watchdog", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._end.wait(LOOK_S):
            self.look()

    def look(self) -> None:
        """Interrupt jobs that take too long, and all when the worker is to stop."""
        for run in self._runner.running():
            claim = run.claim
            if claim is None:
                continue
            if self._is_stopping():
                run.interrupt(claim, WorkerStopped)
            elif claim.timeout_s and time.monotonic() - run.began > claim.timeout_s:
                run.interrupt(claim, JobTimeout)
