"""Labels and tags."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from isthmus.connector import mapper
from isthmus.connector.agreement import Agreement
from isthmus.connector.export_page import Item
from isthmus.connector.import_page import Item as ImportItem
from isthmus.connector.mapper import changed_by, mapping
from isthmus.records import fields
from isthmus.trello.adapter import TrelloAdapter
from isthmus.trello.color import color
from isthmus.trello.entity import TrelloEntity
from isthmus.trello.synchronizer import TrelloExporter, TrelloImporter
from isthmus.trello.tag_name import label_name, tag_name


class Label(TrelloEntity):
    """A label and its tag: one of its own, or one that Odoo has already under its name.

    Names of tags are unique in Odoo. A tag that was there before its label keeps its colour, so colours may
    differ. The labels that tags on tasks ask for are made by :class:`isthmus.trello.labels.Labels`.
    """

    _name = "trello.label"
    _odoo = "project.tags"
    _description = "Label"

    pairs = [("color", "color", color)]
    needs = {"idBoard": "trello.board"}
    keeps = {"board": "idBoard"}
    match = ("name",)

    class Binding:
        board = fields.Char("Board", help="The id of the label's board.")

    class Adapter(TrelloAdapter):
        _path = "/labels"
        _fields = ("name", "color", "idBoard")
        _of_board = "labels"
        _filter = {"limit": 1000}

    class ImportMapper(mapper.ImportMapper):
        _claimed: dict[str, str] | None = None

        @property
        def claims(self) -> dict[str, str]:
            """The names that labels of this backend have as tags: name -> id of the label."""
            if self._claimed is None:
                rows = self.model._read_rows(
                    [("backend_id", "=", self.collection.id)], ["external_id", "base"]
                )
                self._claimed = {
                    str(name): row["external_id"]
                    for row in rows
                    if (name := Agreement.of(row["base"]).odoo.get("name"))
                }
            return self._claimed

        @mapping
        @changed_by("name", "color", "idBoard")
        def name(self, record: Mapping[str, Any]) -> dict[str, Any]:
            name = tag_name(record["id"], record.get("name"), record.get("color"), self.claims)
            self.claims[name] = record["id"]
            return {"name": name}

    class ExportMapper(mapper.ExportMapper):
        @mapping
        @changed_by("name")
        def name(self, record: Any) -> dict[str, Any]:
            (row,) = self.model._read_rows([*self.binder._scope(), ("odoo_id", "=", record.id)], ["base"])
            said = Agreement.of(row["base"]).external
            return {"name": label_name(record.name, said.get("name"), said.get("color"))}

    class Importer(TrelloImporter):
        paired_suffices = True

        def external_name_of(self, record: Mapping[str, Any]) -> str:
            """An unnamed label is reported under its colour."""
            return str(record.get("name") or f"({record.get('color') or 'no colour'})")

        def incoming(self, item: ImportItem, data: dict[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
            if item.binding is None:
                data.pop("color", None)
            return data

    class Exporter(TrelloExporter):
        settles = frozenset({"name"})

        def _find_changes(self, items: list[Item], only: frozenset[str] | None) -> None:
            """A tag may be called after the colour of its label."""
            super()._find_changes(items, only)
            for item in items:
                if "color" in item.changed:
                    item.changed |= {"name"}

    class Verifier:
        ignored = frozenset({"color"})
