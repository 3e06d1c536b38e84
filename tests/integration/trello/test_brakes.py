"""Cards and tasks that would vanish in numbers stop a run, whatever makes them vanish."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from isthmus.connector.operation import export_backend, import_backend
from isthmus.demo import Stage
from isthmus.errors import BrakeError
from tests.integration.trello.board import board, card

CARDS, TOO_MANY = 6, 3


def close_cards(env: Any, adapter: Any, ids: list[str]) -> None:
    for id_ in ids:
        adapter.write(id_, {"closed": True})


def delete_cards(env: Any, adapter: Any, ids: list[str]) -> None:
    for id_ in ids:
        adapter.delete(id_)


def tasks(env: Any, ids: list[str]) -> Any:
    return env["trello.card"].search([("external_id", "in", ids)]).mapped("odoo_id")


def archive_tasks(env: Any, adapter: Any, ids: list[str]) -> None:
    tasks(env, ids).write({"active": False})


def delete_tasks(env: Any, adapter: Any, ids: list[str]) -> None:
    tasks(env, ids).unlink()


@pytest.mark.parametrize(
    ("lose", "run"),
    [
        (close_cards, import_backend),
        (delete_cards, import_backend),
        (archive_tasks, export_backend),
        (delete_tasks, export_backend),
    ],
)
def test_nothing_goes_when_too_much_would_go(lose: Callable[..., None], run: Any) -> None:
    with Stage(board([card(number) for number in range(CARDS)])) as stage, stage.app.environment() as env:
        backend = env["trello.backend"].search([])
        import_backend(backend)
        with backend.work_on("trello.card") as work:
            lose(env, work.component(usage="backend.adapter"), [card(n)["id"] for n in range(TOO_MANY)])
        before = stage.odoo_writes(), stage.trello_writes()
        with pytest.raises(BrakeError, match=f"{TOO_MANY} of {CARDS} trello.card, and 2 may go"):
            run(backend, ["card"], max_deletes="2")
        assert (stage.odoo_writes(), stage.trello_writes()) == before
        (report,) = run(backend, ["card"], max_deletes="50%")
        assert report.counts["deleted"] + report.counts["updated"] == TOO_MANY
