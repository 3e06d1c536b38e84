"""Huey: on SQLite with ``fsync=True`` (WAL, synchronous FULL), and on PostgreSQL; one worker thread.

It deletes a job when it takes it, so that a job is lost when its worker dies: less than the others promise.
"""

from __future__ import annotations

from collections.abc import Sequence

from huey.api import Huey, PostgresHuey, SqliteHuey

from peers.course import Course, mark


def queue_of(course: Course) -> Huey:
    """Return the queue on the engine that the URL of the database names."""
    if course.database.startswith("sqlite:///"):
        return SqliteHuey(filename=course.database.removeprefix("sqlite:///"), fsync=True)
    return PostgresHuey(dsn=course.database)


queue = queue_of(Course.of_environment())


@queue.task()
def nothing() -> None:
    """Do nothing."""
    mark()


class HueyDriver:
    """Enqueues one at a time; there is no other way."""

    def __init__(self, course: Course) -> None:
        self._course = course

    def install(self) -> None:
        """Nothing to do: importing the module has made the tables."""

    def enqueue_each(self, count: int) -> None:
        for _ in range(count):
            nothing()

    def enqueue_bulk(self, count: int) -> bool:
        return False

    def waiting(self) -> int:
        return int(queue.pending_count())

    def worker(self) -> Sequence[str]:
        return [self._course.script("huey_consumer"), "peers.huey.queue", "--workers", "1", "--quiet"]

    def close(self) -> None:
        queue.storage.close()


def driver(course: Course) -> HueyDriver:
    """Return what enqueues."""
    return HueyDriver(course)
