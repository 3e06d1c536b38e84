"""The Odoo side of an import: creating, updating and reading back a page of records in a handful of calls."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from datetime import datetime
from typing import Any

from isthmus.connector.conflict import merge, settled
from isthmus.connector.import_page import Item
from isthmus.connector.outcome import Outcome, failed
from isthmus.errors import IsthmusError


class OdooSide:
    """Writes the mapped values of an importer's items to the model behind its binding."""

    def __init__(self, importer: Any) -> None:
        self.importer = importer
        self.mapper = importer.mapper
        self.collection = importer.collection
        self.model = importer.env[importer.binder.unwrap_model()]
        self.separate = self.model._name != importer.model._name
        #: A refused row of a database undoes its savepoint; a refused call to Odoo did nothing.
        self.transactional = importer.env.store(self.model._name).transactional

    # --- creating ---

    def create(self, items: list[Item]) -> None:
        """Create the records of new items; those that Odoo refuses are set aside."""
        if not items:
            return
        if not getattr(type(self.importer)._import_record, "_bulk", False):
            self._create_singly(items)
        elif self.separate:
            refused = self.importer.surviving(items, self._create_all)
            set_aside(items, refused)
        for item in items:
            item.wrote = item.outcome is None

    def _create_all(self, items: Sequence[Item]) -> None:
        values = [item.values or {} for item in items]
        if self.transactional:
            with self.importer.env.savepoint():
                records = self.model.create(values)
        else:
            records = self.model.upsert(
                [(self._identifier(item), row) for item, row in zip(items, values, strict=True)]
            )
        for item, record in zip(items, records, strict=True):
            item.odoo_id = record.id

    def _create_singly(self, items: list[Item]) -> None:
        for item in items:
            values = item.values or {}
            if not self.separate:  # the record is its own binding
                values = {**self.importer.pair_values(item), **values}
            try:
                record = self.importer._import_record(item.external_id, values)
            except IsthmusError as error:
                item.outcome = failed(error, external_id=item.external_id, name=item.name)
                continue
            if record._name == self.importer.model._name:
                item.binding, item.made = record, True
                item.odoo_id = self.importer.binder.unwrap_binding(record).id
            else:
                item.odoo_id = record.id

    def _identifier(self, item: Item) -> str:
        """Return the external identifier by which Odoo knows the record: a second try finds the first."""
        binding = self.importer.model._name.replace(".", "_")
        return f"__isthmus__.{self.collection.uuid}_{binding}_{name_part(str(item.external_id))}"

    # --- updating ---

    def update(self, items: list[Item]) -> None:
        """Write to existing records what differs there and is not in conflict."""
        if not items:
            return
        records = {item: self._record_of(item) for item in items}
        current = self._read(records.values(), self._names(items) | self._times())
        writes: list[tuple[Item, dict[str, Any]]] = []
        for item, record in records.items():
            now = current.get(record.id)
            if now is None:
                self._gone(item)
                continue
            item.odoo_id = record.id
            if values := self._to_write(item, now):
                writes.append((item, values))
        refused = self.importer.surviving(writes, self._write_all)
        set_aside([item for item, _ in writes], refused)

    def _to_write(self, item: Item, now: dict[str, Any]) -> dict[str, Any]:
        values = item.values or {}
        ours = self.mapper.comparable(values)
        decided = merge(item.agreement.odoo, now, ours, self._policy(item, now), "external")
        item.conflicts, item.kept = decided.open, decided.kept
        item.written = {name: ours[name] for name in decided.write | decided.agreed}
        return {name: values[name] for name in decided.write}

    def _times(self) -> frozenset[str]:
        """Return the field that says when a record of Odoo changed, where the policy asks for it."""
        return frozenset({"write_date"} if self.collection.conflict_policy == "newest" else ())

    def _policy(self, item: Item, now: dict[str, Any]) -> str:
        if self.collection.conflict_policy != "newest":
            return str(self.collection.conflict_policy)
        external_at = self.importer.external_changed_at(item.record)
        odoo_at = datetime.fromisoformat(now["write_date"]) if now.get("write_date") else None
        return settled(self.collection.conflict_policy, external_at, odoo_at)

    def _write_all(self, writes: Sequence[tuple[Item, dict[str, Any]]]) -> None:
        rows = [(self._record_of(item), values) for item, values in writes]
        with self.importer.env.savepoint() if self.transactional else nullcontext():
            self.model.write_each(rows)
        for item, _ in writes:
            item.wrote = True

    def _record_of(self, item: Item) -> Any:
        if not self.separate:
            return item.binding
        if item.odoo_id:
            return self.model.browse(item.odoo_id)
        return item.binding[self.importer.binder._odoo_field]

    def _gone(self, item: Item) -> None:
        """The record was deleted in Odoo: it is not created again behind its user's back."""
        item.binding.write({"state": "deleted", "synced": False})
        item.outcome = Outcome(
            "skipped", str(item.external_id), name=item.name, reason="its record was deleted in Odoo"
        )

    # --- reading ---

    def read_back(self, items: list[Item]) -> None:
        """Read what Odoo made of the values, with all fields that an export depends on.

        Odoo changes what it is given (it cleans Html, say), and that is what both sides agree on then. But
        where
        somebody else wrote after us, the base is what we wrote, so that the change stays visible.
        """
        author = self.importer.env.store(self.model._name).author()
        names = self._names(items) | self.importer.export_sources()
        asked = names | {"write_uid"} if author is not None and "write_uid" in self.model._fields else names
        found = self._read([self._record_of(item) for item in items if item.odoo_id], asked)
        for item in items:
            row = dict(found.get(item.odoo_id or 0, {}))
            is_ours = row.pop("write_uid", author) == author
            item.read_back = row
            item.written = self._written(item, row if is_ours else {})

    def _written(self, item: Item, row: dict[str, Any]) -> dict[str, Any]:
        """Return what the base says of the written fields: as they read back, else as we sent them."""
        names = item.written or item.values or {}
        if all(name in row for name in names):
            return {name: row[name] for name in names}
        sent = item.written or self.mapper.comparable(item.values or {})
        return {name: row.get(name, value) for name, value in sent.items()}

    def _names(self, items: Iterable[Item]) -> frozenset[str]:
        known = self.model._fields
        return frozenset(name for item in items for name in item.values or () if name in known)

    def _read(self, records: Iterable[Any], names: Iterable[str]) -> dict[int, dict[str, Any]]:
        ids = [record.id for record in records if record]
        asked = sorted(names)
        rows = self.model.browse(ids).read(asked) if ids else []
        value = self.mapper.comparable_value
        return {row["id"]: {name: value(name, row[name]) for name in asked} for row in rows}


def name_part(external_id: str) -> str:
    """Return an external id as part of an Odoo identifier, which holds no dots or blanks."""
    return "".join(char if char.isalnum() or char in "_-" else f"~{ord(char):x}~" for char in external_id)


def set_aside(items: Sequence[Item], refused: dict[int, IsthmusError]) -> None:
    """Give the refused items their outcome."""
    for position, error in refused.items():
        item = items[position]
        item.outcome = failed(error, external_id=item.external_id, name=item.name)
