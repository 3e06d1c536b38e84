"""What a job store and its workers do when the database goes away, is full or may not be written."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from isthmus import chain, fields, models
from isthmus.delay.perform import Performer
from isthmus.errors import ConfigurationError, DatabaseAwayError, IsthmusError
from isthmus.inheritance import capture
from isthmus.jobs.doorbell import DatagramBell
from isthmus.jobs.worker import Worker
from isthmus.telemetry import subscribe
from isthmus.testing import TrialApp
from tests.jobs import Background, until
from tests.own_postgres import OwnPostgres

with capture() as SHOP:

    class Order(models.Model):
        _name = "shop.order"

        name = fields.Char()

        def push(self, number: int) -> int:
            self.create({"name": f"SO{number:04}"})
            return number

        def report(self, number: int) -> str:
            return f"{number}" * 60_000


class Working:
    """A worker in a thread of its own until the end of a block, and what it says."""

    def __init__(self, app: TrialApp) -> None:
        self.said: list[str] = []
        self.worker = Worker(app.jobs, Performer(app.jobs, app._opened), DatagramBell(), threads=2, batch=20)

    def __enter__(self) -> Working:
        self._unsubscribe = subscribe(self._hear)
        self._thread = Background(self.worker.run)
        return self

    def _hear(self, name: str, fields: Any) -> None:
        if name == "job.store":
            self.said.append(fields["error"])

    def __exit__(self, *error: object) -> None:
        self.worker.stop()
        self._thread.join()
        self._unsubscribe()


def enqueue(app: TrialApp, number: int, method: str = "push") -> None:
    with app.environment() as env:
        for one in range(number):
            getattr(env["shop.order"].with_delay(), method)(one)


def names(app: TrialApp) -> list[str]:
    with app.environment() as env:
        return sorted(env["shop.order"].search([]).mapped("name"))


@pytest.mark.postgres
def test_a_server_that_is_cut_off_and_comes_back_costs_no_job_and_doubles_none() -> None:
    with OwnPostgres() as server, TrialApp(*SHOP, database_url=server.url) as app:
        number = 200
        enqueue(app, number)
        with Working(app) as working:
            until(lambda: app.desk.stats().counts["done"] >= 50)
            server.stop()
            until(lambda: working.said)
            server.start()
            until(lambda: counts(app).get("done") == number, 60)
        assert names(app) == [f"SO{one:04}" for one in range(number)]
        assert counts(app) == {"done": number}
        assert app.desk.stats().workers == []


def counts(app: TrialApp) -> dict[str, int]:
    """Return how many jobs are in each state, while the server may be away."""
    try:
        return {str(state): number for state, number in app.desk.stats().counts.items() if number}
    except IsthmusError:
        return {}


@pytest.fixture
def app(tmp_path: Path) -> Iterator[TrialApp]:
    with TrialApp(*SHOP, database_url=f"sqlite:///{tmp_path}/shop.sqlite") as opened:
        yield opened


class Disk:
    """The disk of a SQLite file, which has room for some more pages or none."""

    def __init__(self, app: TrialApp) -> None:
        self._limits: list[Callable[[sqlite3.Connection], Any]] = []
        self.most = 2**30
        self._lock = threading.Lock()
        # As each connection is used, so that one that rests in the pool has the limit too.
        app.database.connections.most = 0
        app.database.connections.close()
        sa.event.listen(app.database.engine, "checkout", self._limit)

    def _limit(self, connection: Any, record: object, proxy: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {self.most}")

    def fill(self, app: TrialApp) -> None:
        with app.jobs.reading() as sql:
            self.most = int(sql.rows("PRAGMA page_count")[0][0])

    def clear(self) -> None:
        self.most = 2**30


def test_a_full_disk_refuses_jobs_and_loses_none(app: TrialApp) -> None:
    disk = Disk(app)
    enqueue(app, 30)
    disk.fill(app)
    with pytest.raises(DatabaseAwayError, match="full") as refused:
        enqueue(app, 3000)
    assert "Make room" in str(refused.value.hint)
    assert counts(app) == {"pending": 30}
    with Working(app) as working:
        until(lambda: working.said or counts(app) == {"done": 30})
        disk.clear()
        until(lambda: counts(app).get("done") == 30)
    assert names(app) == [f"SO{one:04}" for one in range(30)]


def test_results_are_kept_until_the_disk_has_room(app: TrialApp) -> None:
    disk = Disk(app)
    enqueue(app, 5, "report")
    disk.fill(app)
    with Working(app) as working:
        until(lambda: working.said)
        assert "full" in working.said[0]
        assert counts(app).get("done") is None
        disk.clear()
        until(lambda: counts(app) == {"done": 5})
    assert {one.attempt for one in app.desk.list()} == {1}  # none was run again


def test_a_database_that_may_only_be_read_says_so(app: TrialApp) -> None:
    enqueue(app, 1)

    def protect(connection: Any, record: object, proxy: object) -> None:
        connection.execute("PRAGMA query_only = ON")

    app.database.connections.close()
    sa.event.listen(app.database.engine, "checkout", protect)
    with pytest.raises(ConfigurationError, match="readonly"):
        enqueue(app, 1)
    with pytest.raises(ConfigurationError, match="readonly"):
        app.run_jobs()
    assert counts(app) == {"pending": 1}


LIMITED = """
import resource, sys
from isthmus.records import Registry, SqlDatabase, upgrade_schema
from isthmus.jobs import tables
from isthmus.jobs.spec import JobSpec
from isthmus.jobs.sqlstore import SqlJobStore

