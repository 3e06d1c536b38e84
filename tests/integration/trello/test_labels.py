"""Labels and tags in both directions: names, thirty colours and twelve, several boards."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from isthmus.connector.operation import export_backend, import_backend
from isthmus.demo import Stage
from isthmus.sandbox.trello.template import LABEL_COLORS
from isthmus.trello.color import odoo_color, trello_color
from tests.integration.trello.board import BLUE, BOARD, RED, board, card, label
from tests.integration.trello.both import Both

UNNAMED, NONE = "5f0000000000000000000022", "5f0000000000000000000023"
COLORS = [None, *sorted(LABEL_COLORS)]


@pytest.fixture
def both() -> Iterator[Both]:
    more = [label(RED, "Bug", "red"), label(BLUE, "Idea", "blue")]
    more += [label(UNNAMED, "", "green_dark"), label(NONE, "Plain", None)]
    cards = [card(1, idLabels=[RED, UNNAMED]), card(2)]
    with Stage(board(cards, labels=more)) as stage, stage.app.environment() as env:
        yield Both(stage, env)


def look(both: Both, id_: str) -> tuple[Any, Any]:
    found: Any = both.trello.get(f"/labels/{id_}")
    return found["name"], found["color"]


def test_every_colour_of_odoo_leads_back_to_itself() -> None:
    assert [odoo_color(trello_color(index)) for index in range(12)] == list(range(12))
    assert all(0 <= odoo_color(color) <= 11 for color in COLORS)


def test_no_colour_drifts_whoever_changes_what_around_it() -> None:
    ids = {color: f"5f00000000000000000005{number:02x}" for number, color in enumerate(COLORS)}
    labels = [label(id_, f"Label {color}", color) for color, id_ in ids.items()]
    with Stage(board([], labels=labels)) as stage, stage.app.environment() as env:
        both = Both(stage, env)
        for number, id_ in enumerate(ids.values()):
            both.label(id_).write({"name": f"Renamed {number}"})
        both.settle()
        assert [look(both, id_) for id_ in ids.values()] == [
            (f"Renamed {number}", color) for number, color in enumerate(COLORS)
        ]


def test_names_and_colours_follow_edits_of_either_side(both: Both) -> None:
    both.label(RED).write({"name": "Defect", "color": 10})
    both.label(UNNAMED).write({"color": odoo_color("green")})  # the colour it has already, to Odoo
    both.label(BLUE).write({"color": 0})
    export_backend(both.backend)
    assert look(both, RED) == ("Defect", "green")
    assert look(both, UNNAMED) == ("", "green_dark")
    assert look(both, BLUE) == ("Idea", None)
    both.trello.put(f"/labels/{NONE}", {"name": "Defect", "color": "yellow_light"})
    both.trello.put(f"/labels/{UNNAMED}", {"color": "sky"})
    both.settle()
    both.env.clear()
    assert (both.label(NONE).name, both.label(NONE).color) == ("Defect (yellow light)", 3)
    assert (both.label(UNNAMED).name, both.label(UNNAMED).color) == ("sky label", 4)
    both.label(NONE).write({"color": 1})  # it is called after its colour
    both.settle()
    assert look(both, NONE) == ("Defect", "red")
    assert both.label(NONE).name == "Defect (red)"


def test_a_tag_becomes_a_label_of_each_board_that_uses_it(both: Both) -> None:
    made: Any = both.trello.post("/boards", {"name": "Other", "defaultLists": False, "defaultLabels": False})
    list_: Any = both.trello.post("/lists", {"name": "Theirs", "idBoard": made["id"]})
    theirs: Any = both.trello.post("/cards", {"name": "Theirs", "idList": list_["id"]})
    both.backend.boards = [BOARD, made["id"]]
    import_backend(both.backend)
    urgent = both.env["project.tags"].create({"name": "Urgent", "color": 1})
    other = both.env["trello.card"].search([("external_id", "=", theirs["id"])]).odoo_id
    for task in (both.task(2), other):
        task.write({"tag_ids": [(6, 0, [urgent.id, both.label(RED).id])]})
    both.settle()
    of_board = {id_: both.trello.get(f"/boards/{id_}/labels") for id_ in (BOARD, made["id"])}
    named = {id_: sorted((one["name"], one["color"]) for one in found) for id_, found in of_board.items()}
    assert named[made["id"]] == [("Bug", "red"), ("Urgent", "red")]
    assert ("Urgent", "red") in named[BOARD]
    assert len(named[BOARD]) == 5
    assert sorted(both.env["project.tags"].search([]).mapped("name"))[:2] == ["Bug", "Bug (red)"]
    assert len(both.trello.get(f"/cards/{theirs['id']}")["idLabels"]) == 2


def test_a_card_keeps_its_labels_when_its_task_goes_to_another_board(both: Both) -> None:
    made: Any = both.trello.post("/boards", {"name": "Other", "defaultLists": False, "defaultLabels": False})
    list_: Any = both.trello.post("/lists", {"name": "Theirs", "idBoard": made["id"]})
    both.backend.boards = [BOARD, made["id"]]
    import_backend(both.backend)
    target = both.stage_of(list_["id"])
    both.task(1).write({"project_id": target.project_ids.id, "stage_id": target.id})
    both.settle()
    moved: Any = both.trello.get(f"/cards/{card(1)['id']}", fields="idBoard,labels")
    assert moved["idBoard"] == made["id"]
    assert sorted(one["name"] for one in moved["labels"]) == ["", "Bug"]
    assert len(both.task(1).tag_ids) == 2


def test_a_label_that_was_made_without_an_answer_is_not_made_again(both: Both) -> None:
    urgent = both.env["project.tags"].create({"name": "Urgent", "color": 1})
    both.task(2).write({"tag_ids": [(4, urgent.id)]})
    both.trello.post("/labels", {"name": "Urgent", "color": "red", "idBoard": BOARD})
    both.settle()
    assert len(both.trello.get(f"/boards/{BOARD}/labels")) == 5


def test_a_tag_deleted_in_odoo_stays_a_label_and_hinders_no_card(both: Both) -> None:
    both.label(RED).unlink()
    both.settle()
    assert look(both, RED) == ("Bug", "red")
    both.trello.put(f"/cards/{card(2)['id']}", {"idLabels": [RED, BLUE]})
    import_backend(both.backend)
    assert both.task(2).tag_ids.mapped("name") == ["Idea"]
