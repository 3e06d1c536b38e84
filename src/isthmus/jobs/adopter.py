"""The adopter: runs jobs that a dispatcher has claimed, in the threads of somebody else's worker.

It has a row of its own among the workers and a thread that beats, watches the clock of what runs and writes
down how far it is. What becomes of a job is the store's, exactly as with our own workers.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable

from isthmus.jobs.claim import Ack, Claim, Result
from isthmus.jobs.ending import tell_end
from isthmus.jobs.handover import Buried
from isthmus.jobs.housekeeping import GRACE_S, WATCH_S, Every, json
from isthmus.jobs.interruption import JobCancelled, JobInterruption, JobTimeout, WorkerStopped
from isthmus.jobs.patience import back_off_s, described
from isthmus.jobs.runner import SETTLED, Perform, Run, attempted, interrupted
from isthmus.jobs.sqlstore import SqlJobStore
from isthmus.telemetry import emit

#: How long a worker that leaves waits for the jobs that it has interrupted, in looks of so many seconds.
LEAVE_LOOKS, LEAVE_LOOK_S = 100, 0.02


class Adopter:
    """Run offered jobs. Safe to share between the threads of a process; each process needs its own.

    ``ttl_s`` is how long other machines believe in it when it says nothing. ``on_stuck`` is called when a job
    does not end although it was interrupted, and has been given back.
    """

    def __init__(
        self,
        store: SqlJobStore,
        perform: Perform,
        *,
        ttl_s: float = 30.0,
        on_stuck: Callable[[], None] = lambda: None,
    ) -> None:
        self.store = store
        self.id = 0
        self._perform = perform
        self._ttl_s = ttl_s
        self._beat = Every(ttl_s / 3)
        self._on_stuck = on_stuck
        self._lock = threading.Lock()
        self._counter = itertools.count(1)
        self._runs: dict[int, Run | None] = {}
        self._closing = threading.Event()
        self._is_stopping = False
        self._keeper: threading.Thread | None = None

    def run(self, job_id: int, token: int) -> str:
        """Run a job in this thread, if its lease is still offered under the token; return what became of it.

        ``refused``: it was not: the message came twice or late. Else what the result is called, or ``lost``
        when somebody else decided about the job while it ran. Raises what the store raises when it is away
        before the job has begun.
        """
        while True:
            own = self._own_token()
            self._runs[own] = None
            try:
                claim = self._adopt(job_id, token, own)
                return "refused" if claim is None else self._run(claim)
            except Buried:
                self._was_buried(own >> 32)
            finally:
                self._runs.pop(own, None)

    def stop(self) -> bool:
        """Interrupt what runs, so that it goes back uncounted; say whether anything does.

        For signal handlers: it takes no lock, and leaves the work to the keeper.
        """
        self._is_stopping = True
        return bool(self._runs)

    def close(self) -> None:
        """Leave: what should still run is interrupted, and goes back to be tried again."""
        self._closing.set()
        self._interrupt_all()
        for _ in range(LEAVE_LOOKS):
            if not self._runs:
                break
            time.sleep(LEAVE_LOOK_S)
        if self.id:
            worker, self.id = self.id, 0
            self.store.bury(worker)
            emit("job.worker", worker=worker, state="ended")

    # --- in the threads that run jobs ---

    def _own_token(self) -> int:
        """Return a new token of this worker, which enters first when it has to."""
        with self._lock:
            if not self.id:
                self.id = self.store.register(None, 1, self._ttl_s)
                self._counter = itertools.count(1)
                emit("job.worker", worker=self.id, state="started")
            if self._keeper is None:
                self._keeper = threading.Thread(target=self._keep, name="isthmus-adopter", daemon=True)
                self._keeper.start()
            return self.id << 32 | next(self._counter)

    def _adopt(self, job_id: int, token: int, own: int) -> Claim | None:
        try:
            return self.store.adopt(job_id, token, own >> 32, own)
        except Buried:
            raise
        except Exception as error:  # the message is lost with it; the dispatcher sends another one
            emit("job.store", worker=self.id, error=described(error), wait_s=0.0)
            raise

    def _run(self, claim: Claim) -> str:
        run = Run()
        run.began_at, run.began = self.store.now(), time.monotonic()
        run.written_down = claim
        self._runs[claim.token] = run
        result = attempted(self._perform, claim, run)
        ended = run.began_at + int((time.monotonic() - run.began) * 1_000_000)
        if result is SETTLED:
            ack = Ack(claim, Result(kind="done"), run.began_at, ended)
            self._call()
            is_lost = False
        else:
            ack = Ack(claim, result, run.began_at, ended)
            is_lost = self._settle(ack)
        tell_end(ack, is_lost)
        return "lost" if is_lost else ack.result.kind

    def _settle(self, ack: Ack) -> bool:
        """Write down what became of a job, once the store is there; return whether that was refused."""
        for failures in itertools.count(1):
            try:
                with self.store.writing() as sql:
                    lost = self.store.settle_in(sql, [ack])
                    self.store.call(sql)  # a channel may have room for another one
                return bool(lost)
            except Exception as error:  # the boundary: the work is done, and only its end is left to write
                wait_s = back_off_s(failures)
                emit("job.store", worker=self.id, error=described(error), wait_s=wait_s)
                if self._closing.wait(wait_s):
                    break
        return True

    def _call(self) -> None:
        """Tell the dispatcher that a job has ended: a channel may have room for another one."""
        try:
            with self.store.writing() as sql:
                self.store.call(sql)
        except Exception as error:  # the dispatcher also looks by itself
            emit("job.store", worker=self.id, error=described(error), wait_s=0.0)

    # --- in the keeper's thread ---

    def _keep(self) -> None:
        while not self._closing.wait(WATCH_S):
            try:
                self.keep()
            except Exception as error:  # the boundary: a database that is away must not end the keeper
                emit("job.store", worker=self.id, error=described(error), wait_s=WATCH_S)

    def keep(self) -> None:
        """Beat when it is time, and watch what runs."""
        if self._beat.is_due():
            self._say_that_it_lives()
        if self._is_stopping:
            self._interrupt_all()
        self._watch()

    def _say_that_it_lives(self) -> None:
        """Beat, and give back what this worker has without running it."""
        worker = self.id
        if worker and not self.store.beat(worker):
            self._was_buried(worker)
        elif worker:
            self._give_back_strays(worker)

    def _was_buried(self, worker: int) -> None:
        """Begin anew after others took this worker for dead: what it runs is somebody else's now."""
        with self._lock:
            if self.id != worker:
                return
            self.id = 0
        self._interrupt_all()
        emit("job.worker", worker=worker, state="buried")

    def _interrupt_all(self) -> None:
        for run in list(self._runs.values()):
            claim = run and run.claim
            if run and claim:
                run.interrupt(claim, WorkerStopped)

    def _give_back_strays(self, worker: int) -> None:
        """Give back what was adopted without anybody hearing of it, since the store failed just then."""
        held = [one.claim for one in self.store.offers(worker)]
        strays = [claim for claim in held if claim.token not in self._runs]
        self.store.settle([Ack(claim, Result(kind="release")) for claim in strays])

    def _watch(self) -> None:
        """Write down how far running jobs are, and end those that were cancelled or take too long."""
        runs = [(run, claim) for run in list(self._runs.values()) if run and (claim := run.claim)]
        if not runs:
            return
        news = [(claim, run.began_at, json(run.progress)) for run, claim in runs if run.progress]
        for run, _ in runs:
            run.progress = None
        stopped = self.store.watch([claim for _, claim in runs], news)
        for run, claim in runs:
            if claim.token in stopped:
                self._end(run, claim, JobCancelled)
            elif claim.timeout_s and time.monotonic() - run.began > claim.timeout_s:
                self._end(run, claim, JobTimeout)

    def _end(self, run: Run, claim: Claim, kind: type[JobInterruption]) -> None:
        if run.interrupt(claim, kind):
            return
        sent = run.sent(claim)
        if sent is not None and sent[1] > GRACE_S and self._runs.pop(claim.token, None):
            ack = Ack(claim, interrupted(sent[0], claim), run.began_at, self.store.now())
            emit("job.stuck", uuid=claim.uuid, model=claim.model, method=claim.method)
            tell_end(ack, self._settle(ack))
            self._on_stuck()
