"""Values that a client sends become values that records hold; what Odoo would refuse is refused in its words.

Source: recorded writes (tests/data/odoo-probes) and questions put to an Odoo 19.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from isthmus.records.environment import Environment
from isthmus.records.fields import Field, Many2many
from isthmus.sandbox.odoo.errors import (
    ForeignError,
    MissingError,
    ValidationError,
    database_error,
    value_error,
)
from isthmus.sandbox.odoo.html import sanitised
from isthmus.sandbox.odoo.session import Session

Values = dict[str, Any]

INT4 = 2**31
DATETIME_FORMAT = "%Y-%m-%d %H:%M:%S"

#: Set by the server; ignored when a client gives them.
KEPT_BY_SERVER = frozenset({"id", "create_date", "write_date", "create_uid", "write_uid"})

#: Models whose records are looked at while a record is written, so that a missing one is a MissingError;
#: for the others it is the database's foreign key that complains.
LOOKED_AT = frozenset({"project.project", "project.task", "project.task.type", "res.users"})


def all_fields(records: Any) -> dict[str, Field]:
    """Return the fields of a model and of those that it delegates to, by name; those of its version alone."""
    inherited = [all_fields(records.env[parent]) for parent in records._inherits]
    merged: dict[str, Field] = {}
    for fields in inherited:
        merged.update(fields)
    absent = getattr(records, "_absent", ())
    own = {name: field for name, field in records._fields.items() if name not in absent}
    return {**merged, **own}


class Intake:
    """Convert the rows of one call and check, once for all rows, that the records they point to exist."""

    def __init__(self, env: Environment) -> None:
        self.env = env
        self.session = env.service(Session)
        self._targets: dict[str, dict[int, Field]] = {}

    def rows(self, model: str, rows: Iterable[Any]) -> list[Values]:
        """Return the rows with every value as records hold it. Raises a Refusal for the first bad one."""
        ready = [self._row(model, row) for row in rows]
        self._check_targets()
        return ready

    def _row(self, model: str, row: Any) -> Values:
        if not isinstance(row, Mapping):
            kind = type(row).__name__
            raise ForeignError("builtins.AttributeError", f"'{kind}' object has no attribute 'get'")
        records: Any = self.env[model]
        fields = all_fields(records)
        ready: Values = {}
        for name, value in row.items():
            field = fields.get(name)
            if field is None:
                raise value_error(self.unknown_field(name, model))
            if name == "display_name":
                ready[records._rec_name] = text(value)
            elif name not in KEPT_BY_SERVER and field.compute is None:
                ready[name] = self._value(field, value)
        return ready

    def unknown_field(self, name: str, model: str) -> str:
        """Return what the server says about a field that a model does not have."""
        return f"Invalid field {name!r} {'in' if self.session.series >= 19 else 'on model'} {model!r}"

    def _value(self, field: Field, value: Any) -> Any:
        if field.type in ("one2many", "many2many"):
            return self._commands(field, value)
        if field.type == "many2one":
            target = record_id(field, value)
            if target:
                self._targets.setdefault(field.comodel, {}).setdefault(target, field)  # type: ignore[attr-defined]
            return target
        if field.type == "selection":
            return selected(field, value)
        return CONVERTERS[field.type](value)

    def _commands(self, field: Field, value: Any) -> list[tuple[Any, ...]]:
        comodel: str = field.comodel  # type: ignore[attr-defined]
        commands: list[tuple[Any, ...]] = []
        if value and all(isinstance(one, int) for one in value):
            value = [(6, 0, value)]
        for command in value or ():
            match command:
                case [0, _, Mapping() as row]:
                    commands.append((0, 0, self._row(comodel, row)))
                case [1, int(target), Mapping() as row]:
                    commands.append((1, self._point(field, target), self._row(comodel, row)))
                case [2 | 3 as verb, int(target), *_]:
                    commands.append((verb, target))
                case [4, int(target), *_]:
                    commands.append((4, self._point(field, target)))
                case [5, *_]:
                    commands.append((5,))
                case [6, _, [*targets]]:
                    commands.append((6, 0, [self._point(field, target) for target in targets]))
                case _:
                    raise value_error(f"Wrong value for {field.model_name}.{field.name}: {value!r}")
        return commands

    def _point(self, field: Field, target: int) -> int:
        self._targets.setdefault(field.comodel, {}).setdefault(target, field)  # type: ignore[attr-defined]
        return target

    def _check_targets(self) -> None:
        targets, self._targets = self._targets, {}
        for comodel, wanted in targets.items():
            found = set(self.env[comodel].browse(list(wanted)).exists().ids)
            missing = [target for target in wanted if target not in found]
            if missing and comodel in LOOKED_AT:
                raise MissingError(comodel, missing[:1], self.session.uid)
            if missing:
                raise ValidationError(self._dangling(wanted[missing[0]]))

    def _dangling(self, field: Field) -> str:
        if isinstance(field, Many2many):
            return in_use(self.session.series, f"{field.relation}_{field.column2}_fkey", None, None, "")
        constraint = f"{field.model_name.replace('.', '_')}_{field.name}_fkey"
        troublemaker, label = self.env[field.model_name], field.string
        return in_use(self.session.series, constraint, troublemaker, label, field.name)


def in_use(series: int, constraint: str, model: Any, label: str | None, name: str) -> str:
    """Return what the server says when a foreign key refuses, be it on a write or on a deletion."""
    start = "The operation cannot be completed: "
    if series < 19:
        shown = f"{model._description} ({model._name})" if model is not None else "Unknown (unknown)"
        return (
            f"{start}another model requires the record being deleted. If possible, archive it instead.\n\n"
            f"Model: {shown}\nConstraint: {constraint}\n"
        )
    shown = f"'{model._description}' ({model._name})" if model is not None else "Unknown"
    by = f"'{label}' ({name})" if label else constraint
    return (
        f"{start}Another model is using the record you are trying to delete.\n\n"
        f"The troublemaker is: {shown}\n"
        f"Thanks to the following constraint: {by}\nHow about archiving the record instead?"
    )


def missing_value(series: int, model: Any, field: Field) -> ValidationError:
    """Return the refusal of an empty required field; ``details["cell"]`` is how ``load`` puts it."""
    said = f"Missing required value for the field '{field.string}' ({field.name})"
    shown = f"{model._description} ({model._name})"
    if series < 19:
        message = (
            "The operation cannot be completed:\n- Create/update: a mandatory field is not set.\n"
            "- Delete: another model requires the record being deleted. If possible, archive it instead.\n\n"
            f"Model: {shown}\nField: {field.string} ({field.name})\n"
        )
        return ValidationError(message, field=field.name, cell=said)
    cell = (
        f"{said}.\nModel: '{model._description}' ({model._name})\n"
        "- create/update: a mandatory field is not set\n"
        "- delete: another model requires the record being deleted, you can archive it instead\n"
    )
    return ValidationError(f"The operation cannot be completed: {cell}", field=field.name, cell=cell)


# --- one value -----------------------------------------------------------------------------------------


def text(value: Any) -> str | bool:
    """Return text as it is, anything else as Python shows it."""
    if value is None or value is False:
        return False
    shown = str(value)
    if "\0" in shown:
        raise value_error("A string literal cannot contain NUL (0x00) characters.")
    return shown


def markup(value: Any) -> str | bool:
    """Return sanitised HTML."""
    if value and not isinstance(value, str):
        kind = type(value).__name__
        raise ForeignError("builtins.TypeError", f"expected string or bytes-like object, got '{kind}'")
    shown = text(value)
    return sanitised(shown) if isinstance(shown, str) else False


def integer(value: Any) -> int:
    """Return a whole number that fits PostgreSQL's int4; fractions are cut off."""
    number = int(value or 0)
    if not -INT4 <= number < INT4:
        raise database_error("NumericValueOutOfRange", "integer out of range\n")
    return number


