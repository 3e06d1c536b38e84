"""Values on Odoo's wire (JSON) against the neutral values of the store seam.

Datetimes are naive UTC text without fractions: Odoo stores microseconds, gives seconds back and refuses ISO
forms with ``T`` or a zone. Binary is base64. Empty is ``false``.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from isthmus.errors import MalformedAnswerError
from isthmus.records.fields import Field

Values = dict[str, Any]


# --- writing -------------------------------------------------------------------------------------------


#: What JSON has itself, and nearly all values are; told by type, which is cheaper than any other question.
_PLAIN = frozenset({str, int, bool, float})


def encode(value: Any) -> Any:
    """Return the JSON form of a neutral value, of commands and of what is nested in them."""
    if type(value) in _PLAIN:
        return value
    match value:
        case None:
            return False
        case datetime():
            naive = value.astimezone(UTC) if value.tzinfo is not None else value
            return naive.replace(tzinfo=None, microsecond=0).isoformat(" ")
        case date():
            return value.isoformat()
        case bytes() | bytearray() | memoryview():
            return base64.b64encode(value).decode("ascii")
        case Mapping():
            return {key: encode(one) for key, one in value.items()}
        case list() | tuple():
            return [encode(one) for one in value]
        case _:
            return value


def encode_field(field: Field, value: Any) -> Any:
    """Return the JSON form of a value of a field. A JSON field's value is sent as it is."""
    return value if field.type == "json" else encode(value)


def encode_values(fields: Mapping[str, Field], values: Mapping[str, Any]) -> Values:
    """Return a dict of values in their JSON form; the names must be known."""
    return {name: encode_field(fields[name], value) for name, value in values.items()}


def wire_context(context: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part of a context that Odoo can be told: JSON values, and never ``bin_size``.

    With ``bin_size`` Odoo answers "10.00 bytes" instead of a binary field's content.
    """
    return {key: value for key, value in context.items() if key != "bin_size" and _is_json(value)}


def _is_json(value: Any) -> bool:
    match value:
        case None | bool() | int() | float() | str():
            return True
        case list() | tuple():
            return all(map(_is_json, value))
        case dict():
            return all(isinstance(key, str) and _is_json(one) for key, one in value.items())
        case _:
            return False


# --- reading -------------------------------------------------------------------------------------------


def _number(value: Any) -> Any:
    return value or 0


def _date(value: Any) -> date | bool:
    return date.fromisoformat(value) if value else False


def _datetime(value: Any) -> datetime | bool:
    return datetime.fromisoformat(value) if value else False


def _binary(value: Any) -> bytes | bool:
    # Not b64decode, which copies the text once more: a file may be large.
    return binascii.a2b_base64(value, strict_mode=True) if value else False


def _many2one(value: Any) -> int | bool:
    """Accept an id and, from where names cannot be switched off, ``[id, name]``."""
    return (value[0] if isinstance(value, list) else value) or False


_READERS: dict[str, Callable[[Any], Any]] = {
    "integer": _number,
    "float": _number,
    "boolean": bool,
    "date": _date,
    "datetime": _datetime,
    "binary": _binary,
    "many2one": _many2one,
}


def decode_rows(
    fields: Mapping[str, Field], names: Sequence[str], rows: Sequence[Mapping[str, Any]]
) -> list[Values]:
    """Return rows of ``read`` as neutral values: ``id`` and the named fields of each.

    Raises MalformedAnswerError for a value that its field cannot have.
    """
    names = ("id", *(name for name in names if name != "id"))
    wanted = frozenset(names)
    found = [
        # Odoo answers without some fields that are not columns, and with one that nobody asked for.
        dict(row) if row.keys() == wanted else {name: row.get(name, False) for name in names}
        for row in rows
    ]
    for name in names[1:]:
        field = fields[name]
        if reader := _READERS.get(field.type):
            _convert(found, name, reader, field)
    return found


def _convert(rows: list[Values], name: str, reader: Callable[[Any], Any], field: Field) -> None:
    """Convert a column: one loop for one kind of value is the fastest that there is."""
    for row in rows:
        try:
            row[name] = reader(row[name])
        except (TypeError, ValueError, binascii.Error) as error:
            raise MalformedAnswerError(
                f"Odoo gave {str(row[name])[:80]!r} as the value of {field.model_name}.{field.name} "
                f"({field.type})",
                hint="Is bin_size set in the context?" if field.type == "binary" else None,
            ) from error
