"""Storing jobs inside the caller's transaction: one statement for one job, a few for any number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from isthmus.errors import JobError
from isthmus.jobs import tables
from isthmus.jobs.moment import SECOND, from_datetime
from isthmus.jobs.placement import Place, place
from isthmus.jobs.spec import Added, Edge, JobSpec
from isthmus.jobs.sql import Sql, job_row


def is_plain(spec: JobSpec, now: int) -> bool:
    """Tell whether a job is ready at once: no key, no identity, no time to wait for."""
    return not spec.serial_key and not spec.identity and (spec.eta is None or from_datetime(spec.eta) <= now)


_NAMES = [column.name for column in tables.job.columns if column.name != "id"]
_JOB = ", ".join(_NAMES)
_MARKS = ", ".join("?" * len(_NAMES))
_NULLS = ", ".join(["NULL"] * len(_NAMES))
_NEWS = ", ".join(f"new.{name}" for name in _NAMES)
_READY = "INSERT INTO job_ready (channel, priority, job_id, attempt, crashes)"


def add_one(sql: Sql, spec: JobSpec, now: int) -> None:
    """Store one plain job: the least that a durable job can cost."""
    row = job_row(0, spec, now)[1:]
    if sql.is_postgresql:
        sql.transaction.defer(_ADD_ONE_POSTGRESQL, row)
    else:
        sql.transaction.defer(_ADD_ONE_SQLITE, row, _BEFORE_SQLITE)


#: What SQLite knows no single statement for: a view that stores whatever is inserted into it in two tables.
_PLAIN = f"CREATE TEMP VIEW IF NOT EXISTS job_plain ({_JOB}) AS SELECT {_NULLS}"
_ADD_PLAIN = f"""\
CREATE TEMP TRIGGER IF NOT EXISTS job_plain_add INSTEAD OF INSERT ON job_plain BEGIN
    INSERT INTO job ({_JOB}) VALUES ({_NEWS});
    INSERT INTO job_ready (channel, priority, job_id, attempt, crashes)
    VALUES (new.channel, new.priority, last_insert_rowid(), 0, 0);
END"""
_BEFORE_SQLITE = (_PLAIN, _ADD_PLAIN)
_ADD_ONE_SQLITE = f"INSERT INTO job_plain ({_JOB}) VALUES ({_MARKS})"

#: Only a worker that sleeps is called: a NOTIFY makes commits wait for each other.
_ADD_ONE_POSTGRESQL = (
    f"WITH j AS (INSERT INTO job ({_JOB}) VALUES ({_MARKS.replace('?', '%s')}) "
    "RETURNING id, channel, priority) "
    f"{_READY} SELECT channel, priority, id, 0, 0 FROM j "
    "RETURNING CASE WHEN EXISTS (SELECT 1 FROM job_worker WHERE idle) THEN pg_notify('isthmus_jobs', '') END"
)


def add_many(sql: Sql, specs: Sequence[JobSpec], edges: Sequence[Edge], now: int) -> list[Added]:
    """Store jobs, parents first, with what they wait for; return what became of each, in order."""
    ids = dict(zip((spec.uuid for spec in specs), sql.new_job_ids(len(specs)), strict=True))
    twins = _take_identities(sql, specs, ids, now)
    new = [spec for spec in specs if spec.uuid not in twins]
    sql.insert_each(tables.job, lambda spec: job_row(ids[spec.uuid], spec, now), new)
    missing = _add_edges(sql, edges, ids, twins) if edges else {}
    waiting = [spec for spec in new if missing.get(ids[spec.uuid])]
    sql.insert(tables.wait, [(ids[spec.uuid], missing[ids[spec.uuid]], run_at(spec)) for spec in waiting])
    free = [spec for spec in new if not missing.get(ids[spec.uuid])] if waiting else new
    _place(sql, free, ids, now)
    if not twins:
        return [Added(spec.uuid, True) for spec in specs]
    return [Added(twins.get(spec.uuid, spec.uuid), spec.uuid not in twins) for spec in specs]


def _place(sql: Sql, specs: Sequence[JobSpec], ids: dict[str, int], now: int) -> None:
    """Put new jobs where they belong; those with neither time nor key, which is most, straight to the
    ready.
    """
    at_once = [spec for spec in specs if spec.eta is None and not spec.serial_key]
    _make_ready(sql, at_once, ids)
    if len(at_once) < len(specs):
        others = [spec for spec in specs if spec.eta is not None or spec.serial_key]
        places = [
            Place(ids[one.uuid], one.channel, one.priority, one.serial_key or None, run_at(one))
            for one in others
        ]
        place(sql, places, now)


def _make_ready(sql: Sql, specs: Sequence[JobSpec], ids: dict[str, int]) -> None:
    """Put stored jobs into the queue; where they are all of a range of ids, their rows need not be sent."""
    if len(specs) > 1 and ids[specs[-1].uuid] - ids[specs[0].uuid] == len(specs) - 1:
        sql.run(_READY_RANGE, ids[specs[0].uuid], ids[specs[-1].uuid])
    else:
        rows = [(spec.channel, spec.priority, ids[spec.uuid], None, 0, 0) for spec in specs]
        sql.insert(tables.ready, rows)


_READY_RANGE = f"{_READY} SELECT channel, priority, id, 0, 0 FROM job WHERE id BETWEEN ? AND ?"


def run_at(spec: JobSpec) -> int | None:
    """Return the moment before which a job does not start, None for none."""
    return None if spec.eta is None else from_datetime(spec.eta)


# --- identities ----------------------------------------------------------------------------------------


def _take_identities(sql: Sql, specs: Sequence[JobSpec], ids: dict[str, int], now: int) -> dict[str, str]:
    """Claim the identities of new jobs; return the twin's uuid for each spec that has one.

    The unique key decides, so that of two transactions that do the same at once, one waits for the other and
    then meets its job. A twin that is there is only read: claims never wait for whoever met it.
    """
    named = [spec for spec in specs if spec.identity]
    if not named:
        return {}
    uuids = {id_: uuid for uuid, id_ in ids.items()}
    twins: dict[str, str] = {}
    for spec in sorted(named, key=lambda one: str(one.identity)):  # one order for all, so no deadlock
        while (owner := _take_identity(sql, spec, ids[spec.uuid], now)) is not None:
            found = uuids.get(owner) or _uuid(sql, owner)
            if found:
                twins[spec.uuid] = found
                break
    return twins


def _take_identity(sql: Sql, spec: JobSpec, job_id: int, now: int) -> int | None:
    """Claim the identity for a job; return None, or the id of the job that has it."""
    until, expires = _term(spec, now)
    while not sql.run(
        "INSERT INTO job_identity (identity, job_id, until, expires_at) VALUES (?, ?, ?, ?) "
        "ON CONFLICT DO NOTHING",
        spec.identity, job_id, until, expires,
    ):  # fmt: skip
        held = sql.row("SELECT job_id, expires_at FROM job_identity WHERE identity = ?", spec.identity)
        if held and (held[1] is None or held[1] > now):
            return int(held[0])
        sql.run("DELETE FROM job_identity WHERE identity = ? AND expires_at <= ?", spec.identity, now)
    return None


def _uuid(sql: Sql, job_id: int) -> str | None:
    """Return a job's uuid; None, and its identities are free, when retention has removed it."""
    found = sql.row("SELECT uuid FROM job WHERE id = ?", job_id)
    if found is None:
        sql.run("DELETE FROM job_identity WHERE job_id = ?", job_id)
        return None
    return str(found[0])


