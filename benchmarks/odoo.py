"""Speaking to Odoo: what the record store reaches of what bare calls reach, in the same run.

Against the simulated Odoo, and against a real one when ISTHMUS_TEST_ODOO_URL, _DB, _LOGIN and _KEY name it:
there a project is made, filled and deleted again. Bare calls are JSON-RPC over one kept connection, without
any check of what is sent; the store speaks JSON-RPC too.
"""

from __future__ import annotations

import http.client
import itertools
import os
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import msgspec
from report import Figure, main
from servers import API_KEY, Servers

from isthmus.events.odoo_feed import raise_events
from isthmus.odoo import OdooConnection, RpcStore
from isthmus.odoo.feed import Feed, Watch, watches_for
from isthmus.records import Domain
from isthmus.testing import TrialApp

TASK = "project.task"
FOLLOWED = ("project.project", "project.task.type", "project.tags", TASK)
VARIABLES = tuple(f"ISTHMUS_TEST_ODOO_{name}" for name in ("URL", "DB", "LOGIN", "KEY"))
SILENT = {"tracking_disable": True, "mail_create_nolog": True, "mail_create_nosubscribe": True}
EVERYTHING = {"active_test": False}
READ = ["name", "description", "sequence", "priority", "active", "project_id", "create_date", "write_date"]
CREATE_PAGE, LOAD_PAGE, READ_PAGE = 200, 250, 1000

Row = dict[str, Any]


class Bare:
    """Calls without anything around them."""

    def __init__(self, url: str, database: str, login: str, key: str) -> None:
        self._host = http.client.HTTPConnection(urlsplit(url).netloc, timeout=600)
        self._who = [database, self.call("common", "authenticate", [database, login, key, {}]), key]

    def call(self, service: str, method: str, args: list[Any]) -> Any:
        params = {"service": service, "method": method, "args": args}
        body = msgspec.json.encode({"jsonrpc": "2.0", "method": "call", "id": 1, "params": params})
        self._host.request("POST", "/jsonrpc", body, {"Content-Type": "application/json"})
        return msgspec.json.decode(self._host.getresponse().read())["result"]

    def execute(self, method: str, *args: Any, **named: Any) -> Any:
        return self.call("object", "execute_kw", [*self._who, TASK, method, list(args), named])


class Bench:
    """A project in an Odoo, to which both ways of speaking add tasks."""

    def __init__(self, access: tuple[str, str, str, str]) -> None:
        self.connection = OdooConnection(*access, protocol="jsonrpc")
        self.store, self.bare = RpcStore(self.connection), Bare(*access)
        self.mark = uuid.uuid4().hex[:12]
        self._numbers = itertools.count()
        (self.project,) = self.store.create("project.project", [{"name": f"isthmus bench {self.mark}"}])
        self.store.fields(TASK)

    def rows(self, count: int, *, start: int = 0) -> list[Row]:
        return [
            {
                "name": f"Task {start + number} of {count}",
                "description": f"<p>What number {number} is <b>about</b>, in a sentence or two.</p>",
                "sequence": (start + number) % 1000,
                "priority": str((start + number) % 2),
                "project_id": self.project,
            }
            for number in range(count)
        ]

    def identifiers(self, count: int) -> list[str]:
        return [f"__isthmus_bench__.{self.mark}_{next(self._numbers)}" for _ in range(count)]

    def ids(self) -> list[int]:
        domain = Domain.parse([("project_id", "=", self.project)])
        return self.store.search(TASK, domain, order="id", context=EVERYTHING)

    def clear(self) -> None:
        ids = self.ids()
        for start in range(0, len(ids), 1000):
            self.store.unlink(TASK, ids[start : start + 1000])

    def close(self) -> None:
        self.clear()
        self.store.unlink("project.project", [self.project])

    # --- creating ---

    def bare_create(self, rows: list[Row]) -> None:
        for page in pages(rows, CREATE_PAGE):
            self.bare.execute("create", page, context=SILENT)

    def bare_load(self, rows: list[Row]) -> None:
        self._load("id", list(zip(self.identifiers(len(rows)), rows, strict=True)))

    def create(self, rows: list[Row]) -> None:
        for page in pages(rows, CREATE_PAGE):
            self.store.create(TASK, page)

    def upsert(self, rows: list[Row]) -> None:
        self.store.upsert(TASK, list(zip(self.identifiers(len(rows)), rows, strict=True)))

    def _load(self, key: str, rows: list[tuple[Any, Row]]) -> None:
        names = list(rows[0][1])
        columns = [key, *("project_id/.id" if name == "project_id" else name for name in names)]
        for page in pages(rows, LOAD_PAGE):
            data = [[str(id_), *(str(row[name]) for name in names)] for id_, row in page]
            context = {**SILENT, "tz": "UTC", "active_test": False}
            assert self.bare.execute("load", columns, data, context=context)["ids"]

    # --- updating ---

    def bare_update(self, ids: list[int], kind: str, turn: int) -> None:
        if kind == "one common value":
            self.bare.execute("write", ids, self.changes(ids, kind, turn)[0][1], context=SILENT)
        else:
            self._load(".id", self.changes(ids, kind, turn))

    def update(self, ids: list[int], kind: str, turn: int) -> None:
        self.store.write_each(TASK, self.changes(ids, kind, turn))

    def changes(self, ids: list[int], kind: str, turn: int) -> list[tuple[int, Row]]:
        if kind == "one common value":
            return [(id_, {"sequence": 2000 + turn}) for id_ in ids]
        if kind == "one column":
            return [(id_, {"name": f"Name {turn} of {id_}"}) for id_ in ids]
        rows = self.rows(len(ids), start=turn + 1)
        return [
            (id_, {**row, "name": f"All {turn} of {id_}", "description": f"<p>Turn {turn} of {id_}</p>"})
            for id_, row in zip(ids, rows, strict=True)
        ]

    # --- reading ---

    def bare_read(self, after: int) -> None:
        domain = [["project_id", "=", self.project], ["id", ">", after]]
        self.bare.execute("search_read", domain, READ, order="id", limit=READ_PAGE, context=EVERYTHING)

    def read(self, after: int) -> None:
        domain = Domain.parse([("project_id", "=", self.project), ("id", ">", after)])
        self.store.search_read(TASK, domain, READ, order="id", limit=READ_PAGE, context=EVERYTHING)


