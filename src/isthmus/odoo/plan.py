"""How to write different values to many records in few calls: a plan, made of values only.

Measured on Odoo 18 and 19, milliseconds per record: one ``write`` of equal values 0.3, ``load`` 4 to 12,
single ``write`` 10 to 16. So records that get equal values share a write, the rest with the same fields
share a ``load``, and what ``load`` cannot carry is written alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from isthmus.odoo.codec import encode_values
from isthmus.odoo.html import html_form
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


#: Fields whose content Odoo can be asked for as its SHA-1, without sending it.
CHECKED = frozenset({"datas", "raw"})
CHECKSUM = "checksum"


def _equal(field: Field, current: Values, value: Any) -> bool:
    if field.name in CHECKED and current.get(CHECKSUM) and isinstance(value, (bytes, bytearray)):
        return bool(hashlib.sha1(value, usedforsecurity=False).hexdigest() == current[CHECKSUM])
    if field.name not in current:
        return False
    now = current[field.name]
    if field.type in ("one2many", "many2many"):
        linked = linked_ids(value)
        return linked is not None and set(linked) == set(now)
    if field.type == "html":
        return html_form(value) == html_form(now)
    if isinstance(value, datetime) and isinstance(now, datetime):
        return value.replace(microsecond=0) == now.replace(microsecond=0)
    return bool(now == value) and isinstance(now, bool) == isinstance(value, bool)


def comparable(fields: Mapping[str, Field], names: Iterable[str]) -> list[str]:
    """Return the names of the fields worth reading before writing: of large ones the checksum, if any."""
    wanted = set(names)
    small = [name for name in wanted if fields[name].type != "binary"]
    return [*small, CHECKSUM] if CHECKED & wanted and CHECKSUM in fields else small


def plan(
    fields: Mapping[str, Field], changes: Mapping[int, Values], wanted: Mapping[int, Values]
) -> list[SameValues | Table]:
    """Return the steps that write the changes; records without changes are left out.

    ``wanted`` has the values of each record before those that do not differ were dropped.
    """
    steps: list[SameValues | Table] = []
    alike: dict[tuple[str, ...], list[int]] = {}
    for ids, values in _equal_values(fields, changes):
        if len(ids) == 1 and _can_carry(fields, values):
            alike.setdefault(tuple(sorted(values)), []).append(ids[0])
        else:
            steps.append(SameValues(ids, values))
    steps += [_table(fields, names, ids, changes) for names, ids in alike.items() if len(ids) > 1]
    lone = [ids[0] for ids in alike.values() if len(ids) == 1]
    return steps + _lone(fields, lone, changes, wanted)


def _equal_values(
    fields: Mapping[str, Field], changes: Mapping[int, Values]
) -> list[tuple[tuple[int, ...], Values]]:
    equal: dict[bytes, list[int]] = {}
    for id_, values in changes.items():
        if values:
            key = msgspec.json.encode(sorted(encode_values(fields, values).items()))
            equal.setdefault(key, []).append(id_)
    return [(tuple(ids), changes[ids[0]]) for ids in equal.values()]


def _lone(
    fields: Mapping[str, Field], ids: list[int], changes: Mapping[int, Values], wanted: Mapping[int, Values]
) -> list[SameValues | Table]:
    """Join records whose changed fields no other record shares: each also gets the values it has already."""
    groups: dict[tuple[str, ...], list[int]] = {}
    for id_ in ids:
        groups.setdefault(tuple(sorted(wanted[id_])), []).append(id_)
    steps: list[SameValues | Table] = []
    for group in groups.values():
        names = tuple(sorted({name for id_ in group for name in changes[id_]}))
        if len(group) > 1 and all(
            _can_carry(fields, {name: wanted[id_][name] for name in names}) for id_ in group
        ):
            steps.append(_table(fields, names, group, wanted))
        else:
            steps += [SameValues((id_,), changes[id_]) for id_ in group]
    return steps


def _can_carry(fields: Mapping[str, Field], values: Values) -> bool:
    return all(can_carry(fields[name], value) for name, value in values.items())


def _table(
    fields: Mapping[str, Field], names: tuple[str, ...], ids: list[int], values: Mapping[int, Values]
) -> Table:
    return table(fields, DATABASE_ID, names, [(id_, values[id_]) for id_ in ids])
