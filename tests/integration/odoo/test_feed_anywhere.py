"""The change feed against simulated Odoos and the real one that is named: the same story on all."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from isthmus.odoo import OdooConnection, RpcStore
from isthmus.odoo.feed import Batch, Feed, Watch
from isthmus.records import Domain
from isthmus.testing import TrialApp
from tests.integration.odoo.conftest import Workshop
from tests.some_odoo import REAL, Settings, some_odoo

TASK, PROJECT, STAGE, TAG = "project.task", "project.project", "project.task.type", "project.tags"
MESSAGE, ATTACHMENT = "mail.message", "ir.attachment"


class Follower:
    """A feed over an Odoo and what it delivered: ``(what, model, id)``."""

    def __init__(self, store: RpcStore, watches: list[Watch], **options: Any) -> None:
        self.heard: list[tuple[str, str, int]] = []
        self.app = TrialApp(odoo=store)
        self.feed = Feed("main", store, watches, self.app.environment, self.hear, **options)

    def hear(self, env: Any, batch: Batch) -> None:
        for what, ids in (
            ("create", [row.id for row in batch.created]),
            ("write", [row.id for row in batch.written]),
            ("unlink", batch.removed),
        ):
            self.heard += [(what, batch.model, id_) for id_ in ids]

    def round(self, *, sweep: bool = False) -> set[tuple[str, str, int]]:
        self.heard.clear()
        for look in self.feed.round(sweep=sweep):
            if look.error:
                raise look.error
        assert len(set(self.heard)) == len(self.heard)
        return set(self.heard)


@pytest.fixture
def store(workshop: Workshop) -> RpcStore:
    return workshop.store


def watches(workshop: Workshop) -> list[Watch]:
    """Return what to follow: the six models, but only what belongs to a test: others work there too."""
    marked = ("name", "=like", f"{workshop.tag}%")
    return [
        Watch(PROJECT, (("id", "=", workshop.project),), deletions=True),
        Watch(STAGE, (marked,), deletions=True),
        Watch(TAG, (marked,), deletions=True),
        Watch(TASK, (("project_id", "=", workshop.project),), deletions=True),
        Watch(MESSAGE, (("model", "=", TASK), ("body", "ilike", workshop.tag))),
        Watch(ATTACHMENT, (("res_model", "=", TASK), marked)),
    ]


def test_what_happens_to_a_project_is_followed(store: RpcStore, workshop: Workshop) -> None:
    old, doomed = workshop.tasks("old", "doomed")
    (tag,) = workshop.tags(1)
    follower = Follower(store, watches(workshop))
    assert follower.round(sweep=True) == set()
    assert follower.round(sweep=True) == set()

    (new,) = workshop.tasks("new")
    store.write(TASK, [old], {"name": "changed", "tag_ids": [(4, tag)]})
    store.write(TAG, [tag], {"name": f"{workshop.tag} renamed"})
    store.unlink(TASK, [doomed])
    posted = store.connection.execute(
        TASK, "message_post", [new], kwargs={"body": workshop.tag, "message_type": "comment"}
    )
    comment = posted[0] if isinstance(posted, list) else posted
    (plan,) = store.create(
        ATTACHMENT, [{"name": f"{workshop.tag} plan", "res_model": TASK, "res_id": new, "datas": b"walls"}]
    )
    assert follower.round(sweep=True) >= {
        ("create", TASK, new),
        ("write", TASK, old),
        ("unlink", TASK, doomed),
        ("write", TAG, tag),
        ("create", MESSAGE, comment),
        ("create", ATTACHMENT, plan),
    }
    assert follower.round(sweep=True) == set()

    store.write(TASK, [new], {"name": "once"})
    assert ("write", TASK, new) in follower.round()
    store.write(TASK, [new], {"name": "twice"})  # most likely within the same second
    assert follower.round() == {("write", TASK, new)}
    store.write(TASK, [new], {"active": False})
    assert follower.round() == {("write", TASK, new)}


def test_pages_of_any_size_leave_nothing_out(store: RpcStore, workshop: Workshop) -> None:
    together = workshop.tasks(*(f"together {number}" for number in range(9)))
    alone = [workshop.tasks(f"alone {number}")[0] for number in range(5)]
    watch = Watch(TASK, (("project_id", "=", workshop.project),))
    for size in (1, 2, 5, 100):
        follower = Follower(store, [watch], from_beginning=True, page_size=size)
        assert follower.round() == {("create", TASK, id_) for id_ in [*together, *alone]}
        assert follower.round() == set()


def test_an_idle_round_costs_a_call_for_each_model(store: RpcStore, workshop: Workshop) -> None:
    follower = Follower(store, watches(workshop), sweep_every=None)
    follower.round()
    follower.round()
    store.connection.calls.clear()
    assert follower.round() == set()
    assert sum(store.connection.calls.values()) <= 6


@pytest.fixture(params=[pytest.param("real", marks=REAL)])
def real(request: pytest.FixtureRequest) -> Iterator[Settings]:
    with some_odoo(request.param) as found:
        yield found


class PlainPoll:
    """Polls as a plain cursor does: what was written at its time or later, then on to the newest of it."""

    def __init__(self, store: RpcStore, watch: Watch) -> None:
        self.store, self.watch = store, watch
        self.cursor = "2000-01-01 00:00:00"
        self.found: set[int] = set()

    def round(self) -> None:
        domain = Domain.parse([*self.watch.domain, ("write_date", ">=", self.cursor)])
        rows = self.store.search_read(TASK, domain, ["write_date"], order="write_date, id")
        self.found |= {row["id"] for row in rows}
        self.cursor = rows[-1]["write_date"].isoformat(" ") if rows else self.cursor


def test_a_long_transaction_is_found_though_quick_ones_passed_it(real: Settings) -> None:
    """The race of transactions, on a server that has real ones."""
    store = RpcStore(OdooConnection(*real))
    workshop = Workshop(store)
    (quick,) = workshop.tasks("quick")
    watch = Watch(TASK, (("project_id", "=", workshop.project),))
    follower = Follower(store, [watch], overlap=timedelta(seconds=60))
    plain = PlainPoll(store, watch)
    follower.round()
    slow: list[int] = []
    rows = [{"name": str(number), "project_id": workshop.project} for number in range(250)]

    def work() -> None:
        slow.extend(OdooConnection(*real).execute(TASK, "create", kwargs={"vals_list": rows}))

    thread = threading.Thread(target=work)
    thread.start()
    passed, found = 0, set()
    try:
        while thread.is_alive():
            store.write(TASK, [quick], {"name": f"quick {passed}"})
            passed += 1
            found |= follower.round()
            plain.round()
        thread.join()
        found |= follower.round()
        plain.round()
        assert passed > 1
        assert len(slow) == 250
        assert {id_ for what, _, id_ in found if what == "create"} == set(slow)
        assert follower.round() == set()
        assert not set(slow) <= plain.found, "the plain cursor found all: nothing was late"
    finally:
        workshop.clean()
