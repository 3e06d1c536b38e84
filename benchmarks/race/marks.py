"""What running jobs report: which one began, and when."""

from __future__ import annotations

import os
import select
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Mark:
    """The ``number``-th job of a worker began ``at`` so many nanoseconds of the monotonic clock."""

    number: int
    at: int


class Marks:
    """A pipe into which the bodies of jobs write; a context manager."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._rest = b""
        os.mkfifo(path)
        # Opened for both, or there would be an end of file whenever no worker runs.
        self._pipe = os.open(path, os.O_RDWR | os.O_NONBLOCK)

    def __enter__(self) -> Marks:
        return self

    def __exit__(self, *error: object) -> None:
        os.close(self._pipe)
        self.path.unlink()

    def next(self, patience_s: float, alive: Callable[[], bool]) -> Mark:
        """Return the next mark. Raises TimeoutError after so many seconds, or when nobody is alive."""
        end = time.monotonic() + patience_s
        while b"\n" not in self._rest:
            if time.monotonic() > end or not alive():
                raise TimeoutError(f"no job began within {patience_s:g} s, or the worker has ended")
            if select.select([self._pipe], [], [], 0.5)[0]:
                self._rest += os.read(self._pipe, 65536)
        line, self._rest = self._rest.split(b"\n", 1)
        number, at = line.split()
        return Mark(int(number), int(at))
