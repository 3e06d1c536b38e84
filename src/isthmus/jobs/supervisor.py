"""The supervisor: keeps a number of worker processes alive, and passes signals on to them.

It holds no jobs and no connection, so that it never has to die with one: a worker that ends is replaced, and
the others are told at once, so that they take over what it held. Nothing but the standard library is loaded,
so that it takes little memory; ``python -m isthmus.jobs.supervisor PROCESSES OPTION …`` runs it alone.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from isthmus.jobs.lines import line
from isthmus.jobs.telling import AGAIN_SIGNAL, BURY_SIGNAL, MISUSED
from isthmus.jobs.wakening import Wakening
from isthmus.telemetry import emit, subscribe

#: A worker that lived for less is started again after a while only, ever longer.
STABLE_S = 10.0
LONGEST_PAUSE_S = 30.0

#: One pool of memory for all threads of a worker, where glibc would give each its own, and tracebacks that
#: name lines, not columns (0.4 MB). The environment wins.
THRIFTY = {"MALLOC_ARENA_MAX": "1", "PYTHONNODEBUGRANGES": "1"}

#: How often the supervisor looks whether its children live, besides being told when one ends.
LOOK_S = 10.0


@dataclass
class Place:
    """One of the workers that are to be there, with its present process."""

    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    failures: int = 0
    start_at: float = 0.0

    def pause_s(self, lived_s: float) -> float:
        """Return how long to wait before the next start."""
        self.failures = 0 if lived_s >= STABLE_S else self.failures + 1
        return 0.0 if self.failures <= 1 else min(LONGEST_PAUSE_S, 2.0 ** (self.failures - 2))


class Supervisor:
    """Run ``processes`` copies of a command until told to end."""

    def __init__(self, command: Sequence[str], processes: int) -> None:
        self._command = list(command)
        self._places = [Place() for _ in range(processes)]
        self._ending = 0
        self._exit_code = 0

    def run(self) -> int:
        """Keep the workers alive; return the exit code: that of a worker which cannot work, else 0.

        SIGTERM and SIGINT are passed on once, so that the workers drain; a second one stops them at once.
        """
        handlers: dict[int, Any] = {signal.SIGTERM: self._signalled, signal.SIGINT: self._signalled}
        if BURY_SIGNAL is not None:
            # Inherited: a worker that has no handler for it yet would die of it.
            handlers[BURY_SIGNAL] = signal.SIG_IGN
        with Wakening(handlers) as wakening:
            try:
                while True:
                    self._look()
                    if self._ending and not self._alive():
                        return self._exit_code
                    wakening.sleep(self._rest_s())
            finally:
                for process in self._alive():
                    process.kill()

    def _alive(self) -> list[subprocess.Popen[bytes]]:
        return [place.process for place in self._places if place.process is not None]

    def _look(self) -> None:
        """Take note of workers that ended, and start those that are missing."""
        for place in self._places:
            if place.process is not None and place.process.poll() is not None:
                self._ended(place, place.process.returncode)
        now = time.monotonic()
        for place in self._places:
            if place.process is None and not self._ending and now >= place.start_at:
                # A session of its own keeps the terminal's ^C from reaching it twice.
                environment = {**THRIFTY, **os.environ}
                place.process = subprocess.Popen(self._command, start_new_session=True, env=environment)
                place.started_at = now

    def _ended(self, place: Place, code: int) -> None:
        process, place.process = place.process, None
        if self._ending:
            return
        if code == MISUSED:
            self._exit_code = code
            self._signalled(signal.SIGTERM, None)
            return
        lived_s = time.monotonic() - place.started_at
        place.start_at = time.monotonic() + place.pause_s(lived_s)
        emit("job.process", pid=process.pid if process else 0, code=code, lived_s=lived_s)
        if BURY_SIGNAL is not None:
            self._send(BURY_SIGNAL)

    def _send(self, number: int) -> None:
        for process in self._alive():
            try:
                process.send_signal(number)
            except ProcessLookupError:  # it ended in this moment
                continue

    def _signalled(self, number: int, frame: object) -> None:
        self._ending += 1
        self._send(signal.SIGTERM if self._ending == 1 else AGAIN_SIGNAL)

    def _rest_s(self) -> float:
        """Return for how long there is nothing to do, unless a child ends."""
        starts = [place.start_at for place in self._places if place.process is None and not self._ending]
        return min([LOOK_S, *(at - time.monotonic() for at in starts)])


def supervise(processes: int, options: Sequence[str]) -> int:
    """Run worker processes with these options until told to end; return the exit code.

    Where a process can become another one, this one becomes a supervisor, and what it had loaded is given
    back.
    """
    if os.name == "posix":
        sys.stdout.flush()
        sys.stderr.flush()
        command = [sys.executable, "-m", "isthmus.jobs.supervisor", str(processes), *options]
        os.execv(sys.executable, command)
    return main([str(processes), *options])


def main(arguments: Sequence[str]) -> int:
    """Run the supervisor: the number of processes, then the options of each; return the exit code."""
    subscribe(tell)
    processes, *options = arguments
    return Supervisor(worker_command(*options), int(processes)).run()


def tell(name: str, fields: dict[str, Any]) -> None:
    """Say on stderr what happens to the processes."""
    if text := line(name, fields):
        print(text, file=sys.stderr, flush=True)


def worker_command(*options: str) -> list[str]:
    """Return the command that starts one worker process with this Python."""
    return [sys.executable, "-m", "isthmus.worker", *options]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
