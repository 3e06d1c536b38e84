"""What an import made and could not pair, and what people did to it on both sides until the next one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from isthmus.connector.arrival import Arrivals
from isthmus.connector.odoo_side import OdooSide
from isthmus.connector.operation import import_backend
from isthmus.connector.pairing import Pairing
from isthmus.connector.sent import Sent
from isthmus.demo import Stage
from isthmus.errors import RetryableJobError
from tests.integration.trello.board import BOARD, TODO, board, card
from tests.integration.trello.both import Both


@pytest.fixture
def both() -> Iterator[Both]:
    with Stage(board([card(1)])) as stage, stage.app.environment() as env:
        yield Both(stage, env)


class CutOff(Exception):
    """The process ended."""


#: Where a process may end after Odoo has made a page: before the page is paired, and before it is read back.
UNPAIRED, UNREAD = (Pairing, "begin"), (OdooSide, "read_back")


def cut_off(both: Both, place: tuple[type[Any], str] = UNPAIRED) -> tuple[str, Any]:
    """Add a card, be cut off after Odoo has its task, and return both."""

    def ends(_: Any, items: list[Any]) -> None:
        if items:
            raise CutOff

    made = both.trello.post("/cards", {"idList": TODO, "name": "New", "desc": "theirs"})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(*place, ends)
        with pytest.raises(CutOff):
            import_backend(both.backend)
    both.env.rollback()
    both.env["connector.lease"].search([]).unlink()  # it is free, as that of a process that is gone
    (task,) = both.env["project.task"].search([("name", "=", "New")])
    pairs = both.env["trello.card"].search_count([("odoo_id", "=", task.id)])
    announced = Arrivals.models_of(both.backend)
    assert (pairs, announced) == ((0, {"trello.card"}) if place == UNPAIRED else (1, frozenset()))
    return made["id"], task


@pytest.fixture(params=[UNPAIRED, UNREAD], ids=["unpaired", "unread"])
def place(request: pytest.FixtureRequest) -> Any:
    return request.param


def settle(both: Both) -> None:
    """Have the next import meet the task, and both sides agree."""
    import_backend(both.backend)
    both.settle()
    both.env.clear()


def test_what_was_done_to_a_new_task_before_it_was_paired_comes_to_trello(both: Both, place: Any) -> None:
    id_, task = cut_off(both, place)
    task.write({"name": "Ours"})
    settle(both)
    assert (task.name, task.description) == ("Ours", "<p>theirs</p>")
    found = both.trello.get(f"/cards/{id_}")
    assert (found["name"], found["desc"]) == ("Ours", "theirs")


def test_both_sides_edits_of_a_new_task_are_kept(both: Both, place: Any) -> None:
    id_, task = cut_off(both, place)
    task.write({"name": "Ours"})
    both.trello.put(f"/cards/{id_}", {"desc": "better"})
    settle(both)
    assert (task.name, task.description) == ("Ours", "<p>better</p>")
    found = both.trello.get(f"/cards/{id_}")
    assert (found["name"], found["desc"]) == ("Ours", "better")
    assert len(both.trello.get(f"/boards/{BOARD}/cards")) == 2


def test_a_page_that_was_announced_is_taken_back_part_by_part(both: Both) -> None:
    with both.backend.work_on("trello.card") as work:
        first, second = work.component(usage="arrivals"), work.component(usage="arrivals")
    notes = {name: Sent({"name": name}, {"name": name}) for name in ("a", "b", "c")}
    first.announce(notes)
    assert second.take(["x"]) == {}
    assert second.take(["a", "b", "x"]) == {"a": notes["a"], "b": notes["b"]}
    assert second.take(["a"]) == {}
    assert second.take(["c"]) == {"c": notes["c"]}
    assert not both.env["connector.arrival"].search([])
    first.settle()  # another one has taken all of it


def test_nothing_is_left_announced_when_a_page_is_paired(both: Both) -> None:
    both.trello.post("/cards", {"idList": TODO, "name": "New"})
    import_backend(both.backend)
    assert not both.env["connector.arrival"].search([])


def test_nobody_imports_a_record_that_another_one_has_announced(
    both: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = both.trello.post("/cards", {"idList": TODO, "name": "New"})
    announce, refused = Arrivals.announce, []

    def announce_and_be_met(self: Arrivals, notes: Any) -> None:
        announce(self, notes)  # it commits, which ends all locks but a lease
        with both.stage.app.environment() as other:
            with pytest.raises(RetryableJobError, match="is running already"):
                other["trello.card"].import_record(other["trello.backend"].search([]), made["id"])
            refused.append(made["id"])

    monkeypatch.setattr(Arrivals, "announce", announce_and_be_met)
    both.env["trello.card"].import_record(both.backend, made["id"])
    assert refused == [made["id"]]
    assert len(both.env["trello.card"].search([("external_id", "=", made["id"])])) == 1
    assert not both.env["connector.arrival"].search([])


def test_an_import_looks_only_for_what_was_left_behind(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    id_, _ = cut_off(both)
    both.trello.post("/cards", {"idList": TODO, "name": "Another"})
    take, asked = Arrivals.take, []

    def taken(self: Arrivals, external_ids: Any) -> dict[str, Sent]:
        found = take(self, external_ids)
        asked.append((self.work.model_name, self.work.left_behind, list(found)))
        return found

    monkeypatch.setattr(Arrivals, "take", taken)
    import_backend(both.backend)
    assert asked == [("trello.card", {"trello.card"}, [id_])]
    assert Arrivals.models_of(both.backend) == set()
    both.trello.post("/cards", {"idList": TODO, "name": "A third"})
    import_backend(both.backend)
    assert asked[1:] == [("trello.card", set(), [])]


def test_where_nothing_was_left_behind_nothing_is_looked_for(both: Both) -> None:
    notes = {"a": Sent({"name": "a"}, {"name": "a"})}
    with both.backend.work_on("trello.card") as work:
        work.component(usage="arrivals").announce(notes)
    for known, found in ((frozenset(), {}), (frozenset({"trello.card"}), notes), (None, notes)):
        with both.backend.work_on("trello.card", left_behind=known) as work:
            assert work.component(usage="arrivals").take(["a"]) == found
        both.env.rollback()
