"""One run of one contestant: enqueue, drain, idle, pick up. The same for all."""

from __future__ import annotations

import math
import os
import random
import statistics
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from peers.course import BATCH, DATABASE, EVERY, FOLDER, MARKS, SETTING

from race.contestant import Contestant
from race.marks import Marks
from race.postgres import new_database
from race.process import Agent, ContestantError, Worker, tail

BENCHMARKS = Path(__file__).resolve().parents[1]
#: How long anything may take before the contestant is given up, in seconds.
PATIENCE_S = 180.0
#: Between two jobs of the pick-up the worker has this long to fall asleep again, in seconds.
PAUSE_S = (0.02, 0.05)


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is measured: rounds, the share of each contestant's jobs, and so on; times in seconds."""

    rounds: int
    share: float
    singles: int
    pickups: int
    idle_s: float


QUICK = Scale(rounds=1, share=0.2, singles=200, pickups=20, idle_s=0.5)
FULL = Scale(rounds=3, share=1, singles=2_000, pickups=200, idle_s=10.0)


class Heat:
    """A contestant in an empty database, with its agent at work."""

    def __init__(self, agent: Agent, environ: Mapping[str, str], folder: Path, scale: Scale) -> None:
        self.agent = agent
        self._environ, self._folder, self.scale = environ, folder, scale

    def enqueue(self, jobs: int) -> dict[str, float]:
        """Store jobs one by one and then in bulk, ``jobs`` in all; return jobs per second of each way."""
        singles = min(self.scale.singles, jobs // 2)
        rates = {"single": singles / self.agent.ask("enqueue_each", singles)["seconds"]}
        self.fill(jobs - singles, rates)
        return rates

    def fill(self, jobs: int, rates: dict[str, float] | None = None) -> None:
        """Store jobs in bulk, one by one where there is no other way."""
        answer = self.agent.ask("enqueue_bulk", jobs)
        if not answer["result"]:
            self.agent.ask("enqueue_each", jobs)
        elif rates is not None:
            rates["bulk"] = jobs / answer["seconds"]

    def drain(self, jobs: int) -> dict[str, float]:
        """Have one worker run what is waiting, ``jobs`` in all; return jobs per second.

        The clock runs from the first job's start to the last one's: what starting a process takes is nobody's
        pace. Raises ContestantError when jobs are left over.
        """
        with self.working(every=jobs) as (worker, marks):
            first = marks.next(PATIENCE_S, worker.is_alive)
            last = marks.next(PATIENCE_S, worker.is_alive)
            self.wait_until_empty()
        return {"drain": (last.number - first.number) / ((last.at - first.at) / 1e9)}

    def wait_until_empty(self) -> None:
        """Wait for the worker to acknowledge the last jobs. Raises ContestantError when it does not."""
        end = time.monotonic() + 20
        while left := self.agent.ask("waiting")["result"]:
            if time.monotonic() > end:
                raise ContestantError(f"all jobs began, and yet {left} are waiting")
            time.sleep(0.05)

    def idle(self, worker: Worker) -> dict[str, float]:
        """Return what a worker with nothing to do uses: memory in MB, and processor time in % of a core."""
        time.sleep(min(2.0, self.scale.idle_s))
        memory = worker.memory_mb()
        before, start = worker.busy_s(), time.monotonic()
        time.sleep(self.scale.idle_s)
        share = (worker.busy_s() - before) / (time.monotonic() - start) * 100
        return {"memory": sum(memory), "largest": max(memory), "idle": share} if memory else {}

    def pick_up(self, worker: Worker, marks: Marks) -> dict[str, float]:
        """Return median and 99th percentile of the time from a commit to the start of its job, in ms."""
        spent = sorted(self.picked_up_ms(worker, marks) for _ in range(self.scale.pickups))
        return {"p50": statistics.median(spent), "p99": percentile(spent, 0.99)}

    def picked_up_ms(self, worker: Worker, marks: Marks) -> float:
        """Enqueue one job; return the milliseconds from the end of its commit to the start of its body."""
        time.sleep(random.uniform(*PAUSE_S))
        ended: int = self.agent.ask("enqueue_each", 1)["ended"]
        return (marks.next(PATIENCE_S, worker.is_alive).at - ended) / 1e6

    @contextmanager
    def working(self, every: int) -> Iterator[tuple[Worker, Marks]]:
        """Give a worker and the marks of its first and each ``every``-th job."""
        command = self.agent.ask("worker")["result"]
        log = self._folder / "worker.log"
        with Marks(self._folder / "marks") as marks:
            environ = {**self._environ, MARKS: str(marks.path), EVERY: str(every)}
            try:
                with Worker(command, environ, self._folder, log) as worker:
                    yield worker, marks
            except TimeoutError as error:
                raise ContestantError(f"{error}:\n{tail(log)}") from error


def percentile(ordered: list[float], share: float) -> float:
    """Return the smallest value that at least this share of the ordered values does not exceed."""
    return ordered[math.ceil(share * len(ordered)) - 1]


def run(contestant: Contestant, server: str, folder: Path, scale: Scale) -> dict[str, float]:
    """Measure a contestant once and return its values by name."""
    with heat(contestant, server, folder, scale) as one:
        jobs = int(contestant.jobs * scale.share)
        values = one.enqueue(jobs)
        values |= one.drain(jobs)
        if not contestant.everything:
            return {"drain": values["drain"]}
        with one.working(every=1) as (worker, marks):
            for _ in range(3):
                one.picked_up_ms(worker, marks)
            values |= one.idle(worker)
            for _ in range(3):
                one.picked_up_ms(worker, marks)
            values |= one.pick_up(worker, marks)
        return values


@contextmanager
def heat(contestant: Contestant, server: str, folder: Path, scale: Scale) -> Iterator[Heat]:
    """Give a contestant its empty database and folder."""
    folder.mkdir(parents=True)
    with database_of(contestant, server, folder) as url:
        environ = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(filter(None, [str(BENCHMARKS), os.environ.get("PYTHONPATH")])),
            DATABASE: url,
            FOLDER: str(folder),
            BATCH: str(contestant.batch),
            SETTING: contestant.setting,
        }
        with Agent(contestant.python, contestant.module, environ, folder) as agent:
            agent.ask("install")
            yield Heat(agent, environ, folder, scale)


@contextmanager
def database_of(contestant: Contestant, server: str, folder: Path) -> Iterator[str]:
    """Give the URL of what a contestant keeps its jobs in."""
    if contestant.broker:
        yield contestant.broker
    elif contestant.engine == "SQLite":
        yield f"sqlite:///{folder}/jobs.sqlite"
    else:
        with new_database(server) as url:
            yield url
