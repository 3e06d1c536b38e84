"""Handing over: a lease passes from a dispatcher, which only sends a message, to who runs the job.

The dispatcher claims like a worker. Its leases stay un-begun, and are held by its own row among the workers:
when it dies they go back uncounted. Whoever gets the message makes the lease its own in one statement, for
which the token of the message must still be the lease's. So it does not matter how often a message comes, or
how late: one of them finds the lease, the others find nothing.
"""

from __future__ import annotations

from typing import NamedTuple

from isthmus.jobs.claim import Claim
from isthmus.jobs.sql import Row, Sql
from isthmus.jobs.workers import beat


class Buried(Exception):
    """Others took the worker for dead: it has to enter anew."""


class Offer(NamedTuple):
    """A lease that waits for somebody to begin it; its claim has no payload. ``stop``: it was cancelled."""

    claim: Claim
    stop: bool


_JOB = "j.uuid, j.model, j.method, j.odoo, j.channel, j.max_retries, j.timeout_s"


def offers(sql: Sql, worker_id: int) -> list[Offer]:
    """Return the leases that a dispatcher holds, in the order in which it claimed them."""
    rows = sql.rows(
        f"SELECT l.job_id, l.token, l.attempt, l.crashes, l.stop, {_JOB} FROM job_lease l "
        "JOIN job j ON j.id = l.job_id WHERE l.worker_id = ? ORDER BY l.token",
        worker_id,
    )
    return [Offer(_claim(row[:4], row[5:], ""), bool(row[4])) for row in rows]


def adopt(sql: Sql, job_id: int, token: int, worker_id: int, own: int, now: int) -> Claim | None:
    """Make an un-begun lease the worker's own, with the token ``own``, and begin it.

    None: the message is a double or stale, or the job was cancelled. Raises Buried when the worker was taken
    for dead; it cannot be from here to the end of the transaction.
    """
    if not beat(sql, worker_id, now):
        raise Buried
    lease = sql.row(
        "UPDATE job_lease SET worker_id = ?, token = ?, begun_at = ? WHERE job_id = ? AND token = ? "
        "AND begun_at IS NULL AND NOT stop RETURNING job_id, token, attempt, crashes",
        worker_id, own, now, job_id, token,
    )  # fmt: skip
    if lease is None:
        return None
    job = sql.rows(f"SELECT {_JOB}, j.payload FROM job j WHERE j.id = ?", job_id)[0]
    return _claim(lease, job[:-1], job[-1])


def _claim(lease: Row, job: Row, payload: str) -> Claim:
    job_id, token, attempt, crashes = lease
    uuid, model, method, odoo, channel, max_retries, timeout_s = job
    return Claim(
        id=job_id, uuid=uuid, model=model, method=method, payload=payload, odoo=odoo, channel=channel,
        attempt=attempt, max_retries=max_retries, crashes=crashes, timeout_s=timeout_s, token=token,
    )  # fmt: skip
