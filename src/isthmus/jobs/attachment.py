"""Edges to and from jobs that were stored before: what the next claim after their commit makes of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from isthmus.jobs.edges import finish_parents
from isthmus.jobs.sql import Sql
from isthmus.jobs.whereabouts import Whereabouts, find_by_id, remove

#: How many marks one claim looks at.
STEP = 1000


class Open(NamedTuple):
    """An edge that is not decided yet."""

    parent: int
    child: int


def look_again(sql: Sql, now: int) -> None:
    """Let marked jobs wait for the parents that they were given, and tell them of those that ended before.

    Only under the claims' mutex. What somebody else is moving just now is not waited for: the mark stays.
    """
    marks: dict[int, int] = dict(sql.rows("SELECT id, job_id FROM job_attached ORDER BY id LIMIT ?", STEP))
    children = sorted(set(marks.values()))
    edges = _open(sql, children)
    moving = _moving(sql, sorted({job for edge in edges for job in edge} | set(children)))
    left = moving.union(edge.child for edge in edges if edge.parent in moving)
    seen = [child for child in children if child not in left]
    sql.each(
        "DELETE FROM job_attached WHERE id = ?", [(id_,) for id_, child in marks.items() if child not in left]
    )
    edges = _open(sql, seen)  # some were decided before they could be locked
    _let_wait(sql, Counter(edge.child for edge in edges))
    condition, ids = sql.among("job_id", sorted({edge.parent for edge in edges}))
    ended: dict[int, str] = dict(sql.rows(f"SELECT job_id, state FROM job_outcome WHERE {condition}", ids))
    finish_parents(sql, ended, now)


def _open(sql: Sql, children: Sequence[int]) -> list[Open]:
    condition, ids = sql.among("child_id", children)
    rows = sql.rows(f"SELECT parent_id, child_id FROM job_edge WHERE {condition} AND open", ids)
    return list(map(Open._make, rows))


def _moving(sql: Sql, jobs: Collection[int]) -> set[int]:
    """Lock where jobs stand, and return those that somebody else has locked (on PostgreSQL).

    Only what is running, or waits for parents, can be moved by others without the mutex.
    """
    if not sql.is_postgresql:
        return set()
    condition, ids = sql.among("job_id", list(jobs))
    found: set[int] = set()
    for table in ("job_lease", "job_wait"):
        select = f"SELECT job_id FROM {table} WHERE {condition}"
        locked = {row[0] for row in sql.rows(f"{select} ORDER BY job_id FOR UPDATE SKIP LOCKED", ids)}
        found |= {row[0] for row in sql.rows(select, ids)} - locked
    return found


def _let_wait(sql: Sql, missing: Mapping[int, int]) -> None:
    """Have jobs wait for so many parents; those that have started are past that."""
    for job in find_by_id(sql, list(missing)):
        if job.table == "wait":
            sql.run("UPDATE job_wait SET missing = ? WHERE job_id = ?", missing[job.id], job.id)
        elif job.table in ("scheduled", "parked", "ready"):
            _turn_back(sql, job, missing[job.id])


def _turn_back(sql: Sql, job: Whereabouts, missing: int) -> None:
    run_at = sql.row("SELECT run_at FROM job_scheduled WHERE job_id = ?", job.id)
    remove(sql, job)
    sql.run(
        "INSERT INTO job_wait (job_id, missing, run_at) VALUES (?, ?, ?)",
        job.id, missing, run_at[0] if run_at else None,
    )  # fmt: skip