database = SqlDatabase("sqlite:///limited.sqlite", extra=[tables.metadata])
upgrade_schema(database, Registry.build(["isthmus.records"]))
store = SqlJobStore(database)
stored = 0
import signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, 2_000_000))
try:
    for number in range(10_000):
        with database.begin() as transaction:
            store.add(transaction, [JobSpec(uuid=f"{number}", model="m", method="f", payload="x" * 1000)])
        stored += 1
except Exception as error:
    print(stored, type(error).__name__)
"""


def test_a_file_that_may_not_grow_keeps_what_was_committed(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", LIMITED], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=True
    )
    stored, error = ran.stdout.split()
    assert error == "DatabaseAwayError", ran.stderr
    assert int(stored) > 50
    connection = sqlite3.connect(tmp_path / "limited.sqlite")
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    for table in ("job", "job_ready"):
        assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (int(stored),)
    connection.close()


class Strange:
    pass


def circle(order: Any) -> None:
    first, second = order.delayable().push(1), order.delayable().push(2)
    chain(first, second, first).delay()


@pytest.mark.parametrize(
    ("wish", "error", "said"),
    [
        (lambda order: order.with_delay().pusch(), AttributeError, "no method 'pusch'.*did you mean 'push'"),
        (lambda order: order.with_delay()._write(), TypeError, "private"),
        (lambda order: order.with_delay().name(), AttributeError, "is a field"),
        (circle, ValueError, "push"),
        (lambda order: order.with_delay().push({"a": [1, Strange()]}), TypeError, r"args\[0\]\.a\[1\]"),
        (lambda order: order.with_delay(channel="a b").push(1), ValueError, "'a b'"),
        (lambda order: order.with_delay(prioritty=1).push(1), ValueError, "did you mean 'priority'"),
    ],
)
def test_what_cannot_be_a_job_is_refused_and_nothing_is_stored(
    app: TrialApp, wish: Callable[[Any], Any], error: type[Exception], said: str
) -> None:
    with app.environment() as env:
        env["shop.order"].with_delay().push(0)
        with pytest.raises(error, match=said):
            wish(env["shop.order"])
    assert counts(app) == {"pending": 1}
