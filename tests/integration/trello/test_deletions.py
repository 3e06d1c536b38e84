"""A task is deleted in Odoo: its card follows the policy, and the rest of the page is exported with it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from isthmus.connector.operation import export_backend
from isthmus.demo import Stage
from tests.integration.trello.board import BOARD, board, card
from tests.integration.trello.both import Both


@pytest.fixture
def stage() -> Iterator[Stage]:
    with Stage(board()) as stage:
        yield stage


@pytest.mark.parametrize(
    ("policy", "becomes", "pairs"),
    [("archive", {"closed": True}, 3), ("delete", None, 3), ("unlink", {"closed": False}, 2)],
)
def test_a_card_whose_task_was_deleted_follows_the_policy(
    stage: Stage, policy: str, becomes: Any, pairs: int
) -> None:
    with stage.app.environment() as env:
        both = Both(stage, env)
        both.backend.export_deletion = policy
        both.task(1).unlink()
        both.task(2).write({"name": "renamed"})
        env.commit()
        (report,) = export_backend(both.backend, ["card"])
        assert report.counts | {"deleted": 1, "updated": 1, "failed": 0} == report.counts
        found = {one["id"]: one for one in both.trello.get(f"/boards/{BOARD}/cards/all")}
        gone = found.get(card(1)["id"])
        assert gone == becomes if gone is None else gone | becomes == gone
        assert found[card(2)["id"]]["name"] == "renamed"
        assert env["trello.card"].search_count([]) == pairs
