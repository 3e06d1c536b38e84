"""Reading fields: cache, prefetch, computed and delegated fields."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, ClassVar

from isthmus.errors import FieldError, ForbiddenError, MissingRecordError
from isthmus.records.fields import Field
from isthmus.records.recordset import Recordset

#: How many records are read together at most.
PREFETCH_LIMIT = 1000


class Access(Recordset):
    """The part of a record that reads its fields."""

    __slots__ = ()

    _inherits: ClassVar[dict[str, str]] = {}
    _declared_fields: ClassVar[dict[str, Field]] = {}
    _rec_name: ClassVar[str] = "name"

    # --- which fields there are ---

    @property
    def _fields(self) -> Mapping[str, Field]:
        """The model's own fields by name; for a model of Odoo, what Odoo says about it."""
        name = self._name or ""
        known = self.env.transaction.fields.get(name)
        if known is None:
            known = self.env.transaction.fields[name] = self._find_fields(name)
        return known

    def _find_fields(self, name: str) -> Mapping[str, Field]:
        if self.env.registry.is_local(name):
            return self._declared_fields
        remote = self.env.store(name).fields(name)
        added = {
            key: field for key, field in self._declared_fields.items() if field.compute and key not in remote
        }
        return {**remote, **added}

    def _field(self, name: str) -> Field:
        """Return a field of the model or of one that it delegates to.

        Raises FieldError with the nearest name.
        """
        field = self._find_field(name)
        if field is None:
            raise self._no_field(name)
        return field

    def _find_field(self, name: str) -> Field | None:
        field = self._fields.get(name)
        if field is None and (link := self._delegate(name)):
            field = self.env[self._fields[link].comodel]._find_field(name)  # type: ignore[attr-defined]
        return field

    def _delegate(self, name: str) -> str | None:
        """Return the many2one through which a field of another model is reached, or None."""
        for parent, link in self._inherits.items():
            if self.env[parent]._find_field(name) is not None:
                return link
        return None

    def _no_field(self, name: str) -> FieldError:
        known = list(self._fields)
        for parent in self._inherits:
            known += self.env[parent]._fields
        near = difflib.get_close_matches(name, known, n=3)
        hint = f"Did you mean {' or '.join(map(repr, near))}?" if near else None
        return FieldError(f"{self._name} has no field {name!r}", hint=hint)

    # --- reading ---

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name in ("env", "_ids", "_prefetch"):
            raise AttributeError(name)
        field = self._fields.get(name)
        if field is not None:
            return self._get(field)
        link = self._delegate(name)
        if link is None:
            raise self._no_field(name)
        if not self._ids:
            return self.env[self._fields[link].comodel][name]
        return self[link][name]

    def _get(self, field: Field) -> Any:
        """Return what a field of a single record reads as."""
        value = self._raw(field)
        if not field.relational:
            return value if field.type != "secret" else field.to_record(value, self)
        target = self.env[field.comodel]
        if field.type == "many2one":
            ids = (value,) if value else ()
            return target._make(self.env, ids, _Siblings(self, field) if ids else ())
        ids = tuple(value or ())
        return target._make(self.env, ids, _Siblings(self, field) if ids else ())

    def _raw(self, field: Field) -> Any:
        """Return a field's neutral value, reading it for all records that came together when needed."""
        if len(self._ids) != 1:
            if not self._ids:
                return field.empty
            raise self._not_single()
        id_, name = self._ids[0], field.name
        row = self._rows(field).get(id_)
        if row is None or name not in row:
            if field.compute is not None:
                self._compute(field)
            else:
                self._fetch(field)
            row = self._rows(field).get(id_)
            if row is None or name not in row:
                raise MissingRecordError(
                    f"{self._name}({id_}) does not exist (any more): its field {name!r} cannot be read",
                    hint="Use records.exists() to keep only those that do.",
                )
        return row[name]

    def _rows(self, field: Field) -> dict[int, dict[str, Any]]:
        cache = self.env.cache
        name = self._name or ""
        return cache.lists(name) if field.type in ("one2many", "many2many") else cache.rows(name)

    def _fetch(self, field: Field) -> None:
        """Read a field, with all plain ones where it is one, for the records that came together."""
        rows = self._rows(field)
        wanted = self._together(rows, field.name)
        if not field.prefetch:
            return self._read_into(rows, wanted, [field.name])
        names = [other.name for other in self._fields.values() if other.prefetch and other.store]
        known = rows.get(self._ids[0], ())
        names = [name for name in names if name not in known]
        try:
            self._read_into(rows, wanted, names)
        except ForbiddenError:
            # A field that this user may not see spoils the wide read; the one asked for may be allowed.
            if names == [field.name]:
                raise
            self._read_into(rows, wanted, [field.name])
        return None

    def _together(self, rows: Mapping[int, Mapping[str, Any]], name: str) -> list[int]:
        lacking = (id_ for id_ in self._prefetch if name not in rows.get(id_, ()))
        wanted = dict.fromkeys(self._ids) | dict.fromkeys(islice(lacking, PREFETCH_LIMIT))
        return list(islice(wanted, PREFETCH_LIMIT))

    def _read_into(self, rows: dict[int, dict[str, Any]], ids: Sequence[int], names: Sequence[str]) -> None:
        model = self._name or ""
        for values in self.env.store(model).read(model, ids, names, context=self.env.context):
            rows.setdefault(values["id"], {}).update(values)

    def _compute(self, field: Field) -> None:
        """Let a computed field set itself on this record."""
        key = (self._name or "", field.name)
        computing = self.env.transaction.computing
        if key in computing:
            raise FieldError(f"{self._name}.{field.name} is computed from itself")
        computing.add(key)
        try:
            compute = field.compute
            if callable(compute):
                compute(self)
            else:
                getattr(self, str(compute))()
        finally:
            computing.discard(key)
        self._rows(field).setdefault(self._ids[0], {}).setdefault(field.name, field.empty)

    def read(self, names: Iterable[str] | None = None) -> list[dict[str, Any]]:
        """Return a dict of ``id`` and the named fields for each existing record, in order.

        Values are in the neutral form: a many2one is an id (not a pair as in Odoo), an x2many a list of ids.
        Without names: all stored fields. Records that do not exist are left out.
        """
        model = self._name or ""
        if not self._ids:
            return []
        own = self._fields
        asked = list(names) if names is not None else [field.name for field in own.values() if field.store]
        stored = [name for name in asked if name in own and own[name].store]
        found = self.env.store(model).read(model, self._ids, stored, context=self.env.context)
        self._remember(found)
        rest = [name for name in asked if name not in stored and name != "id"]
        for values in found if rest else ():
            record = self._make(self.env, (values["id"],), self._prefetch)
            for name in rest:
                values[name] = record._neutral(name)
        return found

    def _remember(self, found: list[dict[str, Any]]) -> None:
        """Keep what was read, so that the records need not be read again; large values are not kept."""
        model, own = self._name or "", self._fields
        rows, lists = self.env.cache.rows(model), self.env.cache.lists(model)
        for values in found:
            for name, value in values.items():
                if own[name].type in ("one2many", "many2many"):
                    lists.setdefault(values["id"], {})[name] = value
                elif own[name].prefetch:
                    rows.setdefault(values["id"], {})[name] = value

    def _neutral(self, name: str) -> Any:
        value = self[name]
        if isinstance(value, Recordset):
            return value.id if self._field(name).type == "many2one" else value.ids
        return value

    def exists(self: Any) -> Any:
        """Return the records that exist, in order, archived ones included."""
        if not self._ids:
            return self
        found = set(self.with_context(active_test=False).search([("id", "in", list(self._ids))])._ids)
        return self._make(self.env, tuple(id_ for id_ in self._ids if id_ in found), self._prefetch)


class _Siblings:
    """The ids that a relation of records leads to, as far as they are known: what to read together."""

    __slots__ = ("_field", "_record")

    def __init__(self, record: Access, field: Field) -> None:
        self._record = record
        self._field = field

    def __iter__(self) -> Iterator[int]:
        name = self._field.name
        rows = self._record._rows(self._field)
        for id_ in self._record._prefetch:
            value = rows.get(id_, {}).get(name)
            if value:
                if isinstance(value, int):
                    yield value
                else:
                    yield from value
