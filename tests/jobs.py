"""A job store at work for tests: a still clock, workers that do nothing, and questions about the tables."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from isthmus.clock import Clock
from isthmus.jobs import tables
from isthmus.jobs.channel_config import parse_channels
from isthmus.jobs.channels import set_channels
from isthmus.jobs.claim import Ack, Claim, Failure, Result
from isthmus.jobs.handling import Handled, cancel, retry, set_done
from isthmus.jobs.spec import Added, Edge, JobSpec
from isthmus.jobs.sql import Sql
from isthmus.jobs.sqlstore import SqlJobStore
from isthmus.jobs.state import State
from isthmus.jobs.whereabouts import find
from isthmus.records import Registry, SqlDatabase, upgrade_schema
from tests.job_tables import places, problems
from tests.still_clock import StillClock

#: The longest that a test waits for another thread or process, in seconds. Only a failure takes so long.
LONGEST_S = 30.0


def job(uuid: str, **properties: Any) -> JobSpec:
    """Return a job that is called by its uuid."""
    return JobSpec(uuid=uuid, model="shop.order", method="push", payload="{}", **properties)


def opened(url: str, **options: Any) -> SqlDatabase:
    """Open a database with the job tables, made where they are missing."""
    database = SqlDatabase(
        url, extra=[tables.metadata], **{"synchronous": "OFF", "busy_timeout_s": 10} | options
    )
    upgrade_schema(database, Registry.build(["isthmus.records"]))
    return database


def emptied(database: SqlDatabase) -> None:
    """Remove everything from the job tables."""
    with database.begin() as transaction:
        transaction.lock()
        for table in tables.metadata.sorted_tables:
            transaction.execute(f"DELETE FROM {table.name}")


def until(is_so: Callable[[], Any], longest_s: float = LONGEST_S) -> Any:
    """Wait until something is true, and return it. Raises AssertionError when it does not become so."""
    pause = threading.Event()
    for _ in range(int(longest_s / 0.005)):
        if found := is_so():
            return found
        pause.wait(0.005)
    raise AssertionError(f"not so within {longest_s:g} s")


class Before(Sql):
    """Statements of a transaction, before one of which something happens once elsewhere."""

    __slots__ = ("_act", "_text")

    def __init__(self, transaction: Any, text: str, act: Any) -> None:
        super().__init__(transaction)
        self._text, self._act = text, act

    def rows(self, statement: str, *parameters: Any) -> list[Any]:
        if self._act is not None and self._text in statement:
            act, self._act = self._act, None
            act()
        return super().rows(statement, *parameters)


class Background:
    """A function in a thread of its own; :meth:`join` gives what it returned, or raises what it raised."""

    def __init__(self, act: Callable[[], Any]) -> None:
        self._act = act
        self._value: Any = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._value = self._act()
        except BaseException as error:
            self._error = error

    @property
    def is_over(self) -> bool:
        return not self._thread.is_alive()

    def join(self) -> Any:
        self._thread.join(LONGEST_S)
        assert self.is_over, "the thread does not end"
        if self._error is not None:
            raise self._error
        return self._value


class Jobs:
    """A job store and what happens to it. A test's only worker is entered when it first claims."""

    def __init__(self, database: SqlDatabase, clock: Clock | None = None) -> None:
        self.database = database
        self.clock: Any = StillClock() if clock is None else clock
        self.store = SqlJobStore(database, self.clock)
        self.wake_at: int | None = None
        self._counters: dict[int, Any] = {}
        self._worker: int | None = None

    # --- putting in ---

    def add(self, *specs: JobSpec, edges: Sequence[Edge] = ()) -> list[Added]:
        """Store jobs in a transaction of their own."""
        with self.database.begin() as transaction:
            return self.store.add(transaction, specs, edges)

    @contextmanager
    def adding(self, *specs: JobSpec, edges: Sequence[Edge] = ()) -> Iterator[list[Added]]:
        """Store jobs in a transaction that commits at the end of the block."""
        with self.database.begin() as transaction:
            yield self.store.add(transaction, specs, edges)

    def chain(self, *names: str, on_failure: Any = "wait", **properties: Any) -> None:
        """Store jobs each of which waits for the one before."""
        edges = [Edge(one, other, on_failure) for one, other in itertools.pairwise(names)]
        self.add(*(job(name, **properties) for name in names), edges=edges)

    def channels(self, text: str) -> None:
        """Set channels, and nothing for others."""
        with self.store.alone() as sql:
            set_channels(sql, parse_channels(text), only=True)

    # --- working ---

    def worker(self, only: Sequence[str] = ()) -> int:
        """Enter a worker, which takes the jobs of these channels (none: of all); return its id."""
        worker_id = self.store.register(None, 4, 30.0, only)
        self._counters[worker_id] = itertools.count(1)
        return worker_id

    def claim(self, want: int = 100, worker: int | None = None, only: Sequence[str] = ()) -> list[Claim]:
        """Claim jobs for a worker, the test's own when none is named."""
        if worker is None:
            worker = self._worker = self._worker or self.worker()
        found = self.store.claim(worker, want, self._counters[worker].__next__, only)
        self.wake_at = found.wake_at
        return found.claims

    def claimed(self, want: int = 100, worker: int | None = None, only: Sequence[str] = ()) -> list[str]:
        """Claim jobs; return their uuids."""
        return [one.uuid for one in self.claim(want, worker, only)]

    def one(self) -> Claim:
        """Claim the one job that can be claimed next."""
        (claim,) = self.claim(1)
        return claim

    def settle(self, *claims: Claim, kind: Any = "done", **result: Any) -> set[int]:
        """Report the same of claims; return the tokens of the leases that were lost."""
        now = self.store.now()
        return self.store.settle([Ack(one, Result(kind=kind, **result), now, now) for one in claims])

    def fail(self, *claims: Claim) -> set[int]:
        """Report that claimed jobs failed."""
        return self.settle(*claims, kind="failed", failure=Failure("ValueError", "no such order"))

    def begin(self, *claims: Claim) -> None:
        """Write down that claimed jobs have begun."""
        self.store.watch(claims, [(one, self.store.now(), None) for one in claims])

    def drain(self, want: int = 100) -> list[str]:
        """Run all jobs that can be run now; return their uuids in order."""
        done: list[str] = []
        while claims := self.claim(want):
            self.settle(*claims)
            done += [one.uuid for one in claims]
        return done

    # --- handling ---

    def retry(self, *uuids: str, force: bool = False) -> list[Handled]:
        with self.store.alone() as sql:
            return retry(sql, uuids, self.store.now(), force=force)

    def cancel(self, *uuids: str) -> list[Handled]:
        with self.store.alone() as sql:
            return cancel(sql, uuids, "Ada", self.store.now())

    def set_done(self, *uuids: str) -> list[Handled]:
        with self.store.alone() as sql:
            return set_done(sql, uuids, "Ada", self.store.now())

    # --- asking ---

    def rows(self, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Return what a statement gives."""
        with self.store.reading() as sql:
            return sql.rows(statement, *parameters)

    def place(self, uuid: str) -> str:
        """Return the table that names a job."""
        with self.store.reading() as sql:
            found = places(sql)
        assert uuid in found, f"there is no job {uuid}"
        (table,) = found[uuid]
        return table

    def places(self) -> dict[str, str]:
        """Return for each job the table that names it."""
        with self.store.reading() as sql:
            return {uuid: "+".join(tables) for uuid, tables in places(sql).items()}

    def state(self, uuid: str) -> State | None:
        """Return the state of a job."""
        with self.store.reading() as sql:
            (found,) = find(sql, [uuid])
        return found.state

    def problems(self) -> list[str]:
        """Return what is wrong with the tables."""
        with self.store.reading() as sql:
            return problems(sql)

    # --- two at once, on PostgreSQL ---

    def wait_for_a_wait(self, number: int = 1) -> None:
        """Return when so many transactions wait for a lock."""
        until(lambda: self._waiting() >= number)

    def _waiting(self) -> int:
        engine: sa.Engine = self.database.engine
        with engine.connect() as connection:
            found = connection.exec_driver_sql(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                "AND wait_event_type = 'Lock'"
            ).scalar()
        return int(found or 0)


def sql_of(transaction: Any) -> Sql:
    """Return statements inside a transaction."""
    return Sql(transaction)
