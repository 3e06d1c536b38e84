"""Values in the one form in which they are compared and kept as the base: one spelling a meaning."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

NUMERIC = frozenset({"integer", "float", "monetary"})
X2MANY = frozenset({"one2many", "many2many"})

#: What Odoo keeps for an empty Html field. Source: Odoo's HTML editor leaves <p><br></p> in an emptied field.
_EMPTY_HTML = re.compile(r"(\s|&nbsp;|</?(p|div)\b[^>]*>|<br\s*/?>)*", re.IGNORECASE)


def neutral(value: Any, kind: str | None = None) -> Any:
    """Return a value in comparable form. ``kind`` is the type of the Odoo field that holds it, where known.

    None, False and "" are one (None; 0 in a numeric field, [] in an x2many). A datetime is text to the
    second, in UTC; bytes are their digest; records are ids; x2many commands are the set that they make.
    """
    if kind in X2MANY:
        return _members(value)
    if value is None or value is False or value == "":
        return 0 if kind in NUMERIC else None
    match value:
        case str():
            return _text(value, kind)
        case bool() | int() | float():
            return value
        case datetime():
            return _moment(value, kind)
        case date():
            return value.isoformat()
        case bytes():
            return "sha1:" + hashlib.sha1(value, usedforsecurity=False).hexdigest()
        case Mapping():
            return {str(key): neutral(one) for key, one in value.items()}
        case _ if hasattr(value, "_ids"):
            return (value.id or None) if kind == "many2one" or len(value) < 2 else sorted(value.ids)
        case list() | tuple():
            return _members(value) if _are_commands(value) else [neutral(one) for one in value]
        case _:
            return str(value)


def _text(value: str, kind: str | None) -> Any:
    if kind in ("datetime", "date"):
        try:
            return _moment(datetime.fromisoformat(value), kind)
        except ValueError:
            return value
    if kind == "html":
        return None if _EMPTY_HTML.fullmatch(value) else " ".join(value.split())
    return value


def _moment(value: datetime, kind: str | None) -> str:
    if value.tzinfo is not None:
        value = value.astimezone(UTC)
    return value.strftime("%Y-%m-%d" if kind == "date" else "%Y-%m-%d %H:%M:%S")


def _are_commands(values: Sequence[Any]) -> bool:
    """Tell whether a list holds x2many commands: tuples that begin with a number from 0 to 6."""
    return bool(values) and all(isinstance(one, tuple) and one and one[0] in range(7) for one in values)


def _members(value: Any) -> list[Any]:
    """Return the ids that an x2many value amounts to, in order, then the values of new lines."""
    if not value:
        return []
    if hasattr(value, "_ids"):
        return sorted(value.ids)
    ids: set[int] = set()
    lines: list[Any] = []
    for one in value:
        match one:
            case int():
                ids.add(one)
            case (6, _, [*replacing]):
                ids = set(replacing)
            case (5, *_):
                ids.clear()
            case (4, int() as linked, *_):
                ids.add(linked)
            case (0, _, Mapping() as values):
                lines.append(neutral(values))
            case _:
                lines.append([neutral(part) for part in one])
    return [*sorted(ids), *lines]
