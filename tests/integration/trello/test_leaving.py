"""Tasks that leave what is synchronised: their cards stay, until they come back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from isthmus.connector.operation import export_backend, verify_backend
from isthmus.demo import Stage
from tests.integration.trello.board import TODO, board, card
from tests.integration.trello.both import Both


@pytest.fixture
def both() -> Iterator[Both]:
    with Stage(board()) as stage, stage.app.environment() as env:
        yield Both(stage, env)


def exported(both: Both) -> Any:
    return {report.entity: report for report in export_backend(both.backend)}["trello.card"]


def seen(both: Both) -> dict[str, Any]:
    found: dict[str, Any] = both.trello.get(f"/cards/{card(1)['id']}", fields="name,idList,closed")
    return {name: found[name] for name in ("name", "idList", "closed")}


@pytest.mark.parametrize("has_stage", [True, False])
def test_a_task_that_leaves_for_a_project_that_is_no_board_keeps_its_card(
    both: Both, has_stage: bool
) -> None:
    task, home = both.task(1), both.task(1).project_id
    stage = task.stage_id
    elsewhere = both.env["project.project"].create({"name": "Elsewhere"})
    there = both.env["project.task.type"].create({"name": "There", "project_ids": [(6, 0, [elsewhere.id])]})
    task.write({"project_id": elsewhere.id, "stage_id": has_stage and there.id, "name": "Gone"})
    report = exported(both)
    assert (report.ok, report.counts["skipped"]) == (True, 1)
    assert [one.reason for one in report.failures] == [
        "its project 'Elsewhere' is no board: its card stays as it is"
    ]
    assert seen(both) == {"name": "Card 1", "idList": TODO, "closed": False}
    told = [one.field for report in verify_backend(both.backend) for one in report.differences]
    assert {"project_id", "name"} <= set(told)
    both.env.clear()
    task.write({"project_id": home.id, "stage_id": stage.id})
    both.settle()
    assert seen(both)["name"] == "Gone"


def test_a_task_without_a_stage_keeps_its_card_on_its_list(both: Both) -> None:
    task, stage = both.task(1), both.task(1).stage_id
    task.write({"stage_id": False, "name": "Nowhere"})
    assert exported(both).counts["updated"] == 1
    assert seen(both) == {"name": "Nowhere", "idList": TODO, "closed": False}
    both.settle()
    assert exported(both).counts["updated"] == 0
    task.write({"stage_id": stage.id})
    both.settle()


def test_a_new_task_without_a_stage_waits_until_it_has_one(both: Both) -> None:
    project, stage = both.task(1).project_id, both.task(1).stage_id
    task = both.env["project.task"].create({"name": "New", "project_id": project.id})
    task.write({"stage_id": False})
    report = exported(both)
    assert [one.reason for one in report.failures] == ["it is in no stage, and a card is on a list"]
    assert report.ok
    task.write({"stage_id": stage.id})
    both.settle()
    assert "New" in both.cards()
