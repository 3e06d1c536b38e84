"""``load``: rows of text become new and changed records, all or none.

Columns: ``id`` (external id: the same again updates), ``.id`` (database id), a field, ``field/id`` and
``field/.id`` (external and database ids of other records). Any error gives ``ids: false`` and nothing is
written. Columns of sub-records (``child_ids/name``) are not simulated.

Source: recorded ``load`` calls (tests/data/odoo-probes) and questions put to an Odoo 19.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from isthmus.sandbox.odoo import access
from isthmus.sandbox.odoo.cells import BadCell, Column, Targets, plain_value
from isthmus.sandbox.odoo.errors import ForeignError, Refusal, ValidationError, value_error
from isthmus.sandbox.odoo.rpc import as_ids
from isthmus.sandbox.odoo.translation import NOT_COMPLETED, record_errors
from isthmus.sandbox.odoo.values import Intake, Values, all_fields

#: What tells which record a row is about: an external id, a database id, or nothing (a new record).
Key = str | int | None

#: Where external ids without a module belong.
DEFAULT_MODULE = "__import__"


class Loader:
    """One call of ``load``. Raises a Refusal for columns that the model does not have."""

    def __init__(self, records: Any, columns: Sequence[str]) -> None:
        self.model = records
        self.env = records.env
        self.messages: list[Values] = []
        self._targets = Targets(self.env)
        self._external: int | None = None
        self._database: int | None = None
        self._columns = [
            column for position, name in enumerate(columns) if (column := self._column(position, name))
        ]
        # Relations come after plain fields: so the server converts, and so it orders its messages.
        self._columns.sort(key=lambda column: column.field.relational)

    def _column(self, position: int, name: str) -> Column | None:
        if name == "id":
            self._external = position
        elif name == ".id":
            self._database = position
        else:
            head, _, by = name.partition("/")
            field = all_fields(self.model).get(head)
            if field is None:
                raise value_error(f"Invalid field name '{head}'")
            if by and (by not in ("id", ".id") or not field.relational):
                raise value_error(f"Invalid field name '{by}'")
            return Column(position, field, by or "name")
        return None

    def load(self, data: Sequence[Sequence[Any]]) -> Values:
        """Return ``{"ids": [...] or False, "messages": [...], "nextrow": 0}``."""
        keys = self._keys(data)
        rows = [self._row(number, cells) for number, cells in enumerate(data)]
        ids = False if self._failed else self._saved(keys, rows)
        return {"ids": ids, "messages": self.messages, "nextrow": 0}

    @property
    def _failed(self) -> bool:
        return any(message["type"] == "error" for message in self.messages)

    # --- converting ---

    def _row(self, number: int, cells: Sequence[Any]) -> Values:
        values: Values = {}
        for column in self._columns:
            try:
                values[column.field.name] = self._cell(column, cells)
            except BadCell as bad:
                name = column.field.name
                told = {"field": name, "message": bad.message, **bad.more, "field_name": column.field.string}
                self._say(number, "error", told)
            while self._targets.warnings:
                warning = {"field": column.field.name, "message": self._targets.warnings.pop()}
                self._say(number, "warning", warning)
        return values

    def _cell(self, column: Column, cells: Sequence[Any]) -> Any:
        cell = cells[column.position]
        return (
            self._targets.value(column, cell) if column.field.relational else plain_value(column.field, cell)
        )

    def _say(self, number: int, kind: str, told: Values) -> None:
        self.messages.append({"rows": {"from": number, "to": number}, "type": kind, "record": number, **told})

    # --- saving ---

    def _saved(self, keys: list[Key], rows: list[Values]) -> list[int] | bool:
        """Save all rows at once; when that fails, one by one, to name the first that is to blame."""
        try:
            with self.env.savepoint(), record_errors(self.env):
                return self._save(keys, rows)
        except Refusal:
            return self._saved_singly(keys, rows)

    def _saved_singly(self, keys: list[Key], rows: list[Values]) -> list[int] | bool:
        ids: list[int] = []
        try:
            with self.env.savepoint():
                for key, row in zip(keys, rows, strict=True):
                    with record_errors(self.env):
                        ids += self._save([key], [row])
        except Refusal as refusal:
            place = {"from": len(ids), "to": len(ids)}
            self.messages.append({"rows": place, "record": len(ids), **failure(refusal)})
            return False
        return ids

    def _save(self, keys: list[Key], rows: list[Values]) -> list[int]:
        ready = Intake(self.env).rows(self.model._name, rows)
        found = self._found(keys)
        fresh = _fresh(keys, found)
        if fresh:
            access.check(self.model, "create")
            made = self.model.create([ready[number] for number in fresh])
            access.check_rule(made, "create")
            self._remember([(keys[number], id_) for number, id_ in zip(fresh, made.ids, strict=True)])
            found |= {_name(number, keys[number]): id_ for number, id_ in zip(fresh, made.ids, strict=True)}
        ids = [found[_name(number, key)] for number, key in enumerate(keys)]
        changed = sorted(set(range(len(keys))) - set(fresh))
        if changed:
            self._update(
                list(dict.fromkeys(ids[number] for number in changed)), [(ids[n], ready[n]) for n in changed]
            )
        return ids

    def _update(self, ids: list[int], rows: list[tuple[int, Values]]) -> None:
        access.check(self.model, "write")
        records = self.model.browse(ids)
        access.check_rule(records, "write")
        by_id = {record.id: record for record in records}
        self.model.write_each([(by_id[id_], values) for id_, values in rows])

    def _found(self, keys: list[Key]) -> dict[Any, int]:
        """Return the ids of the records that the keys stand for, as far as there are any."""
        pairs = [_pair(key) for key in keys if isinstance(key, str)]
        found: dict[Any, int] = {}
        for (module, name), row in self.env["ir.model.data"].known(pairs).items() if pairs else ():
            if row.model != self.model._name:
                raise ValidationError(
                    f"For external id {module}.{name} when trying to create/update a record of model"
                    f" {self.model._name} found record of different model {row.model} ({row.id})"
                )
            found[f"{module}.{name}"] = row.res_id
        numbers = [key for key in keys if isinstance(key, int)]
        return found | dict(zip(numbers, numbers, strict=True))

    def _remember(self, made: list[tuple[Key, int]]) -> None:
        rows = [
            {"module": _pair(key)[0], "name": _pair(key)[1], "model": self.model._name, "res_id": id_}
            for key, id_ in made
            if isinstance(key, str)
        ]
        if rows:
            self.env["ir.model.data"].create(rows)

    # --- which record a row is about ---

    def _keys(self, data: Sequence[Sequence[Any]]) -> list[Key]:
        keys = [self._key(cells) for cells in data]
        numbers = [key for key in keys if isinstance(key, int)]
        known = set(self.model.browse(numbers).exists().ids)
        for number, key in enumerate(keys):
            if isinstance(key, int) and key not in known:
                self._say(
                    number, "error", {"field": ".id", "message": f"Unknown database identifier '{key}'"}
                )
        return keys

    def _key(self, cells: Sequence[Any]) -> Key:
        if self._database is not None and cells[self._database]:
            (number,) = as_ids(_whole(cells[self._database]))
            return number
        if self._external is None or not cells[self._external]:
            return None
        text = str(cells[self._external])
        return text if "." in text else f"{DEFAULT_MODULE}.{text}"


def _whole(cell: Any) -> Any:
    return int(cell) if str(cell).isdecimal() else cell


def _pair(key: str) -> tuple[str, str]:
    module, _, name = key.partition(".")
    return module, name


def _name(number: int, key: Key) -> Any:
    """Return what a row is known by: its key, or its place when it has none."""
    return key if key is not None else ("row", number)


def _fresh(keys: list[Key], found: dict[Any, int]) -> list[int]:
    """Return the numbers of the rows that make a record: of several with one new key only the first."""
    seen: set[Key] = set()
    fresh = []
    for number, key in enumerate(keys):
        if key is None or (key not in found and key not in seen):
            fresh.append(number)
        seen.add(key)
    return fresh


def failure(refusal: Refusal) -> Values:
    """Return the message of a row that could not be saved."""
    message = refusal.details.get("cell", refusal.message.removeprefix(NOT_COMPLETED))
    told: Values = {"type": "error", "message": message}
    if isinstance(refusal, ForeignError) and not refusal.name.startswith("psycopg2."):
        kind = refusal.name.removeprefix("builtins.")
        told["message"] = f"Unknown error during import: <class '{kind}'>: {refusal.message}"
        told["moreinfo"] = "Resolve other errors first"
    if "field" in refusal.details:
        told["field"] = refusal.details["field"]
    return told
