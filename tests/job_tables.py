"""What must be true of the job tables at every moment, whatever was done to them."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

from isthmus.jobs.sql import Sql

#: The six tables of which exactly one names a job.
LIFECYCLE = ("wait", "scheduled", "parked", "ready", "lease", "outcome")

#: What is empty when everything is over.
PASSING = ("wait", "attached", "scheduled", "parked", "freed", "ready", "lease")


def places(sql: Sql) -> dict[str, list[str]]:
    """Return for every job, by its uuid, the tables that name it."""
    found: dict[str, list[str]] = {row[0]: [] for row in sql.rows("SELECT uuid FROM job")}
    for table in LIFECYCLE:
        statement = f"SELECT j.uuid, t.job_id FROM job_{table} t LEFT JOIN job j ON j.id = t.job_id"
        for uuid, job_id in sql.rows(statement):
            found.setdefault(uuid or f"no job {job_id}", []).append(table)
    return found


def size(sql: Sql, table: str) -> int:
    """Return how many rows a job table has."""
    return int(sql.rows(f"SELECT count(*) FROM job_{table}")[0][0])


def problems(sql: Sql) -> list[str]:
    """Return what is wrong with the tables, in sentences; empty when all is well."""
    return [*_misplaced(sql), *_wrong_copies(sql), *_wrong_keys(sql), *_wrong_edges(sql), *_wrong_names(sql)]


def _misplaced(sql: Sql) -> list[str]:
    return [f"{uuid} is in {tables}" for uuid, tables in places(sql).items() if len(tables) != 1]


def _wrong_copies(sql: Sql) -> list[str]:
    """What narrow tables repeat of a job is what its row says."""
    copied = {
        "scheduled": ("channel", "priority"),
        "parked": ("channel", "priority", "serial_key"),
        "ready": ("channel", "priority", "serial_key"),
        "lease": ("channel", "serial_key", "identity"),
        "outcome": ("channel",),
    }
    found = []
    for table, columns in copied.items():
        different = " OR ".join(f"t.{one} IS DISTINCT FROM j.{one}" for one in columns)
        if not sql.is_postgresql:
            different = different.replace("IS DISTINCT FROM", "IS NOT")
        statement = f"SELECT j.uuid FROM job_{table} t JOIN job j ON j.id = t.job_id WHERE {different}"
        found += [f"{row[0]} is described differently in {table}" for row in sql.rows(statement)]
    return found


def _wrong_keys(sql: Sql) -> list[str]:
    """Of each serial key one job at most is ready or running; if none is, the parked ones are looked at."""
    active: Counter[str] = Counter()
    for table in ("ready", "lease"):
        active.update(row[0] for row in sql.rows(f"SELECT serial_key FROM job_{table}") if row[0] is not None)
    marked = {row[0] for row in sql.rows("SELECT serial_key FROM job_freed")}
    parked = {row[0] for row in sql.rows("SELECT serial_key FROM job_parked")}
    return [
        f"{number} jobs of key {key} are ready or run" for key, number in active.items() if number > 1
    ] + [f"nobody will look at key {key} again" for key in sorted(parked - marked - active.keys())]


def _wrong_edges(sql: Sql) -> list[str]:
    """A waiting job counts its open edges, and none of them is one that its parent's end has decided."""
    outcome: dict[int, str] = dict(sql.rows("SELECT job_id, state FROM job_outcome"))
    uuids: dict[int, str] = dict(sql.rows("SELECT id, uuid FROM job"))
    attached = {row[0] for row in sql.rows("SELECT job_id FROM job_attached")}
    edges: dict[int, list[tuple[int, str]]] = defaultdict(list)
    all_parents: dict[int, list[int]] = defaultdict(list)
    for parent, child, on_failure, is_open in sql.rows(
        "SELECT parent_id, child_id, on_failure, open FROM job_edge"
    ):
        all_parents[child].append(parent)
        if is_open:
            edges[child].append((parent, on_failure))
    found = []
    for child, missing in sql.rows("SELECT job_id, missing FROM job_wait"):
        name = uuids.get(child, f"no job {child}")
        if missing != len(edges[child]) or missing <= 0:
            found.append(f"{name} counts {missing} open edges and has {len(edges[child])}")
        if child in attached:
            continue  # the next claim looks
        for parent, on_failure in edges[child]:
            state = outcome.get(parent)
            if state == "done" or (state is not None and on_failure != "wait"):
                found.append(f"{name} ({on_failure}) waits for {uuids.get(parent)}, which is {state}")
            if parent not in uuids:
                found.append(f"{name} waits for a job that is gone")
        if all(outcome.get(parent) == "cancelled" for parent in all_parents[child]):
            found.append(f"{name} waits for cancelled jobs only")
    return found


def _wrong_names(sql: Sql) -> list[str]:
    """An identity is held by a job for as long as it said, and by no other."""
    where = {uuid: tables[0] for uuid, tables in places(sql).items() if len(tables) == 1}
    jobs: dict[int, tuple[Any, ...]] = {
        row[0]: row[1:] for row in sql.rows("SELECT id, uuid, identity, identity_until FROM job")
    }
    found, held = [], set()
    for identity, job_id, until in sql.rows("SELECT identity, job_id, until FROM job_identity"):
        held.add(identity)
        if job_id not in jobs:
            if until != "for":
                found.append(f"identity {identity} is held by a job that is gone")
            continue
        uuid, own, own_until = jobs[job_id]
        if (identity, until) != (own, own_until):
            found.append(f"{uuid} holds {identity} until {until}, and asked for {own} until {own_until}")
        over = {"started": ("lease", "outcome"), "finished": ("outcome",), "for": ()}[until]
        if where.get(uuid) in over:
            found.append(f"{uuid} still holds its identity {identity}, though in {where[uuid]}")
    bearers = Counter(identity for _, identity, _ in jobs.values())
    for uuid, identity, until in jobs.values():
        if until == "started" and bearers[identity] > 1:
            continue  # a twin was let in while it ran, and held the identity when it was to wait again
        waits = where.get(uuid) in ("wait", "scheduled", "parked", "ready")
        runs = where.get(uuid) == "lease" and until == "finished"
        if identity is not None and until != "for" and (waits or runs) and identity not in held:
            found.append(f"nobody holds identity {identity}, though {uuid} is in {where.get(uuid)}")
    return found
