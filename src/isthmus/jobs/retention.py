"""Forgetting jobs that are over: every state has its time, so that no table grows for ever."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from isthmus.jobs.moment import SECOND
from isthmus.jobs.sql import Sql

#: How many jobs one transaction removes or looks at.
STEP = 1000


def thin_out(sql: Sql, keep_s: Mapping[str, float], now: int, after: int = 0) -> tuple[int, int | None]:
    """Remove jobs that have been over for longer than their state is kept (seconds; a state not named: for
    ever), looking at one step of them, oldest first.

    Return how many were removed, and the id to go on after; None when all old ones have been looked at. A job
    that others still wait for stays, and on SQLite the newest of all: its id is what the next one is counted
    from.
    """
    rows = sql.rows(
        "SELECT job_id, state, ended_at FROM job_outcome WHERE job_id > ? ORDER BY job_id LIMIT ?",
        after,
        STEP,
    )
    if not rows:
        return 0, None
    least_s = min(keep_s.values(), default=float("inf"))
    is_more = len(rows) == STEP and any(now - ended_at > least_s * SECOND for _, _, ended_at in rows)
    old = [id_ for id_, state, ended_at in rows if now - ended_at > keep_s.get(state, float("inf")) * SECOND]
    return _remove(sql, old) if old else 0, rows[-1][0] if is_more else None


def _remove(sql: Sql, jobs: Sequence[int]) -> int:
    """Remove those of the jobs that nobody waits for; return how many."""
    free = _locked(sql, jobs)
    condition, ids = sql.among("parent_id", sorted(free))
    needed = {row[0] for row in sql.rows(f"SELECT parent_id FROM job_edge WHERE {condition} AND open", ids)}
    condition, ids = sql.among("job_id", sorted(free - needed))
    # Somebody may have had one tried again since: its row is not here any more.
    gone = [row[0] for row in sql.rows(f"DELETE FROM job_outcome WHERE {condition} RETURNING job_id", ids)]
    condition, ids = sql.among("id", gone)
    named = f"SELECT identity FROM job WHERE {condition} AND identity IS NOT NULL"
    condition, again = sql.among("job_id", gone)
    sql.run(f"DELETE FROM job_identity WHERE identity IN ({named}) AND {condition}", ids, again)
    for table, column in (("job_edge", "parent_id"), ("job_edge", "child_id"), ("job", "id")):
        condition, ids = sql.among(column, gone)
        sql.run(f"DELETE FROM {table} WHERE {condition}", ids)
    return len(gone)


def _locked(sql: Sql, jobs: Sequence[int]) -> set[int]:
    """Return those of the jobs that may be removed: no open transaction is about to let others wait for them,
    and no id would be given again.
    """
    if not sql.is_postgresql:
        (newest,) = sql.rows("SELECT max(id) FROM job")[0]
        return set(jobs) - {newest}
    condition, ids = sql.among("id", jobs)
    return {row[0] for row in sql.rows(f"SELECT id FROM job WHERE {condition} FOR UPDATE SKIP LOCKED", ids)}


def forget_old(sql: Sql, now: int, ticks_s: float = 30 * 86_400) -> None:
    """Forget identities whose time is over, and ticks of long ago but for the last of each cron: without it
    one that is due once a month would be due again.
    """
    sql.run("DELETE FROM job_identity WHERE expires_at <= ?", now)
    sql.run(
        "DELETE FROM job_tick WHERE due_at < ? AND due_at < "
        "(SELECT max(l.due_at) FROM job_tick l WHERE l.name = job_tick.name)", now - int(ticks_s * SECOND),
    )  # fmt: skip