def pages(rows: list[Any], size: int) -> Iterator[list[Any]]:
    return (rows[start : start + size] for start in range(0, len(rows), size))


def seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def least(samples: list[Any], *calls: Callable[[Any], object]) -> list[float]:
    """Return the least seconds that each call takes for a sample.

    The calls take turns at small samples, since a busy moment would fall on one of them otherwise.
    """
    spent: list[list[float]] = [[] for _ in calls]
    for number, sample in enumerate(samples):
        order = range(len(calls))
        for place in order if number % 2 == 0 else reversed(order):
            spent[place].append(seconds(lambda place=place, sample=sample: calls[place](sample)))
    return [min(one) for one in spent]


def creating(bench: Bench, count: int, rounds: int) -> list[Figure]:
    rows = bench.rows(count)
    create_s = least(list(pages(rows, CREATE_PAGE)) * rounds, bench.bare_create, bench.create)
    load_s = least(list(pages(rows, LOAD_PAGE)) * rounds, bench.bare_load, bench.upsert)
    bare_create, create = (min(count, CREATE_PAGE) / one for one in create_s)
    bare_load, upsert = (min(count, LOAD_PAGE) / one for one in load_s)
    bench.clear()
    label = f"creating {count:,} tasks"
    return [
        Figure(f"{label}, bare create of {CREATE_PAGE}", bare_create, "tasks/s"),
        Figure(f"{label}, create, of that", create / bare_create, "x", ">= 0.85 x"),
        Figure(f"{label}, bare load of {LOAD_PAGE}", bare_load, "tasks/s"),
        Figure(f"{label}, upsert, of that", upsert / bare_load, "x", ">= 0.95 x"),
        Figure(f"{label}, upsert, of bare create", upsert / bare_create, "x"),
    ]


def updating(bench: Bench, count: int, rounds: int) -> list[Figure]:
    bench.create(bench.rows(count))
    ids = bench.ids()
    turns = itertools.count()
    samples = list(pages(ids, LOAD_PAGE)) * rounds
    figures, total, bare_total, calls = [], 0.0, 0.0, 0
    for kind in ("one common value", "one column", "all columns"):
        bare, ours = least(
            samples,
            lambda some, kind=kind: bench.bare_update(some, kind, next(turns)),
            lambda some, kind=kind: bench.update(some, kind, next(turns)),
        )
        bench.connection.calls.clear()
        bench.update(ids, kind, next(turns))
        calls += sum(bench.connection.calls.values())
        total, bare_total = total + ours, bare_total + bare
        figures.append(Figure(f"updating {LOAD_PAGE} tasks, {kind}, bare", bare, "s"))
        figures.append(Figure(f"updating {LOAD_PAGE} tasks, {kind}, of that", ours / bare, "x"))
    return [
        *figures,
        Figure(
            f"updating {LOAD_PAGE} tasks in three ways, of bare calls", total / bare_total, "x", "<= 1.1 x"
        ),
        Figure(f"updating {count:,} tasks in three ways", calls, "calls", "<= 12 calls"),
    ]


