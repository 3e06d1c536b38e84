"""``export_data``: records as rows of text, with external ids made on the way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from isthmus.sandbox.odoo.reading import shown
from isthmus.sandbox.odoo.values import all_fields


def exported(records: Any, paths: Sequence[str]) -> list[list[Any]]:
    """Return one row for each record and one cell for each path (``name``, ``id``, ``tag_ids/name`` …)."""
    records.check_existence()
    return [[_cell(record, path.split("/")) for path in paths] for record in records]


def _cell(record: Any, steps: Sequence[str]) -> Any:
    name, *rest = steps
    if name in (".id", "id"):
        return external_id(record) if name == "id" else str(record.id)
    field = all_fields(record)[name]
    if field.relational:
        related = record[name]
        if rest:
            cells = [_cell(one, rest) for one in related]
        else:
            names = related.shown_names() if related else {}
            cells = [names[one.id] for one in related]
        return ",".join(str(cell) for cell in cells)
    value = shown(record, field, record[name])
    if field.type == "selection":
        return dict(field.selection).get(value, "")  # type: ignore[attr-defined]
    return "" if value is False and field.type != "boolean" else value


def external_id(record: Any) -> str:
    """Return the external id of a record; one in ``__export__`` is made when it has none."""
    data = record.env["ir.model.data"]
    known = data.search([("model", "=", record._name), ("res_id", "=", record.id)], order="id", limit=1)
    if not known:
        name = f"{record._table}_{record.id}_{uuid4().hex[:8]}"
        known = data.create(
            {"module": "__export__", "name": name, "model": record._name, "res_id": record.id}
        )
    return str(known.complete_name)
