"""What the SQL store knows of one model: its table and which fields are where."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from isthmus.errors import FieldError
from isthmus.records.codec import encode

if TYPE_CHECKING:
    from isthmus.records.fields import Field

Values = dict[str, Any]

_LINKS = ("one2many", "many2many")
_KEPT_BY_STORE = ("id", "create_date", "write_date")


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A model with its table."""

    name: str
    table: sa.Table
    fields: Mapping[str, Field]
    order: str

    @property
    def zeros(self) -> Values:
        """Return what numbers and booleans of a new record hold when nobody gives them a value.

        Not null, so that they sort as the 0 or False that they read as.
        """
        return {
            name: field.empty
            for name, field in self.fields.items()
            if field.store and field.type in ("integer", "float", "boolean")
        }

    def field(self, name: str) -> Field:
        """Return a stored field. Raises FieldError with the nearest name."""
        field = self.fields.get(name)
        if field is not None and field.store:
            return field
        near = difflib.get_close_matches(
            name, (one for one, field in self.fields.items() if field.store), n=3
        )
        reason = "has no field" if field is None else "does not store the field"
        raise FieldError(
            f"{self.name} {reason} {name!r}.",
            hint=f"Did you mean {' or '.join(map(repr, near))}?" if near else None,
        )

    def readable(self, names: Sequence[str]) -> tuple[list[Field], list[Field]]:
        """Return the fields that are columns and those that are lists of links."""
        fields = [self.field(name) for name in dict.fromkeys(names) if name != "id"]
        plain = [field for field in fields if field.type not in _LINKS]
        return plain, [field for field in fields if field.type in _LINKS]

    def split(self, values: Mapping[str, Any]) -> tuple[Values, list[tuple[Field, Any]]]:
        """Return the column values, and the commands of each many2many."""
        plain: Values = {}
        links: list[tuple[Field, Any]] = []
        for name, value in values.items():
            if name in _KEPT_BY_STORE:
                continue
            field = self.field(name)
            if field.type == "many2many":
                links.append((field, field.to_store(value)))
            elif field.type == "one2many":
                raise field.refuse(value, "nothing: its lines are written through their own model")
            else:
                plain[name] = encode(field, value)
        return plain, links

    def stamps(self, created: datetime | None, written: datetime) -> Values:
        """Return the dates that the store sets."""
        given = (
            {"write_date": written} if created is None else {"create_date": created, "write_date": written}
        )
        return {name: value for name, value in given.items() if name in self.table.c}