def _term(spec: JobSpec, now: int) -> tuple[str, int | None]:
    if isinstance(spec.identity_until, float | int):
        return "for", now + int(spec.identity_until * SECOND)
    return spec.identity_until, None


# --- graphs --------------------------------------------------------------------------------------------


def _add_edges(sql: Sql, edges: Sequence[Edge], ids: dict[str, int], twins: dict[str, str]) -> dict[int, int]:
    """Store edges; return for each new job how many parents it waits for.

    What is stored already may change while the caller's transaction is open, unseen by both sides: a parent
    ends, a child starts. So the child is marked, and the next claim after the commit sees to it
    (:mod:`isthmus.jobs.attachment`).
    """
    wanted = list(dict.fromkeys(edge for edge in edges if edge.child not in twins))  # a twin waits already
    parents = {edge: twins.get(edge.parent, edge.parent) for edge in wanted}
    here = ids.keys() - twins.keys()
    named = {*parents.values(), *(edge.child for edge in wanted)}
    known = _stored(sql, sorted(named - here)) | {uuid: ids[uuid] for uuid in here}
    rows = {(known[parents[edge]], known[edge.child]): edge.on_failure for edge in wanted}
    marked = {known[edge.child] for edge in wanted if not {parents[edge], edge.child} <= here}
    sql.insert(
        tables.edge,
        [(parent, child, policy, True) for (parent, child), policy in rows.items()],
        ignore=not named <= here,
    )
    sql.each("INSERT INTO job_attached (job_id) VALUES (?)", [(child,) for child in sorted(marked)])
    new = set(ids.values())
    return Counter(child for _, child in rows if child in new)


def _stored(sql: Sql, uuids: Sequence[str]) -> dict[str, int]:
    """Return the ids of jobs that are stored already. Raises JobError for one that is not."""
    if not uuids:
        return {}
    condition, listed = sql.among("uuid", uuids)
    # So that retention does not remove them before the edges are there to be seen.
    statement = f"SELECT uuid, id FROM job WHERE {condition}{' FOR KEY SHARE' if sql.is_postgresql else ''}"
    known: dict[str, int] = dict(sql.rows(statement, listed))
    missing = [uuid for uuid in uuids if uuid not in known]
    if missing:
        raise JobError(
            f"a job is to wait for {missing[0]}, or to be waited for by it, which is not stored (any more)",
            hint="Jobs that are over are removed after a while; do not wait for one that long.",
        )
    return known
