"""Lists, boards and the order of cards, in both directions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from isthmus.connector.operation import export_backend, import_backend
from isthmus.demo import Stage
from tests.integration.trello.board import BOARD, DONE, TODO, board, card
from tests.integration.trello.both import Both


@pytest.fixture
def stage() -> Iterator[Stage]:
    with Stage(board([card(number) for number in range(1, 6)])) as stage:
        yield stage


@pytest.fixture
def both(stage: Stage) -> Iterator[Both]:
    with stage.app.environment() as env:
        yield Both(stage, env)


def test_a_card_dragged_in_odoo_moves_alone_in_trello(both: Both) -> None:
    for sequence, number in enumerate((5, 1, 2, 3, 4)):  # as Odoo's web client renumbers a column
        both.task(number).write({"sequence": sequence})
    writes = both.stage.trello_writes()
    export_backend(both.backend)
    assert both.stage.trello_writes() == writes + 1
    assert both.cards() == ["Card 5", "Card 1", "Card 2", "Card 3", "Card 4"] == both.tasks()
    both.settle()
    both.trello.put(f"/cards/{card(1)['id']}", {"pos": "bottom"})
    writes = both.stage.odoo_writes()
    import_backend(both.backend)
    assert both.stage.odoo_writes() == writes + 1
    assert both.tasks() == ["Card 5", "Card 2", "Card 3", "Card 4", "Card 1"] == both.cards()
    both.settle()


def test_cards_moved_and_added_stand_where_they_stand_in_odoo(both: Both) -> None:
    done = both.stage_of(DONE)
    both.task(4).write({"stage_id": done.id, "sequence": 7})
    both.task(2).write({"stage_id": done.id, "sequence": 6})
    values = {"project_id": both.task(1).project_id.id, "stage_id": done.id}
    both.env["project.task"].create([{**values, "name": name, "sequence": 8} for name in ("New 1", "New 2")])
    both.settle()
    assert both.cards(DONE) == ["Card 2", "Card 4", "New 1", "New 2"] == both.tasks(DONE)
    assert both.cards() == ["Card 1", "Card 3", "Card 5"]


@pytest.mark.parametrize("sequence", [None, 0])
def test_a_task_that_moves_to_another_board_stands_where_it_stands_in_odoo(
    both: Both, sequence: int | None
) -> None:
    """Trello puts a card that comes to a board without a position at the bottom."""
    other = both.trello.post("/boards", {"name": "Another", "defaultLists": "false"})["id"]
    there = both.trello.post("/lists", {"name": "There", "idBoard": other})["id"]
    for name, pos in (("Above", 1000), ("Below", 100000)):
        both.trello.post("/cards", {"name": name, "idList": there, "pos": pos})
    both.backend.write({"boards": [BOARD, other]})
    import_backend(both.backend)
    project = both.env["trello.board"].search([("external_id", "=", other)]).odoo_id
    values = {"project_id": project.id, "stage_id": both.stage_of(there).id}
    both.task(1).write(values if sequence is None else {**values, "sequence": sequence})
    export_backend(both.backend)
    expected = ["Above", "Card 1", "Below"] if sequence is None else ["Card 1", "Above", "Below"]
    assert both.cards(there) == expected == both.tasks(there)
    both.settle()
    assert both.cards(there) == expected == both.tasks(there)


def test_cards_that_share_a_position_stand_where_they_stand_in_odoo(both: Both) -> None:
    """Trello orders them by their ids."""
    for number in (2, 4):
        both.trello.put(f"/cards/{card(number)['id']}", {"pos": 150000})
    both.settle()
    for sequence, number in enumerate((1, 4, 3, 2, 5)):
        both.task(number).write({"sequence": sequence})
    both.settle()
    assert both.cards() == ["Card 1", "Card 4", "Card 3", "Card 2", "Card 5"] == both.tasks()


def test_stages_are_lists_whoever_made_named_ordered_or_archived_them(both: Both) -> None:
    todo, done = both.stage_of(TODO), both.stage_of(DONE)
    project = both.task(1).project_id
    new = both.env["project.task.type"].create({"name": "Doing", "project_ids": [(6, 0, [project.id])]})
    both.env["project.task"].create({"name": "New", "project_id": project.id, "stage_id": new.id})
    for sequence, one in enumerate((todo, new, done)):
        one.write({"sequence": sequence})
    todo.write({"name": "Backlog"})
    project.write({"name": "Renamed", "description": "<p>Our <b>plan</b></p>"})
    export_backend(both.backend)
    assert both.lists() == [("Backlog", False), ("Doing", False), ("Done", False)]
    assert both.trello.get(f"/boards/{BOARD}", fields="name,desc")["desc"] == "Our **plan**"
    both.settle()
    done.write({"active": False})
    todo.write({"active": False})  # its tasks go with it, and the cards stay on their archived list
    both.settle()
    assert both.lists() == [("Backlog", True), ("Doing", False), ("Done", True)]
    found: Any = both.trello.get(f"/lists/{TODO}/cards", filter="open")
    assert len(found) == 5
    both.trello.put(f"/lists/{DONE}", {"closed": False, "pos": "top"})
    both.settle()
    both.env.clear()
    assert done.active
    assert [name for name, _ in both.lists()] == ["Done", "Backlog", "Doing"]


def test_a_list_that_was_made_without_an_answer_is_not_made_again(both: Both) -> None:
    project = both.task(1).project_id
    stage = both.env["project.task.type"].create({"name": "Doing", "project_ids": [(6, 0, [project.id])]})
    with both.backend.work_on("trello.list") as work:
        values = {"name": "Doing", "idBoard": BOARD}
        work.component(usage="announcer").announce(stage.id, values)
        made = work.component(usage="backend.adapter").create(values)
    export_backend(both.backend)
    assert both.env["trello.list"].search([("odoo_id", "=", stage.id)]).external_id == made["id"]
    both.settle()
    assert len(both.lists()) == 3


def test_a_stage_of_two_boards_is_told_and_left_alone(both: Both) -> None:
    other: Any = both.trello.post("/boards", {"name": "Other", "defaultLists": False, "defaultLabels": False})
    both.backend.boards = [BOARD, other["id"]]
    import_backend(both.backend)
    projects = both.env["trello.board"].search([]).mapped("odoo_id")
    both.env["project.task.type"].create({"name": "Shared", "project_ids": [(6, 0, projects.ids)]})
    reports = {report.entity: report for report in export_backend(both.backend)}
    assert [one.reason for one in reports["trello.list"].failures] == [
        "it is a stage of several boards, and a list has one"
    ]
    move = both.stage_of(DONE)
    move.write({"project_ids": [(6, 0, [id_ for id_ in projects.ids if id_ not in move.project_ids.ids])]})
    export_backend(both.backend)
    assert both.trello.get(f"/lists/{DONE}")["idBoard"] == other["id"]
