"""What Odoo and what stands before it can do to a connector: clear results, nothing lost, nothing doubled."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from isthmus.clock import SystemClock
from isthmus.errors import (
    AmbiguousError,
    ConstraintError,
    FieldError,
    ForbiddenError,
    MalformedAnswerError,
    UnauthorizedError,
    UnreachableError,
)
from isthmus.http import HttpClient, Timeout
from isthmus.odoo import OdooConnection, RpcStore, UnknownModelError
from isthmus.odoo.budget import Allowance, Budget
from isthmus.records.domain import Domain
from isthmus.sandbox.faults import Answer, DropConnection, HalfBody, NoAnswer, TruncatedBody, on
from isthmus.sandbox.odoo import OdooSandbox
from tests.still_clock import StillClock

TASK, TAG, USER = "project.task", "project.tags", "res.users"
AT = datetime(2026, 7, 1, 23, 30, 15)
EVERYTHING = {"active_test": False}

#: Each protocol with a version that speaks it.
SPOKEN = [("jsonrpc", 18), ("xmlrpc", 18), ("json2", 19)]


class SkewedClock(SystemClock):
    """A clock that goes wrong by some hours."""

    def __init__(self, hours: float) -> None:
        self._off = timedelta(hours=hours)

    def now(self) -> datetime:
        return super().now() + self._off


@dataclass
class Bench:
    """A simulated Odoo with a project, and a store on it that speaks one protocol."""

    odoo: OdooSandbox
    protocol: str
    clock: StillClock = field(default_factory=StillClock)

    def __post_init__(self) -> None:
        self.store = self.connect()
        (self.project,) = self.store.create("project.project", [{"name": "Bench"}])
        self.odoo.log.clear()

    def connect(self, login: str = "admin", secret: str = "", chunk: int = 2) -> RpcStore:
        """Return a store whose calls end after a second."""
        secret = secret or self.odoo.api_key
        budget = Budget("bench", Allowance(), clock=self.clock)
        http = HttpClient(
            self.odoo.url, timeout=Timeout(2, 1, 5), limiter=budget, clock=self.clock, secrets=(secret,)
        )
        connection = OdooConnection(
            self.odoo.url,
            self.odoo.database,
            login,
            secret,
            http=http,
            protocol=self.protocol,
            clock=self.clock,
        )
        return RpcStore(connection, load_chunk=chunk)

    def row(self, name: str) -> dict[str, Any]:
        return {"name": name, "project_id": self.project}

    def rows(self, *names: str) -> list[tuple[str, dict[str, Any]]]:
        return [(f"__bench__.{name}", self.row(name)) for name in names]

    def names(self) -> list[str]:
        """Return the names of all tasks of the project, by the server's own records."""
        with self.odoo.environment() as env:
            tasks = env[TASK].with_context(active_test=False).search([("project_id", "=", self.project)])
            return sorted(task.name for task in tasks)

    def play(self, fault: Any, method: str, *, times: int | None = 1, skip: int = 0) -> None:
        """Play a fault for calls of a method of a model, not for the first ``skip`` of them."""
        seen = [0]
        calls = on(containing=f"/{method}" if self.protocol == "json2" else method)

        def when(request: Any) -> bool:
            if not calls(request):
                return False
            seen[0] += 1
            return seen[0] > skip

        self.odoo.faults.add(fault, times=times, when=when)


@pytest.fixture(params=SPOKEN, ids=lambda pair: f"{pair[0]} {pair[1]}")
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    protocol, series = request.param
    with OdooSandbox(series) as odoo:
        yield Bench(odoo, protocol)


# --- answers that are none -----------------------------------------------------------------------------

PAGE = Answer(200, "<!DOCTYPE html><title>Maintenance</title>", "text/html")


def test_html_from_a_proxy_ends_the_call_and_the_next_try_writes_each_record_once(bench: Bench) -> None:
    bench.play(PAGE, "load", skip=1)
    with pytest.raises(MalformedAnswerError, match="Maintenance"):
        bench.store.upsert(TASK, bench.rows("a", "b", "c"))
    assert bench.names() == ["a", "b"], "the first chunk is in Odoo, the second was never sent on"
    assert len(bench.store.upsert(TASK, bench.rows("a", "b", "c"))) == 3
    assert bench.names() == ["a", "b", "c"]


