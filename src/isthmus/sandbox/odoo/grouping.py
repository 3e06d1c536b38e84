"""Grouped counts and sums: ``read_group`` (up to 18, still there in 19) and ``formatted_read_group`` (19).

Source: recorded answers (tests/data/odoo-probes). Grouping by parts of a date is not simulated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from isthmus.records.fields import Field
from isthmus.sandbox.odoo.errors import value_error
from isthmus.sandbox.odoo.values import Values, all_fields

Group = tuple[tuple[Any, ...], list[Values]]

_AGGREGATES: dict[str, Callable[[list[Any]], Any]] = {
    "sum": sum,
    "min": lambda values: min(values, default=False),
    "max": lambda values: max(values, default=False),
    "avg": lambda values: sum(values) / len(values) if values else False,
    "count": lambda values: sum(1 for value in values if value is not False),
    "count_distinct": lambda values: len({value for value in values if value is not False}),
    "array_agg": list,
}


def read_group(
    records: Any, domain: Sequence[Any], fields: Iterable[str], groupby: Sequence[str], *, lazy: bool
) -> list[Values]:
    """Return the groups of found records with their counts; lazily only by the first field."""
    by = list(groupby)[:1] if lazy else list(groupby)
    known = all_fields(records)
    numbers = [_split(records, known, name) for name in fields if name.partition(":")[0] in known]
    count_key = f"{by[0]}_count" if lazy and by else "__count"
    result = []
    for keys, rows in _groups(records, known, by, [name for name, _ in numbers]):
        group: Values = dict(zip(by, _labels(records, known, by, keys), strict=True))
        group |= {
            name: _AGGREGATES[how]([row[name] for row in rows]) for name, how in numbers if name not in by
        }
        group[count_key] = len(rows)
        if lazy and by and _is_folding(records, known[by[0]]):
            group["__fold"] = bool(records.env[known[by[0]].comodel].browse(keys[0] or None).fold)  # type: ignore[attr-defined]
        group["__domain"] = _joined([*domain, *_terms(by, keys)])
        result.append(group)
    return result


def formatted_read_group(
    records: Any, groupby: Sequence[str], aggregates: Sequence[str], offset: int, limit: int | None
) -> list[Values]:
    """Return the groups of found records with the aggregates asked for, in the form of Odoo 19."""
    by = list(groupby)
    known = all_fields(records)
    numbers = {spec: _split(records, known, spec) for spec in aggregates if spec != "__count"}
    result = []
    for keys, rows in _groups(records, known, by, [name for name, _ in numbers.values()]):
        group: Values = dict(zip(by, _labels(records, known, by, keys), strict=True))
        terms = [_extra_term(known[name], key) for name, key in zip(by, keys, strict=True)]
        group["__extra_domain"] = _joined(terms) or [[1, "=", 1]]
        if "__count" in aggregates:
            group["__count"] = len(rows)
        group |= {
            spec: _AGGREGATES[how]([row[name] for row in rows]) for spec, (name, how) in numbers.items()
        }
        result.append(group)
    return result[offset : None if limit is None else offset + limit]


def _split(records: Any, known: dict[str, Field], spec: str) -> tuple[str, str]:
    """Return the field and the function of ``sequence:sum``."""
    name, _, how = spec.partition(":")
    if name not in known:
        raise value_error(f"Invalid field {name!r} on model {records._name!r}")
    if (how or "sum") not in _AGGREGATES:
        raise value_error(f"Invalid aggregate method {how!r} for {spec!r}.")
    return name, how or "sum"


def _groups(records: Any, known: dict[str, Field], by: list[str], names: list[str]) -> list[Group]:
    for name in by:
        if name not in known:
            raise value_error(f"Invalid field {name!r} on model {records._name!r}")
    found: dict[tuple[Any, ...], list[Values]] = {}
    for row in records.read([*by, *names]):
        for keys in _key_sets(row, by):
            found.setdefault(keys, []).append(row)
    if not by and not found:
        return [((), [])]
    return sorted(found.items(), key=lambda group: [(not key, str(type(key)), key) for key in group[0]])


def _key_sets(row: Values, by: list[str]) -> list[tuple[Any, ...]]:
    """Return the groups that a record belongs to: several when a field has several values."""
    sets: list[tuple[Any, ...]] = [()]
    for name in by:
        value = row[name]
        values = (value or [False]) if isinstance(value, list) else [value]
        sets = [(*keys, one) for keys in sets for one in values]
    return sets


def _labels(records: Any, known: dict[str, Field], by: list[str], keys: tuple[Any, ...]) -> list[Any]:
    labels = []
    for name, key in zip(by, keys, strict=True):
        field = known[name]
        if field.relational and key:
            names = records.env[field.comodel].browse(key).shown_names()  # type: ignore[attr-defined]
            labels.append([key, names.get(key, False)])
        else:
            labels.append(key)
    return labels


def _is_folding(records: Any, field: Field) -> bool:
    return field.type == "many2one" and "fold" in records.env[field.comodel]._fields  # type: ignore[attr-defined]


def _terms(by: list[str], keys: tuple[Any, ...]) -> list[Any]:
    return [[name, "=", key] for name, key in zip(by, keys, strict=True)]


def _extra_term(field: Field, key: Any) -> list[Any]:
    return [field.name, "not any", []] if field.type == "many2many" and not key else [field.name, "=", key]


def _joined(terms: list[Any]) -> list[Any]:
    """Return terms in full prefix notation."""
    leaves = sum(1 for term in terms if not isinstance(term, str))
    operators = sum(1 for term in terms if term in ("&", "|"))
    return ["&"] * (leaves - 1 - operators) + list(terms)
