"""The end of an attempt. Only the holder of a lease's token may bring it about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from isthmus.errors import ConcurrentWriteError
from isthmus.jobs import tables
from isthmus.jobs.claim import Ack, Failure
from isthmus.jobs.edges import finish_parents, forget_identities, record
from isthmus.jobs.placement import Place, free, place
from isthmus.jobs.sql import Row, Sql, array, spelled

#: Results and error texts longer than this are cut: a job table is no place for documents.
LONGEST = 65_536

_NOTHING = Failure("", "", "")


class Held(NamedTuple):
    """A lease that was still held at its end. ``stop``: its job was cancelled meanwhile."""

    token: int
    job_id: int
    serial_key: str | None
    identity: str | None
    stop: bool


class End(NamedTuple):
    """An end that counts: what was reported of a lease, and the lease."""

    ack: Ack
    held: Held


def settle(sql: Sql, acks: Sequence[Ack], now: int) -> set[int]:
    """Write what became of claimed jobs; return the tokens of the leases that were lost.

    A lost lease means that somebody else has the job, or decided about it: nothing is written for it. Of two
    reports of one lease the first counts.
    """
    told = {ack.claim.token: ack for ack in reversed(acks)}
    # In one order for all, so that two who lock several leases never wait for each other.
    once = sorted(told.values(), key=lambda ack: ack.claim.id)
    end = _end_postgresql if sql.is_postgresql else _end_sqlite
    ends = [End(told[held.token], held) for held in end(sql, once, now)]
    again = [one for one in ends if not one.ack.result.is_final]
    cancelled = [one for one in again if one.held.stop]
    _cancel(sql, cancelled, now)
    _put_back(sql, [one for one in again if not one.held.stop], now)
    _free_keys(sql, ends)
    over = [*(one for one in ends if one.ack.result.is_final), *cancelled]
    forget_identities(sql, [(name, one.held.job_id) for one in over if (name := one.held.identity)])
    finish_parents(sql, {one.held.job_id: _state(one) for one in over}, now)
    return told.keys() - {one.held.token for one in ends}


def _state(end: End) -> str:
    return end.ack.result.kind if end.ack.result.is_final else "cancelled"


def _free_keys(sql: Sql, ends: Sequence[End]) -> None:
    """Look at keys again. A job that was released kept its own: it is ready with it."""
    free(
        sql,
        [
            key
            for ack, held in ends
            if (key := held.serial_key) is not None and (ack.result.kind != "release" or held.stop)
        ],
    )


_OUTCOME = tuple(column.name for column in tables.outcome.columns)


def _end_sqlite(sql: Sql, acks: Sequence[Ack], now: int) -> list[Held]:
    # Tokens are unique, so that a lease whose id and token are both among ours is ours.
    by_id, ids = sql.among("job_id", [ack.claim.id for ack in acks])
    by_token, tokens = sql.among("token", [ack.claim.token for ack in acks])
    rows = sql.rows(
        f"DELETE FROM job_lease WHERE {by_id} AND {by_token} "
        "RETURNING token, job_id, serial_key, identity, stop",
        ids, tokens,
    )  # fmt: skip
    held = {row[0] for row in rows}
    sql.insert(
        tables.outcome,
        [_outcome(ack, now) for ack in acks if ack.result.is_final and ack.claim.token in held],
        ignore=True,
    )
    return list(map(Held._make, rows))


_KINDS = ("bigint", "text", "text", "bigint", "bigint", "bigint", "bigint", "text", "text", "text", "text")
_ARRAYS = ", ".join(f"CAST(? AS {kind}[])" for kind in ("bigint", *_KINDS))

#: Whoever has ended leases is about to commit. A process that is stopped before it does is to hold up the
#: others for a few seconds only.
_END_POSTGRESQL = (
    f"WITH d AS (DELETE FROM job_lease l USING unnest({_ARRAYS}) AS a(token, {', '.join(_OUTCOME)}) "
    "WHERE l.job_id = a.job_id AND l.token = a.token RETURNING l.serial_key, l.identity, l.stop, a.*), "
    f"o AS (INSERT INTO job_outcome ({', '.join(_OUTCOME)}) SELECT {', '.join(_OUTCOME)} FROM d "
    "WHERE state IN ('done', 'failed', 'cancelled') ON CONFLICT DO NOTHING) "
    "SELECT d.token, d.job_id, d.serial_key, d.identity, d.stop, "
    "set_config('idle_in_transaction_session_timeout', '5000', true) FROM d"
)


def _done_statement(condition: str, answer: str) -> str:
    return (
        "WITH d AS (DELETE FROM job_lease l USING unnest(CAST(? AS bigint[]), CAST(? AS bigint[]), "
        "CAST(? AS bigint[]), CAST(? AS bigint[]), CAST(? AS text[])) "
        f"AS a(token, job_id, began_at, ended_at, result) {condition} "
        "RETURNING l.serial_key, l.identity, l.stop, l.channel, l.attempt, l.worker_id, a.*), "
        "o AS (INSERT INTO job_outcome "
        "(job_id, state, channel, attempt, worker_id, began_at, ended_at, result) "
        "SELECT job_id, 'done', channel, attempt, worker_id, began_at, ended_at, result FROM d) "
        f"SELECT {answer} FROM d"
    )


#: The same for attempts that all succeeded, which is what most reports are: half as much is sent.
_DONE_POSTGRESQL = _done_statement(
    "WHERE l.job_id = a.job_id AND l.token = a.token",
    "d.token, d.job_id, d.serial_key, d.identity, d.stop, "
    "set_config('idle_in_transaction_session_timeout', '5000', true)",
)


#: The same, in a transaction of its own, for those whose end concerns nobody else.
_DONE_ALONE = _done_statement(
    "WHERE l.serial_key IS NULL AND l.identity IS NULL "
    "AND NOT EXISTS (SELECT 1 FROM job_edge e WHERE e.parent_id = l.job_id AND e.open) "
    "AND l.job_id = a.job_id AND l.token = a.token", "d.token",
)  # fmt: skip


def settle_plain(sql: Sql, acks: Sequence[Ack], now: int) -> Sequence[Ack]:
    """Write those successes for which nobody waits, no key is held and no twin was refused; return the rest.

    Most reports are of that kind, and one statement is all of their transaction. Nothing is done on SQLite,
    where a transaction asks nobody.
    """
    if not sql.is_postgresql or any(ack.result.kind != "done" for ack in acks):
        return acks
    columns = map(array, zip(*(_done_row(ack, now) for ack in acks), strict=True))
    rows = sql.transaction.alone(spelled(_DONE_ALONE, True), tuple(columns)).fetchall()
    written = {token for (token,) in rows}
    return [ack for ack in acks if ack.claim.token not in written]


def _done_row(ack: Ack, now: int) -> Row:
    return ack.claim.token, ack.claim.id, ack.began, ack.ended or now, kept_json(ack.result.value)


def _end_postgresql(sql: Sql, acks: Sequence[Ack], now: int) -> list[Held]:
    if all(ack.result.kind == "done" for ack in acks):
        statement = _DONE_POSTGRESQL
        rows = [_done_row(ack, now) for ack in acks]
    else:
        statement = _END_POSTGRESQL
        rows = [(ack.claim.token, *_outcome(ack, now)) for ack in acks]
    columns = zip(*rows, strict=True)
    return [Held._make(row[:-1]) for row in sql.rows(statement, *map(array, columns))]


def _outcome(ack: Ack, now: int) -> Row:
    claim, result = ack.claim, ack.result
    failure = result.failure or _NOTHING
    return (
        claim.id, result.kind, claim.channel, claim.attempt, claim.token >> 32, ack.began, ack.ended or now,
        kept_json(result.value), kept(failure.name) or None, kept(failure.message) or None,
        kept(failure.trace) or None,
    )  # fmt: skip


def kept(text: str | None) -> str | None:
    """Return a text as it can be kept: its middle left out when it is too long, and what no database takes as
    text (NUL, halves of characters) spelled out.
    """
    if text is None:
        return None
    if len(text) > LONGEST:
        half = LONGEST // 2
        left_out = len(text) - 2 * half
        text = f"{text[:half]} … {left_out} characters left out … {text[-half:]}"
    return text.replace("\0", "\\x00").encode("utf-8", "backslashreplace").decode()


def kept_json(value: str | None) -> str | None:
    """Return JSON as it can be kept: a string with its beginning and end when it is too long."""
    if value is None or len(value) <= LONGEST:
        return value
    return msgspec.json.encode(kept(value)).decode()


def _cancel(sql: Sql, ends: Sequence[End], now: int) -> None:
    """End jobs for good that would have been tried again, had nobody cancelled them meanwhile."""
    jobs = [(one.held.job_id, one.ack.claim.channel) for one in ends]
    record(sql, jobs, "cancelled", "Cancelled while a worker had it.", now)


def _put_back(sql: Sql, ends: Sequence[End], now: int) -> None:
    """Let jobs run again: later, with the attempt counted; or, where it never began, as if not claimed."""
    if not ends:
        return
    condition, ids = sql.among("id", [one.held.job_id for one in ends])
    priorities: dict[int, int] = dict(sql.rows(f"SELECT id, priority FROM job WHERE {condition}", ids))
    for one in ends:
        if one.held.identity:
            take_identity_back(sql, one.held.identity, one.held.job_id)
    # The key of a job that was not begun was its own until now, so that it may stay at the front of it.
    front, others = list[End](), list[End]()
    for one in ends:
        stays = one.ack.result.kind == "release" and one.held.serial_key is not None
        (front if stays else others).append(one)
    sql.insert(
        tables.ready,
        [
            (
                ack.claim.channel, priorities[held.job_id], held.job_id, held.serial_key,
                ack.claim.attempt - 1, ack.claim.crashes,
            )
            for ack, held in front
        ],
    )  # fmt: skip
    place(sql, [_again(one, priorities, now) for one in others], now)


def _again(end: End, priorities: Mapping[int, int], now: int) -> Place:
    claim, result = end.ack.claim, end.ack.result
    is_retry = result.kind == "retry"
    return Place(
        end.held.job_id, claim.channel, priorities[end.held.job_id], end.held.serial_key,
        now + int(result.after_s * 1_000_000) if is_retry else None,
        claim.attempt if is_retry and result.counts else claim.attempt - 1, claim.crashes,
        kept(result.failure.message) if result.failure else None,
    )  # fmt: skip


def take_identity_back(sql: Sql, identity: str, job_id: int) -> None:
    """Refuse twins of a job that waits again, for as long as it asked; unless one was let in meanwhile.

    A twin in a transaction that is still open counts as let in: that one may last, and is not waited for.
    """
    if not sql.is_postgresql:
        sql.run(_TAKE_BACK, job_id)
        return
    try:
        with sql.transaction.savepoint():
            sql.run(f"SET LOCAL lock_timeout = {PATIENCE_MS}")
            sql.run(_TAKE_BACK, job_id)
            sql.run("SET LOCAL lock_timeout TO DEFAULT")
    except ConcurrentWriteError:
        return


#: How long the end of a job waits for the transaction of somebody else who enqueues its twin.
PATIENCE_MS = 50

_TAKE_BACK = (
    "INSERT INTO job_identity (identity, job_id, until, expires_at) "
    "SELECT identity, id, identity_until, NULL FROM job "
    "WHERE id = ? AND identity_until IN ('started', 'finished') ON CONFLICT DO NOTHING"
)
