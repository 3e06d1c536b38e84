"""The fields of a model of Odoo, as a person wants to see them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def matching(
    fields: Mapping[str, Mapping[str, Any]], text: str | None, kind: str | None
) -> dict[str, Mapping[str, Any]]:
    """Return the fields by name whose name or label has the text in it, and whose type is the kind."""
    wanted = (text or "").lower()
    return {
        name: field
        for name, field in sorted(fields.items())
        if (not kind or field.get("type") == kind)
        and (wanted in name.lower() or wanted in str(field.get("string") or "").lower())
    }


def types_of(fields: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return the types that some fields have, in order."""
    return sorted({str(field.get("type", "")) for field in fields.values()})


def field_row(name: str, field: Mapping[str, Any]) -> tuple[str, str, str, str, str]:
    """Return name, type, label, what is special, and what it holds or points to."""
    marks = [
        mark
        for mark, holds in (
            ("required", field.get("required")),
            ("read only", field.get("readonly")),
            ("not stored", field.get("store") is False),
            (f"for {field.get('groups')}", field.get("groups")),
        )
        if holds
    ]
    label = str(field.get("string") or "")
    return name, str(field.get("type", "")), label, ", ".join(marks), content(field)


def content(field: Mapping[str, Any]) -> str:
    """Return what a relation points to, or which keys a selection has; empty for other fields."""
    if field.get("relation"):
        inverse = f" by {field['relation_field']}" if field.get("relation_field") else ""
        return f"{field['relation']}{inverse}"
    return ", ".join(str(key) for key, _ in field.get("selection") or ())
