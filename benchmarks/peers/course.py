"""What every contestant is given, what it must be able to do, and the body that all their jobs share.

Only the standard library is used here: each contestant runs these lines in an environment of its own.
"""

from __future__ import annotations

import itertools
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol

#: Environment variables by which the referee tells a contestant and its worker where it runs.
DATABASE, FOLDER, BATCH = "RACE_DATABASE", "RACE_FOLDER", "RACE_BATCH"
SETTING, MARKS, EVERY = "RACE_SETTING", "RACE_MARKS", "RACE_EVERY"


@dataclass(frozen=True, slots=True)
class Course:
    """Where a contestant runs: the URL of its own database or broker, a folder of its own, its batch size."""

    database: str
    folder: Path
    batch: int

    @classmethod
    def of_environment(cls) -> Course:
        """Return what the referee has put into the environment. Raises KeyError when it has not."""
        return cls(os.environ[DATABASE], Path(os.environ[FOLDER]), int(os.environ[BATCH]))

    def script(self, name: str) -> str:
        """Return the path of a program of the environment that this interpreter belongs to."""
        return str(Path(sys.executable).with_name(name))


class Driver(Protocol):
    """How the referee drives a contestant. Every method returns when its effect is durable."""

    def install(self) -> None:
        """Make the queue's tables in the empty database."""

    def enqueue_each(self, count: int) -> None:
        """Store that many jobs, each with a commit of its own."""

    def enqueue_bulk(self, count: int) -> bool:
        """Store that many jobs in the fastest way there is; False, and nothing stored, when there is none."""

    def waiting(self) -> int:
        """Return how many jobs are not finished yet, those that a worker holds included."""

    def worker(self) -> Sequence[str]:
        """Return the command line of one worker process."""

    def close(self) -> None:
        """Give back what is open."""


_started = itertools.count(1)


def mark() -> None:
    """Do nothing, which is what the jobs are for; tell the referee when the first and each n-th one began.

    Times are nanoseconds of the monotonic clock, which all processes of a machine share.
    """
    at = time.monotonic_ns()
    number = next(_started)
    every, pipe = _sink()
    if number == 1 or number % every == 0:
        os.write(pipe, b"%d %d\n" % (number, at))


@cache
def _sink() -> tuple[int, int]:
    """Return how many jobs lie between two marks, and the pipe, opened by the process that runs jobs."""
    return int(os.environ[EVERY]), os.open(os.environ[MARKS], os.O_WRONLY)
