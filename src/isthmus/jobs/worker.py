"""A worker process: one thread keeps its leases and talks to the store, the others run jobs.

The keeper settles what ended and claims what is next, many at a time, while the threads work. It sleeps when
there is nothing to do and is called when there is; it also looks by itself once a second, so that no lost
call costs more than that. What it does now and then is in :mod:`isthmus.jobs.housekeeping`.
"""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Callable, Sequence

import sqlalchemy as sa

from isthmus.errors import ConstraintError, FieldError
from isthmus.jobs.claim import Ack, Claim, Failure, Result
from isthmus.jobs.claiming import SETTINGS
from isthmus.jobs.doorbell import Bell
from isthmus.jobs.ending import tell_end
from isthmus.jobs.housekeeping import GRACE_S, Housekeeping
from isthmus.jobs.interruption import WorkerStopped
from isthmus.jobs.patience import back_off_s, described
from isthmus.jobs.runner import Perform, Runner, interrupted
from isthmus.jobs.sql import Sql, Transaction
from isthmus.jobs.sqlstore import SqlJobStore
from isthmus.jobs.watchdog import Watchdog
from isthmus.telemetry import emit

#: How much work is claimed ahead of the threads: enough that they never wait for the store, and no more,
#: since what is claimed here cannot be run elsewhere.
AHEAD_S = 0.05

#: How long the keeper sleeps at most before it looks by itself, in seconds.
POLL_S = 1.0

#: How long a worker that is to stop at once waits for the threads that it interrupted.
STOP_S = 5.0

#: What a database says to values that it does not take.
UNWRITABLE = (ConstraintError, FieldError, sa.exc.DataError, UnicodeError)


