"""The cells and answers of ``load()``, Odoo's own importer: one call that creates or updates many records.

Every cell is text: ``"1"`` and ``"0"`` for booleans, ``""`` for empty, ids for relations (columns
``stage_id/.id``, ``tag_ids/.id``). The answer is a success even when it refuses: then ``ids`` is false,
nothing was written, and the messages say why. Source: recorded answers of Odoo 18 and 19.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from isthmus.odoo.codec import encode
from isthmus.records.fields import Field

#: Column of the external identifier, and of the database id.
EXTERNAL_ID, DATABASE_ID = "id", ".id"

#: ``load`` reads datetimes in the user's time zone and looks at active records only, unless told otherwise.
LOAD_CONTEXT: dict[str, Any] = {"tz": "UTC", "active_test": False}

_TEXTUAL = frozenset({"char", "text", "html", "selection", "date", "datetime", "binary"})
_NUMERIC = frozenset({"integer", "float"})

#: PostgreSQL's words for a clash with another transaction. ``load`` hides them in a message of its answer.
_CLASHES = (
    "could not serialize access",
    "deadlock detected",
    "could not obtain lock",
    "ir_model_data_module_name_uniq_index",
)


def can_carry(field: Field, value: Any) -> bool:
    """Whether a cell can hold the value: one2many, JSON and partial changes of many2many need a write."""
    if field.type == "many2many":
        return linked_ids(value) is not None
    return can_carry_all(field)


def can_carry_all(field: Field) -> bool:
    """Whether cells can hold every value of a field."""
    return field.type in _TEXTUAL or field.type in _NUMERIC or field.type in ("boolean", "many2one")


def linked_ids(commands: Any) -> list[int] | None:
    """Return the ids that x2many commands leave behind, None when that depends on what is linked already."""
    if not commands:
        return []
    match list(commands)[-1]:
        case (6, _, ids) if len(commands) == 1:
            return list(ids)
        case (5, *_) if len(commands) == 1:
            return []
    return None


def column(field: Field) -> str:
    """Return the name of the column for a field."""
    return f"{field.name}/{DATABASE_ID}" if field.relational else field.name


def cell(field: Field, value: Any) -> str:
    """Return the text for a value that can be carried."""
    if field.type == "many2many":
        return ",".join(map(str, linked_ids(value) or ()))
    if field.type == "boolean":
        return "1" if value else "0"
    if value is False or value is None:
        return "0" if field.type in _NUMERIC else ""
    return repr(value) if isinstance(value, float) else str(encode(value))


def cells(field: Field, values: Iterable[Any]) -> list[str]:
    """Return the texts for values of one field. Text as it is, since that is what most cells are."""
    if field.type in _TEXTUAL:
        return [value if type(value) is str else cell(field, value) for value in values]
    if field.type == "integer" or field.type == "many2one":
        return [str(value) if type(value) is int else cell(field, value) for value in values]
    return [cell(field, value) for value in values]


@dataclass(frozen=True, slots=True)
class Loaded:
    """All rows are in Odoo; ``ids`` are theirs, in order."""

    ids: list[int]


@dataclass(frozen=True, slots=True)
class Clash:
    """Another transaction was changing the same records: nothing was written, try again."""

    message: str


@dataclass(frozen=True, slots=True)
class RowRefused:
    """A row was refused and nothing was written. ``row`` is its index, None when Odoo does not say."""

    row: int | None
    field: str | None
    message: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """The answer is not one of ``load``."""

    message: str


Outcome = Loaded | Clash | RowRefused | Unreadable


def read_answer(answer: Any, count: int) -> Outcome:
    """Return what the answer to a ``load`` of ``count`` rows means."""
    if not isinstance(answer, Mapping):
        return Unreadable(f"{type(answer).__name__} instead of ids and messages")
    ids = answer.get("ids")
    messages = [one for one in answer.get("messages") or () if isinstance(one, Mapping)]
    if ids:
        return Loaded(list(ids)) if len(ids) == count else Unreadable(f"{len(ids)} ids for {count} rows")
    errors = [one for one in messages if one.get("type") != "warning"] or messages
    if not errors:
        return Unreadable("neither ids nor messages")
    clash = next((one for one in errors if _is_clash(str(one.get("message")))), None)
    return Clash(str(clash.get("message")).strip()) if clash else _refused(errors[0])


def _is_clash(message: str) -> bool:
    return any(words in message for words in _CLASHES)


def _refused(message: Mapping[str, Any]) -> RowRefused:
    rows = message.get("rows")
    row = message.get("record", rows.get("from") if isinstance(rows, Mapping) else None)
    return RowRefused(
        row=row if isinstance(row, int) else None,
        field=message.get("field") or None,
        message=str(message.get("message") or "no reason given").strip(),
    )


@dataclass(frozen=True, slots=True)
class Table:
    """The columns and rows of one ``load``; ``keys`` are what the rows are known by."""

    columns: tuple[str, ...]
    keys: tuple[str | int, ...]
    rows: tuple[tuple[str, ...], ...]

    def cut(self, size: int) -> list[Table]:
        """Return tables of at most ``size`` rows."""
        starts = range(0, len(self.rows), size)
        return [Table(self.columns, self.keys[s : s + size], self.rows[s : s + size]) for s in starts]


def table(
    fields: Mapping[str, Field],
    key_column: str,
    names: Sequence[str],
    rows: Sequence[tuple[str | int, Mapping[str, Any]]],
) -> Table:
    """Return the table of the named fields for rows that all have values for them, each row with its key."""
    columns = [cells(fields[name], [values[name] for _, values in rows]) for name in names]
    keys = tuple(key for key, _ in rows)
    return Table(
        columns=(key_column, *(column(fields[name]) for name in names)),
        keys=keys,
        rows=tuple(zip(map(str, keys), *columns, strict=True)),
    )
