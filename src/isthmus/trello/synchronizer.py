"""What synchronising has in common for all that Trello has."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, ClassVar

from isthmus.components import AbstractComponent, Component
from isthmus.connector.deleter import ExportDeleter
from isthmus.connector.entity_parts import EntityExporter, EntityImporter
from isthmus.connector.export_page import Item
from isthmus.connector.exporter import SETS_ASIDE
from isthmus.connector.import_page import Item as ImportItem
from isthmus.errors import ForbiddenError
from isthmus.trello.base import TrelloComponent


class TrelloImporter(EntityImporter, TrelloComponent, Component):
    """Imports whatever has an id and a name."""

    _name = "trello.importer"
    _inherit = ["connector.entity.importer", "base.trello.connector"]

    def incoming(self, item: ImportItem, data: dict[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
        """What Odoo said before a field was synchronised is not emptied: the next export tells Trello."""
        known = item.agreement.odoo
        if item.binding is None or not known:
            return data
        return {
            name: value
            for name, value in data.items()
            if name in known or not (value is False or value == "")
        }


class Boards(TrelloComponent, Component):
    """Knows which projects are boards."""

    _name = "trello.boards"
    _usage = "boards"

    @property
    def paired(self) -> frozenset[str]:
        """The ids of the boards that are paired."""
        return frozenset(self.projects.values())

    @cached_property
    def projects(self) -> dict[int, str]:
        """The projects that are boards: id -> id of the board. Read once for each use."""
        domain = [("backend_id", "=", self.collection.id), ("state", "!=", "deleted")]
        rows = self.env["trello.board"]._read_rows(domain, ["odoo_id", "external_id"])
        return {row["odoo_id"]: row["external_id"] for row in rows}

    def projects_of(self, stage: Any) -> list[int]:
        """Return the projects of a stage that are boards."""
        return [id_ for id_ in stage.project_ids.ids if id_ in self.projects]


class TrelloExporter(EntityExporter, TrelloComponent, Component):
    """What the token's member may not do is set aside with Trello's words; the rest goes on."""

    _name = "trello.exporter"
    _inherit = ["connector.entity.exporter", "base.trello.connector"]

    sets_aside = (*SETS_ASIDE, ForbiddenError)
    #: Fields of Odoo that are left out as long as Trello's own has not been read: Odoo's field -> Trello's.
    left_until_read: ClassVar[Mapping[str, str]] = {}

    def _find_changes(self, items: list[Item], only: frozenset[str] | None) -> None:
        """Leave out people where nothing has been read since somebody was found to be a user."""
        super()._find_changes(items, only)
        for item in items:
            said = item.agreement.external
            leave_out(
                item, {ours for ours, theirs in self.left_until_read.items() if said and theirs not in said}
            )


def leave_out(item: Item, fields: set[str]) -> None:
    """Take fields as unchanged; a pair of which nothing else changed is done with."""
    if fields & item.changed:
        item.changed -= fields
        if not item.changed and item.outcome is None:
            item.outcome = item.told("unchanged")


class ClosingDeleter(ExportDeleter, TrelloComponent, AbstractComponent):
    """Boards, lists and cards are archived by closing them."""

    _name = "trello.closing.deleter"
    _inherit = ["connector.export.deleter", "base.trello.connector"]

    def archive(self, external_id: Any) -> None:
        self.backend_adapter.write(external_id, {"closed": True})