class Worker:
    """Run the jobs of a store until told to stop.

    ``batch`` is the most that is claimed at once; ``only`` the channels whose jobs are taken (none: all);
    ``ttl_s`` how long other machines believe in a worker that says nothing; ``grace_s`` how long a job that
    was interrupted may take to end before its thread is given up.
    """

    def __init__(
        self,
        store: SqlJobStore,
        perform: Perform,
        bell: Bell,
        *,
        threads: int = 4,
        batch: int = 100,
        ttl_s: float = 30.0,
        grace_s: float = GRACE_S,
        only: Sequence[str] = (),
        chores: Sequence[Callable[[], float | None]] = (),
    ) -> None:
        self.store = store
        self.id = 0
        self._bell = bell
        self._threads = threads
        self._batch = batch
        self._only = tuple(only)
        self._counter = itertools.count(1)
        self._runner = Runner(perform, threads, store.now, self._on_end, store.begin)
        self.housekeeping = Housekeeping(self, self._runner, ttl_s, grace_s, chores)
        self._held: dict[int, Claim] = {}  # by token: a job may be here twice, once as lost
        self._unsettled: list[Ack] = []
        self._is_asleep = False
        self._is_called = False
        self._is_draining = False
        self._is_stopping = False
        self._is_patient = True
        self._wake_at: int | None = None
        self._transaction: Transaction | None = None
        self._failures = 0

    # --- from outside: signal handlers and other threads ---

    def drain(self) -> None:
        """Claim nothing more, finish what runs, then end."""
        self._is_draining = True
        self._bell.ring()

    def stop(self) -> None:
        """End at once: what runs is interrupted, and goes back to be tried again."""
        self._is_draining = self._is_stopping = True
        self._bell.ring()

    def bury_now(self) -> None:
        """Look for dead workers at once."""
        self.housekeeping.bury_now()
        self._bell.ring()

    def _on_end(self) -> None:
        if self._is_asleep:
            self._bell.ring()

    # --- the keeper's loop ---

    def run(self, until_idle: bool = False) -> None:
        """Work until told to stop.

        With ``until_idle`` only until no job is ready; what fails in the store is raised then, and not waited
        for.
        """
        self._is_patient = not until_idle
        with Watchdog(self._runner, lambda: self._is_stopping):
            self._run(until_idle)

    def _run(self, until_idle: bool) -> None:
        try:
            self._guarded(self._enter)
            while not (self._is_draining and self._is_at_end()):
                busy = self._guarded(self._round)
                if until_idle and not busy and not self._held and self.id:
                    break
                if not busy:
                    self._guarded(self._rest)
        finally:
            try:
                self._guarded(self._leave)
            finally:
                self._runner.stop()
                self._bell.close()

    def _is_at_end(self) -> bool:
        return self._is_stopping or not (self._held or self._unsettled)

    def _guarded(self, step: Callable[[], bool]) -> bool:
        """Take a step; when the store fails, wait a little longer each time. Nothing is lost by that: results
        are kept until they are written, and leases are the store's.
        """
        try:
            done = step()
        except Exception as error:  # the keeper's boundary: a database that is away must not end the worker
            self._close()
            self.housekeeping.bury_now()
            if not self._is_patient:
                raise
            self._failures += 1
            wait_s = back_off_s(self._failures)
            emit("job.store", worker=self.id, error=described(error), wait_s=wait_s)
            self._bell.wait(wait_s)
            return True
        self._failures = 0
        return done

    def _enter(self) -> bool:
        self.id = self.store.register(self._bell.port, self._threads, self.housekeeping.ttl_s, self._only)
        self._counter = itertools.count(1)
        self._is_called = False
        emit("job.worker", worker=self.id, state="started")
        return True

    def _leave(self) -> bool:
        """Give back what was claimed and not finished, and leave."""
        if self._is_stopping:
            self._interrupt()
            self._wait_for_ends()
        self.give_back()
        self._collect()
        for run in self._runner.running():
            if (claim := run.claim) is not None:  # it does not end: what it still does here is refused
                self.give_up(claim, interrupted(WorkerStopped, claim))
        if self._unsettled:
            self._settle()
        if self.id:
            self.store.bury(self.id)
        self._close()
        emit("job.worker", worker=self.id, state="ended")
        return True

    def _interrupt(self) -> None:
        for run in self._runner.running():
            if (claim := run.claim) is not None:
                run.interrupt(claim, WorkerStopped)

    def _wait_for_ends(self) -> None:
        """Give threads that were interrupted a moment to end."""
        deadline = time.monotonic() + STOP_S
        self._is_asleep = True
        while self._runner.running() and (left_s := deadline - time.monotonic()) > 0:
            self._bell.wait(left_s)
        self._is_asleep = False

    def _round(self) -> bool:
        """Settle, claim and keep house once; return whether there was anything to do."""
        if not self.id:
            return self._enter()
        if self._is_draining:
            self.give_back()
        self._collect()
        settled = bool(self._unsettled) and self._settle()
        claimed = 0 if self._is_draining else self._claim()
        self.housekeeping.keep()
        return settled or claimed > 0

    def _collect(self) -> None:
        acks, settled = self._runner.collect()
        self._unsettled += acks
        for ack in settled:
            self._held.pop(ack.claim.token, None)
            tell_end(ack, False)

    def _settle(self) -> bool:
        acks = self._unsettled
        try:
            self._write(acks)
        except UNWRITABLE:
            for ack in acks:
                self._write_alone(ack)
        return True

    def _write_alone(self, ack: Ack) -> None:
        """Write the end of one job, so that one which cannot be written does not hold up the others."""
        self._close()
        try:
            self._write([ack])
        except UNWRITABLE as error:
            self._close()
            failure = Failure("", f"What became of it cannot be written: {described(error)}")
            self._write([Ack(ack.claim, Result(kind="failed", failure=failure), ack.began, ack.ended)])

    def _write(self, acks: Sequence[Ack]) -> None:
        lost = self.store.settle_and_commit(self._sql(), acks)
        written = {ack.claim.token for ack in acks}
        self._unsettled = [ack for ack in self._unsettled if ack.claim.token not in written]
        for ack in acks:
            self._held.pop(ack.claim.token, None)
            tell_end(ack, ack.claim.token in lost)

    def _claim(self) -> int:
        self._wake_at = None
        want = min(self._batch, self._room())
        if want <= 0 or not self._is_worth_it(want):
            return 0
        sql = self._sql()
        sql.transaction.lock()
        found = self.store.claim_in(sql, self.id, want, self._counter.__next__, self._only)
        sql.transaction.commit()
        if not found.lives:
            self.was_buried()
            return 0
        self._wake_at = found.wake_at
        for claim in found.claims:
            self._held[claim.token] = claim
        self._runner.put(found.claims)
        if self._is_called and len(found.claims) > self._batch // 2:
            self._want_calls(False)
        return len(found.claims)

    def _want_calls(self, wanted: bool) -> None:
        """Say in the store whether enqueuers are to call: calls cost them something, and only a worker that
        sleeps needs them.
        """
        sql = self._sql()
        sql.transaction.lock()
        sql.run("UPDATE job_worker SET idle = ? WHERE id = ?", wanted, self.id)
        sql.transaction.commit()
        self._is_called = wanted

    def _room(self) -> int:
        """Return how many more jobs to hold: one a thread, and what the threads do in a moment."""
        ahead = int(self._threads * AHEAD_S / max(self._runner.pace_s, 1e-6))
        return self._threads + min(ahead, 2 * self._batch) - len(self._held)

    def _is_worth_it(self, want: int) -> bool:
        """Many short jobs are claimed by the half batch: a claim costs about the same for one as for 50. But
        no thread goes without.
        """
        held = len(self._held)
        return held < self._threads or want >= min(self._batch, self._threads + held) // 2

    def _rest(self) -> bool:
        """Sleep until called or until something is due.

        Before it first sleeps, the worker asks to be called and looks once more: what came in between would
        not have called.
        """
        if self.store.is_postgresql and not self._is_called and not self._is_draining and self.id:
            self._want_calls(True)
        else:
            self._sleep()
        return True

    def _sleep(self) -> None:
        seconds = min(POLL_S * random.uniform(0.8, 1.0), self.housekeeping.rest_s())
        if self._wake_at is not None:
            seconds = min(seconds, max(0.0, (self._wake_at - self.store.now()) / 1_000_000))
        self._is_asleep = True
        try:
            if not self._runner.has_ended:
                self._bell.wait(seconds)
        finally:
            self._is_asleep = False

    # --- the store's connection ---

    def _sql(self) -> Sql:
        if self._transaction is None:
            self._transaction = self.store.database.transaction()
            if self.store.is_postgresql:
                self._transaction.own(*SETTINGS)
        return Sql(self._transaction)

    def _close(self) -> None:
        if self._transaction is not None:
            transaction, self._transaction = self._transaction, None
            try:
                transaction.close()
            except Exception:  # the connection is broken, which is why it is closed
                return

    # --- for housekeeping ---

    def held(self) -> list[Claim]:
        """Return the jobs that this worker has: running ones, and those about to begin."""
        return list(self._held.values())

    def give_back(self) -> None:
        """Give back what no thread has begun."""
        self._unsettled += [Ack(claim, Result(kind="release")) for claim in self._runner.take_back()]

    def give_back_strays(self) -> None:
        """Give back what is ours according to the store and unknown here: its claim was made, and the answer
        got lost.
        """
        if self.id:
            strays = [one for one in self.store.leased(self.id) if one.token not in self._held]
            self._unsettled += [Ack(claim, Result(kind="release")) for claim in strays]

    def give_up(self, claim: Claim, result: Result) -> None:
        """Report a job whose thread does not end."""
        self._unsettled.append(Ack(claim, result))

    def was_buried(self) -> None:
        """Begin anew after others took this worker for dead: all that it holds is somebody else's now."""
        self._interrupt()
        self._runner.take_back()
        self._held.clear()
        emit("job.worker", worker=self.id, state="buried")
        self.id = 0
