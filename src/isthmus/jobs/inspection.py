"""What is known of jobs, for people: one, many, counts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from isthmus.jobs.moment import to_datetime
from isthmus.jobs.sql import Row, Sql
from isthmus.jobs.state import State
from isthmus.jobs.whereabouts import JOINS, state_in


class JobInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A job as it stands. Times are naive UTC. ``eta``: when it is due, where it waits for that; ``reason``:
    why the last attempt did not succeed, or who decided; ``result`` is JSON.
    """

    uuid: str
    model: str
    method: str
    state: State
    channel: str
    priority: int
    attempt: int
    max_retries: int
    created: datetime
    eta: datetime | None = None
    began: datetime | None = None
    ended: datetime | None = None
    worker: str | None = None
    progress: Any = None
    description: str | None = None
    odoo: str | None = None
    identity: str | None = None
    serial_key: str | None = None
    timeout_s: float | None = None
    graph: str | None = None
    payload: str = ""
    result: str | None = None
    reason: str | None = None
    error: str | None = None
    trace: str | None = None
    waits_for: list[str] = []
    is_waited_for_by: list[str] = []

    @property
    def call(self) -> str:
        """The method that is called, as ``model.method``."""
        return f"{self.model}.{self.method}"


_JOB = (
    "id", "uuid", "model", "method", "payload", "odoo", "channel", "priority", "max_retries", "description",
    "identity", "serial_key", "timeout_s", "graph", "created_at",
)  # fmt: skip

#: What each table adds, in one shape: mark, attempt, eta, began, ended, worker, progress, result, reason,
#: error, trace.
_EXTRA = {
    "wait": "NULL, 0, t.run_at, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL",
    "scheduled": "NULL, t.attempt, t.run_at, NULL, NULL, NULL, NULL, NULL, t.reason, NULL, NULL",
    "parked": "NULL, t.attempt, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL",
    "ready": "NULL, t.attempt, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL",
    "lease": "t.begun_at, t.attempt, NULL, coalesce(t.begun_at, t.claimed_at), NULL, t.worker_id, "
    "t.progress, NULL, NULL, NULL, NULL",
    "outcome": "t.state, t.attempt, NULL, t.began_at, t.ended_at, t.worker_id, NULL, t.result, "
    "t.error_message, t.error_name, t.error_trace",
}

_TABLES = {
    State.WAIT_DEPENDENCIES: {"wait": ""},
    State.PENDING: {"scheduled": "", "parked": "", "ready": ""},
    State.ENQUEUED: {"lease": " AND t.begun_at IS NULL"},
    State.STARTED: {"lease": " AND t.begun_at IS NOT NULL"},
    State.DONE: {"outcome": " AND t.state = 'done'"},
    State.FAILED: {"outcome": " AND t.state = 'failed'"},
    State.CANCELLED: {"outcome": " AND t.state = 'cancelled'"},
}
_ALL = dict.fromkeys(JOINS, "")


def list_jobs(
    sql: Sql,
    *,
    states: Sequence[State] = (),
    channel: str | None = None,
    call: str | None = None,
    graph: str | None = None,
    uuids: Sequence[str] | None = None,
    serial_key: str | None = None,
    limit: int = 50,
) -> list[JobInfo]:
    """Return jobs, newest first: in any of the states, in a channel or below it, calling ``model.method`` (or
    any method of ``model``), of a graph, of these uuids, or with a serial key.
    """
    tables: dict[str, list[str]] = {}
    for chosen in [_TABLES[state] for state in states] or [_ALL]:
        for table, condition in chosen.items():
            tables.setdefault(table, []).append(condition)
    where, parameters = _filter(sql, channel, call, graph, uuids)
    if serial_key:
        where, parameters = f"{where} AND j.serial_key = ?", [*parameters, serial_key]
    rows: list[tuple[str, Row]] = []
    for table, conditions in tables.items():
        either = " OR ".join(one.removeprefix(" AND ") for one in conditions if one)
        among = f" AND ({either})" if either and all(conditions) else ""
        rows += [
            (table, row)
            for row in sql.rows(
                f"SELECT {', '.join(f'j.{name}' for name in _JOB)}, {_EXTRA[table]} FROM job j "
                f"JOIN job_{table} t ON {JOINS[table]} WHERE {where}{among} ORDER BY j.id DESC LIMIT ?",
                *parameters, limit,
            )
        ]  # fmt: skip
    rows.sort(key=lambda one: -one[1][0])
    return [_info(table, row) for table, row in rows[:limit]]


