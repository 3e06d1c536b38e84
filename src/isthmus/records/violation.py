"""A refused constraint, explained in the words of the declarations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from isthmus.errors import ConstraintError
from isthmus.records.dberror import Violation
from isthmus.records.tables import name_of

if TYPE_CHECKING:
    import sqlalchemy as sa

    from isthmus.records.registry import Registry
    from isthmus.records.tables import Tables

Values = Mapping[str, Any]


def explained(
    error: ConstraintError, registry: Registry, tables: Tables, model: str, rows: Sequence[Values]
) -> ConstraintError:
    """Return the error with model, constraint and values; as it is when it came from elsewhere."""
    violation = error.details.get("violation")
    if not isinstance(violation, Violation):
        return error
    name, message, columns = _declared(violation, registry, tables, model)
    values = _values(columns, rows)
    shown = "; ".join(", ".join(f"{key}={_short(value)}" for key, value in row.items()) for row in values[:3])
    return ConstraintError(
        f"{model}: {message}" + (f" Values: {shown}." if shown else ""),
        hint=_HINTS.get(violation.kind),
        model=model,
        constraint=name,
        kind=violation.kind,
        values=values,
    )


_HINTS = {
    "foreign key": "A linked record must exist; one that others must be linked to cannot be deleted.",
    "required": "Give the field a value.",
}


def _declared(
    violation: Violation, registry: Registry, tables: Tables, model: str
) -> tuple[str, str, Sequence[str]]:
    """Return name, message and columns of the constraint that was violated, as far as they are known."""
    table = tables.table(model)
    for name, _, message in registry[model]._sql_constraints:
        full_name = name_of(table.name, name)
        columns = _unique_columns(table, full_name)
        is_same_columns = violation.kind == "unique" and set(columns) == set(violation.columns)
        if violation.constraint == full_name or (columns and is_same_columns):
            return name, message, columns
    name = violation.constraint or violation.kind
    match violation.kind:
        case "required":
            return name, f"The field {', '.join(violation.columns)} is required.", violation.columns
        case "foreign key":
            column = _foreign_column(table, violation.constraint)
            about = f"The link {column} leads" if column else "A link leads"
            return (
                name,
                f"{about} to a record that does not exist, or one that is needed is deleted.",
                (column,),
            )
        case kind:
            return name, f"The {kind} constraint {name!r} refused the values.", violation.columns


def _unique_columns(table: sa.Table, name: str) -> list[str]:
    return [column.name for index in table.indexes if index.name == name for column in index.columns]


def _foreign_column(table: sa.Table, constraint: str | None) -> str:
    found = (key.parent.name for key in table.foreign_keys if constraint and key.name == constraint)
    return next(found, "")


def _values(columns: Sequence[str], rows: Sequence[Values]) -> list[dict[str, Any]]:
    """Return the values of the columns in each row that has one."""
    wanted = [{name: row[name] for name in columns if name in row} for row in rows]
    return [row for row in wanted if row]


def _short(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else shown[:57] + "..."