def reading(bench: Bench, count: int, rounds: int) -> list[Figure]:
    bench.clear()
    bench.create(bench.rows(count))
    after = [0, *bench.ids()[READ_PAGE - 1 : -1 : READ_PAGE]] * rounds
    bare, ours = (min(count, READ_PAGE) / one for one in least(after, bench.bare_read, bench.read))
    return [
        Figure(f"reading {count:,} tasks, bare search_read of {READ_PAGE:,}", bare, "tasks/s"),
        Figure(f"reading {count:,} tasks, of that", ours / bare, "x", ">= 0.9 x"),
    ]


def following(bench: Bench, count: int) -> list[Figure]:
    """Return what the change feed costs, whose local database is a private one in memory.

    A round reads again what was written within the two minutes before the last change that it knows of. So
    the idle one comes first, and a single task is changed before it: many may have been the last. Deletions
    are not looked for.
    """
    bench.clear()
    bench.create(bench.rows(1))
    with TrialApp(odoo=bench.store) as app:

        def round_of(feed: Feed, expected: int) -> tuple[int, float]:
            """Return the calls and the seconds of a round that must find that many changes."""
            bench.connection.calls.clear()
            start = time.perf_counter()
            looks = feed.round()
            spent = time.perf_counter() - start
            assert not any(look.error for look in looks), looks
            assert sum(look.total for look in looks) == expected, looks
            return sum(bench.connection.calls.values()), spent

        def new_feed(*watches: Watch) -> Feed:
            return Feed("main", bench.store, watches, app.environment, raise_events, sweep_every=None)

        everything = new_feed(*watches_for(FOLLOWED))
        everything.round()
        idle, idle_s = round_of(everything, 0)
        bench.clear()
        tasks = new_feed(Watch(TASK, domain=(("project_id", "=", bench.project),)))
        bench.create(bench.rows(count))
        created, created_s = round_of(tasks, count)
        for some in pages(bench.ids(), READ_PAGE):
            bench.store.write(TASK, some, {"sequence": 77}, context=SILENT)
        changed, changed_s = round_of(tasks, count)
        again, _ = round_of(tasks, 0)
    models = len(everything.models)
    return [
        Figure(f"feed, idle round over {models} models", idle, "calls", f"<= {models} calls"),
        Figure("feed, its time", 1000 * idle_s, "ms"),
        Figure(f"feed, {count:,} new tasks taken in", created, "calls", "<= 30 calls"),
        Figure("feed, rate of that", count / created_s, "tasks/s"),
        Figure(f"feed, {count:,} changed tasks taken in", changed, "calls", "<= 30 calls"),
        Figure("feed, rate of that too", count / changed_s, "tasks/s"),
        Figure("feed, the next round within two minutes", again, "calls"),
    ]


@contextmanager
def some_odoo() -> Iterator[tuple[str, str, str, str]]:
    """Give URL, database, login and key of the real Odoo that is named, else of a simulated one."""
    given = [os.environ.get(name, "") for name in VARIABLES]
    if all(given):
        yield given[0], given[1], given[2], given[3]
        return
    with Servers(1) as servers:
        yield servers.facts["odoo"], servers.facts["database"], "admin", API_KEY


def measure(quick: bool) -> list[Figure]:
    """Return the figures."""
    few, many, rounds = (1_000, 2_000, 1) if quick else (1_000, 10_000, 2)
    with some_odoo() as access:
        bench = Bench(access)
        print(f"Odoo {bench.connection.version()} at {access[0]}")
        try:
            followed = following(bench, many)  # first, while nothing was written within the feed's overlap
            return [
                *creating(bench, few, rounds),
                *updating(bench, few, rounds),
                *reading(bench, many, rounds),
                *followed,
            ]
        finally:
            bench.close()


if __name__ == "__main__":
    sys.exit(main("Speaking to Odoo", measure))
