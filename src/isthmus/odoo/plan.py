"""How to write different values to many records in few calls: a plan, made of values only.

Measured on Odoo 18 and 19, milliseconds per record: one ``write`` of equal values 0.3, ``load`` 4 to 12,
single ``write`` 10 to 16. So records that get equal values share a write, the rest with the same fields
share a ``load``, and what ``load`` cannot carry is written alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from isthmus.odoo.codec import encode_values
from isthmus.odoo.load import DATABASE_ID, Table, can_carry, linked_ids, table
from isthmus.records.fields import Field

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SameValues:
    """One write of the same values to some records."""

    ids: tuple[int, ...]
    values: Values


def merge(rows: Iterable[tuple[int, Values]]) -> dict[int, dict[str, Any]]:
    """Return the values of each record once; of what is given twice the later value counts."""
    merged: dict[int, dict[str, Any]] = {}
    for id_, values in rows:
        merged.setdefault(id_, {}).update(values)
    return merged


def differing(fields: Mapping[str, Field], current: Values, values: Values) -> dict[str, Any]:
    """Return the values that differ from the current ones, or of which that cannot be said."""
    return {name: value for name, value in values.items() if not _equal(fields[name], current, value)}


def _equal(field: Field, current: Values, value: Any) -> bool:
    if field.name not in current:
        return False
    now = current[field.name]
    if field.type in ("one2many", "many2many"):
        linked = linked_ids(value)
        return linked is not None and set(linked) == set(now)
    if isinstance(value, datetime) and isinstance(now, datetime):
        return value.replace(microsecond=0) == now.replace(microsecond=0)
    return bool(now == value) and isinstance(now, bool) == isinstance(value, bool)


def comparable(fields: Mapping[str, Field], names: Iterable[str]) -> list[str]:
    """Return the names of the fields worth reading before writing: all but the large ones."""
    return [name for name in names if fields[name].type != "binary"]


def plan(fields: Mapping[str, Field], changes: Mapping[int, Values]) -> list[SameValues | Table]:
    """Return the steps that write the changes; records without changes are left out."""
    equal: dict[bytes, list[int]] = {}
    for id_, values in changes.items():
        if values:
            key = msgspec.json.encode(sorted(encode_values(fields, values).items()))
            equal.setdefault(key, []).append(id_)
    steps: list[SameValues | Table] = []
    alike: dict[tuple[str, ...], list[tuple[str | int, Values]]] = {}
    for ids in equal.values():
        values = changes[ids[0]]
        if len(ids) == 1 and all(can_carry(fields[name], value) for name, value in values.items()):
            alike.setdefault(tuple(sorted(values)), []).append((ids[0], values))
        else:
            steps.append(SameValues(tuple(ids), values))
    for names, rows in alike.items():
        if len(rows) == 1:
            steps.append(SameValues((int(rows[0][0]),), rows[0][1]))
        else:
            ordered = [(id_, {name: values[name] for name in names}) for id_, values in rows]
            steps.append(table(fields, DATABASE_ID, ordered))
    return steps
