"""Ending what a thread is doing from outside.

Python can raise an exception in another thread; it arrives with that thread's next instruction, so that a
call that waits in C (a socket without a time limit) is not ended. Such a thread is given up: what it does
later to our database is refused, since its lease is gone.
"""

from __future__ import annotations

import ctypes
import threading
import time

from isthmus.jobs.claim import Claim


class JobInterruption(BaseException):
    """A job is ended from outside. No Exception, so that a job's own error handling does not swallow it."""


class JobTimeout(JobInterruption):
    """The attempt took longer than the job's timeout."""


class JobCancelled(JobInterruption):
    """Somebody cancelled the job while it ran."""


class WorkerStopped(JobInterruption):
    """The worker stops, or has lost the job to another worker."""


class Interruptible:
    """The thread that runs jobs, as far as it can be interrupted.

    The thread says ``enter`` and ``leave`` round each job; anybody may ``interrupt`` in between, once. The
    interruption may arrive at any instruction up to the end of ``leave``, that of ``leave`` itself included:
    the thread then says ``leave`` again, after which none arrives any more.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread = threading.get_ident()
        self._sent: type[JobInterruption] | None = None
        self._sent_at = 0.0
        self.claim: Claim | None = None

    def enter(self, claim: Claim) -> None:
        """Begin a job in the current thread."""
        self._thread = threading.get_ident()
        self.claim = claim

    def leave(self) -> None:
        """End the job. For the thread itself."""
        with self._lock:
            self.claim = None
            sent, self._sent = self._sent, None
        if sent is not None:
            self._swallow()

    def _swallow(self) -> None:
        """Let an interruption that was sent and has not arrived arrive here, or take it back."""
        try:
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self._thread), None)
            for _ in range(100):  # instructions, at one of which it would arrive
                pass
        except JobInterruption:
            return

    def interrupt(self, claim: Claim, kind: type[JobInterruption]) -> bool:
        """Raise in the thread, if it still runs that job and was not interrupted yet; say whether it was."""
        with self._lock:
            if self.claim is not claim or self._sent is not None:
                return False
            self._sent, self._sent_at = kind, time.monotonic()
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self._thread), ctypes.py_object(kind))
            return True

    def sent(self, claim: Claim) -> tuple[type[JobInterruption], float] | None:
        """Return what a job was interrupted with, and how many seconds ago; None: it was not, or is over."""
        with self._lock:
            if self.claim is not claim or self._sent is None:
                return None
            return self._sent, time.monotonic() - self._sent_at
