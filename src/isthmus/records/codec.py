"""Values of the store seam as columns hold them, and back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from isthmus.records.operand import is_storable

if TYPE_CHECKING:
    from isthmus.records.fields import Field

Row = dict[str, Any]

_TEXTS = ("char", "text", "html", "selection", "secret")


def encode(field: Field, value: Any) -> Any:
    """Return the column's value, None when empty. Raises FieldError when the field cannot hold it."""
    if field.type == "json":
        return _encode_json(field, value)
    neutral = field.to_store(value)
    if neutral is False and field.type != "boolean":
        return None
    if field.type in _TEXTS:
        return _encode_text(field, neutral)
    return neutral


def _encode_text(field: Field, text: str) -> str | None:
    if not text.isascii() and not is_storable(text):
        raise field.refuse(
            text, "text without lone surrogates", "Decode the text with the right encoding first."
        )
    # A required text may be "" (as in Odoo); elsewhere that is the same as empty.
    return text if text or field.required else None


def _encode_json(field: Field, value: Any) -> str | None:
    if value is None or value is False:
        return None
    try:
        return json.dumps(value, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError) as error:
        raise field.refuse(value, f"a JSON value ({error})") from None


def decoder(fields: Sequence[Field]) -> Callable[[Iterable[Sequence[Any]]], list[Row]]:
    """Return a function that turns rows ``(id, values of the fields…)`` into dicts in the neutral form.

    Most rows need no change but the dict, so only those with something empty are gone through.
    """
    names = ("id", *(field.name for field in fields))
    empties = [(field.name, field.empty) for field in fields]
    structured = [field.name for field in fields if field.type == "json"]

    def decode(rows: Iterable[Sequence[Any]]) -> list[Row]:
        found = []
        for row in rows:
            values: Row = dict(zip(names, row, strict=True))
            if None in row or "" in row:
                for name, empty in empties:
                    if values[name] is None or values[name] == "":
                        values[name] = empty
            for name in structured:
                if values[name]:
                    values[name] = json.loads(values[name])
            found.append(values)
        return found

    return decode
