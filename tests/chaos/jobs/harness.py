"""The chaos: workers are killed, stopped and continued, the database is cut off, channels change."""

from __future__ import annotations

import json
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from isthmus.app import App
from isthmus.jobs.channel_config import parse_channels
from isthmus.jobs.spec import Edge, JobSpec
from isthmus.jobs.state import State
from isthmus.jobs.uuid7 import uuid7
from tests.chaos.jobs.audit import Planned, audit
from tests.own_postgres import OwnPostgres

HERE = Path(__file__).parent
ROOT = HERE.parents[2]

#: What is set for channels, and the most that is set for them while all goes on.
CHANNELS = "root:8,root.few:3,root.few.one:1,root.order:4"
MOST = {"root": 8, "root.few": 3, "root.few.one": 1, "root.order": 4}
CHANGES = ("root.few:1", "root.few:3", "root.few:3:paused", "root:4", "root:8", "root.order:2")


@dataclass
class Plan:
    """How much chaos there is to be. One part in ``share`` of the jobs is enqueued at a time, at most; with
    ``is_long`` trouble goes on until all is done.
    """

    seed: int
    jobs: int = 120
    workers: int = 3
    ttl_s: float = 1.0
    longest_s: float = 90.0
    pause_s: tuple[float, float] = (0.2, 0.6)
    kills: int = 3
    restarts: int = 1
    share: int = 8
    is_long: bool = False
    is_loud: bool = False


