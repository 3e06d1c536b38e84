"""What a worker does now and then: beat, bury the dead, watch the clock of running jobs, tidy up."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import msgspec

from isthmus.jobs.claim import Claim
from isthmus.jobs.interruption import JobCancelled, JobInterruption, JobTimeout
from isthmus.jobs.runner import Run, Runner, interrupted
from isthmus.telemetry import emit

if TYPE_CHECKING:
    from isthmus.jobs.worker import Worker

#: How often running jobs are looked at, in seconds.
WATCH_S = 1.0

#: How long an interrupted thread may take to end before it is given up.
GRACE_S = 10.0


def json(value: object) -> str:
    """Return a value as JSON text."""
    return msgspec.json.encode(value).decode()


class Every:
    """A thing to do every so many seconds."""

    def __init__(self, seconds: float, *, at_once: bool = False) -> None:
        self.seconds = seconds
        self.next = time.monotonic() + (0 if at_once else seconds)

    def is_due(self) -> bool:
        """Say whether it is time, and count from now again when it is."""
        now = time.monotonic()
        if now < self.next:
            return False
        self.next = now + self.seconds * random.uniform(0.9, 1.0)
        return True


class Chore:
    """A thing to do that says itself when it wants to be done again: after how many seconds, or None for a
    minute.
    """

    def __init__(self, act: Callable[[], float | None]) -> None:
        self._act = act
        self.next = 0.0

    def keep(self) -> None:
        """Do it when it is time."""
        if time.monotonic() >= self.next:
            wait_s = self._act()
            self.next = time.monotonic() + (60.0 if wait_s is None else wait_s)


class Housekeeping:
    """The regular work of a worker's keeper."""

    def __init__(
        self,
        worker: Worker,
        runner: Runner,
        ttl_s: float,
        grace_s: float,
        chores: Sequence[Callable[[], float | None]],
    ) -> None:
        self.ttl_s = ttl_s
        self._grace_s = grace_s
        self._worker = worker
        self._runner = runner
        self._beat = Every(ttl_s / 3)
        self._bury = Every(ttl_s / 3, at_once=True)
        self._watch = Every(WATCH_S)
        self._chores = list(map(Chore, chores))

    def keep(self) -> None:
        """Do what is due."""
        if self._beat.is_due() and not self._worker.store.beat(self._worker.id):
            self._worker.was_buried()
            return
        if self._bury.is_due():
            self._worker.store.bury_dead()
            self._worker.give_back_strays()
        if self._watch.is_due():
            self.watch()
        for chore in self._chores:
            chore.keep()

    def rest_s(self) -> float:
        """Return how long the worker may sleep before something is due."""
        now = time.monotonic()
        due = [self._beat.next, self._bury.next, *(chore.next for chore in self._chores)]
        if self._runner.running():
            due.append(self._watch.next)
        return max(0.0, min(due) - now)

    def bury_now(self) -> None:
        """Look for dead workers with the next round."""
        self._bury.next = 0.0

    # --- running jobs ---

    def watch(self) -> None:
        """Write down which jobs have been running for a while and how far they are; end what must end."""
        held = self._worker.held()
        if not held:
            return
        runs = [(run, claim) for run in self._runner.running() if (claim := run.claim) is not None]
        long = [(run, claim) for run, claim in runs if time.monotonic() - run.began >= WATCH_S / 2]
        news = [
            (claim, run.began_at, None if run.progress is None else json(run.progress))
            for run, claim in long
            if run.written_down is not claim or run.progress
        ]
        stopped = self._worker.store.watch(held, news)
        for run, claim in long:
            run.written_down, run.progress = claim, None
        for run, claim in runs:
            if claim.token in stopped:
                self._end(run, claim, JobCancelled)
            elif claim.timeout_s and time.monotonic() - run.began > claim.timeout_s:
                self._end(run, claim, JobTimeout)
        begun = {claim.token for _, claim in runs}
        for claim in held:
            if claim.token in stopped and claim.token not in begun:
                self._runner.cancel(claim)
        if self._runner.pace_s >= WATCH_S:
            self._worker.give_back()

    def _end(self, run: Run, claim: Claim, kind: type[JobInterruption]) -> None:
        if run.interrupt(claim, kind):
            return
        sent = run.sent(claim)
        if sent is not None and sent[1] > self._grace_s:
            self._runner.abandon(run)
            self._worker.give_up(claim, interrupted(sent[0], claim))
            emit("job.stuck", uuid=claim.uuid, model=claim.model, method=claim.method)
