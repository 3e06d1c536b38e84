"""The tables of the job queue.

A job's row never changes. Where the job stands is which *one* of six narrow tables names it::

    job_wait ──parents done──▶ job_scheduled ──due──▶ job_parked ──key free──▶ job_ready
    (dependencies)             (not due yet)          (its key is busy)            │ claim
                                      ▲                                            ▼
                                      └── retry, requeue, worker death ── job_lease ──▶ job_outcome

Every claim reads ``job_ready`` from its left edge, whose size is that of the work that can start now: neither
finished jobs nor those that wait cost a claim anything. Times are whole microseconds since 1970, UTC.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

metadata = sa.MetaData()

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")

#: For tables whose rows come and go: PostgreSQL is to clean up after a number of dead rows, not a share.
_BUSY = {
    "autovacuum_vacuum_scale_factor": 0.0,
    "autovacuum_vacuum_threshold": 1000,
    "autovacuum_vacuum_cost_delay": 0,
}


def _table(name: str, *columns: Any, busy: bool = False, rowid: bool = False) -> sa.Table:
    options = dict(_BUSY) if busy else {}
    return sa.Table(name, metadata, *columns, sqlite_with_rowid=rowid, postgresql_with=options)


def _id(name: str = "job_id") -> sa.Column[int]:
    return sa.Column(name, WHOLE, primary_key=True, autoincrement=False)


def _key(name: str) -> sa.Column[str]:
    return sa.Column(name, TEXT, primary_key=True)


def _text(name: str, *, required: bool = False) -> sa.Column[str]:
    return sa.Column(name, TEXT, nullable=not required)


def _whole(name: str, *, required: bool = False) -> sa.Column[int]:
    return sa.Column(name, WHOLE, nullable=not required)


#: SQLite gives a new job the id after the highest one, and none is given twice, since retention leaves the
#: newest job where it is. AUTOINCREMENT would write the number down, for each job in a page more.
job = sa.Table(
    "job",
    metadata,
    sa.Column("id", WHOLE, sa.Identity(always=False), primary_key=True),
    _text("uuid", required=True),
    _text("model", required=True),
    _text("method", required=True),
    _text("payload", required=True),
    _text("odoo"),
    _text("channel", required=True),
    _whole("priority", required=True),
    _whole("max_retries", required=True),
    _text("description"),
    _text("identity"),
    _text("identity_until"),
    sa.Column("identity_s", sa.Double()),
    _text("serial_key"),
    sa.Column("timeout_s", sa.Double()),
    _text("graph"),
    _whole("created_at", required=True),
)
sa.Index("job_uuid_uniq", job.c.uuid, unique=True)
sa.Index(
    "job_graph_index",
    job.c.graph,
    postgresql_where=job.c.graph.is_not(None),
    sqlite_where=job.c.graph.is_not(None),
)

wait = _table("job_wait", _id(), _whole("missing", required=True), _whole("run_at"))

edge = _table(
    "job_edge",
    _id("parent_id"),
    _id("child_id"),
    _text("on_failure", required=True),
    sa.Column("open", sa.Boolean(), nullable=False),
)
sa.Index("job_edge_child_index", edge.c.child_id)

#: Jobs that were given a parent, where one of the two was stored before: the next claim is to see to them.
attached = sa.Table(
    "job_attached",
    metadata,
    sa.Column("id", WHOLE, sa.Identity(always=False), primary_key=True),
    _whole("job_id", required=True),
)

scheduled = _table(
    "job_scheduled",
    _id(),
    _whole("run_at", required=True),
    _text("channel", required=True),
    _whole("priority", required=True),
    _whole("attempt", required=True),
    _whole("crashes", required=True),
    _text("reason"),
    busy=True,
)
sa.Index("job_scheduled_due_index", scheduled.c.run_at)
sa.Index("job_scheduled_channel_index", scheduled.c.channel, scheduled.c.priority, scheduled.c.job_id)

parked = _table(
    "job_parked",
    _key("serial_key"),
    sa.Column("priority", WHOLE, primary_key=True, autoincrement=False),
    _id(),
    _text("channel", required=True),
    _whole("attempt", required=True),
    _whole("crashes", required=True),
    busy=True,
)
sa.Index("job_parked_job_index", parked.c.job_id)

#: Keys at which the next claim is to look again, because a job of theirs came or ended.
freed = sa.Table(
    "job_freed",
    metadata,
    sa.Column("id", WHOLE, sa.Identity(always=False), primary_key=True),
    _text("serial_key", required=True),
    postgresql_with=_BUSY,
)

ready = _table(
    "job_ready",
    _key("channel"),
    sa.Column("priority", WHOLE, primary_key=True, autoincrement=False),
    _id(),
    _text("serial_key"),
    _whole("attempt", required=True),
    _whole("crashes", required=True),
    busy=True,
)

lease = _table(
    "job_lease",
    _id(),
    _whole("worker_id", required=True),
    _whole("token", required=True),
    _text("channel", required=True),
    _text("serial_key"),
    _text("identity"),
    _whole("attempt", required=True),
    _whole("crashes", required=True),
    _whole("claimed_at", required=True),
    _whole("begun_at"),
    sa.Column("stop", sa.Boolean(), nullable=False),
    _text("progress"),
    busy=True,
)

for _one in (ready, lease):
    sa.Index(
        f"{_one.name}_key_uniq",
        _one.c.serial_key,
        unique=True,
        postgresql_where=_one.c.serial_key.is_not(None),
        sqlite_where=_one.c.serial_key.is_not(None),
    )

outcome = _table(
    "job_outcome",
    _id(),
    _text("state", required=True),
    _text("channel", required=True),
    _whole("attempt", required=True),
    _whole("worker_id"),
    _whole("began_at"),
    _whole("ended_at", required=True),
    _text("result"),
    _text("error_name"),
    _text("error_message"),
    _text("error_trace"),
)
sa.Index(
    "job_outcome_failed_index",
    outcome.c.channel,
    postgresql_where=outcome.c.state == "failed",
    sqlite_where=outcome.c.state == "failed",
)

identity = _table(
    "job_identity",
    _key("identity"),
    _whole("job_id", required=True),
    _text("until", required=True),
    _whole("expires_at"),
)

channel = _table(
    "job_channel",
    _key("name"),
    _whole("capacity"),
    sa.Column("sequential", sa.Boolean(), nullable=False),
    sa.Column("throttle_s", sa.Double()),
    sa.Column("paused", sa.Boolean(), nullable=False),
    _whole("next_at"),
)

worker = sa.Table(
    "job_worker",
    metadata,
    sa.Column("id", WHOLE, sa.Identity(always=False), primary_key=True),
    _text("host", required=True),
    _text("machine", required=True),
    _whole("pid", required=True),
    _whole("port"),
    _whole("threads", required=True),
    _whole("started_at", required=True),
    _whole("beat_at", required=True),
    sa.Column("idle", sa.Boolean(), nullable=False),
    sa.Column("ttl_s", sa.Double(), nullable=False),
    _text("channels"),
    sqlite_autoincrement=True,
    postgresql_with={"fillfactor": 50, **_BUSY},
)

cron = _table(
    "job_cron",
    _key("name"),
    sa.Column("paused", sa.Boolean(), nullable=False),
    _whole("first_seen_at", required=True),
)

tick = _table("job_tick", _key("name"), _id("due_at"), _text("job_uuid"))
