"""Cells of ``load``: text becomes values, problems become messages.

Source: recorded ``load`` calls (tests/data/odoo-probes) and questions put to an Odoo 19.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from isthmus.records.fields import Field
from isthmus.sandbox.odoo.errors import ForeignError
from isthmus.sandbox.odoo.values import DATETIME_FORMAT, Values

YES, NO = ("1", "true", "yes"), ("", "0", "false", "no")
DAY, MOMENT = "2012-12-31", "2012-12-31 23:59:59"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a file: a field, and what its cells say of other records (a name, ``id`` or ``.id``)."""

    position: int
    field: Field
    by: str = "name"


@dataclass(slots=True)
class BadCell(Exception):
    """A cell that cannot be used; ``moreinfo`` goes into the message."""

    message: str
    more: Values = field(default_factory=dict)


def plain_value(target: Field, cell: Any) -> Any:
    """Return the value of a cell of a field that is no relation. Raises BadCell."""
    if target.type == "boolean":
        return _boolean(cell, target)
    if cell is None or cell is False or cell == "":
        return False
    convert = _CONVERTERS.get(target.type)
    return convert(cell, target) if convert else str(cell)


def _boolean(cell: Any, target: Field) -> bool:
    if not isinstance(cell, str):
        kind = type(cell).__name__
        raise ForeignError("builtins.AttributeError", f"'{kind}' object has no attribute 'lower'")
    if cell.lower() in YES:
        return True
    if cell.lower() in NO:
        return False
    raise BadCell(
        f"Unknown value '{cell}' for boolean field '{target.string}'",
        {"moreinfo": "Use '1' for yes and '0' for no"},
    )


def _selection(cell: Any, target: Field) -> str:
    pairs = target.selection  # type: ignore[attr-defined]
    for key, label in pairs:
        if str(cell) in (key, label):
            return str(key)
    raise BadCell(
        f"Value '{cell}' not found in selection field '{target.string}'",
        {"moreinfo": [label for _, label in pairs]},
    )


def _number(kind: Callable[[Any], Any], what: str) -> Callable[[Any, Field], Any]:
    def convert(cell: Any, target: Field) -> Any:
        try:
            return kind(cell)
        except ValueError as error:
            raise BadCell(f"'{cell}' does not seem to be {what} for field '{target.string}'") from error

    return convert


def _moment(pattern: str, kind: str, example: str) -> Callable[[Any, Field], str]:
    def convert(cell: Any, target: Field) -> str:
        try:
            datetime.strptime(cell, pattern[: len(cell) - 2] if kind == "datetime" else pattern)
        except (TypeError, ValueError) as error:
            raise BadCell(
                f"'{cell}' does not seem to be a valid {kind} for field '{target.string}'",
                {"moreinfo": f"Use the format '{example}'"},
            ) from error
        return str(cell)

    return convert


_CONVERTERS: dict[str, Callable[[Any, Field], Any]] = {
    "integer": _number(int, "an integer"),
    "float": _number(float, "a number"),
    "selection": _selection,
    "date": _moment("%Y-%m-%d", "date", DAY),
    "datetime": _moment(DATETIME_FORMAT, "datetime", MOMENT),
}


class Targets:
    """Find the records that cells speak of. What was found once is remembered for the whole file."""

    def __init__(self, env: Any) -> None:
        self.env = env
        self.warnings: list[str] = []
        self._known: dict[tuple[str, str, str], int] = {}

    def value(self, column: Column, cell: Any) -> Any:
        """Return the id (many2one) or the command (many2many) that a cell stands for. Raises BadCell."""
        empty = cell is None or cell is False or cell == ""
        if column.field.type == "many2one":
            return False if empty else self._id(column, str(cell))
        ids = [] if empty else [self._id(column, part) for part in str(cell).split(",")]
        return [[6, 0, ids]]

    def _id(self, column: Column, text: str) -> int:
        key = (column.field.comodel, column.by, text)  # type: ignore[attr-defined]
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._look_up(column, text)
        return found

    def _look_up(self, column: Column, text: str) -> int:
        comodel: str = column.field.comodel  # type: ignore[attr-defined]
        if column.by == ".id":
            return self._by_database_id(column, comodel, text)
        if column.by == "id":
            found = self._by_external_id(comodel, text)
            if not found:
                raise self._unknown(column, f"external id '{text}'")
            return found
        return self._by_name(column, comodel, text)

    def _by_database_id(self, column: Column, comodel: str, text: str) -> int:
        try:
            number = int(text)
        except ValueError as error:
            raise BadCell(
                f"Invalid database id '{text}' for the field '{column.field.string}'", self._possible(column)
            ) from error
        if not self.env[comodel].browse(number).exists():
            raise self._unknown(column, f"database id '{text}'")
        return number

    def _by_external_id(self, comodel: str, text: str) -> int:
        complete = text if "." in text else f"__import__.{text}"
        module, _, name = complete.partition(".")
        row = self.env["ir.model.data"].known([(module, name)]).get((module, name))
        return int(row.res_id) if row and self.env[comodel].browse(row.res_id).exists() else 0

    def _by_name(self, column: Column, comodel: str, text: str) -> int:
        model = self.env[comodel]
        found = model.search([(model._rec_name, "=", text)])
        if not found:
            raise self._unknown(column, f"name '{text}'")
        if len(found) > 1:
            self.warnings.append(
                f'Found multiple matches for value "{text}" in field "{column.field.string}"'
                f" ({len(found)} matches)"
            )
        return int(found.ids[0])

    def _unknown(self, column: Column, what: str) -> BadCell:
        return BadCell(
            f"No matching record found for {what} in field '{column.field.string}'", self._possible(column)
        )

    def _possible(self, column: Column) -> Values:
        comodel: str = column.field.comodel  # type: ignore[attr-defined]
        action: Values = {
            "name": "Possible Values",
            "type": "ir.actions.act_window",
            "target": "new",
            "view_mode": "list,form",
            "views": [[False, "list"], [False, "form"]],
            "context": {"create": False},
            "help": "See all possible values",
            "res_model": comodel if column.by == "name" else "ir.model.data",
        }
        if column.by != "name":
            action["domain"] = [["model", "=", comodel]]
        return {"moreinfo": action}
