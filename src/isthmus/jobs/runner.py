"""The threads of a worker process: each takes the next claimed job, runs it, and reports."""

from __future__ import annotations

import threading
import time
import traceback
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any

from isthmus.jobs.claim import Ack, Claim, Failure, Result
from isthmus.jobs.interruption import Interruptible, JobCancelled, JobInterruption, JobTimeout

#: Given instead of a result by a body whose own transaction has ended the lease.
SETTLED = None


class Run(Interruptible):
    """One job while it runs, as its body sees it, and the thread that runs it."""

    def __init__(self) -> None:
        super().__init__()
        self.began = 0.0
        self.began_at = 0
        self.written_down: Claim | None = None
        self.progress: dict[str, Any] | None = None
        self.is_settled = False

    def settled(self) -> None:
        """Note that the body's own transaction has ended the lease."""
        self.is_settled = True

    def report(self, done: float, total: float | None = None, note: str | None = None) -> None:
        """Say how far the job has come; the worker writes it down about once a second."""
        self.progress = {"done": done, "total": total, "note": note}


#: Runs a job's body: returns what became of it, or :data:`SETTLED`.
Perform = Callable[[Claim, Run], Result | None]


class Runner:
    """A pool of threads.

    ``on_end`` is called by a thread after each job, to wake who collects results. ``begin`` writes down that
    a job begins, and says whether its lease still holds: for jobs that were claimed by a worker that died, so
    that the next death is not blamed on bystanders.
    """

    def __init__(
        self,
        perform: Perform,
        threads: int,
        now: Callable[[], int],
        on_end: Callable[[], None],
        begin: Callable[[Claim, int], bool],
    ) -> None:
        self._perform = perform
        self._begin = begin
        self._now = now
        self._on_end = on_end
        self._todo: SimpleQueue[Claim | None] = SimpleQueue()
        self._ended: deque[Ack] = deque()
        self._settled: deque[Ack] = deque()
        self._stopped: set[int] = set()  # tokens
        self.runs: list[Run] = []
        self.mean_s = 0.05
        for _ in range(threads):
            self._start_thread()

    def _start_thread(self) -> None:
        run = Run()
        self.runs.append(run)
        threading.Thread(target=self._work, args=(run,), name="isthmus-job", daemon=True).start()

    def put(self, claims: list[Claim]) -> None:
        """Hand claimed jobs to the threads, in this order."""
        for claim in claims:
            self._todo.put(claim)

    def collect(self) -> tuple[list[Ack], list[Ack]]:
        """Return what became of jobs since the last time: what is to be written, and what bodies have written
        themselves.
        """
        acks = [self._ended.popleft() for _ in range(len(self._ended))]
        return acks, [self._settled.popleft() for _ in range(len(self._settled))]

    @property
    def has_ended(self) -> bool:
        """Whether there is anything to collect."""
        return bool(self._ended or self._settled)

    def cancel(self, claim: Claim) -> None:
        """Cancel a job that no thread has begun: the thread that comes to it does not run it."""
        self._stopped.add(claim.token)

    def take_back(self) -> list[Claim]:
        """Return the jobs that no thread has begun; none of them begins any more."""
        taken = []
        with suppress(Empty):
            while True:
                claim = self._todo.get_nowait()  # a thread may be quicker
                if claim is not None:
                    taken.append(claim)
        return taken

    @property
    def pace_s(self) -> float:
        """How long a job takes at present, in seconds: the mean, or what all threads are busy for already."""
        now = time.monotonic()
        busy = [now - run.began for run in self.runs if run.claim is not None]
        return max(self.mean_s, min(busy)) if len(busy) == len(self.runs) else self.mean_s

    def running(self) -> list[Run]:
        """Return what is running now."""
        return [run for run in self.runs if run.claim is not None]

    def abandon(self, run: Run) -> None:
        """Give up a thread that does not end, and start another in its place."""
        self.runs.remove(run)
        self._start_thread()

    def stop(self) -> None:
        """Let the threads end after what they are running."""
        for _ in self.runs:
            self._todo.put(None)

    # --- in the threads ---

    def _work(self, run: Run) -> None:
        while (claim := self._todo.get()) is not None:
            self._one(run, claim)
            if run not in self.runs:  # given up meanwhile
                return

    def _one(self, run: Run, claim: Claim) -> None:
        if claim.token in self._stopped:
            self._stopped.discard(claim.token)
            self._report(Ack(claim, interrupted(JobCancelled, claim)))
            return
        run.progress, run.written_down = None, claim if claim.crashes else None
        run.began_at, run.began = self._now(), time.monotonic()
        if claim.crashes and not self._may_begin(claim, run.began_at):
            self._report(Ack(claim, Result(kind="release")))
            return
        result = attempted(self._perform, claim, run)
        took = time.monotonic() - run.began
        self.mean_s += 0.05 * (took - self.mean_s)
        if run not in self.runs:  # given up meanwhile, and reported by who gave it up
            return
        ended = run.began_at + int(took * 1_000_000)
        if result is SETTLED:
            self._settled.append(Ack(claim, Result(kind="done"), run.began_at, ended))
            self._on_end()
        else:
            self._report(Ack(claim, result, run.began_at, ended))

    def _report(self, ack: Ack) -> None:
        self._ended.append(ack)
        self._on_end()

    def _may_begin(self, claim: Claim, at: int) -> bool:
        try:
            return self._begin(claim, at)
        except Exception:  # the store is away: better later than unwatched
            return False


def broken(error: BaseException) -> Result:
    """Return what becomes of a job that ended in a way which is not told by a result."""
    name = f"{type(error).__module__}.{type(error).__qualname__}"
    trace = "".join(traceback.format_exception(error))
    return Result(kind="failed", failure=Failure(name, str(error) or type(error).__name__, trace))


def attempted(perform: Perform, claim: Claim, run: Run) -> Result | None:
    """Run a job in the current thread; return what becomes of it, whatever is raised by it or here."""
    result: Result | None = None
    has_ended = False
    try:
        try:
            run.enter(claim)
            result = perform(claim, run)
            has_ended = True
        except JobInterruption:
            raise
        except BaseException as error:  # a job that calls exit() must not end the thread
            result, has_ended = broken(error), True
        run.leave()
    except JobInterruption as interruption:  # the only one for this job
        run.leave()
        if not has_ended:
            return interrupted(interruption, claim)
    return result


def interrupted(error: JobInterruption | type[JobInterruption], claim: Claim) -> Result:
    """Return what becomes of a job that was interrupted, or not begun any more."""
    kind = error if isinstance(error, type) else type(error)
    if issubclass(kind, JobCancelled):
        return Result(kind="cancelled", failure=Failure("", "Cancelled while a worker had it."))
    if issubclass(kind, JobTimeout):
        return timed_out(claim)
    return Result(kind="retry", counts=False, failure=Failure("", "The worker stopped."))


def timed_out(claim: Claim) -> Result:
    """Return what becomes of an attempt that took too long: it is tried again while attempts are left."""
    message = f"The attempt took longer than the job's timeout of {claim.timeout_s:g} s."
    name = "isthmus.errors.JobTimeoutError"
    if claim.max_retries and claim.attempt >= claim.max_retries:
        used_up = f"{message} It was tried {claim.attempt} times, as often as it may be."
        return Result(kind="failed", failure=Failure(name, used_up))
    return Result(kind="retry", after_s=60.0, failure=Failure(name, message))