def moment(value: Any) -> datetime | bool:
    """Return a naive datetime from Odoo's own format, which may end early: no ``T``, zone or fractions."""
    if not value or isinstance(value, datetime):
        return value or False
    length = len(value)
    return datetime.strptime(value, DATETIME_FORMAT[: length - 2])


def day(value: Any) -> date | bool:
    """Return a date from ``2026-11-22``; a time after it is ignored."""
    return datetime.strptime(value[:10], "%Y-%m-%d").date() if value else False


def content(value: Any) -> bytes | bool:
    """Return the bytes of base64 text. Raises binascii.Error."""
    return base64.b64decode(value) if value else False


def selected(field: Field, value: Any) -> str | bool:
    """Return a key of a selection."""
    if not value:
        return False
    keys = {key for key, _ in field.selection}  # type: ignore[attr-defined]
    if value not in keys:
        raise value_error(f"Wrong value for {field.model_name}.{field.name}: {value!r}")
    return str(value)


def record_id(field: Field, value: Any) -> int | bool:
    """Return the id that a many2one is set to."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        value = value[0] if value else False
    if not value:
        return False
    if not isinstance(value, int):
        raise value_error(f"Wrong value for {field.model_name}.{field.name}: {value!r}")
    return value


CONVERTERS: dict[str, Callable[[Any], Any]] = {
    "char": text,
    "text": text,
    "html": markup,
    "integer": integer,
    "float": lambda value: float(value or 0.0),
    "boolean": lambda value: bool(value),
    "date": day,
    "datetime": moment,
    "json": lambda value: value,
    "binary": content,
}
