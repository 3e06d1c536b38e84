"""Items of checklists and subtasks, in both directions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from isthmus.connector.operation import export_backend, import_backend
from isthmus.demo import Stage
from tests.integration.trello.board import BOARD, board, card
from tests.integration.trello.both import Both

PLAN, SHOP = "5f0000000000000000000601", "5f0000000000000000000602"


def checklist(id_: str, name: str, pos: int, *items: tuple[str, str]) -> dict[str, Any]:
    made = [
        {"id": f"{id_[:-2]}{pos:01x}{number:01x}", "name": name, "state": state, "pos": 16384 * (number + 1)}
        for number, (name, state) in enumerate(items)
    ]
    return {
        "id": id_,
        "name": name,
        "idBoard": BOARD,
        "idCard": card(1)["id"],
        "pos": pos,
        "checkItems": made,
    }


@pytest.fixture
def stage() -> Iterator[Stage]:
    lists = [
        checklist(PLAN, "Plan", 1, ("think", "complete"), ("do", "incomplete"), ("rest", "incomplete")),
        checklist(SHOP, "Shop", 2, ("milk", "incomplete")),
    ]
    mirror = card(3, mirrorSourceId=card(1)["id"], idChecklists=["5f0000000000000000000603"])
    mirrored = checklist("5f0000000000000000000603", "Mirrored", 3, ("nothing", "incomplete"))
    cards = [card(1, idChecklists=[PLAN, SHOP]), card(2), mirror]
    with Stage(board(cards, checklists=[*lists, {**mirrored, "idCard": mirror["id"]}])) as stage:
        yield stage


def items(both: Both, number: int = 1) -> list[tuple[str, str, str]]:
    found: Any = both.trello.get(f"/cards/{card(number)['id']}/checklists")
    return [
        (one["name"], item["name"], item["state"])
        for one in sorted(found, key=lambda one: one["pos"])
        for item in sorted(one["checkItems"], key=lambda item: item["pos"])
    ]


def subtasks(both: Both, number: int = 1) -> list[tuple[str, str]]:
    both.env.clear()
    domain = [("parent_id", "=", both.task(number).id)]
    found = both.env["project.task"].search(domain, order="sequence, id")
    return [(one.name, one.state) for one in found]


OPEN, DONE = "01_in_progress", "1_done"


def test_items_become_subtasks_in_order_and_follow_edits_of_either_side(stage: Stage) -> None:
    with stage.app.environment() as env:
        both = Both(stage, env)
        assert subtasks(both) == [("think", DONE), ("do", OPEN), ("rest", OPEN), ("milk", OPEN)]
        both.settle()
        think, do, rest, milk = env["project.task"].search([("parent_id", "!=", False)], order="sequence")
        assert do.project_id == both.task(1).project_id
        do.write({"state": DONE, "name": "do it"})
        for sequence, one in enumerate((rest, think, do, milk)):
            one.write({"sequence": sequence})
        both.settle()
        assert items(both) == [
            ("Plan", "rest", "incomplete"),
            ("Plan", "think", "complete"),
            ("Plan", "do it", "complete"),
            ("Shop", "milk", "incomplete"),
        ]
        pairs = {one.odoo_id.id: one.external_id for one in env["trello.checkitem"].search([])}
        both.trello.put(f"/cards/{card(1)['id']}/checkItem/{pairs[rest.id]}", {"state": "complete"})
        both.trello.put(f"/checklists/{SHOP}", {"pos": "top"})
        both.trello.post(f"/checklists/{SHOP}/checkItems", {"name": "bread", "pos": "bottom"})
        both.settle()
        assert subtasks(both) == [
            ("milk", OPEN), ("bread", OPEN), ("rest", DONE), ("think", DONE), ("do it", DONE),
        ]  # fmt: skip


def test_subtasks_become_items_and_deletions_follow_the_policy(stage: Stage) -> None:
    with stage.app.environment() as env:
        both = Both(stage, env)
        for number in (1, 2):
            task = both.task(number)
            values = {"parent_id": task.id, "project_id": task.project_id.id, "name": "new"}
            env["project.task"].create({**values, "sequence": 2**30})
        both.settle()
        assert ("Plan", "new", "incomplete") in items(both, 1)
        assert items(both, 2) == [("Checklist", "new", "incomplete")]
        assert not env["trello.card"].search([("odoo_id.parent_id", "!=", False)])
        both.trello.delete(f"/checklists/{SHOP}")
        env["trello.checkitem"].search([("external_id", "=like", "5f%10")]).odoo_id.unlink()
        both.settle()
        assert not env["project.task"].search([("name", "=", "milk")])
        assert env["project.task"].with_context(active_test=False).search([("name", "=", "milk")])
        assert ("Plan", "think", "complete") in items(both), "nothing is deleted unless the policy says so"
        both.backend.export_deletion = "delete"
        env["project.task"].search([("name", "=", "do")]).unlink()
        both.settle()
        assert "do" not in [name for _, name, _ in items(both)]


def test_an_item_that_was_made_without_an_answer_is_not_made_again(stage: Stage) -> None:
    with stage.app.environment() as env:
        both = Both(stage, env)
        task = both.task(2)
        values = {"parent_id": task.id, "project_id": task.project_id.id, "name": "new"}
        made = env["project.task"].create(values)
        with both.backend.work_on("trello.checkitem") as work:
            sent = {"name": "new", "idCard": card(2)["id"]}
            work.component(usage="announcer").announce(made.id, sent)
            work.component(usage="backend.adapter").create(sent)
        import_backend(both.backend)
        export_backend(both.backend)
        both.settle()
        assert len(items(both, 2)) == 1
        assert len(subtasks(both, 2)) == 1


def test_checklists_are_left_alone_where_the_backend_says_so(stage: Stage) -> None:
    with stage.app.environment() as env:
        backend = env["trello.backend"].search([])
        backend.checklists = "none"
        reports = import_backend(backend)
        assert "trello.checkitem" not in [report.entity for report in reports]
        assert env["project.task"].search_count([("parent_id", "!=", False)]) == 0
