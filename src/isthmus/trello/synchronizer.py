"""What is particular to synchronising boards, lists, labels and cards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from isthmus.components import Component
from isthmus.connector.batch import BatchExporter
from isthmus.connector.binder import Binder
from isthmus.connector.converter import instant
from isthmus.connector.deleter import ExportDeleter
from isthmus.connector.exporter import Exporter
from isthmus.connector.importer import Importer
from isthmus.connector.verifier import Verifier
from isthmus.trello.base import TrelloComponent


class TrelloImporter(Importer, TrelloComponent, Component):
    """Imports whatever has an id and a name."""

    _name = "trello.importer"
    _inherit = ["connector.importer", "base.trello.connector"]

    def external_version(self, record: Mapping[str, Any]) -> str | None:
        return record.get("dateLastActivity") or None

    def external_changed_at(self, record: Mapping[str, Any]) -> datetime | None:
        moment = instant.to_odoo(record.get("dateLastActivity"))
        return moment or None


class ListImporter(TrelloImporter):
    """Lists need their board."""

    _name = "trello.list.importer"
    _inherit = ["trello.importer"]
    _apply_on = "trello.list"

    def dependencies(self, record: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
        return [("trello.board", record.get("idBoard"))]


class LabelImporter(TrelloImporter):
    """An unnamed label is reported under its colour."""

    _name = "trello.label.importer"
    _inherit = ["trello.importer"]
    _apply_on = "trello.label"

    def external_name_of(self, record: Mapping[str, Any]) -> str:
        return str(record.get("name") or f"({record.get('color') or 'no colour'})")


class LabelBinder(Binder, TrelloComponent, Component):
    """A tag that Odoo has already under a label's name is taken, since names of tags are unique there."""

    _name = "trello.label.binder"
    _inherit = ["connector.binder", "base.trello.connector"]
    _apply_on = "trello.label"

    def match(self, rows: list[Mapping[str, Any]]) -> dict[int, int]:
        names = [row["name"] for row in rows if row.get("name")]
        tags = self.env["project.tags"].search_fetch([("name", "in", names)], ["name"])
        taken = self.wrap(tags.ids)
        known = {tag.name: tag.id for tag in tags if tag.id not in taken}
        return {number: known[row["name"]] for number, row in enumerate(rows) if row.get("name") in known}


class CardImporter(TrelloImporter):
    """Cards need their board, list and labels; mirrors and separators are not cards of their own."""

    _name = "trello.card.importer"
    _inherit = ["trello.importer"]
    _apply_on = "trello.card"

    def skip_reason(self, record: Mapping[str, Any]) -> str | None:
        if record.get("mirrorSourceId"):
            return "it is a mirror of another card"
        if record.get("cardRole") == "separator":
            return "it is a separator"
        return None

    def dependencies(self, record: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
        yield "trello.board", record.get("idBoard")
        yield "trello.list", record.get("idList")
        for label in record.get("idLabels") or ():
            yield "trello.label", label


class CardExporter(Exporter, TrelloComponent, Component):
    """Tasks become cards where their project is a board."""

    _name = "trello.card.exporter"
    _inherit = ["connector.exporter", "base.trello.connector"]
    _apply_on = "trello.card"

    def skip_reason(self, record: Any) -> str | None:
        return None if record.project_id else "it has no project"


class CardBatchExporter(BatchExporter, TrelloComponent, Component):
    """Finds the tasks that have no card yet in projects that are boards."""

    _name = "trello.card.batch.exporter"
    _inherit = ["connector.batch.exporter", "base.trello.connector"]
    _apply_on = "trello.card"

    def unbound(self) -> list[int]:
        """Return the ids of tasks (no subtasks) of synchronised projects that have no card, archived ones
        left out.
        """
        boards = self.env["trello.board"]._read_rows(
            [*self.binder._scope(), ("state", "!=", "deleted")], ["odoo_id"]
        )
        if not boards:
            return []
        projects = [row["odoo_id"] for row in boards]
        tasks = self.env["project.task"].search(
            [("project_id", "in", projects), ("parent_id", "=", False)], order="id"
        )
        bound = {row["odoo_id"] for row in self.model._read_rows(self.binder._scope(), ["odoo_id"])}
        return [id_ for id_ in tasks.ids if id_ not in bound]


class CardExportDeleter(ExportDeleter, TrelloComponent, Component):
    """A card whose task was deleted is archived by closing it."""

    _name = "trello.card.export.deleter"
    _inherit = ["connector.export.deleter", "base.trello.connector"]
    _apply_on = "trello.card"

    def archive(self, external_id: Any) -> None:
        self.backend_adapter.write(external_id, {"closed": True})


class CardVerifier(Verifier, TrelloComponent, Component):
    """The order of cards is brought into Odoo, not back, so it may differ."""

    _name = "trello.card.verifier"
    _inherit = ["connector.verifier", "base.trello.connector"]
    _apply_on = "trello.card"

    ignored = frozenset({"sequence"})
