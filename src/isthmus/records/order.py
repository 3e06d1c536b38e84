"""Order clauses: ``"priority desc, name, id"``."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from isthmus.errors import FieldError

if TYPE_CHECKING:
    from isthmus.records.fields import Field

_TERM = re.compile(r"\s*(\w+)(?:\s+(asc|desc))?(?:\s+nulls\s+(first|last))?\s*\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class OrderTerm:
    """One key of an order; empty values come last when ascending, first when descending, unless it says."""

    name: str
    descending: bool = False
    nulls_first: bool = False

    def on(self, table: sa.FromClause) -> sa.ColumnElement[object]:
        """Return the term as SQL over a table."""
        column = table.c[self.name]
        key = column.desc() if self.descending else column.asc()
        if not column.nullable:
            return key
        return key.nulls_first() if self.nulls_first else key.nulls_last()


def parse_order(order: str, model: str, fields: Mapping[str, Field], rec_name: str) -> tuple[OrderTerm, ...]:
    """Return the terms of an order clause, ended by the id so that every order is total.

    A many2one is ordered by the id it holds. Raises FieldError for what is no stored field of the model.
    """
    terms = [_parse_term(part, order, model, fields, rec_name) for part in order.split(",") if part.strip()]
    if all(term.name != "id" for term in terms):
        terms.append(OrderTerm("id"))
    return tuple(terms)


def _parse_term(text: str, order: str, model: str, fields: Mapping[str, Field], rec_name: str) -> OrderTerm:
    found = _TERM.match(text)
    if found is None:
        raise FieldError(f"{model} cannot be ordered by {order!r}.", hint="Write: field [asc|desc], …")
    name = rec_name if found[1] == "display_name" else found[1]
    field = fields.get(name)
    if name != "id" and (field is None or not field.store or field.type in ("one2many", "many2many")):
        near = difflib.get_close_matches(name, fields, n=2)
        hint = f"Did you mean {' or '.join(map(repr, near))}?" if near and name not in near else None
        raise FieldError(
            f"{model} cannot be ordered by {name!r} (in {order!r}): no such stored field.", hint=hint
        )
    descending = (found[2] or "").lower() == "desc"
    nulls_first = descending if found[3] is None else found[3].lower() == "first"
    return OrderTerm(name, descending, nulls_first)