@pytest.mark.parametrize("fault", [TruncatedBody(), HalfBody()], ids=["broken frame", "whole frame"])
def test_a_truncated_answer_loses_and_doubles_nothing(bench: Bench, fault: Any) -> None:
    bench.play(fault, "load")
    try:
        ids = bench.store.upsert(TASK, bench.rows("a", "b"))
    except MalformedAnswerError:  # a broken frame is tried again, a whole one with half an answer is told
        assert isinstance(fault, HalfBody)
        ids = bench.store.upsert(TASK, bench.rows("a", "b"))
    assert bench.names() == ["a", "b"]
    assert [row["name"] for row in bench.store.read(TASK, ids, ["name"])] == ["a", "b"]


@pytest.mark.parametrize(
    "fault",
    [
        Answer.bad_gateway(),
        Answer.bad_gateway(after_acting=True),
        Answer.bad_gateway(504, after_acting=True),
        DropConnection(after_acting=True),
        NoAnswer(5.0),
    ],
    ids=["502 before", "502 after", "504 after", "dropped after", "timeout after"],
)
def test_a_fault_in_the_middle_of_a_batch_is_got_over_and_doubles_nothing(bench: Bench, fault: Any) -> None:
    bench.play(fault, "load", skip=1)
    ids = bench.store.upsert(TASK, bench.rows("a", "b", "c", "d", "e"))
    assert bench.names() == ["a", "b", "c", "d", "e"]
    assert [row["name"] for row in bench.store.read(TASK, ids, ["name"])] == ["a", "b", "c", "d", "e"]


def test_a_proxy_that_stays_down_is_unreachable_and_what_was_written_is_found_again(bench: Bench) -> None:
    bench.play(Answer.bad_gateway(), "load", skip=1, times=None)
    with pytest.raises(UnreachableError) as caught:
        bench.store.upsert(TASK, bench.rows("a", "b", "c"))
    assert caught.value.retryable
    bench.odoo.faults.clear()
    bench.store.upsert(TASK, bench.rows("a", "b", "c"))
    assert bench.names() == ["a", "b", "c"]


# --- creates whose answer is lost ----------------------------------------------------------------------

LOST = [
    NoAnswer(5.0),
    DropConnection(after_acting=True),
    TruncatedBody(),
    HalfBody(),
    Answer.bad_gateway(after_acting=True),
]


@pytest.mark.parametrize("fault", LOST, ids=lambda fault: type(fault).__name__)
def test_a_create_that_was_done_although_its_answer_is_lost_is_found(bench: Bench, fault: Any) -> None:
    rows = [{**bench.row("a"), "date_deadline": AT, "active": False}, bench.row("b")]
    bench.play(fault, "create")
    ids = bench.store.create(TASK, rows)
    assert bench.names() == ["a", "b"]
    found = bench.store.read(TASK, ids, ["name", "date_deadline", "active"])
    assert [(row["name"], row["date_deadline"], row["active"]) for row in found] == [
        ("a", AT, False),
        ("b", False, True),
    ]


def test_a_create_that_was_not_done_is_done_once_nothing_can_come_of_it_any_more(bench: Bench) -> None:
    bench.store.fields(TASK)
    bench.play(DropConnection(), "create")
    start = bench.clock.monotonic()
    (id_,) = bench.store.create(TASK, [bench.row("a")])
    assert bench.names() == ["a"]
    assert bench.store.read(TASK, [id_], ["name"])[0]["name"] == "a"
    assert bench.clock.monotonic() - start >= 130, "the server may have been at work all that time"


def test_a_create_beside_others_of_the_same_user_is_told_apart_by_its_values(bench: Bench) -> None:
    bench.store.create(TASK, [bench.row("other")])
    bench.play(DropConnection(after_acting=True), "create")
    (id_,) = bench.store.create(TASK, [bench.row("mine")])
    assert bench.store.read(TASK, [id_], ["name"])[0]["name"] == "mine"


def test_a_create_that_cannot_be_told_from_another_stays_in_doubt_and_is_not_repeated(bench: Bench) -> None:
    bench.connect().create(TASK, [bench.row("same")])
    bench.play(DropConnection(after_acting=True), "create")
    with pytest.raises(AmbiguousError) as caught:
        bench.store.create(TASK, [bench.row("same")])
    assert "before trying again" in str(caught.value.hint)
    assert bench.names() == ["same", "same"]


