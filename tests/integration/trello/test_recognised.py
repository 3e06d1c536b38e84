"""What an export made and could not pair, and what people did to it on both sides until it was recognised."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from isthmus.connector import creation
from isthmus.connector.operation import export_backend, import_backend
from isthmus.connector.plan import plan_backend
from isthmus.demo import Stage
from isthmus.sandbox.faults import Answer, DropConnection, on
from tests.integration.trello.board import BOARD, DONE, TODO, board, card
from tests.integration.trello.both import Both

Run = Callable[[Any], Any]


@pytest.fixture
def both() -> Iterator[Both]:
    with Stage(board([card(1)])) as stage, stage.app.environment() as env:
        yield Both(stage, env)


@pytest.fixture(params=[import_backend, export_backend], ids=["by an import", "by an export"])
def recognise(request: pytest.FixtureRequest) -> Run:
    """What meets the record first."""
    run: Run = request.param
    return run


def cut_off(both: Both, path: str, *, acted: bool = True) -> None:
    """Export, and be cut off when something is made under a path."""
    both.stage.trello.faults.add(DropConnection(after_acting=acted), times=1, when=on("POST", path))
    export_backend(both.backend)
    assert not both.stage.trello.faults.pending, "the fault was not played"
    assert len(both.env["connector.intent"].search([])) == 1, "it may have been made, and has no pair"


def new_task(both: Both, **values: Any) -> Any:
    place = {"project_id": both.task(1).project_id.id, "stage_id": both.stage_of(TODO).id}
    return both.env["project.task"].create({"name": "New", **place, **values})


def settle(both: Both, recognise: Run) -> None:
    """Have the record met, and both sides agree."""
    recognise(both.backend)
    import_backend(both.backend)
    both.settle()
    both.env.clear()


def made(both: Both) -> dict[str, Any]:
    """Return the card that Trello made last."""
    found: list[dict[str, Any]] = both.trello.get(f"/boards/{BOARD}/cards", filter="all")
    return max(found, key=lambda one: one["id"])


def cards(both: Both) -> list[str]:
    return sorted(one["name"] for one in both.trello.get(f"/boards/{BOARD}/cards", filter="all"))


def tasks(both: Both) -> list[str]:
    both.env.clear()
    found = both.env["project.task"].with_context(active_test=False).search([])
    return sorted(found.mapped("name"))


def test_what_was_done_to_a_new_card_before_it_was_recognised_comes_to_odoo(
    both: Both, recognise: Run
) -> None:
    task = new_task(both, description="<p>ours</p>")
    cut_off(both, "/1/cards")
    both.trello.put(f"/cards/{made(both)['id']}", {"desc": "theirs", "due": "2027-01-02T03:04:05.000Z"})
    settle(both, recognise)
    assert (task.description, str(task.date_deadline)) == ("<p>theirs</p>", "2027-01-02 03:04:05")
    assert cards(both) == tasks(both) == ["Card 1", "New"]


def test_both_sides_edits_of_a_new_card_are_kept(both: Both, recognise: Run) -> None:
    task = new_task(both)
    cut_off(both, "/1/cards")
    both.trello.put(f"/cards/{made(both)['id']}", {"desc": "theirs"})
    task.write({"name": "New, and better"})
    settle(both, recognise)
    assert (task.name, task.description) == ("New, and better", "<p>theirs</p>")
    assert (made(both)["name"], made(both)["desc"]) == ("New, and better", "theirs")


@pytest.mark.parametrize(
    "edit",
    [{"name": "Another name"}, {"idList": DONE}, {"closed": True}, {"name": "Another name", "idList": DONE}],
    ids=["renamed", "moved", "archived", "renamed and moved"],
)
def test_a_new_card_is_recognised_by_what_it_was(both: Both, recognise: Run, edit: dict[str, Any]) -> None:
    task = new_task(both)
    cut_off(both, "/1/cards")
    both.trello.put(f"/cards/{made(both)['id']}", edit)
    settle(both, recognise)
    name = edit.get("name", "New")
    assert cards(both) == tasks(both) == sorted(["Card 1", name])
    assert task.name == name
    assert task.stage_id == both.stage_of(edit.get("idList", TODO))
    assert task.active is not edit.get("closed", False)


def test_a_new_list_is_recognised_by_what_it_was_called(both: Both, recognise: Run) -> None:
    project = both.task(1).project_id
    stage = both.env["project.task.type"].create({"name": "New", "project_ids": [(4, project.id)]})
    before = both.lists()
    cut_off(both, "/1/lists")
    (list_,) = (one for one in both.trello.get(f"/boards/{BOARD}/lists") if one["name"] == "New")
    both.trello.put(f"/lists/{list_['id']}", {"name": "Renamed"})
    settle(both, recognise)
    assert stage.name == "Renamed"
    assert sorted(name for name, _ in both.lists()) == sorted(["Renamed", *(name for name, _ in before)])


def test_a_card_of_another_name_by_somebody_else_is_another_card(both: Both, recognise: Run) -> None:
    new_task(both)
    cut_off(both, "/1/cards", acted=False)
    both.trello.post("/cards", {"idList": TODO, "name": "Theirs"})
    settle(both, recognise)
    assert cards(both) == tasks(both) == ["Card 1", "New", "Theirs"]


def test_what_was_done_to_a_new_item_before_it_was_recognised_comes_to_odoo(
    both: Both, recognise: Run
) -> None:
    parent = both.task(1)
    place = {"project_id": parent.project_id.id, "parent_id": parent.id}
    subtask = both.env["project.task"].create({"name": "Step", **place})
    cut_off(both, "/1/checklists/")
    (item,) = both.trello.get(f"/cards/{card(1)['id']}/checklists")[0]["checkItems"]
    both.trello.put(f"/cards/{card(1)['id']}/checkItem/{item['id']}", {"state": "complete"})
    settle(both, recognise)
    assert subtask.state == "1_done"
    assert tasks(both) == ["Card 1", "Step"]


def test_a_second_try_that_is_cut_off_is_known_by_what_it_sent(both: Both, recognise: Run) -> None:
    task = new_task(both)
    cut_off(both, "/1/cards", acted=False)
    task.write({"name": "New, and better"})
    cut_off(both, "/1/cards")
    both.trello.put(f"/cards/{made(both)['id']}", {"desc": "theirs"})
    settle(both, recognise)
    assert task.description == "<p>theirs</p>"
    assert cards(both) == tasks(both) == ["Card 1", "New, and better"]


def test_a_card_that_odoo_has_no_task_for_any_more_follows_the_policy(both: Both, recognise: Run) -> None:
    both.backend.export_deletion = "delete"
    task = new_task(both)
    cut_off(both, "/1/cards")
    task.unlink()
    recognise(both.backend)
    import_backend(both.backend)
    export_backend(both.backend)
    both.settle()
    assert cards(both) == tasks(both) == ["Card 1"]


def test_a_plan_pairs_nothing(both: Both) -> None:
    task = new_task(both)
    cut_off(both, "/1/cards")
    both.trello.put(f"/cards/{made(both)['id']}", {"name": "Another name"})
    before = both.stage.trello_writes()
    with both.stage.app.rehearsal() as env:
        plan = plan_backend(env["trello.backend"].search([]))
    assert both.stage.trello_writes() == before
    assert both.env["connector.intent"].search([]).odoo_id == task.id
    assert not both.env["trello.card"].search([("odoo_id", "=", task.id)])
    assert ("trello.card", "Another name") in {(one.entity, one.name) for one in plan.records}
    both.settle()
    assert cards(both) == ["Another name", "Card 1"]


@pytest.mark.parametrize("status", [404, 401])
def test_a_board_that_is_gone_keeps_nothing_else_from_coming_in(both: Both, status: int) -> None:
    new_task(both)
    cut_off(both, "/1/cards", acted=False)
    both.trello.post("/cards", {"idList": DONE, "name": "Theirs"})
    gone = Answer(status, "unauthorized permission requested" if status == 401 else "gone")
    both.stage.trello.faults.add(gone, times=9, when=on("GET", f"/1/lists/{TODO}/cards"))
    import_backend(both.backend)
    assert "Theirs" in tasks(both)
    both.stage.trello.faults.clear()
    both.settle()
    assert cards(both) == tasks(both) == ["Card 1", "New", "Theirs"]


@pytest.mark.parametrize(("stands", "left"), [(creation.STANDS, 1), (timedelta(0), 0)])
def test_a_create_that_never_came_through_is_given_up_after_a_while(
    both: Both, monkeypatch: pytest.MonkeyPatch, stands: timedelta, left: int
) -> None:
    task = new_task(both)
    cut_off(both, "/1/cards", acted=False)
    task.unlink()
    both.trello.post("/cards", {"idList": TODO, "name": "Another"})
    monkeypatch.setattr(creation, "STANDS", stands)
    import_backend(both.backend)
    assert both.env["connector.intent"].search_count([]) == left
    assert cards(both) == tasks(both) == ["Another", "Card 1"]
