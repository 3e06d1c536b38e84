"""A pair that is forgotten, since one of its records was deleted: the other one is a stranger then."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from isthmus.connector.operation import verify_backend
from isthmus.connector.round import sync_backend
from isthmus.demo import Stage
from isthmus.sandbox.trello import Limits
from tests.integration.trello.board import board, card
from tests.integration.trello.both import Both


@pytest.fixture
def both() -> Iterator[Both]:
    """Two cards and their tasks, long after anybody did something with them."""
    with Stage(board([card(1), card(2)]), limits=Limits.off()) as stage, stage.app.environment() as env:
        both = Both(stage, env)
        both.backend.write({"import_deletion": "unlink", "export_deletion": "unlink"})
        sync_backend(both.backend)
        yield both


def hints(both: Both) -> list[tuple[str, str]]:
    return [(one.side, one.record) for one in both.env["connector.hint"].search([])]


def failures(done: Any) -> list[Any]:
    return [one for report in (*done.imports, *done.exports) for one in report.failures]


def test_a_card_whose_task_was_deleted_gets_a_task_of_its_own_in_the_next_round(both: Both) -> None:
    before = both.task(1).id
    both.task(1).unlink()
    sync_backend(both.backend)
    assert sorted(both.cards()) == ["Card 1", "Card 2"]
    assert hints(both) == [("external", card(1)["id"])], "the history of the board tells nothing of it"
    assert failures(sync_backend(both.backend)) == []
    assert hints(both) == []
    assert sorted(both.tasks()) == ["Card 1", "Card 2"]
    assert both.task(1).id != before
    assert all(report.ok for report in verify_backend(both.backend))


def test_a_task_whose_card_was_deleted_is_told_of_to_the_next_round(both: Both) -> None:
    project, stage = both.task(1).project_id, both.task(1).stage_id
    made = both.env["project.task"].create(
        {"name": "Made in Odoo", "project_id": project.id, "stage_id": stage.id}
    )
    sync_backend(both.backend)
    pair = both.env["trello.card"].search([("odoo_id", "=", made.id)])
    both.trello.delete(f"/cards/{pair.external_id}")
    sync_backend(both.backend)
    assert ("odoo", str(made.id)) in hints(both)
    assert failures(sync_backend(both.backend)) == []
    assert sorted(both.cards()) == ["Card 1", "Card 2", "Made in Odoo"]
    assert both.env["project.task"].search_count([("name", "=", "Made in Odoo")]) == 1


@pytest.mark.parametrize("deleted", ["card", "task"])
def test_nobody_is_told_of_what_is_left_where_cards_go_one_way_only(both: Both, deleted: str) -> None:
    """No round would ever look at what is left, so that a hint about it would stay for good."""
    both.backend.write({"directions": {"trello.card": "import" if deleted == "card" else "export"}})
    if deleted == "card":
        pair = both.env["trello.card"].search([("name", "=", "Card 1")])
        both.trello.delete(f"/cards/{pair.external_id}")
    else:
        both.task(1).unlink()
    sync_backend(both.backend)
    assert hints(both) == []
    assert both.env["trello.card"].search_count([]) == 1, "the pair is forgotten"
    assert failures(sync_backend(both.backend)) == []
