"""A contestant that is just good enough to be measured: each waiting job is a line of a file."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path

from peers.course import Course, mark


class Toy:
    """Refuses what its batch size tells it to: 13 brings bad luck."""

    def __init__(self, course: Course) -> None:
        self.queue = course.folder / "queue"
        self.is_lazy = course.batch == 13

    def install(self) -> None:
        self.queue.mkdir()

    def enqueue_each(self, count: int) -> None:
        for _ in range(count):
            (self.queue / str(time.monotonic_ns())).touch()

    def enqueue_bulk(self, count: int) -> bool:
        self.enqueue_each(count)
        return True

    def waiting(self) -> int:
        return len(list(self.queue.iterdir()))

    def worker(self) -> Sequence[str]:
        if self.is_lazy:
            return [sys.executable, "-c", "raise SystemExit('no luck today')"]
        return [sys.executable, __file__]

    def close(self) -> None:
        pass


def driver(course: Course) -> Toy:
    return Toy(course)


def work(queue: Path) -> None:
    while True:
        for job in sorted(queue.iterdir()):
            mark()
            job.unlink()
        time.sleep(0.001)


if __name__ == "__main__":
    work(Course.of_environment().folder / "queue")
