"""A worker's memory while it runs very many jobs: it is flat."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from isthmus.app import App
from isthmus.jobs.spec import JobSpec
from isthmus.jobs.state import State
from isthmus.jobs.uuid7 import uuid7
from tests.chaos.jobs.harness import HERE

#: By how much a worker may grow once it has run the first tenth of its jobs, in MB.
GROWTH_MB = 10.0

#: How many jobs are enqueued together.
STEP = 10_000


def memory(folder: Path, jobs: int, *, database: str | None = None) -> list[str]:
    """Run jobs that do nothing in one worker process; return what is wrong with its memory."""
    shutil.copy(HERE / "chaos_shop.py", folder)
    settings = folder / "isthmus.toml"
    database = database or f"sqlite:///{folder}/memory.sqlite"
    settings.write_text(f'connectors = ["chaos_shop"]\ndatabase = "{database}"\nsynchronous = "NORMAL"\n')
    with App.load(settings, environ={}) as app:
        app.upgrade()
        for begin in range(0, jobs, STEP):
            enqueue(app, min(STEP, jobs - begin))
        print(f"{jobs} jobs are enqueued", flush=True)
        process = subprocess.Popen([sys.executable, "-m", "isthmus.worker", "--config", str(settings)])
        try:
            return measured(app, process.pid, jobs)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def enqueue(app: App, number: int) -> None:
    """Store jobs that do nothing."""
    payload = '{"ids":[],"args":[7],"kwargs":{},"context":{}}'
    specs = [
        JobSpec(uuid=uuid7(), model="chaos.effect", method="read_only", payload=payload)
        for _ in range(number)
    ]
    with app.database.begin() as transaction:
        app.jobs.add(transaction, specs)


def measured(app: App, process: int, jobs: int) -> list[str]:
    """Watch a worker until all is done; return what is wrong."""
    first = most = 0.0
    told = 0
    while (done := app.desk.stats().counts[State.DONE]) < jobs:
        used = resident_mb(process)
        if done >= jobs / 10:
            first, most = first or used, max(most, used)
        if done * 10 // jobs > told:
            told = done * 10 // jobs
            print(f"{done} done, {used:.1f} MB", flush=True)
        time.sleep(0.2)
    if first == 0.0:
        return ["it was over before anything was measured"]
    print(f"{first:.1f} MB after a tenth of the jobs, {most:.1f} MB at most")
    return [f"it grew from {first:.1f} to {most:.1f} MB"] if most > first + GROWTH_MB else []


def resident_mb(process: int) -> float:
    """Return how much memory a process has, in MB. Source: Linux, proc(5)."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