def test_what_this_worker_made_before_is_never_taken_for_the_result_of_a_lost_call(bench: Bench) -> None:
    (first,) = bench.store.create(TASK, [bench.row("same")])
    (second,) = bench.store.upsert(TASK, bench.rows("same"))
    bench.play(DropConnection(after_acting=True), "create")
    (third,) = bench.store.create(TASK, [bench.row("same")])
    assert len({first, second, third}) == 3
    assert bench.names() == ["same", "same", "same"]


def test_a_create_that_odoo_refused_unheard_is_refused(bench: Bench) -> None:
    bench.store.create(TAG, [{"name": "taken"}])
    bench.play(DropConnection(after_acting=True), "create")
    with pytest.raises(ConstraintError):
        bench.store.create(TAG, [{"name": "taken"}])
    with bench.odoo.environment() as env:
        assert env[TAG].search_count([("name", "=", "taken")]) == 1


def test_what_cannot_be_looked_for_leaves_the_first_error(bench: Bench) -> None:
    bench.play(DropConnection(after_acting=True), "create")
    bench.play(Answer(403, "<h1>closed</h1>", "text/html"), "search_read", times=None)
    with pytest.raises(AmbiguousError):
        bench.store.create(TASK, [bench.row("a")])
    assert bench.names() == ["a"]


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_server_whose_clock_is_an_hour_wrong_confuses_nothing(hours: int) -> None:
    for protocol, series in SPOKEN:
        with OdooSandbox(series, clock=SkewedClock(hours)) as odoo:
            bench = Bench(odoo, protocol)
            bench.play(DropConnection(after_acting=True), "create")
            (id_,) = bench.store.create(TASK, [{**bench.row("a"), "date_deadline": AT}])
            assert bench.names() == ["a"]
            (row,) = bench.store.read(TASK, [id_], ["date_deadline", "create_date"])
            assert row["date_deadline"] == AT
            server = bench.store.connection.server_now()
            assert server is not None
            assert abs((server - row["create_date"]).total_seconds()) < 60


# --- users and rights ----------------------------------------------------------------------------------


def change_user(odoo: OdooSandbox, uid: int, **values: Any) -> None:
    with odoo.environment() as env:
        env[USER].with_context(active_test=False).browse(uid).write(values)


def new_user(bench: Bench, *groups: str) -> tuple[int, RpcStore]:
    """Return a user in some groups, and a store that works as it."""
    with bench.odoo.environment() as env:
        names: Any = env["ir.model.data"]
        users: Any = env[USER]
        ids = [names.record_of(group) for group in groups]
        user = users.create({"name": "Li", "login": "li", users.GROUPS: [(6, 0, ids)]})
        env["res.users.apikeys"].keep("c" * 40, user.id, "li", "rpc")
        uid = int(user.id)
    return uid, bench.connect("li", "c" * 40)


@pytest.mark.parametrize("how", ["archived", "key revoked"])
def test_a_user_that_is_turned_away_meanwhile_is_told_once_and_comes_back_after_a_minute(
    bench: Bench, how: str
) -> None:
    uid, store = new_user(bench, "base.group_user", "project.group_project_manager")
    (first,) = store.create(TASK, [bench.row("before")])
    if how == "archived":
        change_user(bench.odoo, uid, active=False)
    else:
        with bench.odoo.environment() as env:
            env["res.users.apikeys"].search([("user_id", "=", uid)]).unlink()
    bench.odoo.log.clear()
    for _ in range(4):
        with pytest.raises(UnauthorizedError) as caught:
            store.write(TASK, [first], {"name": "after"})
    assert not caught.value.retryable
    assert len(bench.odoo.log.entries) <= 2, "a refused login is not tried again and again"
    assert bench.names() == ["before"]
    if how == "archived":
        change_user(bench.odoo, uid, active=True)
    else:
        with bench.odoo.environment() as env:
            env["res.users.apikeys"].keep("c" * 40, uid, "li", "rpc")
    bench.clock.advance(61)
    store.write(TASK, [first], {"name": "after"})
    assert bench.names() == ["after"]


