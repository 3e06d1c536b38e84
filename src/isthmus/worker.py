"""One worker process: an app, the jobs of its database, and the signals that it is told to end by.

Started by ``isthmus worker``, which watches over it. It writes what goes wrong to stderr, and ends with 0
when told to, with 2 when it cannot work at all.
"""

from __future__ import annotations

import ctypes
import gc
import getopt
import os
import signal
import sys
from collections.abc import Sequence
from typing import Any

from isthmus.app import App
from isthmus.errors import ConfigurationError, IsthmusError, SchemaError, SecretError
from isthmus.jobs.lines import line
from isthmus.jobs.telling import BURY_SIGNAL, MISUSED
from isthmus.telemetry import subscribe


def main(arguments: Sequence[str] | None = None) -> int:
    """Work until told to end; return the exit code."""
    subscribe(tell)
    try:
        config, options = read_options(sys.argv[1:] if arguments is None else arguments)
        with App.load(config) as app:
            app.require_schema()
            worker = app.worker(**options)
            obey_signals(worker)
            give_back_memory()
            worker.run()
    except (ConfigurationError, SchemaError, SecretError) as error:
        say(f"Error: {error.message}" + (f"\nHint: {error.hint}" if error.hint else ""))
        return MISUSED
    except IsthmusError as error:
        say(f"Error: {error.message}")
        return 1
    return 0


def read_options(arguments: Sequence[str]) -> tuple[str | None, dict[str, Any]]:
    """Return the settings file, None for the usual one, and what the worker is made with.

    The options were checked by the command that starts the process, so the smallest reader of the library
    will do. Raises ConfigurationError for what cannot be read.
    """
    try:
        given, rest = getopt.getopt(list(arguments), "", ["config=", "threads=", "batch=", "only="])
        if rest:
            raise ValueError(f"unexpected {rest[0]!r}")
        said = dict(given)
        options: dict[str, Any] = {
            name: int(said[f"--{name}"]) for name in ("threads", "batch") if f"--{name}" in said
        }
    except (getopt.GetoptError, ValueError) as error:
        raise ConfigurationError(f"A worker process was started with wrong options: {error}.") from error
    return said.get("--config"), {**options, "only": [value for name, value in given if name == "--only"]}


def give_back_memory() -> None:
    """Give back what loading took and nobody needs any more, and keep the collector from looking through what
    stays for good.
    """
    gc.collect()
    gc.freeze()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if os.name == "posix" else None
    if trim is not None:  # glibc
        trim(0)


def obey_signals(worker: Any) -> None:
    """Drain at the first signal to end, stop at the second; look for dead workers when told to."""
    told = 0

    def end(number: int, frame: object) -> None:
        nonlocal told
        told += 1
        worker.drain() if told == 1 else worker.stop()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    if BURY_SIGNAL is not None:
        signal.signal(BURY_SIGNAL, lambda number, frame: worker.bury_now())


def tell(name: str, fields: dict[str, Any]) -> None:
    """Write what a person who watches a worker wants to know."""
    said = line(name, fields)
    if said is not None:
        say(said)


def say(text: str) -> None:
    """Write a line to stderr, at once."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