class Chaos:
    """An installation, its workers, and what happens to them. ``server`` None: it lives in a SQLite file."""

    def __init__(self, folder: Path, plan: Plan, server: OwnPostgres | None = None) -> None:
        self.plan = plan
        self.random = random.Random(plan.seed)
        self.planned: list[Planned] = []
        self.happened: Counter[str] = Counter()
        self._server = server
        self._folder = folder
        self._names = 0
        self._workers: list[subprocess.Popen[bytes]] = []
        self._stopped: dict[int, threading.Timer] = {}
        shutil.copy(HERE / "chaos_shop.py", folder)
        self._settings = folder / "isthmus.toml"
        database = server.url if server else f"sqlite:///{folder}/chaos.sqlite"
        self._settings.write_text(f'connectors = ["chaos_shop"]\ndatabase = "{database}"\n')
        self.app = App.load(self._settings, environ={})
        self.app.upgrade()
        self.app.desk.set_channels(parse_channels(CHANNELS))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for timer in list(self._stopped.values()):
            timer.cancel()
        for process in self._workers:
            process.kill()
            process.wait(30)
        self.app.close()

    # --- the whole of it ---

    def run(self) -> list[str]:
        """Enqueue, work and make trouble until all is done; return what is wrong then."""
        self._workers = [self._start() for _ in range(self.plan.workers)]
        deadline = time.monotonic() + self.plan.longest_s
        self._must_happen = ["stop", *["restart"] * (self.plan.restarts if self._server else 0), "kill"]
        while not self._is_over():
            if time.monotonic() > deadline:
                return [f"not over in {self.plan.longest_s:g} s: {self._counts()}", *self._audit()]
            time.sleep(self.random.uniform(*self.plan.pause_s))
            self._enqueue(self.random.randint(1, max(2, self.plan.jobs // self.plan.share)))
            is_done = self._counts().get(State.DONE) == self.plan.jobs
            is_quiet = len(self.planned) == self.plan.jobs and not self.plan.is_long
            if self._must_happen or not (is_done or is_quiet):
                self._trouble()
            else:
                self.app.desk.set_channels(parse_channels(CHANNELS))
        return self._end()

    def _is_over(self) -> bool:
        counts = self._counts()
        if counts.get(State.FAILED):  # it was running in too many workers that were killed
            failed = [one.uuid for one in self.app.desk.list(states=[State.FAILED], limit=1000)]
            self.app.desk.retry(failed)
            self.happened["retried by hand"] += len(failed)
        is_done = counts.get(State.DONE) == self.plan.jobs
        return is_done and not self._stopped and not self._must_happen

    def _counts(self) -> dict[State, int]:
        return {state: number for state, number in self.app.desk.stats().counts.items() if number}

    def _end(self) -> list[str]:
        """Let the workers drain, and look."""
        for process in self._workers:
            process.terminate()
        codes = [process.wait(60) for process in self._workers]
        # One that has only just been started does not know the signal yet.
        wrong = [
            f"a worker that drained ended with {code}" for code in codes if code not in (0, -signal.SIGTERM)
        ]
        self._workers.clear()
        self.app.jobs.bury_dead()
        return [*wrong, *self._audit()]

    def _audit(self) -> list[str]:
        return list(audit(self.app, self.planned, MOST))

    # --- putting in ---

    def _enqueue(self, number: int) -> None:
        """Enqueue some more jobs, in one transaction: with keys, with parents, or with neither."""
        number = min(number, self.plan.jobs - len(self.planned))
        specs: list[JobSpec] = []
        new: list[Planned] = []
        for _ in range(number):
            new.append(self._planned([*self.planned, *new]))
            specs.append(self._spec(new[-1]))
        uuids = {one.number: one.uuid for one in [*self.planned, *new]}
        edges = [Edge(uuids[parent], one.uuid) for one in new for parent in one.after]
        with self.app.database.begin() as transaction:
            self.app.jobs.add(transaction, specs, edges)
        self.planned += new

    def _planned(self, before: list[Planned]) -> Planned:
        dice = self.random
        if dice.random() < 0.3:
            # Without parents: one that is late would change the order of the key.
            key = f"key {dice.randint(1, 5)}"
            return Planned(len(before), uuid7(), "root.order", key, (), True)
        recent = before[-20:] if dice.random() < 0.3 else []
        parents = dice.sample(recent, min(len(recent), dice.randint(1, 3)))
        channel = dice.choice(["root", "root.few", "root.few.one", "root.quick"])
        after = tuple(one.number for one in parents)
        return Planned(len(before), uuid7(), channel, None, after, dice.random() < 0.8)

    def _spec(self, one: Planned) -> JobSpec:
        sleep_s = self.random.choice([0, 0, 0.005, 0.03])
        arguments: list[Any] = [one.number, sleep_s, 0.1] if one.writes else [one.number]
        payload = json.dumps({"ids": [], "args": arguments, "kwargs": {}, "context": {}})
        return JobSpec(
            uuid=one.uuid, model="chaos.effect", method="work" if one.writes else "read_only",
            payload=payload, channel=one.channel, serial_key=one.key, max_retries=0,
        )  # fmt: skip

    # --- trouble ---

    def _trouble(self) -> None:
        """Do one bad thing, first of all those that must happen before it may be over."""
        act = self.random.choice(["kill", "kill", "stop", "channels", "channels", "bury", "nothing"])
        if self._must_happen and len(self.planned) >= min(self.plan.jobs, 50):
            act = self._must_happen.pop()
        if act == "kill" and self.happened["kill"] >= self.plan.kills:
            act = "nothing"
        getattr(self, f"_{act}")()
        self.happened[act] += 1
        if self.plan.is_loud:
            print(f"{act:10}{self._counts()}", flush=True)

    def _start(self) -> subprocess.Popen[bytes]:
        self._names += 1
        arguments = [str(self._settings), f"machine {self._names}", f"{self.plan.ttl_s}"]
        with (self._folder / f"worker {self._names}.log").open("wb") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "tests.chaos.jobs.worker", *arguments], cwd=ROOT, stderr=log
            )

    def _kill(self) -> None:
        index = self.random.randrange(len(self._workers))
        process = self._workers[index]
        timer = self._stopped.pop(process.pid, None)
        if timer is not None:
            timer.cancel()
        process.kill()
        process.wait(30)
        self._workers[index] = self._start()

    def _stop(self) -> None:
        """Stop a worker for so long that it is taken for dead; it goes on afterwards."""
        process = self.random.choice(self._workers)
        if process.pid in self._stopped or len(self._stopped) >= len(self._workers) - 1:
            return
        process.send_signal(signal.SIGSTOP)
        # By a thread of its own: one that was stopped in the middle of a write holds up this one, too.
        timer = threading.Timer(2.5 * self.plan.ttl_s, self._continue, [process])
        self._stopped[process.pid] = timer
        timer.start()

    def _continue(self, process: subprocess.Popen[bytes]) -> None:
        process.send_signal(signal.SIGCONT)
        self._stopped.pop(process.pid, None)

    def _bury(self) -> None:
        """Take a living worker for dead: it goes on, and what it does is refused."""
        entered = self.app.desk.stats().workers
        if entered:
            self.app.jobs.bury(self.random.choice(entered).id)

    def _channels(self) -> None:
        self.app.desk.set_channels(parse_channels(self.random.choice(CHANGES)))

    def _restart(self) -> None:
        assert self._server is not None
        self._server.restart()
        self.app.database.engine.dispose()  # whose connections are broken now

    def _nothing(self) -> None: ...
