"""A worker process of the chaos test: like that of ``isthmus worker``, but for what it calls its machine.

Processes of one machine look after each other. Here each is a machine of its own, so that one which is killed
or stopped is noticed by its silence alone.
"""

from __future__ import annotations

import sys

from isthmus.app import App
from isthmus.delay.perform import Performer
from isthmus.jobs import workers
from isthmus.jobs.worker import Worker
from isthmus.telemetry import subscribe
from isthmus.worker import obey_signals, tell


def main(config: str, machine: str, ttl_s: str) -> None:
    workers.machine = lambda: machine  # type: ignore[assignment]
    subscribe(tell)
    with App.load(config) as app:
        worker = Worker(
            app.jobs,
            Performer(app.jobs, app._opened),
            app._bell(),
            threads=3,
            batch=20,
            ttl_s=float(ttl_s),
            grace_s=2.0,
            chores=app._chores(),
        )
        obey_signals(worker)
        worker.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
