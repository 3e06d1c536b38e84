"""Odoo's own description of a model's fields, as fields of the record layer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from isthmus.records import fields as f

#: The field class for each of Odoo's types. Those that are not listed hold JSON (properties).
CLASSES: dict[str, type[f.Field]] = {
    **f.TYPES,
    "monetary": f.Float,
    "reference": f.Char,
    "many2one_reference": f.Integer,
}

#: Types that cost little to read together. Not: x2many (a query each), binary and json (large), properties
#: (computed from a definition).
PLAIN = frozenset(
    {
        "boolean", "char", "date", "datetime", "float", "html", "integer", "many2one", "many2one_reference",
        "monetary", "reference", "selection", "text",
    }
)  # fmt: skip


def field_of(model: str, name: str, described: Mapping[str, Any]) -> f.Field:
    """Return the field that one entry of ``fields_get`` describes.

    ``prefetch`` is set on what can be read all at once: stored, plain and open to every user of the model. A
    field with ``groups`` is left out, since one that the user may not see spoils the whole read.
    """
    odoo_type = str(described.get("type", ""))
    kind = CLASSES.get(odoo_type, f.Json)
    field = kind(**_arguments(kind, described)).bound(name, model)
    field.store = bool(described.get("store", True))
    field.groups = described.get("groups") or None
    field.prefetch = field.store and odoo_type in PLAIN and field.groups is None
    return field


def _arguments(kind: type[f.Field], described: Mapping[str, Any]) -> dict[str, Any]:
    arguments: dict[str, Any] = {
        "string": described.get("string") or None,
        "required": bool(described.get("required")),
        "readonly": bool(described.get("readonly")),
    }
    if issubclass(kind, f.Relational):
        arguments["comodel_name"] = described.get("relation") or ""
    if issubclass(kind, f.One2many):
        arguments["inverse_name"] = described.get("relation_field") or ""
    if issubclass(kind, f.Selection):
        arguments["selection"] = [(value, label) for value, label in described.get("selection") or ()]
    if issubclass(kind, f.Char) and described.get("size"):
        arguments["size"] = described["size"]
    return arguments


def fields_of(model: str, described: Mapping[str, Mapping[str, Any]]) -> dict[str, f.Field]:
    """Return the fields that ``fields_get`` describes, by name."""
    return {name: field_of(model, name, entry) for name, entry in described.items()}
