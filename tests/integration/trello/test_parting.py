"""Subtasks that leave their card: the item goes, and what the subtask is now has one counterpart."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest

from isthmus.connector.operation import export_backend, import_backend
from isthmus.connector.plan import plan_backend
from isthmus.demo import Stage
from isthmus.errors import RemoteError
from isthmus.records import Environment
from isthmus.sandbox.faults import DropConnection, on
from isthmus.trello.client import TrelloClient
from tests.integration.trello.board import board, card
from tests.integration.trello.both import Both
from tests.integration.trello.test_checklists import PLAN, checklist, items


@pytest.fixture
def both() -> Iterator[Both]:
    plan = checklist(PLAN, "Plan", 1, ("think", "complete"), ("do", "incomplete"))
    data = board([card(1, idChecklists=[PLAN]), card(2), card(3)], checklists=[plan])
    with Stage(data) as stage, stage.app.environment() as env:
        yield Both(stage, env)


def subtask(both: Both, name: str) -> Any:
    return both.env["project.task"].search([("name", "=", name)])


def item_of(both: Both, task: Any) -> tuple[Any, str]:
    """Return the pair of a subtask, and where its item is at Trello."""
    (pair,) = both.env["trello.checkitem"].search([("odoo_id", "=", task.id)])
    return pair, f"/cards/{pair.card}/checkItem/{pair.external_id}"


def pairs(both: Both, task: Any) -> list[tuple[str, str]]:
    """Return the pairs of a task: entity and state."""
    both.env.clear()
    return [
        (entity, pair.state)
        for entity in ("trello.card", "trello.checkitem")
        for pair in both.env[entity].search([("odoo_id", "=", task.id)])
    ]


def test_a_subtask_that_goes_to_another_task_goes_to_its_card(both: Both) -> None:
    moved = subtask(both, "do")
    moved.write({"parent_id": both.task(2).id, "name": "do it", "state": "1_done"})
    export_backend(both.backend)
    assert items(both, 1) == [("Plan", "think", "complete")]
    assert items(both, 2) == [("Checklist", "do it", "complete")]
    assert pairs(both, moved) == [("trello.checkitem", "synced")]
    both.settle()
    both.trello.put(f"/cards/{card(2)['id']}", {"name": "Still here"})
    both.settle()


def test_a_subtask_that_becomes_a_task_becomes_a_card(both: Both) -> None:
    risen = subtask(both, "do")
    risen.write({"parent_id": False})
    export_backend(both.backend)
    assert items(both, 1) == [("Plan", "think", "complete")]
    assert sorted(both.cards()) == ["Card 1", "Card 2", "Card 3", "do"]
    assert pairs(both, risen) == [("trello.card", "synced")]
    both.settle()


def test_a_subtask_of_a_task_that_is_no_card_keeps_its_item(both: Both) -> None:
    elsewhere = both.env["project.project"].create({"name": "Elsewhere"})
    parent = both.env["project.task"].create({"name": "No card", "project_id": elsewhere.id})
    moved = subtask(both, "do")
    moved.write({"parent_id": parent.id})
    export_backend(both.backend)
    assert items(both, 1) == [("Plan", "think", "complete"), ("Plan", "do", "incomplete")]
    moved.write({"parent_id": both.task(1).id})
    both.settle()


def test_a_pair_that_does_not_know_its_card_is_left_alone(both: Both) -> None:
    moved = subtask(both, "do")
    both.env["trello.checkitem"].search([("odoo_id", "=", moved.id)]).write({"card": False})
    moved.write({"parent_id": both.task(2).id})
    (report,) = export_backend(both.backend, ["checkitem"])
    assert report.counts["failed"] == 0
    assert items(both, 1) == [("Plan", "think", "complete"), ("Plan", "do", "incomplete")]


def test_a_subtask_in_another_project_than_its_task_is_no_difference(both: Both) -> None:
    elsewhere = both.env["project.project"].create({"name": "Elsewhere"})
    subtask(both, "do").write({"project_id": elsewhere.id, "name": "do it"})
    both.settle()
    assert items(both, 1) == [("Plan", "think", "complete"), ("Plan", "do it", "incomplete")]


@pytest.mark.parametrize("acted", [True, False])
def test_an_item_whose_end_was_not_answered_goes_with_the_next_export(both: Both, acted: bool) -> None:
    moved = subtask(both, "do")
    moved.write({"parent_id": both.task(2).id})
    both.stage.trello.faults.add(DropConnection(after_acting=acted), times=20, when=on("DELETE"))
    with pytest.raises(RemoteError):
        export_backend(both.backend)
    both.stage.trello.faults.clear()
    import_backend(both.backend)
    assert pairs(both, moved) == [], "written down, and nothing was made of what is still there"
    assert len(both.env["project.task"].search([("name", "=", "do")])) == 1
    export_backend(both.backend)
    assert (items(both, 1), items(both, 2)) == (
        [("Plan", "think", "complete")],
        [("Checklist", "do", "incomplete")],
    )
    both.settle()


def test_an_item_edited_before_its_end_is_brought_to_odoo_first(both: Both) -> None:
    moved = subtask(both, "do")
    _, path = item_of(both, moved)
    both.trello.put(path, {"name": "do it well", "state": "complete"})
    moved.write({"parent_id": both.task(2).id})
    export_backend(both.backend)
    assert [name for _, name, _ in items(both, 1)] == ["think", "do it well"]
    assert pairs(both, moved) == [("trello.checkitem", "synced")]
    assert (moved.name, moved.state, moved.parent_id) == ("do it well", "1_done", both.task(2))
    both.settle()
    assert items(both, 1) == [("Plan", "think", "complete")]
    assert items(both, 2) == [("Checklist", "do it well", "complete")]


def test_an_item_edited_while_its_end_waits_is_brought_to_odoo_first(both: Both) -> None:
    moved = subtask(both, "do")
    item, path = item_of(both, moved)
    moved.write({"parent_id": both.task(2).id, "name": "do it now"})
    item.export_record()  # by a job, say: the item goes with the next export of all
    assert pairs(both, moved) == []
    both.trello.put(path, {"state": "complete"})
    import_backend(both.backend)
    export_backend(both.backend)
    assert (moved.name, moved.state) == ("do it now", "1_done")
    both.settle()
    assert items(both, 1) == [("Plan", "think", "complete")]
    assert items(both, 2) == [("Checklist", "do it now", "complete")]


def test_an_item_deleted_before_its_end_has_nothing_left_to_do(both: Both) -> None:
    moved = subtask(both, "do")
    item, path = item_of(both, moved)
    moved.write({"parent_id": both.task(2).id})
    item.export_record()
    both.trello.delete(path)
    both.settle()
    assert items(both, 2) == [("Checklist", "do", "incomplete")]


def test_a_plan_shows_that_the_item_goes_and_writes_nothing(both: Both) -> None:
    subtask(both, "do").write({"parent_id": both.task(2).id})
    before = both.stage.trello_writes()
    with both.stage.app.rehearsal() as env:
        plan = plan_backend(env["trello.backend"].search([]))
    assert "do" in [one.name for one in plan.records]
    assert both.stage.trello_writes() == before
    assert items(both, 1) == [("Plan", "think", "complete"), ("Plan", "do", "incomplete")]
    both.settle()
    assert items(both, 2) == [("Checklist", "do", "incomplete")]


class CutOff(Exception):
    """The process ended."""


def ends_at(step: int, patch: pytest.MonkeyPatch) -> None:
    """End at a step: before or after something was committed, or Trello was asked."""
    steps = count()

    def around(call: Callable[..., Any]) -> Callable[..., Any]:
        def cut(*args: Any, **options: Any) -> Any:
            if next(steps) == step:
                raise CutOff
            answer = call(*args, **options)
            if next(steps) == step:
                raise CutOff
            return answer

        return cut

    patch.setattr(Environment, "commit", around(Environment.commit))
    patch.setattr(TrelloClient, "_send", around(TrelloClient._send))


def test_a_subtask_whose_export_ends_at_any_step_has_one_item_in_the_end() -> None:
    plan = checklist(PLAN, "Plan", 1, ("do", "incomplete"))
    with Stage(board([card(1, idChecklists=[PLAN]), card(2)], checklists=[plan])) as stage:
        with stage.app.environment() as env:
            both = Both(stage, env)
            moved, tasks = subtask(both, "do").id, {number: both.task(number).id for number in (1, 2)}
        is_cut, steps = True, 0
        while is_cut:
            home, other = (2, 1) if steps % 2 == 0 else (1, 2)
            with stage.app.environment() as env:
                env["project.task"].browse(moved).write({"parent_id": tasks[home]})
            with pytest.MonkeyPatch.context() as patch, stage.app.environment() as env:
                ends_at(steps, patch)
                try:
                    export_backend(env["trello.backend"].search([]), ["trello.checkitem"])
                    is_cut = False
                except CutOff:
                    env.rollback()
            with stage.app.environment() as env:
                env["connector.lease"].search([]).unlink()  # it is free, as that of a process that is gone
                import_backend(env["trello.backend"].search([]))
                export_backend(env["trello.backend"].search([]))
            assert ([name for _, name, _ in items(both, home)], items(both, other)) == (["do"], []), steps
            with stage.app.environment() as env:
                assert len(env["project.task"].search([("name", "=", "do")])) == 1
                assert len(env["trello.checkitem"].search([("odoo_id", "=", moved)])) == 1
                assert not env["trello.left.item"].search([])
            steps += 1
        assert steps > 10
