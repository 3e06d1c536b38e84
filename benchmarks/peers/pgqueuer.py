"""PgQueuer on PostgreSQL, as its guide to performance advises: asyncpg, uvloop, ``autovac``, durable tables.

Its other levels of durability are left out: they keep the log of finished jobs, or all, in unlogged tables.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import asyncpg
import pgqueuer
import uvloop
from pgqueuer import PgQueuer
from pgqueuer.db import AsyncpgDriver
from pgqueuer.models import Job
from pgqueuer.queries import Queries

from peers.course import Course, mark

#: Jobs of one statement in bulk. Larger ones were not faster.
CHUNK = 5_000


class PgQueuerDriver:
    """Enqueues over one connection, in an event loop that it keeps."""

    def __init__(self, course: Course) -> None:
        self._course = course
        self._runner = asyncio.Runner(loop_factory=uvloop.new_event_loop)
        self._connection = self._runner.run(asyncpg.connect(course.database))
        self._queries = Queries(AsyncpgDriver(self._connection))

    def install(self) -> None:
        self._runner.run(self._queries.install())
        self._runner.run(self._queries.optimize_autovacuum())

    def enqueue_each(self, count: int) -> None:
        async def enqueue() -> None:
            for _ in range(count):
                await self._queries.enqueue("nothing", None)

        self._runner.run(enqueue())

    def enqueue_bulk(self, count: int) -> bool:
        async def enqueue() -> None:
            for start in range(0, count, CHUNK):
                number = min(CHUNK, count - start)
                await self._queries.enqueue(["nothing"] * number, [None] * number, [0] * number)

        self._runner.run(enqueue())
        return True

    def waiting(self) -> int:
        statement = "SELECT count(*) FROM pgqueuer"
        return int(self._runner.run(self._connection.fetchval(statement)))

    def worker(self) -> Sequence[str]:
        return [sys.executable, "-m", "peers.pgqueuer"]

    def close(self) -> None:
        self._runner.run(self._connection.close())
        self._runner.close()


def driver(course: Course) -> PgQueuerDriver:
    """Return what enqueues."""
    return PgQueuerDriver(course)


@asynccontextmanager
async def worker() -> AsyncIterator[PgQueuer]:
    """Give the application that ``pgq run`` runs."""
    connection = await asyncpg.connect(Course.of_environment().database)
    queue = PgQueuer(AsyncpgDriver(connection))

    @queue.entrypoint("nothing")
    async def nothing(job: Job) -> None:
        mark()

    yield queue


if __name__ == "__main__":
    # What `pgq run` does; that command itself does not start with the newest Typer.
    uvloop.run(pgqueuer.run(worker, batch_size=Course.of_environment().batch))
