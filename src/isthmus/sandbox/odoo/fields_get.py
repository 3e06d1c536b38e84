"""What a model's fields are, as clients ask it.

Source: recorded ``fields_get`` answers (tests/data/odoo-probes).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from isthmus.records.fields import Field
from isthmus.sandbox.odoo.values import Values, all_fields


def described(
    records: Any, names: Iterable[str] | None = None, attributes: Iterable[str] | None = None
) -> Values:
    """Return the fields by name, each with the attributes asked for; unknown names are left out."""
    fields = all_fields(records)
    chosen = [name for name in names if name in fields] if names else list(fields)
    wanted = set(attributes) if attributes else None
    return {
        name: {
            key: value
            for key, value in _attributes(records, fields[name]).items()
            if wanted is None or key in wanted
        }
        for name in chosen
    }


def _attributes(records: Any, field: Field) -> Values:
    told: Values = {
        "name": field.name,
        "type": records._wire_types.get(field.name, field.type),
        "string": field.string,
        "required": field.required,
        "readonly": field.readonly or (field.compute is not None and field.name != "display_name"),
        "store": field.store,
        "searchable": field.store,
        "sortable": field.store and field.type not in ("one2many", "many2many"),
    }
    if field.help:
        told["help"] = field.help
    if field.relational:
        told |= {"relation": field.comodel, "domain": [], "context": {}}  # type: ignore[attr-defined]
    if field.type == "one2many":
        told["relation_field"] = field.inverse_name  # type: ignore[attr-defined]
    if field.type == "selection":
        told["selection"] = [list(pair) for pair in field.selection]  # type: ignore[attr-defined]
    if field.type in ("char", "text", "html"):
        told["translate"] = False
    return told
