"""Isthmus on PostgreSQL, or on SQLite with synchronous FULL."""

from __future__ import annotations

import itertools
import os
import sqlite3
import statistics
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Any

import psycopg
from peers.course import SETTING, Course

from isthmus.app import App
from isthmus.connector.secret import FernetCipher
from isthmus.delay import group
from isthmus.jobs.claim import Ack, Claim, Result
from isthmus.jobs.sqlstore import SqlJobStore

SETTINGS = """\
database = "{database}"
connectors = ["ours.connector"]
"""

#: Jobs of one transaction in bulk.
CHUNK = 5_000
#: Where a job can be that is not over yet.
TABLES = ("job_wait", "job_scheduled", "job_parked", "job_ready", "job_lease")
#: Channels for the setting "limited": claims go the limited way, and one worker still gets all it can hold.
LIMITS = "root:1000,root.bench:500"


class IsthmusDriver:
    """An installation in the contestant's folder."""

    def __init__(self, course: Course) -> None:
        self._course = course
        self._setting = os.environ.get(SETTING, "")
        self._method = "nap" if self._setting == "nap" else "nothing"
        self._settings = course.folder / "isthmus.toml"
        self._settings.write_text(SETTINGS.format(database=course.database))
        (course.folder / "isthmus.key").write_text(FernetCipher.new_key())
        self._app = App.load(self._settings)

    def install(self) -> None:
        self._app.upgrade()
        self._require_durability()

    def enqueue_each(self, count: int) -> None:
        for _ in range(count):
            with self._app.environment() as env:
                getattr(env["bench.job"].with_delay(), self._method)()

    def enqueue_bulk(self, count: int) -> bool:
        for start in range(0, count, CHUNK):
            with self._app.environment() as env:
                model = env["bench.job"]
                number = min(CHUNK, count - start)
                group(*[getattr(model.delayable(), self._method)() for _ in range(number)]).delay()
        return True

    def waiting(self) -> int:
        counts = " + ".join(f"(SELECT count(*) FROM {table})" for table in TABLES)
        return int(self._sql(f"SELECT {counts}")[0][0])

    def worker(self) -> Sequence[str]:
        threads = 10 if self._setting == "nap" else 1
        words = f"worker --processes 1 --threads {threads} --batch {self._course.batch}".split()
        limits = ["--channels", LIMITS] if self._setting == "limited" else []
        return [self._course.script("isthmus"), "--config", str(self._settings), *words, *limits]

    def write_out(self) -> None:
        """Have the engine write out what it keeps back: a long filling is not to be measured later."""
        is_sqlite = self._course.database.startswith("sqlite")
        self._sql("PRAGMA wal_checkpoint(TRUNCATE)" if is_sqlite else "CHECKPOINT")

    def claim_ms(self, times: int) -> float:
        """Return the milliseconds that it takes to claim a batch and settle it (lower quartile).

        Asks the store itself, as a worker does, and puts as many jobs back as were taken: so the cost of a
        claim is seen for few waiting jobs too, of which a worker would run out. Quartile, because the less
        disturbed half is what tells few jobs from many.
        """
        store = SqlJobStore(self._app.database)
        worker = store.register(None, 1, 60.0)
        counter = itertools.count(1)
        spent = []
        for _ in range(times):
            spent.append(cycle_s(store, worker, self._course.batch, counter.__next__))
            self.enqueue_bulk(self._course.batch)
        store.bury(worker)
        return statistics.quantiles(spent, n=4)[0] * 1000

    def close(self) -> None:
        self._app.close()

    def _require_durability(self) -> None:
        """Raise RuntimeError when SQLite is opened so that an end of power loses what was committed."""
        if self._course.database.startswith("sqlite"):
            with self._app.database.begin() as transaction:
                (level,) = transaction.execute("PRAGMA synchronous").fetchone() or (None,)
            if level not in (2, 3):
                raise RuntimeError(f"PRAGMA synchronous is {level} in this installation; FULL is 2")

    def _sql(self, statement: str) -> list[tuple[Any, ...]]:
        """Execute a statement beside the installation and return its rows."""
        url = self._course.database
        connect: Callable[[str], Any] = psycopg.connect
        if url.startswith("sqlite"):
            url, connect = url.removeprefix("sqlite:///"), sqlite3.connect
        with closing(connect(url)) as connection:
            cursor = connection.execute(statement)
            rows = cursor.fetchall() if cursor.description else []
            connection.commit()
        return rows


def cycle_s(store: SqlJobStore, worker: int, want: int, counter: Callable[[], int]) -> float:
    """Claim jobs and settle them as done; return the seconds. Raises RuntimeError when there were too few."""
    start = time.perf_counter()
    claims: list[Claim] = store.claim(worker, want, counter).claims
    now = store.now()
    store.settle([Ack(claim, Result(kind="done"), now, now) for claim in claims])
    if len(claims) < want:
        raise RuntimeError(f"a claim of {want} jobs gave {len(claims)}")
    return time.perf_counter() - start


def driver(course: Course) -> IsthmusDriver:
    """Return what enqueues."""
    return IsthmusDriver(course)
