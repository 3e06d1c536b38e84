"""Following hints: what may be imported without a round."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from isthmus.components import Component
from isthmus.connector.batch import BatchImporter
from isthmus.connector.outcome import Tally
from isthmus.connector.reading import chunked
from isthmus.trello.base import TrelloComponent


class ToldBatchImporter(BatchImporter, TrelloComponent, Component):
    """Follows hints about records of those boards that are paired."""

    _name = "trello.told.batch.importer"
    _inherit = ["connector.batch.importer", "base.trello.connector"]
    _apply_on = ["trello.board", "trello.list", "trello.label", "trello.card"]

    @cached_property
    def boards(self) -> frozenset[str]:
        """The boards that are paired."""
        return self.component(usage="boards").paired  # type: ignore[no-any-return]

    def is_ours(self, record: Mapping[str, Any]) -> bool:
        """Tell whether a record is on a paired board: an import would bring another one along."""
        return record.get("idBoard", record["id"]) in self.boards


class PartBatchImporter(BatchImporter, TrelloComponent, Component):
    """Hints about check items, values, links and files name their cards: these are looked at whole."""

    _name = "trello.part.batch.importer"
    _inherit = ["connector.batch.importer", "base.trello.connector"]
    _apply_on = ["trello.checkitem", "trello.link", "trello.file"]

    def run_told(self, names: Sequence[str]) -> tuple[Tally, list[str]]:
        """Import the parts of these cards; parts that are on none of them any more go to the deleter."""
        importer = self.component(usage="record.importer")
        tally, met, cards = Tally(), set[str](), [name for name in names if name in importer.cards]
        for part in chunked(cards, self.collection.page_size or 200):
            found = self.backend_adapter.of_cards(part)
            tally.add(importer.run_page(found))
            met.update(str(one["id"]) for one in found)
            self.env.commit()
            self.between_pages()
        domain = [*self.binder._scope(), ("card", "in", cards), ("state", "!=", "deleted")]
        rows = self.model._read_rows(domain, ["external_id"]) if cards else []
        gone = [row["external_id"] for row in rows if row["external_id"] not in met]
        tally.add(self.remove(gone, self.component(usage="record.import.deleter")))
        self.env.commit()
        return tally, []


class ShownBatchImporter(PartBatchImporter):
    """What tasks show of lines and values is kept with the pairs of their cards."""

    _name = "trello.shown.batch.importer"
    _inherit = ["trello.part.batch.importer"]
    _apply_on = ["trello.line", "trello.value"]

    rewrites = ("trello.card",)