def test_a_rule_that_hides_half_of_the_records_hides_them_from_searches_and_refuses_the_rest_whole(
    bench: Bench,
) -> None:
    uid, store = new_user(bench, "base.group_user")
    own = bench.store.create(TASK, [{"name": name, "user_ids": [(6, 0, [uid])]} for name in ("a", "b")])
    hidden = bench.store.create(TASK, [bench.row("c"), bench.row("d")])
    known = Domain.parse([("id", "in", [*own, *hidden])])
    assert sorted(store.search(TASK, known)) == own
    assert store.count(TASK, known) == 2
    with pytest.raises(ForbiddenError, match="top-secret"):
        store.read(TASK, [*own, *hidden], ["name"])
    with pytest.raises(ForbiddenError):
        store.write(TASK, [*own, *hidden], {"name": "x"})
    with pytest.raises(ForbiddenError):
        store.write_each(TASK, [(id_, {"name": f"x{id_}"}) for id_ in (*own, *hidden)])
    with pytest.raises(ForbiddenError):
        store.unlink(TASK, [*own, *hidden])
    names = [row["name"] for row in bench.store.read(TASK, [*own, *hidden], ["name"])]
    assert names == ["a", "b", "c", "d"], "all or nothing: what may be seen was not changed either"


# --- models, fields, names -----------------------------------------------------------------------------


def test_a_model_that_is_not_installed_is_named_before_anything_is_sent_to_it(bench: Bench) -> None:
    calls: list[Callable[[], Any]] = [
        lambda: bench.store.fields("sale.order"),
        lambda: bench.store.create("sale.order", [{"name": "x"}]),
        lambda: bench.store.search("sale.order", Domain.parse([("name", "=", "x")])),
        lambda: bench.store.upsert("sale.order", [("__bench__.x", {"name": "x"})]),
    ]
    for call in calls:
        with pytest.raises(UnknownModelError, match=r"no model 'sale\.order'") as caught:
            call()
        assert "Install the app" in str(caught.value.hint)
    assert bench.odoo.log.count(call="create") == bench.odoo.log.count(call="load") == 0


@pytest.mark.parametrize(
    ("protocol", "before", "after"), [("jsonrpc", 16, 18), ("xmlrpc", 16, 18), ("json2", 19, 19)]
)
def test_a_field_that_was_renamed_meanwhile_is_named_and_nothing_is_written(
    tmp_path: Any, protocol: str, before: int, after: int
) -> None:
    """Odoo is upgraded while a worker runs: the hours that a task may take have another name from 17 on."""
    url = f"sqlite:///{tmp_path / 'odoo.sqlite'}"
    with OdooSandbox(before, url) as odoo:
        port = int(odoo.url.rpartition(":")[2])
        bench = Bench(odoo, protocol)
        name = "planned_hours" if before < 17 else "allocated_hours"
        bench.store.upsert(TASK, [("__bench__.a", {**bench.row("a"), name: 1.0})])
    upgraded = OdooSandbox(after, url, api_key=odoo.api_key)
    if before == after:
        with_rename(upgraded)
    upgraded.start(port)
    try:
        bench.clock.advance(3600)
        row = {**bench.row("a"), name: 2.0}
        with pytest.raises(FieldError, match=f"has no field '{name}' any more") as caught:
            bench.store.upsert(TASK, [("__bench__.a", row)])
        assert str(caught.value.hint).startswith("Was it renamed to" if before < 17 else "It was removed")
        for write in (
            lambda: bench.store.create(TASK, [row]),
            lambda: bench.store.search(TASK, Domain.parse([(name, "=", 2.0)])),
        ):
            with pytest.raises(FieldError, match=f"has no field '{name}'"):
                write()
        with upgraded.environment() as env:
            assert env[TASK].search_count([("project_id", "=", bench.project)]) == 1
    finally:
        upgraded.stop()


def with_rename(odoo: OdooSandbox) -> None:
    """Let the tasks of a server have no ``allocated_hours`` any more."""
    odoo._registry[TASK]._absent = frozenset({"allocated_hours"})  # type: ignore[attr-defined]


def test_a_tag_whose_name_exists_is_a_constraint_and_is_found_by_it(bench: Bench) -> None:
    made, refused = [], []

    def ensure() -> None:
        try:
            made.extend(bench.store.create(TAG, [{"name": "urgent"}]))
        except ConstraintError as error:
            refused.append(error)
            made.extend(bench.store.search(TAG, Domain.parse([("name", "=", "urgent")])))

    threads = [threading.Thread(target=ensure) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 3
    assert len(made) == 4
    assert len(set(made)) == 1
    assert "already exists" in refused[0].message
