"""What a person may do to a job: retry, cancel, set done. Always under the claims' mutex."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from isthmus.jobs.edges import finish_parents, forget_identities, record
from isthmus.jobs.placement import Place, place
from isthmus.jobs.settlement import take_identity_back
from isthmus.jobs.sql import Sql
from isthmus.jobs.state import State
from isthmus.jobs.whereabouts import Whereabouts, find_by_id, find_firmly, remove


class Handled(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a wish about a job. ``refused`` says why nothing was done; ``note`` what follows."""

    uuid: str
    before: State
    after: State
    refused: str | None = None
    note: str | None = None


def retry(sql: Sql, uuids: Sequence[str], now: int, *, force: bool = False) -> list[Handled]:
    """Let jobs run again from their first attempt, now.

    One that waits for parents is left alone. One that is running is refused, unless ``force``: then the run
    under way may finish, but its result is refused and its own database work rolled back.
    """
    return [_retry(sql, job, now, force) for job in _found(sql, uuids)]


def _retry(sql: Sql, job: Whereabouts, now: int, force: bool) -> Handled:
    before = _state(job)
    if job.table == "wait":
        return _refused(job, "it waits for other jobs")
    if job.table == "lease" and not force:
        return _refused(job, "it is running; with force it is taken from its worker")
    remove(sql, job)
    missing = sql.rows("SELECT count(*) FROM job_edge WHERE child_id = ? AND open", job.id)[0][0]
    if job.identity:
        take_identity_back(sql, job.identity, job.id)
    if missing:
        sql.run("INSERT INTO job_wait (job_id, missing, run_at) VALUES (?, ?, NULL)", job.id, missing)
        return Handled(uuid=job.uuid, before=before, after=State.WAIT_DEPENDENCIES)
    place(sql, [Place(job.id, job.channel, job.priority, job.serial_key)], now)
    return Handled(uuid=job.uuid, before=before, after=State.PENDING)


def cancel(sql: Sql, uuids: Sequence[str], who: str, now: int) -> list[Handled]:
    """Cancel jobs, and with them those that wait for nothing but cancelled ones.

    One that is running is told to stop, and is cancelled when it does. What is done stays done.
    """
    return [_cancel(sql, job, who, now) for job in _found(sql, uuids)]


def _cancel(sql: Sql, job: Whereabouts, who: str, now: int) -> Handled:
    before = _state(job)
    if before in (State.DONE, State.CANCELLED):
        return _refused(job, f"it is {before} already")
    if job.table == "lease":
        sql.run("UPDATE job_lease SET stop = TRUE WHERE job_id = ?", job.id)
        return Handled(uuid=job.uuid, before=before, after=before, note="it is told to stop")
    _end(sql, job, State.CANCELLED, f"Cancelled by {who}.", now)
    return Handled(uuid=job.uuid, before=before, after=State.CANCELLED)


def set_done(sql: Sql, uuids: Sequence[str], who: str, now: int) -> list[Handled]:
    """Set jobs to done without running them, and let go on what waits for them.

    One that is running is taken from its worker, whose result is refused then.
    """
    return [_set_done(sql, job, who, now) for job in _found(sql, uuids)]


def _set_done(sql: Sql, job: Whereabouts, who: str, now: int) -> Handled:
    before = _state(job)
    if before == State.DONE:
        return _refused(job, "it is done already")
    _end(sql, job, State.DONE, f"Manually set to done by {who}.", now)
    return Handled(uuid=job.uuid, before=before, after=State.DONE)


# --- steps ---------------------------------------------------------------------------------------------


def _found(sql: Sql, uuids: Sequence[str]) -> Iterator[Whereabouts]:
    """Yield where each job is when its turn comes: what became of one may have moved its children."""
    for job in find_firmly(sql, uuids):
        yield find_by_id(sql, [job.id])[0] if job.table == "wait" else job


def _state(job: Whereabouts) -> State:
    return job.state or State.PENDING


def _refused(job: Whereabouts, reason: str) -> Handled:
    state = _state(job)
    return Handled(uuid=job.uuid, before=state, after=state, refused=reason)


def _end(sql: Sql, job: Whereabouts, state: State, reason: str, now: int) -> None:
    remove(sql, job)
    record(sql, [(job.id, job.channel)], state.value, reason, now)
    if job.identity:
        forget_identities(sql, [(job.identity, job.id)])
    finish_parents(sql, {job.id: state.value}, now)