def _filter(
    sql: Sql, channel: str | None, call: str | None, graph: str | None, uuids: Sequence[str] | None
) -> tuple[str, list[Any]]:
    terms, parameters = ["1 = 1"], list[Any]()
    if channel:
        terms.append("(j.channel = ? OR (j.channel > ? AND j.channel < ?))")
        parameters += [channel, f"{channel}.", f"{channel}/"]
    if call:
        model, _, method = call.rpartition(".")
        terms.append("(j.model = ? OR (j.model = ? AND j.method = ?))")
        parameters += [call, model, method]
    if graph:
        terms.append("j.graph = ?")
        parameters.append(graph)
    if uuids is not None:
        condition, listed = sql.among("j.uuid", list(uuids))
        terms.append(condition)
        parameters.append(listed)
    return " AND ".join(terms), parameters


def _info(table: str, row: Row) -> JobInfo:
    job = dict(zip(_JOB, row, strict=False))
    mark, attempt, eta, began, ended, worker, progress, result, reason, error, trace = row[len(_JOB) :]
    del job["id"]
    return JobInfo(
        **{name: value for name, value in job.items() if name != "created_at"},
        created=to_datetime(job["created_at"]),
        state=state_in(table, mark),
        attempt=attempt,
        eta=None if eta is None else to_datetime(eta),
        began=None if began is None else to_datetime(began),
        ended=None if ended is None else to_datetime(ended),
        worker=None if worker is None else str(worker),
        progress=None if progress is None else msgspec.json.decode(progress),
        result=result, reason=reason, error=error, trace=trace,
    )  # fmt: skip


def show(sql: Sql, uuid: str) -> JobInfo | None:
    """Return one job with whom it waits for and who waits for it; None when there is none.

    The beginning of a uuid is enough where it is unambiguous.
    """
    found = sql.rows(
        "SELECT uuid FROM job WHERE uuid >= ? AND uuid < ? ORDER BY uuid LIMIT 2", uuid, f"{uuid}~"
    )
    if not found or (len(found) > 1 and found[0][0] != uuid):
        return None
    infos = list_jobs(sql, uuids=[found[0][0]])
    if not infos:
        return None
    parents = sql.rows(
        "SELECT p.uuid FROM job_edge e JOIN job p ON p.id = e.parent_id JOIN job c ON c.id = e.child_id "
        "WHERE c.uuid = ? ORDER BY p.id", infos[0].uuid,
    )  # fmt: skip
    children = sql.rows(
        "SELECT c.uuid FROM job_edge e JOIN job p ON p.id = e.parent_id JOIN job c ON c.id = e.child_id "
        "WHERE p.uuid = ? ORDER BY c.id", infos[0].uuid,
    )  # fmt: skip
    return msgspec.structs.replace(
        infos[0], waits_for=[row[0] for row in parents], is_waited_for_by=[row[0] for row in children]
    )


def counts(sql: Sql) -> dict[str, dict[State, int]]:
    """Return how many jobs of each channel are in each state; states without jobs are left out."""
    found: dict[str, dict[State, int]] = {}
    for table in JOINS:
        mark = {"lease": "t.begun_at IS NULL", "outcome": "t.state"}.get(table, "NULL")
        source = "job_wait t JOIN job j ON j.id = t.job_id" if table == "wait" else f"job_{table} t"
        channel = "j.channel" if table == "wait" else "t.channel"
        for name, value, number in sql.rows(
            f"SELECT {channel}, {mark}, count(*) FROM {source} GROUP BY 1, 2"
        ):
            state = state_in(table, (None if value else 1) if table == "lease" else value)
            states = found.setdefault(name, {})
            states[state] = states.get(state, 0) + number
    return dict(sorted(found.items()))
