"""The two processes of a contestant: the agent that enqueues, and the worker; and what a worker uses."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, cast


class ContestantError(RuntimeError):
    """A contestant could not do what it was asked."""


class Agent:
    """A driver in a process of its own; a context manager."""

    def __init__(self, python: Path, module: str, environ: Mapping[str, str], folder: Path) -> None:
        self._module, self._log = module, folder / "agent.log"
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(
                [python, "-m", "peers.agent", module],
                env=dict(environ),
                cwd=folder,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                text=True,
            )

    def __enter__(self) -> Agent:
        return self

    def __exit__(self, *error: object) -> None:
        cast(Any, self._process.stdin).close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        cast(Any, self._process.stdout).close()

    def ask(self, method: str, *arguments: int) -> dict[str, Any]:
        """Have a method of the driver called; return result, seconds, and when it ended (monotonic ns).

        Raises ContestantError with the end of its log when it fails.
        """
        request, answers = cast(Any, self._process.stdin), cast(Any, self._process.stdout)
        with suppress(BrokenPipeError):
            print(json.dumps({"do": method, "arguments": arguments}), file=request, flush=True)
        line = answers.readline()
        if not line:
            raise ContestantError(f"{self._module} could not {method}:\n{tail(self._log)}")
        return cast(dict[str, Any], json.loads(line))


class Worker:
    """A worker process with all its children; a context manager that ends them."""

    def __init__(self, command: Sequence[str], environ: Mapping[str, str], folder: Path, log: Path) -> None:
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                command, env=dict(environ), cwd=folder, stdout=output, stderr=output, start_new_session=True
            )

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *error: object) -> None:
        family = self.processes()
        self._process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(10)
        # Whoever is left would disturb the next contestant, be it in a session of its own.
        for process in family[1:]:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        with suppress(ProcessLookupError):
            os.killpg(family[0], signal.SIGKILL)
        self._process.wait()

    def is_alive(self) -> bool:
        """Say whether the process that was started still runs."""
        return self._process.poll() is None

    def processes(self) -> list[int]:
        """Return the process and its descendants; only itself on systems without /proc."""
        found = [self._process.pid]
        for process in found:
            found.extend(children(process))
        return found

    def memory_mb(self) -> list[float]:
        """Return the resident memory of each of its processes, in MB; empty on systems without /proc."""
        return [size for process in self.processes() if (size := resident_mb(process)) is not None]

    def busy_s(self) -> float:
        """Return the processor time of all its processes so far, in seconds; 0 on systems without /proc."""
        return sum(processor_s(process) for process in self.processes())


def children(process: int) -> Iterator[int]:
    """Yield the processes that a process has started and that still run."""
    for file in Path(f"/proc/{process}/task").glob("*/children"):
        try:
            yield from map(int, file.read_text().split())
        except OSError:
            continue


def resident_mb(process: int) -> float | None:
    """Return the resident memory of a process in MB; None when it is gone or cannot be known."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return None
    sizes = [int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS")]
    return sizes[0] if sizes else None


def processor_s(process: int) -> float:
    """Return the seconds that the threads of a process have had a processor, to the nanosecond."""
    total = 0
    for file in Path(f"/proc/{process}/task").glob("*/schedstat"):
        try:
            total += int(file.read_text().split()[0])
        except OSError:
            continue
    return total / 1e9


def tail(log: Path, lines: int = 8) -> str:
    """Return the last lines of a log."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
