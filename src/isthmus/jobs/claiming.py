"""Claiming: under one mutex, see what is due, decide who may start, and make the leases.

Claims come one after the other, whoever makes them, so that limits hold on all machines together and nothing
is counted that another claim changes meanwhile. One claim takes many jobs and lasts a millisecond or two; on
PostgreSQL it does not wait for the disk (a claim that a crash of the server forgets is made again, and the
first claimer's token is refused then).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from isthmus.jobs.admission import Ready, Situation, admit, is_within, room, throttled_until
from isthmus.jobs.attachment import look_again
from isthmus.jobs.channel import Channel
from isthmus.jobs.claim import Claim, Claimed
from isthmus.jobs.placement import stage
from isthmus.jobs.sql import Row, Sql
from isthmus.jobs.taking import Taking

#: The mutex as a PostgreSQL advisory lock ("isthmus" as a number, and one more).
MUTEX = int.from_bytes(b"isthmus", "big") + 1

#: What a claimer's connection to PostgreSQL is set to. A process that is stopped in the middle of a claim
#: must not hold the mutex for long; plans that read a whole table would be wrong once many jobs wait.
SETTINGS = (
    "SET idle_in_transaction_session_timeout = 5000",
    "SET enable_seqscan = off",
    "SET enable_hashjoin = off",
    "SET enable_mergejoin = off",
    "SET jit = off",
    "SET plan_cache_mode = force_generic_plan",
)


def take_mutex(sql: Sql, *, is_durable: bool = True) -> None:
    """Become the only one who claims or handles jobs until the end of the transaction."""
    if not sql.is_postgresql:
        sql.transaction.lock()
    elif is_durable:
        sql.rows("SELECT pg_advisory_xact_lock(?)", MUTEX)
    else:
        sql.rows("SELECT pg_advisory_xact_lock(?), set_config('synchronous_commit', 'off', true)", MUTEX)


#: What a claim must know first, in one look: the channels with ready jobs (a step from one to the next
#: through the index, however many jobs each has; the last row has none), and whether anything else is to be
#: done.
_SIGNS = (
    "WITH RECURSIVE c(name) AS (SELECT (SELECT r.channel FROM job_ready r ORDER BY r.channel LIMIT 1) "
    "UNION ALL SELECT (SELECT r.channel FROM job_ready r WHERE r.channel > c.name "
    "ORDER BY r.channel LIMIT 1) FROM c WHERE c.name IS NOT NULL) "
    "SELECT c.name, (SELECT min(run_at) FROM job_scheduled), EXISTS (SELECT 1 FROM job_freed), "
    "EXISTS (SELECT 1 FROM job_attached), EXISTS (SELECT 1 FROM job_channel), "
    "EXISTS (SELECT 1 FROM job_worker WHERE id = ?) FROM c"
)
CHANNELS = "SELECT name, capacity, sequential, throttle_s, paused, next_at FROM job_channel"


def claim(
    sql: Sql, worker_id: int, want: int, now: int, counter: Callable[[], int], only: Sequence[str] = ()
) -> Claimed:
    """Claim at most ``want`` jobs (of the channels ``only`` and those below them; none: of all), best first.

    A worker that was taken for dead gets nothing. The mutex must be held.
    """
    rows = sql.rows(_SIGNS, worker_id)
    _, next_due, freed, attached, has_channels, lives = rows[0]
    if not lives:
        return Claimed([], lives=False)
    is_due = next_due is not None and next_due <= now
    if attached:
        look_again(sql, now)
    if is_due or freed or attached:
        stage(sql, now)
        rows = sql.rows(_SIGNS, worker_id)
        next_due = rows[0][1]
    names = [row[0] for row in rows if row[0] is not None]
    if only:
        names = [name for name in names if any(is_within(name, one) for one in only)]
    if not names:
        return Claimed([], next_due)
    take = Taking(sql, worker_id, now, counter)
    situation = look(sql, now) if has_channels else NO_LIMITS
    if not situation.channels:
        return Claimed(take.first(names, want), next_due)
    ends = [at for at in (_throttle_end(situation, names), next_due) if at is not None]
    return Claimed(_admitted(take, situation, names, want), min(ends, default=None))


def _admitted(take: Taking, situation: Situation, names: Sequence[str], want: int) -> list[Claim]:
    """Claim what the limits admit."""
    used = situation.used()
    bounds = {name: bound for name in names if (bound := room(situation, name, want, used))}
    if not bounds:
        return []
    admitted = admit(map(Ready._make, take.heads(bounds)), situation, want)
    take.sql.each(
        "UPDATE job_channel SET next_at = ? WHERE name = ?",
        [(at, name) for name, at in admitted.next_at.items()],
    )
    return take.chosen(admitted.jobs)


NO_LIMITS = Situation({}, {}, 0)


def look(sql: Sql, now: int) -> Situation:
    """Return what admission depends on."""
    channels = {row[0]: channel_of(row) for row in sql.rows(CHANNELS)}
    if not any(one.limits for one in channels.values()):
        return NO_LIMITS
    running: dict[str, int] = dict(sql.rows("SELECT channel, count(*) FROM job_lease GROUP BY channel"))
    failed: set[str] = set()
    ahead: dict[str, tuple[int, int]] = {}
    for name in [one.name for one in channels.values() if one.sequential]:
        subtree = ("(channel = ? OR (channel > ? AND channel < ?))", name, f"{name}.", f"{name}/")
        failed |= _first_failed(sql, *subtree)
        ahead |= _first_later(sql, *subtree)
    return Situation(channels, running, now, frozenset(failed), ahead)


def _first_failed(sql: Sql, condition: str, *names: str) -> set[str]:
    rows = sql.rows(f"SELECT channel FROM job_outcome WHERE state = 'failed' AND {condition} LIMIT 1", *names)
    return {row[0] for row in rows}


def _first_later(sql: Sql, condition: str, *names: str) -> dict[str, tuple[int, int]]:
    rows = sql.rows(
        f"SELECT channel, priority, job_id FROM job_scheduled WHERE {condition} "
        "ORDER BY priority, job_id LIMIT 1",
        *names,
    )
    return {row[0]: (row[1], row[2]) for row in rows}


def channel_of(row: Row) -> Channel:
    """Return the channel that a row describes."""
    name, capacity, sequential, throttle_s, paused, next_at = row
    return Channel(
        name=name, capacity=capacity, sequential=bool(sequential), throttle_s=throttle_s,
        paused=bool(paused), next_at=next_at,
    )  # fmt: skip


def _throttle_end(situation: Situation, names: Sequence[str]) -> int | None:
    """Return when the first of the channels with ready jobs can go on that a throttle holds."""
    steps = {step.name: step for name in names for step in situation.steps(name) if not step.paused}
    ends = [at for step in steps.values() if (at := throttled_until(step, situation.now)) is not None]
    return min(ends, default=None)
