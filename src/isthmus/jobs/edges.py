"""What the end of a job means to those that wait for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from isthmus.jobs import tables
from isthmus.jobs.placement import Place, place
from isthmus.jobs.sql import Sql


def finish_parents(sql: Sql, finished: Mapping[int, str], now: int) -> None:
    """Tell the children of finished jobs (id -> "done", "failed" or "cancelled").

    A child whose last parent is done becomes runnable; one that is to be cancelled with a parent is, and so
    are its own children. Waiting rows are locked in the order of their ids, so that two workers never wait
    for each other.
    """
    while finished:
        finished = _finish(sql, finished, now)


def _finish(sql: Sql, finished: Mapping[int, str], now: int) -> dict[int, str]:
    condition, ids = sql.among("parent_id", list(finished))
    edges = sql.rows(f"SELECT parent_id, child_id, on_failure FROM job_edge WHERE {condition} AND open", ids)
    if not edges:
        return {}
    _lock(sql, sorted({child for _, child, _ in edges}))
    passed: list[tuple[int, int]] = []
    doomed: set[int] = set()
    orphans: set[int] = set()
    for parent, child, on_failure in edges:
        state = finished[parent]
        if state == "done" or on_failure == "run":
            passed.append((parent, child))
        elif on_failure == "cancel":
            doomed.add(child)
        if state == "cancelled":
            orphans.add(child)
    # Whichever of its parents was cancelled last, also one that it would have gone on without.
    doomed |= {child for child in sorted(orphans - doomed) if _waits_in_vain(sql, child)}
    _count_down(sql, passed)
    _release(sql, sorted({child for _, child in passed} - doomed), now)
    return cancel_waiting(sql, sorted(doomed), "A job that it waits for was cancelled or failed.", now)


def _lock(sql: Sql, children: Sequence[int]) -> None:
    condition, ids = sql.among("job_id", children)
    sql.rows(sql.locking(f"SELECT job_id FROM job_wait WHERE {condition} ORDER BY job_id"), ids)


def _waits_in_vain(sql: Sql, child: int) -> bool:
    """Tell whether all parents of a child are cancelled, and it waits for one of them to be done."""
    return bool(
        sql.rows(
            "SELECT 1 FROM job_edge w WHERE w.child_id = ? AND w.open AND w.on_failure <> 'run' "
            "AND NOT EXISTS (SELECT 1 FROM job_edge e LEFT JOIN job_outcome o ON o.job_id = e.parent_id "
            "WHERE e.child_id = w.child_id AND (o.state IS NULL OR o.state <> 'cancelled')) LIMIT 1",
            child,
        )
    )


def _count_down(sql: Sql, passed: Sequence[tuple[int, int]]) -> None:
    sql.each("UPDATE job_edge SET open = FALSE WHERE parent_id = ? AND child_id = ?", passed)
    missing = Counter(child for _, child in passed)
    sql.each(
        "UPDATE job_wait SET missing = missing - ? WHERE job_id = ?",
        [(number, child) for child, number in sorted(missing.items())],
    )


def _release(sql: Sql, children: Sequence[int], now: int) -> None:
    """Let those of the children go on that wait for nobody any more.

    A child that was given more parents since counts them with the next claim only: so its edges are asked.
    """
    if not children:
        return
    condition, ids = sql.among("w.job_id", children)
    free = sql.rows(
        "SELECT j.id, j.channel, j.priority, j.serial_key, w.run_at FROM job_wait w "
        f"JOIN job j ON j.id = w.job_id WHERE {condition} AND w.missing <= 0 "
        "AND NOT EXISTS (SELECT 1 FROM job_edge e WHERE e.child_id = w.job_id AND e.open)",
        ids,
    )
    sql.each("DELETE FROM job_wait WHERE job_id = ?", [(row[0],) for row in free])
    place(sql, [Place(*row) for row in free], now)


def cancel_waiting(sql: Sql, jobs: Sequence[int], reason: str, now: int) -> dict[int, str]:
    """Cancel those of the jobs that wait for parents; return them as finished."""
    if not jobs:
        return {}
    condition, ids = sql.among("w.job_id", jobs)
    rows = sql.rows(
        f"SELECT j.id, j.channel, j.identity FROM job_wait w JOIN job j ON j.id = w.job_id WHERE {condition}",
        ids,
    )
    sql.each("DELETE FROM job_wait WHERE job_id = ?", [(row[0],) for row in rows])
    record(sql, [(row[0], row[1]) for row in rows], "cancelled", reason, now)
    forget_identities(sql, [(row[2], row[0]) for row in rows if row[2]])
    return {row[0]: "cancelled" for row in rows}


def record(sql: Sql, jobs: Sequence[tuple[int, str]], state: str, reason: str | None, now: int) -> None:
    """Write the outcome of jobs (id, channel) that did not run to it."""
    sql.insert(
        tables.outcome,
        [(job, state, channel, 0, None, None, now, None, None, reason, None) for job, channel in jobs],
    )


def forget_identities(sql: Sql, identities: Sequence[tuple[str, int]], until: str = "") -> None:
    """Let twins in again: (identity, job id); with ``until``, only those that were to hold so long.

    Identities that hold for a time are left alone.
    """
    kinds = f"= '{until}'" if until else "<> 'for'"
    sql.each(f"DELETE FROM job_identity WHERE identity = ? AND job_id = ? AND until {kinds}", identities)
