"""The worker processes that are at work, and what becomes of the jobs of one that died."""

from __future__ import annotations

import os
import random
import socket
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import msgspec

from isthmus.clock import Clock
from isthmus.jobs import tables
from isthmus.jobs.admission import is_within
from isthmus.jobs.claim import Failure
from isthmus.jobs.edges import finish_parents, forget_identities, record
from isthmus.jobs.moment import SECOND
from isthmus.jobs.placement import Place, free, place
from isthmus.jobs.settlement import take_identity_back
from isthmus.jobs.sql import Sql

#: A job fails that was running in so many workers when they died: it may be what kills them.
MOST_CRASHES = 3

#: How long a job waits after its worker died, in seconds, times the number of deaths.
CRASH_DELAY_S = 5.0

#: A worker of this machine whose process runs is believed for so many times its time to live.
PATIENCE = 10

DIED = Failure("isthmus.errors.WorkerDiedError", "The worker died while it ran the job.")


class Worker(msgspec.Struct, frozen=True, kw_only=True):
    """A worker process: where it runs, how many threads it has, when it was heard last (µs since 1970).

    ``machine`` says where ``pid`` is a number of a process; ``host`` is its name for people. It takes jobs of
    ``channels`` and those below them, separated by commas; None: of all.
    """

    id: int
    host: str
    machine: str
    pid: int
    port: int | None
    threads: int
    started_at: int
    beat_at: int
    ttl_s: float
    channels: str | None = None

    @property
    def is_dispatcher(self) -> bool:
        """Whether it only sends jobs to others: then it has no threads."""
        return self.threads == 0

    def takes(self, channel: str) -> bool:
        """Tell whether it takes jobs of a channel."""
        return not self.channels or any(is_within(channel, one) for one in self.channels.split(","))

    def is_dead(self, silent_s: float) -> bool:
        """Tell whether the worker is known or believed to have died, when it has said nothing for so long.

        On its own machine the process is looked at: one that is slow (a long write of somebody else on
        SQLite) is not dead, and one that is gone need not be waited for.
        """
        if self.machine == machine():
            if not is_running(self.pid):
                return True
            return silent_s > PATIENCE * self.ttl_s
        return silent_s > self.ttl_s


class Silence:
    """For how long workers have said nothing, by our own clock: that one is set forward kills nobody."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._heard: dict[int, tuple[int, float]] = {}

    def look(self, workers: Sequence[Worker]) -> dict[int, float]:
        """Return for each worker for how many seconds we know its last word."""
        now = self._clock.monotonic()
        self._heard = {
            one.id: (one.beat_at, since if beat_at == one.beat_at else now)
            for one in workers
            for beat_at, since in [self._heard.get(one.id, (None, now))]
        }
        return {worker_id: now - since for worker_id, (_, since) in self._heard.items()}


@cache
def machine() -> str:
    """Return what tells apart the machines, and the containers, in which one number means one process.

    Several containers may have one host name. Source: Linux, random(4) and pid_namespaces(7).
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {os.readlink('/proc/self/ns/pid')}"
    except OSError:
        return socket.gethostname()


def is_running(process: int) -> bool:
    """Tell whether a process of this machine runs."""
    if os.name == "nt":  # there, signal 0 would end it
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


_COLUMNS = "id, host, machine, pid, port, threads, started_at, beat_at, ttl_s, channels"


def register(
    sql: Sql, port: int | None, threads: int, ttl_s: float, now: int, only: Sequence[str] = ()
) -> int:
    """Enter this process among the workers; return the worker's id, which no other ever gets."""
    row = sql.row(
        "INSERT INTO job_worker "
        "(host, machine, pid, port, threads, started_at, beat_at, idle, ttl_s, channels) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, FALSE, ?, ?) RETURNING id",
        socket.gethostname(), machine(), os.getpid(), port, threads, now, now, ttl_s, ",".join(only) or None,
    )  # fmt: skip
    assert row is not None
    return int(row[0])


