"""Values as a person reads them: short, without markup, relations by name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

#: How long a value in a table may be.
SHORT = 80

#: How a value that is not there is shown.
EMPTY = "(empty)"

_TAG = re.compile(r"<[^<>]*>")
_BLOCK = re.compile(r"</(p|div|li|h[1-6]|tr|blockquote|pre)>|<br\s*/?>", re.IGNORECASE)


def readable(value: Any, *, is_html: bool = False, longest: int = SHORT) -> str:
    """Return a comparable value as text of one line, cut to ``longest`` characters."""
    match value:
        case None | "" | []:
            return EMPTY
        case bool():
            return "yes" if value else "no"
        case list():
            text = ", ".join(readable(one, longest=longest) for one in value)
        case Mapping():
            text = ", ".join(f"{name}: {readable(one, longest=longest)}" for name, one in value.items())
        case _:
            text = without_markup(str(value)) if is_html else str(value)
    text = " ".join(text.split())
    return text if len(text) <= longest else text[: longest - 1] + "…"


def without_markup(text: str) -> str:
    """Return what Html says, without its tags."""
    from html import unescape  # its names of characters take memory, and few processes show any

    return unescape(_TAG.sub("", _BLOCK.sub(" ", text)))


def named(value: Any, name_of: Callable[[int], str]) -> Any:
    """Return the value of a relation, an id or a list of ids, by the names of its records."""
    if isinstance(value, list):
        return [named(one, name_of) for one in value]
    return name_of(value) if isinstance(value, int) and not isinstance(value, bool) and value else value


class Reader:
    """Makes the values of a model's fields readable, with one read for each model that they point to."""

    def __init__(self, model: Any) -> None:
        self._model = model

    def shown(self, field: str, values: Mapping[str, Any], longest: int = SHORT) -> dict[str, str]:
        """Return the values of a field (side -> comparable value) as text."""
        kind = self._model._fields.get(field)
        is_html = kind is not None and kind.type == "html"
        if kind is not None and kind.relational:
            names = self._names(kind.comodel, values.values())
            values = {side: named(value, names) for side, value in values.items()}
        return {side: readable(value, is_html=is_html, longest=longest) for side, value in values.items()}

    def _names(self, model: str, values: Any) -> Callable[[int], str]:
        ids = {
            id_
            for value in values
            for id_ in (value if isinstance(value, list) else [value])
            if isinstance(id_, int) and not isinstance(id_, bool)
        }
        names = names_of_records(self._model.env[model], ids)
        return lambda id_: names.get(id_, f"#{id_}")


def names_of_records(model: Any, ids: Iterable[int]) -> dict[int, str]:
    """Return what the records of a model are called, for those that exist."""
    records = model.with_context(active_test=False).browse(sorted(ids))
    return {row["id"]: str(row["display_name"]) for row in records.read(["display_name"])}
