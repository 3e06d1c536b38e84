"""The ticks of cron: each is one row, so that of all machines one enqueues its job."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from isthmus.jobs import tables
from isthmus.jobs.moment import from_datetime, to_datetime
from isthmus.jobs.schedule import Schedule
from isthmus.jobs.sql import Sql


class CronState(msgspec.Struct, frozen=True, kw_only=True):
    """What the database knows of a cron: since when it counts, its last tick (µs since 1970), its last
    job.
    """

    name: str
    paused: bool
    since: int
    last: int | None = None
    job_uuid: str | None = None


def states(sql: Sql, names: Iterable[str], now: int) -> dict[str, CronState]:
    """Return what is known of crons, by name; one that is new counts from now on."""
    wanted = sorted(set(names))
    sql.insert(tables.cron, [(name, False, now) for name in wanted], ignore=True)
    rows = sql.rows(
        "SELECT c.name, c.paused, c.first_seen_at, t.due_at, t.job_uuid FROM job_cron c LEFT JOIN job_tick t "
        "ON t.name = c.name AND t.due_at = (SELECT max(l.due_at) FROM job_tick l WHERE l.name = c.name)"
    )
    found = {
        name: CronState(name=name, paused=bool(paused), since=since, last=last, job_uuid=uuid)
        for name, paused, since, last, uuid in rows
    }
    return {name: found[name] for name in wanted}


def due_tick(schedule: Schedule, state: CronState, now: int) -> int | None:
    """Return the tick that is to happen now, None when there is none.

    Of ticks that were missed while no worker ran, the last one is made up for.
    """
    if state.paused:
        return None
    tick = from_datetime(schedule.last_before(to_datetime(now)))
    return tick if tick > max(state.since, state.last or 0) else None


def next_tick(schedule: Schedule, now: int) -> int:
    """Return when the next tick is."""
    return from_datetime(schedule.next_after(to_datetime(now)))


def take_tick(sql: Sql, name: str, due_at: int, job_uuid: str | None) -> bool:
    """Make a tick one's own; False when another machine has it."""
    return bool(
        sql.run(
            "INSERT INTO job_tick (name, due_at, job_uuid) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            name, due_at, job_uuid,
        )
    )  # fmt: skip


def pause(sql: Sql, name: str, paused: bool, now: int) -> None:
    """Pause a cron, or let it go on: what it missed while it was paused is not made up for."""
    sql.run("UPDATE job_cron SET paused = ?, first_seen_at = ? WHERE name = ?", paused, now, name)
