"""Both sides of a stage, as a person sees and edits them."""

from __future__ import annotations

from typing import Any

from isthmus.connector.operation import export_backend, import_backend, verify_backend
from isthmus.demo import Stage
from isthmus.trello.client import TrelloClient
from tests.integration.trello.board import BOARD, TODO, card


class Both:
    """Both sides, seen by a person."""

    def __init__(self, stage: Stage, env: Any) -> None:
        self.stage, self.env = stage, env
        self.backend = env["trello.backend"].search([])
        self.trello = TrelloClient(stage.trello.key, stage.trello.token, url=stage.trello.url)
        import_backend(self.backend)

    def stage_of(self, list_: str) -> Any:
        return self.env["trello.list"].search([("external_id", "=", list_)]).odoo_id

    def task(self, number: int) -> Any:
        return self.env["trello.card"].search([("external_id", "=", card(number)["id"])]).odoo_id

    def cards(self, list_: str = TODO) -> list[str]:
        """The names of the cards of a list, in Trello's order."""
        found: Any = self.trello.get(f"/lists/{list_}/cards", fields="name,pos", filter="all")
        return [one["name"] for one in sorted(found, key=lambda one: one["pos"])]

    def tasks(self, list_: str = TODO) -> list[str]:
        """The names of the tasks of a stage, in Odoo's order."""
        self.env.clear()
        stage = self.stage_of(list_)
        names: list[str] = (
            self.env["project.task"]
            .search([("stage_id", "=", stage.id)], order="sequence, id")
            .mapped("name")
        )
        return names

    def label(self, id_: str) -> Any:
        return self.env["trello.label"].search([("external_id", "=", id_)]).odoo_id

    def lists(self) -> list[tuple[str, bool]]:
        found: Any = self.trello.get(f"/boards/{BOARD}/lists", filter="all", fields="name,pos,closed")
        return [(one["name"], one["closed"]) for one in sorted(found, key=lambda one: one["pos"])]

    def settle(self) -> None:
        """After a quiet round both sides agree, and a further one writes nothing."""
        export_backend(self.backend)
        import_backend(self.backend)
        wrong = [report for report in verify_backend(self.backend) if not report.ok]
        assert not wrong, f"both sides do not agree: {wrong}"
        writes = self.stage.odoo_writes(), self.stage.trello_writes()
        import_backend(self.backend)
        export_backend(self.backend)
        assert (self.stage.odoo_writes(), self.stage.trello_writes()) == writes, "a quiet round wrote"
