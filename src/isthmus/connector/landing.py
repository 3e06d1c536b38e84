"""Landing: an import recognises what one before it created in Odoo and, being cut off, could not pair."""

from __future__ import annotations

from typing import Any

from isthmus.connector.import_page import Item
from isthmus.connector.odoo_side import OdooSide
from isthmus.connector.pairing import Pairing


class Landing:
    """Pairs an importer's items with the records that were announced as theirs."""

    def __init__(self, importer: Any) -> None:
        self._importer = importer
        self._side = OdooSide(importer)

    def recognise(self, items: list[Item]) -> None:
        """Pair those of the items, none of which has a pair, that Odoo has by an earlier import."""
        if not items or self._side.transactional or not self._side.separate:
            return  # what was created is gone with its transaction
        notes = self._importer.arrivals.take(str(item.external_id) for item in items)
        there = self._side.imported(notes) if notes else {}
        for item in items:
            item.odoo_id = there.get(str(item.external_id))
            item.announced = notes[str(item.external_id)] if item.odoo_id is not None else None
        Pairing(self._importer).provide([item for item in items if item.announced])
