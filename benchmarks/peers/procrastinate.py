"""Procrastinate on PostgreSQL: psycopg, jobs kept when they have succeeded (its default)."""

from __future__ import annotations

import os
from collections.abc import Sequence

from procrastinate import App, PsycopgConnector

from peers.course import DATABASE, Course, mark

#: Jobs of one statement in bulk.
CHUNK = 5_000

app = App(connector=PsycopgConnector(conninfo=os.environ[DATABASE]))


@app.task(name="nothing")
async def nothing() -> None:
    """Do nothing."""
    mark()


class ProcrastinateDriver:
    """Enqueues synchronously, over a pool of one connection."""

    def __init__(self, course: Course) -> None:
        self._course = course
        app.open()

    def install(self) -> None:
        app.schema_manager.apply_schema()

    def enqueue_each(self, count: int) -> None:
        for _ in range(count):
            nothing.defer()

    def enqueue_bulk(self, count: int) -> bool:
        for start in range(0, count, CHUNK):
            nothing.batch_defer(*[{}] * min(CHUNK, count - start))
        return True

    def waiting(self) -> int:
        statement = "SELECT count(*) AS left_over FROM procrastinate_jobs WHERE status IN ('todo', 'doing')"
        return int(app.connector.get_sync_connector().execute_query_one(statement)["left_over"])

    def worker(self) -> Sequence[str]:
        options = ["--concurrency", str(self._course.batch)]
        script = self._course.script("procrastinate")
        return [script, "--log-level", "warning", "--app", "peers.procrastinate.app", "worker", *options]

    def close(self) -> None:
        app.close()


def driver(course: Course) -> ProcrastinateDriver:
    """Return what enqueues."""
    return ProcrastinateDriver(course)
