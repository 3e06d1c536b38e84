"""Processes that go on until they are ended: workers that run jobs, and a watch that takes webhooks."""

from __future__ import annotations

import contextlib
import random
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).parents[3]

#: So long a process may take to begin, or to end when it is told to.
PATIENCE_S = 120


class Crew:
    """Processes of an installation, each started by the same words. They may be killed and started again."""

    def __init__(self, folder: Path, words: list[str], size: int = 1) -> None:
        self.kills = 0
        self._words = [sys.executable, "-m", *words]
        self._log = folder / f"{words[0]}.log"
        self._processes: list[subprocess.Popen[bytes]] = []
        self._size = size

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._processes:
            process.kill()
            process.wait(PATIENCE_S)

    def start(self) -> None:
        """Start those that do not run."""
        while len(self._processes) < self._size:
            with self._log.open("ab") as log:
                made = subprocess.Popen(self._words, cwd=ROOT, stdout=log, stderr=log)
            self._processes.append(made)

    def kill(self, dice: random.Random) -> None:
        """Kill one, wherever it is."""
        process = self._processes.pop(dice.randrange(len(self._processes)))
        assert process.poll() is None, f"it ended by itself: {self.said()}"
        process.kill()
        process.wait(PATIENCE_S)
        self.kills += 1

    def stop(self) -> None:
        """Have all end once they are done with what they are at."""
        for process in self._processes:
            process.terminate()
        codes = {process.wait(PATIENCE_S) for process in self._processes}
        self._processes.clear()
        # One that has only just been started does not know the signal yet.
        assert codes <= {0, -signal.SIGTERM}, f"one ended with {codes}: {self.said()}"

    def said(self) -> str:
        """Return the end of what they wrote."""
        return self._log.read_text()[-3000:]


def workers(settings: Path, number: int) -> Crew:
    """Return worker processes, as ``isthmus worker`` starts them."""
    words = ["isthmus.worker", "--config", str(settings), "--threads", "2"]
    return Crew(settings.parent, words, number)


def watch(settings: Path, port: int) -> Crew:
    """Return a watch of the backend, which runs rounds when webhooks say so, and hardly otherwise."""
    address = f"127.0.0.1:{port}"
    told = ["sync", "work", "--watch", "--interval", "3600", "--listen", address]
    return Crew(settings.parent, ["isthmus.cli", "--config", str(settings), *told])


def free_port() -> int:
    """Return a port at which nobody listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def wait_for(port: int) -> None:
    """Wait until somebody listens. Raises AssertionError when nobody does."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.02)
    raise AssertionError(f"nobody listens at {port}")
