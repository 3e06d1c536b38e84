"""How boards, lists, labels and cards become projects, stages, tags and tasks, and cards' changes go back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from isthmus.components import AbstractComponent, Component
from isthmus.connector.agreement import Agreement
from isthmus.connector.converter import Choice, Converter, Related, RelatedMany, Through, instant, opposite
from isthmus.connector.mapper import ExportMapper, ImportMapper, changed_by, convert, mapping, only_create
from isthmus.connector.two_way import TwoWayMapper
from isthmus.trello.color import odoo_color
from isthmus.trello.markdown import canonical, to_html, to_markdown
from isthmus.trello.position import sequence_of
from isthmus.trello.tag_name import tag_name

markdown: Converter = Through(to_html, to_markdown, canonical, name="markdown", empty="")

#: A card is done, or it is not. Every open state of a task is the same to Trello, and so is a cancelled one.
done: Converter = Choice(
    {True: "1_done", False: "01_in_progress"},
    also={
        "02_changes_requested": False,
        "03_approved": False,
        "04_waiting_normal": False,
        "1_canceled": False,
    },
    otherwise=False,
)


class BoardMapper(TwoWayMapper, ImportMapper, Component):
    """A board becomes a project."""

    _name = "trello.board.import.mapper"
    _inherit = ["base.import.mapper"]
    _collection = "trello.backend"
    _apply_on = "trello.board"

    pairs = [("name", "name"), ("desc", "description", markdown), ("closed", "active", opposite)]


class ListMapper(TwoWayMapper, ImportMapper, Component):
    """A list becomes a stage of its board's project alone.

    An archived one is folded: archiving a stage in Odoo archives its tasks.
    """

    _name = "trello.list.import.mapper"
    _inherit = ["base.import.mapper"]
    _collection = "trello.backend"
    _apply_on = "trello.list"

    pairs = [("name", "name")]
    direct = [(convert("pos", sequence_of), "sequence"), (convert("closed", bool), "fold")]

    @mapping
    @changed_by("idBoard")
    def project(self, record: Mapping[str, Any]) -> dict[str, Any]:
        project = self.links.internal("trello.board", record["idBoard"], unwrap=True)
        return {"project_ids": [(6, 0, [project])]}


class LabelMapper(ImportMapper, Component):
    """A label becomes a tag of its own."""

    _name = "trello.label.import.mapper"
    _inherit = ["base.import.mapper"]
    _collection = "trello.backend"
    _apply_on = "trello.label"

    _claimed: dict[str, str] | None = None

    @property
    def claims(self) -> dict[str, str]:
        """The names that labels of this backend have as tags: name -> id of the label."""
        if self._claimed is None:
            rows = self.model._read_rows([("backend_id", "=", self.collection.id)], ["external_id", "base"])
            self._claimed = {
                str(name): row["external_id"]
                for row in rows
                if (name := Agreement.of(row["base"]).odoo.get("name"))
            }
        return self._claimed

    @mapping
    @changed_by("name", "color")
    def name(self, record: Mapping[str, Any]) -> dict[str, Any]:
        name = tag_name(record["id"], record.get("name"), record.get("color"), self.claims)
        self.claims[name] = record["id"]
        return {"name": name}

    @mapping
    @changed_by("color")
    @only_create
    def color(self, record: Mapping[str, Any]) -> dict[str, Any]:
        return {"color": odoo_color(record.get("color"))}


class CardPairs(TwoWayMapper, AbstractComponent):
    """What a card and a task say to each other, in both directions."""

    _name = "trello.card.pairs"
    _inherit = ["base.two.way.mapper"]
    _collection = "trello.backend"
    _apply_on = "trello.card"

    pairs = [
        ("name", "name"),
        ("desc", "description", markdown),
        ("idBoard", "project_id", Related("trello.board")),
        ("idList", "stage_id", Related("trello.list")),
        ("idLabels", "tag_ids", RelatedMany("trello.label")),
        ("due", "date_deadline", instant),
        ("dueComplete", "state", done),
        ("closed", "active", opposite),
    ]


class CardImportMapper(CardPairs, ImportMapper, Component):
    """A card becomes a task. Where it stands in its list is brought into Odoo, not back."""

    _name = "trello.card.import.mapper"
    _inherit = ["trello.card.pairs", "base.import.mapper"]

    direct = [(convert("pos", sequence_of), "sequence")]


class CardExportMapper(CardPairs, ExportMapper, Component):
    """A task's changes become those of its card."""

    _name = "trello.card.export.mapper"
    _inherit = ["trello.card.pairs", "base.export.mapper"]
