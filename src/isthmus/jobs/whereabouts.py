"""Which of the six tables names a job, and with it the job's state."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from isthmus.jobs.placement import free
from isthmus.jobs.sql import Sql
from isthmus.jobs.state import State


class Whereabouts(msgspec.Struct, frozen=True, kw_only=True):
    """Where one job is. ``state`` None: nowhere, which must not be."""

    id: int
    uuid: str
    channel: str
    priority: int
    serial_key: str | None
    identity: str | None
    state: State | None
    table: str | None


_STATE_OF = {
    "wait": State.WAIT_DEPENDENCIES,
    "scheduled": State.PENDING,
    "parked": State.PENDING,
    "ready": State.PENDING,
}

#: For each table, how a row of ``job j`` is found in it.
JOINS = {
    "wait": "t.job_id = j.id",
    "scheduled": "t.job_id = j.id",
    "parked": "t.serial_key = j.serial_key AND t.priority = j.priority AND t.job_id = j.id",
    "ready": "t.channel = j.channel AND t.priority = j.priority AND t.job_id = j.id",
    "lease": "t.job_id = j.id",
    "outcome": "t.job_id = j.id",
}

_COLUMNS = "j.id, j.uuid, j.channel, j.priority, j.serial_key, j.identity"


def find(sql: Sql, uuids: Sequence[str]) -> list[Whereabouts]:
    """Return where jobs are, in the order of their ids; a job that does not exist is left out."""
    return _find(sql, *sql.among("j.uuid", list(uuids)))


def find_by_id(sql: Sql, jobs: Sequence[int]) -> list[Whereabouts]:
    """Return where jobs are, as :func:`find` does, by their ids."""
    return _find(sql, *sql.among("j.id", jobs))


def find_firmly(sql: Sql, uuids: Sequence[str]) -> list[Whereabouts]:
    """Return where jobs are, and keep them there until the end of the transaction. Needs the mutex.

    The mutex keeps still what could run; what runs, waits for parents or is over is locked by its row. Who
    holds such a row is about to commit, and is waited for.
    """
    if sql.is_postgresql:
        condition, listed = sql.among("uuid", list(uuids))
        for table in ("job_lease", "job_wait", "job_outcome"):
            sql.rows(
                f"SELECT job_id FROM {table} WHERE job_id IN (SELECT id FROM job WHERE {condition}) "
                "ORDER BY job_id FOR UPDATE",
                listed,
            )
    return find(sql, uuids)


def _find(sql: Sql, condition: str, listed: object) -> list[Whereabouts]:
    found: dict[int, Whereabouts] = {}
    for row in sql.rows(f"SELECT {_COLUMNS} FROM job j WHERE {condition} ORDER BY j.id", listed):
        found[row[0]] = _at(row, None, None)
    for table, join in JOINS.items():
        extra = {"lease": ", t.begun_at", "outcome": ", t.state"}.get(table, "")
        for row in sql.rows(
            f"SELECT {_COLUMNS}{extra} FROM job j JOIN job_{table} t ON {join} WHERE {condition}", listed
        ):
            found[row[0]] = _at(row[:6], table, state_in(table, row[-1]))
    return list(found.values())


def remove(sql: Sql, job: Whereabouts) -> None:
    """Take a job out of the table that names it, so that another one can; look at its key again."""
    if job.table is None:
        return
    keys: dict[str, object] = {"job_id": job.id}
    if job.table in ("parked", "ready"):  # found by the whole key: by the id alone it would be looked for
        keys["priority"] = job.priority
        keys |= {"serial_key": job.serial_key} if job.table == "parked" else {"channel": job.channel}
    condition = " AND ".join(f"{name} = ?" for name in keys)
    sql.run(f"DELETE FROM job_{job.table} WHERE {condition}", *keys.values())
    if job.serial_key is not None:
        free(sql, [job.serial_key])


def state_in(table: str, mark: object) -> State:
    """Return the state of a job in a table; ``mark`` is a lease's beginning or an outcome's state."""
    if table == "lease":
        return State.ENQUEUED if mark is None else State.STARTED
    return State(str(mark)) if table == "outcome" else _STATE_OF[table]


def _at(row: Sequence[object], table: str | None, state: State | None) -> Whereabouts:
    names = ("id", "uuid", "channel", "priority", "serial_key", "identity")
    return Whereabouts(**dict(zip(names, row, strict=True)), table=table, state=state)  # type: ignore[arg-type]
