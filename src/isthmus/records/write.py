"""Creating, writing and deleting: values are checked, split by owner, and handed to the stores in batches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from isthmus.errors import ConstraintError
from isthmus.records.command import Lines, split_commands
from isthmus.records.fields import Field
from isthmus.records.search import Search
from isthmus.records.secret import Cipher, SecretText

Values = dict[str, Any]

#: Set by the store; ignored when given, as in Odoo.
KEPT_BY_STORE = frozenset({"id", "create_date", "write_date"})


class Write(Search):
    """The part of a recordset that changes records."""

    __slots__ = ()

    _constrains: ClassVar[list[tuple[tuple[str, ...], str]]] = []

    def create(self: Any, values: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> Any:
        """Create one record from a dict, or many from a list of dicts, in one call to the store.

        Returns the new records in order (empty for an empty list). Values of fields that belong to a
        delegated
        model create that model's record too. Raises FieldError for an unknown field, ConstraintError when a
        constraint refuses.
        """
        given = [values] if isinstance(values, Mapping) else list(values)
        if not given:
            return self.browse()
        store = self.env.store(self._name)
        if store.autonomous:
            ids = store.create(
                self._name, [self._wire_values(one) for one in given], context=self.env.context
            )
            self.env.transaction.forget(self._name, tuple(ids))
            return self.browse(ids)
        rows, parents = [], []
        for one in given:
            own, delegated = self._split({**self._defaults(one), **one})
            rows.append(own)
            parents.append(delegated)
        self._create_parents(rows, parents)
        prepared = [self._prepare(own) for own in rows]
        for own, _ in prepared:
            self._check_required(own, creating=True)
        ids = store.create(self._name, [own for own, _ in prepared], context=self.env.context)
        self.env.transaction.forget(self._name, tuple(ids))
        records = self.browse(ids)
        for record, (_, lines) in zip(records, prepared, strict=True):
            if lines:
                lines.apply(record, creating=True)
        records._check_constraints({name for own in rows for name in own})
        return records

    def write(self: Any, values: Mapping[str, Any]) -> bool:
        """Write the same values to all records in one call to the store; True, as in Odoo."""
        if not self._ids or not values:
            return True
        self._write_rows([(self, values)])
        return True

    def write_each(self: Any, rows: Iterable[tuple[Any, Mapping[str, Any]]]) -> bool:
        """Write different values to many records: ``[(record, values), …]``, in as few calls as the store
        can.
        """
        listed = [(record, values) for record, values in rows if record._ids and values]
        if listed:
            self._write_rows(listed)
        return True

    def unlink(self: Any) -> bool:
        """Delete the records in one call to the store; True, as in Odoo.

        What a binding delegates to stays.
        """
        if self._ids:
            store = self.env.store(self._name)
            store.unlink(self._name, self._ids, context=self.env.context)
            if store.autonomous:
                self.env.transaction.forget(self._name, self._ids)
            else:
                self.env.transaction.clear()  # deletions cascade
        return True

    def upsert(self: Any, rows: Sequence[tuple[str, Mapping[str, Any]]]) -> Any:
        """Create or update the record known under each external identifier; see RecordStore.upsert."""
        ids = self.env.store(self._name).upsert(
            self._name, [(key, self._wire_values(values)) for key, values in rows], context=self.env.context
        )
        self.env.transaction.forget(self._name, tuple(ids))
        return self.browse(ids)

    def default_get(self: Any, names: Iterable[str]) -> Values:
        """Return the default values of the named fields that have one."""
        found = {}
        for name in names:
            field = self._fields.get(name)
            if field is not None and field.default is not None:
                found[name] = field.default(self) if callable(field.default) else field.default
        return found

    # --- values ---

    def _set(self: Any, field: Field, value: Any) -> None:
        """Assign to a field: into the cache while it is being computed, else a write."""
        if (self._name, field.name) in self.env.transaction.computing:
            for id_ in self._ids:
                self._rows(field).setdefault(id_, {})[field.name] = field.to_store(value)
        else:
            self.write({field.name: value})

    def __setattr__(self: Any, name: str, value: Any) -> None:
        field = self._find_field(name)
        if field is None:
            raise self._no_field(name)
        if name in self._declared_fields:
            self._set(self._declared_fields[name], value)
        else:
            self.write({name: value})

    def _defaults(self: Any, given: Mapping[str, Any]) -> Values:
        missing = [
            name for name, field in self._fields.items() if field.default is not None and name not in given
        ]
        return self.default_get(missing)  # type: ignore[no-any-return]

    def _split(self: Any, values: Mapping[str, Any]) -> tuple[Values, dict[str, Values]]:
        """Split values into the model's own and those of the models that it delegates to (by link field)."""
        own: Values = {}
        delegated: dict[str, Values] = {}
        fields = self._fields
        for name, value in values.items():
            if name in fields:
                own[name] = value
            elif link := self._delegate(name):
                delegated.setdefault(link, {})[name] = value
            else:
                raise self._no_field(name)
        return own, delegated

    def _prepare(self: Any, own: Mapping[str, Any]) -> tuple[Values, Lines]:
        """Return the own values in neutral form, and the x2many work to do once the record is there."""
        values: Values = {}
        lines = Lines()
        fields = self._fields
        for name, value in own.items():
            field = fields[name]
            if name in KEPT_BY_STORE:
                continue
            if not field.store:
                raise field.refuse(value, "nothing: it is computed")
            if field.type in ("one2many", "many2many"):
                links, work = split_commands(field, field.to_store(value))
                lines.add(field, work)
                if links:
                    values[name] = links
            elif field.type == "secret":
                values[name] = self._encrypted(field, value)
            else:
                values[name] = field.to_store(value)
        return values, lines

    def _encrypted(self: Any, field: Field, value: Any) -> str | bool:
        if isinstance(value, SecretText):
            return value.token
        text = field.to_store(value)
        return self.env.service(Cipher).encrypt(text) if text else False

    def _wire_values(self: Any, values: Mapping[str, Any]) -> Values:
        """Return values in neutral form for a store that checks and completes them by itself."""
        ready: Values = {}
        for name, value in values.items():
            field = self._own_field(name)
            ready[name] = field.to_store(value)
        return ready

    def _check_required(self: Any, values: Mapping[str, Any], *, creating: bool) -> None:
        for name, field in self._fields.items():
            if not field.required or not field.store or field.type in ("boolean", "integer", "float"):
                continue
            if (creating or name in values) and values.get(name, False) is False:
                raise ConstraintError(
                    f"{self._name}: the field {name!r} ({field.string}) is required",
                    hint=f"Give {name!r} a value.",
                    model=self._name,
                    field=name,
                )

    def _check_constraints(self: Any, names: set[str]) -> None:
        for watched, method in self._constrains:
            if names.intersection(watched):
                getattr(self, method)()

    # --- delegation ---

    def _create_parents(self: Any, rows: list[Values], delegated: list[dict[str, Values]]) -> None:
        """Create (or, where the link is given, write) the records that new ones delegate to."""
        for parent, link in self._inherits.items():
            missing = [number for number, own in enumerate(rows) if not own.get(link)]
            made = self.env[parent].create([delegated[number].get(link, {}) for number in missing])
            for number, record in zip(missing, made, strict=True):
                rows[number][link] = record.id
            given = [
                (self.env[parent].browse(self._fields[link].to_store(rows[number][link])), values[link])
                for number, values in enumerate(delegated)
                if number not in set(missing) and values.get(link)
            ]
            self.env[parent].write_each(given)

    def _write_rows(self: Any, rows: list[tuple[Any, Mapping[str, Any]]]) -> None:
        store = self.env.store(self._name)
        if store.autonomous:
            self._send([(records, self._wire_values(values)) for records, values in rows])
            return
        own_rows: list[tuple[Any, Values]] = []
        work: list[tuple[Any, Lines]] = []
        parents: dict[str, list[tuple[Any, Values]]] = {}
        names: set[str] = set()
        for records, values in rows:
            own, delegated = self._split(values)
            names |= own.keys()
            ready, lines = self._prepare(own)
            self._check_required(ready, creating=False)
            own_rows.append((records, ready))
            if lines:
                work.append((records, lines))
            for link, part in delegated.items():
                parents.setdefault(link, []).append(
                    (records[link] if len(records) == 1 else records.mapped(link), part)
                )
        self._send([(records, ready) for records, ready in own_rows if ready])
        for records, lines in work:
            for record in records:
                lines.apply(record, creating=False)
        for link, parts in parents.items():
            self.env[self._fields[link].comodel].write_each(parts)
        self.browse([id_ for records, _ in rows for id_ in records._ids])._check_constraints(names)

    def _send(self: Any, rows: list[tuple[Any, Values]]) -> None:
        store, context = self.env.store(self._name), self.env.context
        if len(rows) == 1:
            store.write(self._name, rows[0][0]._ids, rows[0][1], context=context)
        elif rows:
            flat = [(id_, values) for records, values in rows for id_ in records._ids]
            store.write_each(self._name, flat, context=context)
        for records, _ in rows:
            self.env.transaction.forget(self._name, records._ids)
