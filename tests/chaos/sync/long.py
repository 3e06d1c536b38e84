"""The long chaos of rounds: many trials, as many at a time as there are cores."""

from __future__ import annotations

import os
import random
import tempfile
import time
import traceback
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from contextlib import ExitStack
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from tests.chaos.sync.report import Report
from tests.chaos.sync.trials import (
    Tried,
    brought,
    crowded,
    hindered,
    hinted,
    imported,
    killed,
    orphaned,
    worked,
)
from tests.conftest import new_postgres_database
from tests.own_postgres import OwnPostgres

#: How much is done in one world, which gets slower as it grows.
KILLS, ORPHANS, FAULTS, BOUTS, HINTS, SHIFTS = 40, 20, 150, 10, 10, 6

#: Which trials belong to which part of CHAOS_RUN.
PARTS = {
    "sqlite": ("killed", "orphaned", "imported", "brought", "hindered", "hinted"),
    "postgres": ("crowded", "worked"),
}


@dataclass(frozen=True)
class Trial:
    """A part of the chaos, which can be made again by itself."""

    kind: str
    run: Callable[..., Tried]
    seed: int
    arguments: tuple[Any, ...]


def main() -> int:
    """Run what CHAOS_RUN and CHAOS_SYNC name; return how many things went wrong."""
    seed = int(os.environ.get("CHAOS_SEED") or random.randrange(10**6))
    chosen = kinds()
    if not chosen:
        return 0
    print(f"sync: CHAOS_SEED={seed}", flush=True)
    report = Report(time.monotonic())
    with ExitStack() as stack:
        server = stack.enter_context(OwnPostgres()) if {*chosen} & {*PARTS["postgres"]} else None
        trials = [trial for trial in plan(seed, server.url if server else "") if trial.kind in chosen]
        # Spawned, so that no lock of a thread comes with them.
        with ProcessPoolExecutor(number("CHAOS_WORLDS", os.cpu_count() or 1), get_context("spawn")) as pool:
            futures: dict[Future[Any], Trial] = {pool.submit(attempt, trial): trial for trial in trials}
            for future in as_completed(futures):
                trial, (tried, problem) = futures[future], future.result()
                report.add(trial.kind, tried, problem)
                if problem:
                    print(f"WRONG: {trial}\n{problem}", flush=True)
                elif os.environ.get("CHAOS_LOUD"):
                    print(f"{report.seconds:5.0f} s  {trial.kind}: {tried.counts.total()}", flush=True)
    wanted = {
        "kills": number("CHAOS_POINTS", 360) if "killed" in chosen else 0,
        "faults": number("CHAOS_FAULTS", 2100) if "hindered" in chosen else 0,
    }
    print("\n".join(report.lines(wanted)), flush=True)
    return report.wrong(wanted)


def kinds() -> list[str]:
    """Return the kinds of trials that are to be run."""
    parts = os.environ.get("CHAOS_RUN", ",".join(PARTS)).split(",")
    named = os.environ.get("CHAOS_SYNC")
    known = [kind for part in parts for kind in PARTS.get(part, ())]
    return known if not named else [kind for kind in known if kind in named.split(",")]


def plan(seed: int, server: str) -> list[Trial]:
    """Return the trials; those that take longest come first."""
    kills, faults = number("CHAOS_POINTS", 360), number("CHAOS_FAULTS", 2100)
    bouts, hints = number("CHAOS_BOUTS", 40), number("CHAOS_HINTS", 20)
    trials = [
        Trial("killed", killed, seed + first, (min(KILLS, kills - first), first, kills))
        for first in range(0, kills, KILLS)
    ]
    trials += [
        Trial("orphaned", orphaned, *part) for part in parted(seed, number("CHAOS_ORPHANS", 40), ORPHANS)
    ]
    trials += [Trial("imported", imported, seed + count, (10,)) for count in range(2)]
    trials += [Trial("brought", brought, seed + count, (10,)) for count in range(8)]
    trials += [Trial("hindered", hindered, *part) for part in parted(seed, faults, FAULTS)]
    trials += [Trial("hinted", hinted, *part) for part in parted(seed, hints, HINTS)]
    if server:
        shifts = number("CHAOS_SHIFTS", 12)
        trials += [Trial("worked", worked, at, (*size, server)) for at, size in parted(seed, shifts, SHIFTS)]
        trials += [Trial("crowded", crowded, at, (*size, server)) for at, size in parted(seed, bouts, BOUTS)]
    return trials


def parted(seed: int, whole: int, size: int) -> list[tuple[int, tuple[int]]]:
    """Return the seeds and sizes of trials that are so much together."""
    return [(seed + first, (min(size, whole - first),)) for first in range(0, whole, size)]


def attempt(trial: Trial) -> tuple[Tried, str]:
    """Run a trial in a folder (and a database) of its own; return what it did and what went wrong."""
    with tempfile.TemporaryDirectory(prefix="isthmus-chaos-") as folder:
        try:
            if trial.kind not in PARTS["postgres"]:
                return trial.run(Path(folder), trial.seed, *trial.arguments), ""
            import sqlalchemy as sa

            size, server = trial.arguments
            url = sa.make_url(server).set(drivername="postgresql+psycopg")
            with new_postgres_database(url) as database:
                return trial.run(Path(folder), trial.seed, size, database), ""
        except Exception:  # whatever it is, the other trials go on, and this one is told
            return Tried(), traceback.format_exc()


def number(name: str, default: int) -> int:
    return int(os.environ.get(name) or default)
