"""Where a job that is not running goes: it waits for its time, for its key, or is ready."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from isthmus.jobs import tables
from isthmus.jobs.sql import Sql


class Place(NamedTuple):
    """A job to put where it belongs. ``run_at``: not before this moment (None: now)."""

    job_id: int
    channel: str
    priority: int
    serial_key: str | None
    run_at: int | None = None
    attempt: int = 0
    crashes: int = 0
    reason: str | None = None


def place(sql: Sql, jobs: Sequence[Place], now: int) -> None:
    """Put jobs that are in no table into the one that they belong to.

    A job with a key is parked, and the next claim decides who of the key is first: whoever enqueues reads
    nothing, so that there is nothing to race for.
    """
    later = [one for one in jobs if one.run_at is not None and one.run_at > now]
    due = [one for one in jobs if one.run_at is None or one.run_at <= now]
    sql.insert(
        tables.scheduled,
        [
            (one.job_id, one.run_at, one.channel, one.priority, one.attempt, one.crashes, one.reason)
            for one in later
        ],
    )
    sql.insert(
        tables.ready,
        [
            (one.channel, one.priority, one.job_id, None, one.attempt, one.crashes)
            for one in due
            if one.serial_key is None
        ],
    )
    keyed = [one for one in due if one.serial_key is not None]
    sql.insert(
        tables.parked,
        [(one.serial_key, one.priority, one.job_id, one.channel, one.attempt, one.crashes) for one in keyed],
    )
    free(sql, (one.serial_key for one in keyed if one.serial_key is not None))


def free(sql: Sql, keys: Iterable[str]) -> None:
    """Have the next claim look at keys again."""
    sql.each("INSERT INTO job_freed (serial_key) VALUES (?)", [(key,) for key in dict.fromkeys(keys)])


#: How many due jobs or freed keys one claim takes on.
STEP = 1000


def stage(sql: Sql, now: int) -> None:
    """Move what has become due, and the first job of each key that is free, to where claims look.

    Only under the claims' mutex.
    """
    due = sql.rows(
        "SELECT s.job_id, s.channel, s.priority, j.serial_key, s.attempt, s.crashes FROM job_scheduled s "
        "JOIN job j ON j.id = s.job_id WHERE s.run_at <= ? ORDER BY s.run_at LIMIT ?",
        now, STEP,
    )  # fmt: skip
    if due:
        condition, ids = sql.among("job_id", [row[0] for row in due])
        sql.run(f"DELETE FROM job_scheduled WHERE {condition}", ids)
        jobs = [
            Place(id_, channel, priority, key, None, attempt, crashes)
            for id_, channel, priority, key, attempt, crashes in due
        ]
        place(sql, jobs, now)
    promote(sql)


def promote(sql: Sql) -> None:
    """Make the first job of each freed key ready, unless one of the key is running.

    One that is ready already and not claimed gives way to a more urgent one.
    """
    marks = sql.rows("SELECT id, serial_key FROM job_freed ORDER BY id LIMIT ?", STEP)
    if not marks:
        return
    condition, ids = sql.among("id", [row[0] for row in marks])
    sql.run(f"DELETE FROM job_freed WHERE {condition}", ids)
    among, keys = sql.among("k.serial_key", list(dict.fromkeys(row[1] for row in marks)))
    first = sql.rows(
        # The first of each key, found by one step into the index however many jobs are parked behind it.
        "SELECT p.channel, p.priority, p.job_id, p.serial_key, p.attempt, p.crashes, "
        "r.priority, r.job_id, r.channel, r.attempt, r.crashes FROM "
        f"(SELECT DISTINCT k.serial_key FROM job_parked k WHERE {among}) AS f JOIN job_parked p "
        "ON p.serial_key = f.serial_key AND (p.priority, p.job_id) = (SELECT h.priority, h.job_id "
        "FROM job_parked h WHERE h.serial_key = f.serial_key ORDER BY h.priority, h.job_id LIMIT 1) "
        "LEFT JOIN job_ready r ON r.serial_key = f.serial_key "
        "WHERE NOT EXISTS (SELECT 1 FROM job_lease l WHERE l.serial_key = f.serial_key) "
        "AND (r.job_id IS NULL OR (p.priority, p.job_id) < (r.priority, r.job_id))",
        keys,
    )
    overtaken = [(row[3], *row[6:]) for row in first if row[7] is not None]
    sql.each(
        "DELETE FROM job_ready WHERE channel = ? AND priority = ? AND job_id = ?",
        [(channel, priority, job_id) for _, priority, job_id, channel, _, _ in overtaken],
    )
    sql.each(
        "DELETE FROM job_parked WHERE serial_key = ? AND priority = ? AND job_id = ?",
        [(row[3], row[1], row[2]) for row in first],
    )
    sql.insert(tables.ready, [row[:6] for row in first])
    sql.insert(tables.parked, overtaken)
