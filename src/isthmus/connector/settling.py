"""Settling: after an export Odoo says some fields in the words of an import.

An order, say: people number their tasks as they like, and what was moved in Trello is numbered by its
positions there. The new form is the base before it is written to Odoo: whoever is cut off in between finds a
change, and does it again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from isthmus.connector.export_page import Item


def settled(exporter: Any, item: Item, answer: Mapping[str, Any], names: frozenset[str]) -> dict[str, Any]:
    """Return in comparable form what an import would make of an answer, for exported fields that settle.

    What Odoo says otherwise is kept on the item, to be written.
    """
    wanted = exporter.settles & names
    if not wanted:
        return {}
    (values,) = exporter.import_mapper.map_many([answer]).values
    found = {name: value for name, value in (values or {}).items() if name in wanted}
    ours: dict[str, Any] = exporter.import_mapper.comparable(found)
    item.settled = {name: found[name] for name in ours if ours[name] != item.now.get(name)}
    return ours


def settle(exporter: Any, items: list[Item]) -> None:
    """Write to Odoo what it is to say in another form."""
    rows = [(item.record, item.settled) for item in items if item.settled]
    if rows:
        exporter.surviving(rows, exporter.odoo_model.write_each)
