"""Performing a claimed job: its method runs in an environment of its own; its end commits with its work."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol

from isthmus.delay.call import call
from isthmus.delay.options import options_in
from isthmus.errors import IsthmusError
from isthmus.jobs.claim import Ack, Claim, Result
from isthmus.jobs.interruption import JobInterruption
from isthmus.jobs.retry import decide
from isthmus.jobs.runner import SETTLED, Run
from isthmus.jobs.sql import Sql
from isthmus.jobs.sqlstore import SqlJobStore
from isthmus.records import Environment
from isthmus.telemetry import emit


class LeaseLost(Exception):
    """The job is somebody else's: what this run did to the local database is undone."""


class Opener(Protocol):
    """Opens an environment for a job: with the Odoo of that name, and with services for its run."""

    def __call__(self, odoo: str | None, services: Mapping[Any, Any]) -> AbstractContextManager[Environment]:
        """Return a context manager that commits at its end and rolls back when the block raises."""
        ...


class Performer:
    """Runs the bodies of jobs. Safe to share between threads."""

    def __init__(self, store: SqlJobStore, opened: Opener) -> None:
        self._store = store
        self._opened = opened

    def __call__(self, claim: Claim, run: Run) -> Result | None:
        """Run a job and return what became of it; nothing when its own transaction has settled it.

        Work in the local database and the job's end are one transaction. What a job does elsewhere (in Odoo,
        on the other side) happens at least once.
        """
        run.is_settled = False
        try:
            with self._opened(claim.odoo, {Run: run}) as env:
                value = call(env, claim.model, claim.method, claim.payload, claim.uuid)
                result = Result(kind="done", value=value)
                if env.transaction.has_written:
                    self._settle(env, Ack(claim, result, run.began_at, self._store.now()), run)
        except LeaseLost:
            return Result(kind="release")  # which the store refuses, too, and tells as lost
        except JobInterruption:
            if run.is_settled:  # it came too late: the commit is made
                return SETTLED
            raise
        except (Exception, SystemExit) as error:
            # The worker's boundary: whatever a job raises is that job's failure, sys.exit() too.
            if run.is_settled:  # a hook after the commit failed; the job itself is done and cannot be undone
                emit("job.hook", uuid=claim.uuid, error=f"{type(error).__name__}: {error}")
                return SETTLED
            return self._failed(claim, error)
        return SETTLED if run.is_settled else result

    def _settle(self, env: Environment, ack: Ack, run: Run) -> None:
        local: Any = env.transaction.local
        if self._store.settle_in(Sql(local), [ack]):
            raise LeaseLost
        local.on_commit(run.settled)

    def _failed(self, claim: Claim, error: BaseException) -> Result:
        return decide(error, claim.attempt, claim.max_retries, self._pattern(claim))

    def _pattern(self, claim: Claim) -> Any:
        """Return the retry pattern of the method as it is now, which may be newer than the job."""
        try:
            with self._opened(claim.odoo, {}) as env:
                return options_in(type(env[claim.model]), claim.method).retry_pattern
        except IsthmusError:  # no such model any more: the job failed for that, and is not tried again
            return None
