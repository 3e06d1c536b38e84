"""Where jobs run in a process of a Celery worker: one app and one adopter for each process."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from billiard import current_process
from celery import signals
from celery.utils.log import get_logger

from isthmus.app import App
from isthmus.errors import IsthmusError
from isthmus.jobs.adopter import Adopter
from isthmus.jobs.lines import line
from isthmus.jobs.telling import MISUSED
from isthmus.telemetry import subscribe

log = get_logger(__name__)


@dataclass(slots=True)
class Station:
    """What a process runs jobs with."""

    process: int
    app: App
    adopter: Adopter


_here: Station | None = None
_lock = threading.Lock()

#: What this process was told while it ran a job, to do after it.
_told: Callable[[], None] | None = None


def adopter() -> Adopter:
    """Return the adopter of this process, made at its first job: what a parent process made is not ours.

    Raises ConfigurationError for wrong settings, SchemaError for a database that lags behind.
    """
    global _here
    with _lock:
        if _here is None or _here.process != os.getpid():
            app = App.load()
            app.require_schema()
            _here = Station(os.getpid(), app, app.adopter(on_stuck=replace_process))
            subscribe(tell)
            obey_signal(_here.adopter)
        return _here.adopter


def run(job_id: int, token: int) -> str:
    """Run a job; return what became of it."""
    end = adopter().run(job_id, token)
    if _told is not None:  # what was told to the process while the job ran is obeyed now
        _told()
    return end


def leave(**_: Any) -> None:
    """Strike this process off the workers, at its end."""
    global _here
    with _lock:
        station, _here = _here, None
    if station is not None and station.process == os.getpid():
        station.adopter.close()
        station.app.close()


def is_pool_process() -> bool:
    """Tell whether this is one of the processes that Celery keeps for its tasks."""
    return bool(current_process().name != "MainProcess")


def obey_signal(here: Adopter) -> None:
    """Let SIGTERM end a process of a pool in such a way that its job is interrupted and goes back.

    A service manager may send it to all processes of a service, and Celery to one whose task is revoked.
    Unless it is caught, billiard raises SystemExit in the middle of the job, which would be the job's own.
    """
    if not is_pool_process() or threading.current_thread() is not threading.main_thread():
        return
    before = signal.getsignal(signal.SIGTERM)

    def end(number: int, frame: Any) -> None:
        def as_before() -> None:
            if callable(before):
                before(number, frame)
            raise SystemExit(0)

        global _told
        _told = as_before
        if not here.stop():
            as_before()

    signal.signal(signal.SIGTERM, end)


def replace_process() -> None:
    """End a process whose job does not, so that Celery starts another one in its place.

    Only a process of a pool can be replaced; in a pool of threads the thread stays lost until the job ends.
    """
    if is_pool_process():
        os.kill(os.getpid(), signal.SIGKILL)


def check(instance: Any = None, **_: Any) -> None:
    """Refuse to start a worker of our own application that could run nothing."""
    from isthmus.celery.application import app as ours

    if instance is None or instance.app is not ours:
        return
    try:
        with App.load() as app:
            app.require_schema()
    except IsthmusError as error:
        print(f"Error: {error}", file=sys.stderr)
        raise SystemExit(MISUSED) from error


def tell(name: str, fields: dict[str, Any]) -> None:
    """Write what a person who watches a worker wants to know into Celery's log."""
    said = line(name, fields)
    if said is not None:
        log.warning("%s", said) if name != "job.worker" else log.info("%s", said)


signals.celeryd_init.connect(check, weak=False)
signals.worker_process_shutdown.connect(leave, weak=False)
signals.worker_shutdown.connect(leave, weak=False)