def beat(sql: Sql, worker_id: int, now: int) -> bool:
    """Say that the worker lives. False: it was taken for dead, and its jobs are somebody else's."""
    return bool(sql.run("UPDATE job_worker SET beat_at = ? WHERE id = ?", now, worker_id))


def working(sql: Sql) -> list[Worker]:
    """Return the workers that are entered, dead ones included until somebody buries them."""
    rows = sql.rows(f"SELECT {_COLUMNS} FROM job_worker ORDER BY id")
    return [Worker(**dict(zip(_COLUMNS.split(", "), row, strict=True))) for row in rows]


def bury_dead(sql: Sql, silence: Silence, now: int) -> int:
    """Take what dead workers held from them; return how many leases that were. Needs the mutex."""
    entered = working(sql)
    silent_s = silence.look(entered)
    dead = [worker.id for worker in entered if worker.is_dead(silent_s[worker.id])]
    taken = sum(bury(sql, worker, now) for worker in dead)
    orphans = sql.rows(
        "SELECT DISTINCT worker_id FROM job_lease l WHERE NOT EXISTS "
        "(SELECT 1 FROM job_worker w WHERE w.id = l.worker_id)"
    )
    return taken + sum(bury(sql, row[0], now) for row in orphans)


def bury(sql: Sql, worker_id: int, now: int) -> int:
    """Take from a worker what it held, and strike it off; return how many leases it had. Needs the mutex.

    A job that had begun is tried again a little later, and fails when it was running in too many workers that
    died. One that was only claimed goes back uncounted, but is watched: its next beginning is written down.
    """
    sql.run("DELETE FROM job_worker WHERE id = ?", worker_id)
    rows = sql.rows(
        "DELETE FROM job_lease WHERE worker_id = ? RETURNING job_id, channel, serial_key, identity, attempt, "
        "crashes, begun_at, stop",
        worker_id,
    )
    if not rows:
        return 0
    condition, ids = sql.among("id", [row[0] for row in rows])
    jobs = {
        row[0]: row[1:]
        for row in sql.rows(f"SELECT id, priority, max_retries FROM job WHERE {condition}", ids)
    }
    ended: dict[int, str] = {}
    for job_id, channel, key, identity, attempt, crashes, begun_at, stop in rows:
        if job_id not in jobs:  # somebody removed it by other means than ours
            continue
        priority, max_retries = jobs[job_id]
        has_begun = begun_at is not None
        watched = max(1, crashes + has_begun)
        if stop:
            record(sql, [(job_id, channel)], "cancelled", "Cancelled; its worker died.", now)
            if identity:
                forget_identities(sql, [(identity, job_id)])
            ended[job_id] = "cancelled"
        elif has_begun and (watched > MOST_CRASHES or (max_retries and attempt >= max_retries)):
            _fail(sql, job_id, channel, attempt, worker_id, begun_at, now)
            if identity:
                forget_identities(sql, [(identity, job_id)])
            ended[job_id] = "failed"
        else:
            if identity:
                take_identity_back(sql, identity, job_id)
            # At different times, so that what ran together does not die together again.
            delay = int(CRASH_DELAY_S * SECOND * crashes * random.uniform(0.5, 1.5)) if has_begun else 0
            again = Place(
                job_id, channel, priority, key, now + delay, attempt if has_begun else attempt - 1, watched,
                DIED.message,
            )  # fmt: skip
            place(sql, [again], now)
    free(sql, (row[2] for row in rows if row[2]))
    finish_parents(sql, ended, now)
    return len(rows)


def _fail(sql: Sql, job_id: int, channel: str, attempt: int, worker_id: int, begun_at: int, now: int) -> None:
    message = f"{DIED.message} That was attempt {attempt}; it is not tried again."
    row = (job_id, "failed", channel, attempt, worker_id, begun_at, now, None, DIED.name, message, None)
    sql.insert(tables.outcome, [row])


def depart(sql: Sql, worker_id: int, now: int) -> None:
    """Strike a worker off that ends in order; what it should still hold goes back. Needs the mutex."""
    bury(sql, worker_id, now)
