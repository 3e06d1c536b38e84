"""Taking: ready jobs become the leases of a worker."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence

from isthmus.jobs import tables
from isthmus.jobs.admission import Ready
from isthmus.jobs.claim import Claim
from isthmus.jobs.edges import forget_identities
from isthmus.jobs.sql import Row, Sql, array

_JOB = "j.id, j.uuid, j.model, j.method, j.payload, j.odoo, j.channel, j.max_retries, j.timeout_s, j.identity"

_BOUNDED = (
    "SELECT channel, priority, job_id FROM job_ready WHERE channel = {0} ORDER BY channel, priority, job_id"
)

#: Leaves ``job_ready``, enters ``job_lease``, and gives the jobs, in one statement.
_TAKE_POSTGRESQL = (
    "WITH x AS ({0}), d AS (DELETE FROM job_ready r USING x WHERE r.channel = x.channel "
    "AND r.priority = x.priority AND r.job_id = x.job_id "
    "RETURNING r.job_id, r.serial_key, r.attempt, r.crashes, x.token), "
    f"j AS (SELECT {_JOB}, d.serial_key, d.attempt, d.crashes, d.token FROM d "
    "JOIN job j ON j.id = d.job_id), "
    "l AS (INSERT INTO job_lease (job_id, worker_id, token, channel, serial_key, identity, attempt, "
    "crashes, claimed_at, stop) SELECT id, CAST(? AS bigint), token, channel, serial_key, identity, "
    "attempt + 1, crashes, CAST(? AS bigint), FALSE FROM j) SELECT * FROM j"
)
_CHOSEN_POSTGRESQL = _TAKE_POSTGRESQL.format(
    "SELECT * FROM unnest(CAST(? AS text[]), CAST(? AS bigint[]), CAST(? AS bigint[]), "
    "CAST(? AS bigint[])) AS c(channel, priority, job_id, token)"
)
_FIRST_POSTGRESQL = _TAKE_POSTGRESQL.format(
    "SELECT h.*, CAST(? AS bigint) + row_number() OVER () AS token FROM (SELECT r.* "
    f"FROM unnest(CAST(? AS text[])) AS c(name) CROSS JOIN LATERAL ({_BOUNDED.format('c.name')} "
    "LIMIT CAST(? AS bigint)) r "
    "ORDER BY r.priority, r.job_id LIMIT CAST(? AS bigint)) h"
)


class Taking:
    """One claim's way of turning ready jobs into leases. ``counter`` numbers the worker's leases."""

    def __init__(self, sql: Sql, worker_id: int, now: int, counter: Callable[[], int]) -> None:
        self.sql = sql
        self._worker = worker_id
        self._now = now
        self._counter = counter

    def heads(self, bounds: Mapping[str, int]) -> list[Row]:
        """Return (priority, id, channel) of the first ready jobs of channels, at most so many of each."""
        if self.sql.is_postgresql:
            return self.sql.rows(
                "SELECT r.priority, r.job_id, r.channel FROM unnest(CAST(? AS text[]), CAST(? AS bigint[])) "
                f"AS c(name, bound) CROSS JOIN LATERAL ({_BOUNDED.format('c.name')} LIMIT c.bound) r",
                array(bounds), array(bounds.values()),
            )  # fmt: skip
        statement = (
            "SELECT priority, job_id, channel FROM job_ready WHERE channel = ? "
            "ORDER BY priority, job_id LIMIT ?"
        )
        return list(itertools.chain.from_iterable(self.sql.rows(statement, *one) for one in bounds.items()))

    def first(self, channels: Sequence[str], want: int) -> list[Claim]:
        """Take the first jobs of channels for which nothing is limited."""
        if not self.sql.is_postgresql:
            heads = sorted(map(Ready._make, self.heads(dict.fromkeys(channels, want))))
            return self.chosen(heads[:want])
        base = self._token()
        rows = self.sql.rows(_FIRST_POSTGRESQL, base, array(channels), want, want, self._worker, self._now)
        for _ in rows:
            self._counter()
        return self._claims(rows)

    def chosen(self, jobs: Sequence[Ready]) -> list[Claim]:
        """Take these jobs, best first."""
        if not jobs:
            return []
        if self.sql.is_postgresql:
            columns = (
                array(job.channel for job in jobs), array(job.priority for job in jobs),
                array(job.job_id for job in jobs), array(self._token() for _ in jobs),
            )  # fmt: skip
            return self._claims(self.sql.rows(_CHOSEN_POSTGRESQL, *columns, self._worker, self._now))
        return self._claims(self._take_sqlite(jobs))

    def _token(self) -> int:
        """Return a new token: whose it is, and the how manieth of that worker."""
        return self._worker << 32 | self._counter()

    def _take_sqlite(self, jobs: Sequence[Ready]) -> list[Row]:
        condition, ids = self.sql.among("j.id", [job.job_id for job in jobs])
        found = self.sql.rows(
            f"SELECT {_JOB}, r.serial_key, r.attempt, r.crashes FROM job j JOIN job_ready r "
            f"ON r.channel = j.channel AND r.priority = j.priority AND r.job_id = j.id WHERE {condition}",
            ids,
        )
        by_id = {row[0]: row for row in found}
        rows = [(*by_id[job.job_id], self._token()) for job in jobs if job.job_id in by_id]
        self.sql.each(
            "DELETE FROM job_ready WHERE channel = ? AND priority = ? AND job_id = ?",
            [(job.channel, job.priority, job.job_id) for job in jobs],
        )
        self.sql.insert(
            tables.lease,
            [
                (row[0], self._worker, row[13], row[6], row[10], row[9], row[11] + 1, row[12], self._now,
                 None, False, None)
                for row in rows
            ],
        )  # fmt: skip
        return rows

    def _claims(self, rows: Sequence[Row]) -> list[Claim]:
        """Return the claims, in the order in which the jobs are to run, and let twins of theirs in."""
        forget_identities(self.sql, [(row[9], row[0]) for row in rows if row[9]], "started")
        return [_claim(row) for row in sorted(rows, key=lambda row: row[13])]


def _claim(row: Row) -> Claim:
    return Claim(
        id=row[0], uuid=row[1], model=row[2], method=row[3], payload=row[4], odoo=row[5], channel=row[6],
        max_retries=row[7], timeout_s=row[8], attempt=row[11] + 1, crashes=row[12], token=row[13],
    )  # fmt: skip


def leased(sql: Sql, worker_id: int) -> list[Claim]:
    """Return what a worker has according to the tables."""
    rows = sql.rows(
        f"SELECT {_JOB}, l.serial_key, l.attempt - 1, l.crashes, l.token FROM job_lease l "
        "JOIN job j ON j.id = l.job_id WHERE l.worker_id = ?",
        worker_id,
    )
    return list(map(_claim, rows))
