"""The Odoo side of an import: creating, updating and reading back a page of records in a handful of calls."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from datetime import datetime
from typing import Any

from isthmus.connector.conflict import merge
from isthmus.connector.import_page import Item
from isthmus.connector.mediator import Contested
from isthmus.connector.outcome import Outcome, failed
from isthmus.connector.sent import Sent
from isthmus.errors import ForbiddenError, IsthmusError, ModelError

#: The module of the external identifiers by which Odoo knows what an import made.
MODULE = "__isthmus__"


class OdooSide:
    """Writes the mapped values of an importer's items to the model behind its binding."""

    def __init__(self, importer: Any) -> None:
        self.importer = importer
        self.mapper = importer.mapper
        self.collection = importer.collection
        self.mediator = importer.mediator
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
            self._announce_new(items)
            refused = self.importer.surviving(items, self._create_all)
            set_aside(items, refused)
        for item in items:
            item.wrote = item.outcome is None

    def _announce_new(self, items: list[Item]) -> None:
        """Write down what is about to be created in Odoo, for whoever comes after this process."""
        if not self.transactional:
            for item in items:
                item.announced = Sent(item.external, self.mapper.comparable(item.values or {}))
            self.importer.arrivals.announce({str(item.external_id): item.announced for item in items})

    def _create_all(self, items: Sequence[Item]) -> None:
        values = [item.values or {} for item in items]
        if self.transactional:
            with self.importer.env.savepoint():
                records = self.model.create(values)
        else:
            records = self.model.upsert(
                [(self.identifier(item.external_id), row) for item, row in zip(items, values, strict=True)]
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

    def identifier(self, external_id: Any) -> str:
        """Return the external identifier by which Odoo knows the record: a second try finds the first."""
        return f"{MODULE}.{self._prefix}{name_part(str(external_id))}"

    def forget(self, external_id: Any) -> None:
        """Let the record be made again that was deleted in Odoo."""
        forget = getattr(self.importer.env.store(self.model._name), "forget_deleted", None)
        if forget is not None:  # else it is committed with the pair, and nothing is remembered
            forget(self.model._name, [self.identifier(external_id)])

    @property
    def _prefix(self) -> str:
        return f"{self.importer.identity}_{self.importer.model._name.replace('.', '_')}_"

    def leave_imported(self, items: Sequence[Any]) -> None:
        """Have an export skip what an import created and could not bind, since it was cut off."""
        claimed = self.claimed([item.odoo_id for item in items])
        claimed -= self.importer.disowned() if claimed else frozenset()
        for item in items:
            if item.odoo_id in claimed:
                item.outcome = item.told(
                    "skipped", "an import made it: the next one pairs it, unless its original is gone"
                )

    def imported(self, external_ids: Iterable[Any]) -> dict[str, int]:
        """Return the records of Odoo that an import of this backend made: external id -> record."""
        by_name = {f"{self._prefix}{name_part(str(one))}": str(one) for one in external_ids}
        rows = self._identifiers([("name", "in", list(by_name))])
        return {by_name[row["name"]]: row["res_id"] for row in rows}

    def claimed(self, odoo_ids: Sequence[int]) -> set[int]:
        """Return which records of Odoo an import of this backend made: they bear its identifiers.

        Nothing where the user may not see identifiers, or where they are committed with the pair.
        """
        if self.transactional or not odoo_ids:
            return set()
        rows = self._identifiers([("res_id", "in", list(odoo_ids))])
        return {row["res_id"] for row in rows if row["name"].startswith(self._prefix)}

    def _identifiers(self, domain: list[Any]) -> list[dict[str, Any]]:
        whole = [("module", "=", MODULE), ("model", "=", self.model._name), *domain]
        try:
            return list(self.importer.env["ir.model.data"]._read_rows(whole, ["name", "res_id"]))
        except (ForbiddenError, ModelError):
            return []

    # --- updating ---

    def update(self, items: list[Item]) -> None:
        """Write to existing records what differs there and is not in conflict."""
        if not items:
            return
        records = {item: self._record_of(item) for item in items}
        current = self._read(records.values(), self._names(items) | self._times())
        writes: list[tuple[Item, dict[str, Any]]] = []
        archived = 0
        for item, record in records.items():
            now = current.get(record.id)
            if now is None:
                self._gone(item)
                continue
            item.odoo_id = record.id
            if values := self._to_write(item, now):
                writes.append((item, values))
                archived += values.get("active", True) is False and bool(now.get("active"))
        self.importer.brake(archived)
        self._announce([item for item, _ in writes])
        refused = self.importer.surviving(writes, self._write_all)
        set_aside([item for item, _ in writes], refused)

    def _announce(self, items: list[Item]) -> None:
        """Write down what is about to be written, for whoever comes after this process."""
        if self.transactional:
            return  # it is committed with the pair
        notes = [(item.binding, {"brought": brought(item).to_json()}) for item in items if item.binding]
        if notes:
            self.importer.model.write_each(notes)
            self.importer.env.commit()

    def present(self, items: Iterable[Item], names: Iterable[str]) -> dict[Item, dict[str, Any]]:
        """Return what Odoo has in these fields of the records that exist, in comparable form."""
        records = {item: self._record_of(item) for item in items}
        known = [name for name in names if name in self.model._fields]
        found = self._read(records.values(), known)
        return {item: found[record.id] for item, record in records.items() if record.id in found}

    def _to_write(self, item: Item, now: dict[str, Any]) -> dict[str, Any]:
        values = item.values or {}
        ours = self.mapper.comparable(values)
        moments = self._moments(item, now)

        def policy(field: str) -> str:
            seen = self._contested(item, field, now, ours)
            return str(self.mediator.policy(item.entries.get(field), seen, "import", *moments))

        decided = merge(
            item.agreement.odoo, now, ours, policy, "external", even_unchanged=item.changed is None
        )
        item.merged, item.conflicts, item.kept = decided, decided.open, decided.kept
        item.contested = [self._contested(item, field, now, ours) for field in sorted(decided.open)]
        item.written = {name: ours[name] for name in decided.write | decided.agreed}
        item.behind = {name: ours[name] for name in decided.kept}
        if item.conflicts:
            item.unsettled = self._sources_of(item, item.conflicts)
        data = {**{name: values[name] for name in decided.write}, **self._given(item, now)}
        return dict(self.importer.incoming(item, data, now)) if data else data

    def _contested(self, item: Item, field: str, now: dict[str, Any], ours: dict[str, Any]) -> Contested:
        base, outside = item.agreement.odoo.get(field), ", ".join(sources_of(self.mapper, field))
        return Contested(field, base, now.get(field), ours[field], outside)

    def _given(self, item: Item, now: dict[str, Any]) -> dict[str, Any]:
        """Return the values that a person gave for fields in conflict, and that Odoo does not have yet."""
        given = {}
        for field in item.kept:
            decision = item.entries[field].decision_of() if field in item.entries else None
            if decision is not None and decision.side == "value" and now.get(field) != decision.value:
                given[field] = self._mapped(item, field, item.entries[field].value)
        return given

    def _mapped(self, item: Item, field: str, text: Any) -> Any:
        (source,) = sources_of(self.mapper, field)
        return self.mapper.map_record({**item.record, source: text}).values(fields={source})[field]

    def _sources_of(self, item: Item, fields: frozenset[str]) -> frozenset[str]:
        """Return which of the changed source fields have a part in fields of Odoo."""
        return frozenset(
            source
            for source in item.changed or item.external
            for values in self.mapper.map_many([item.record], fields={source}).values
            if values is None or not fields.isdisjoint(values)
        )

    def _times(self) -> frozenset[str]:
        """Return the field that says when a record of Odoo changed, where a policy asks for it."""
        wanted = self.collection.may_ask_for_times(self.importer.work.model_name)
        return frozenset({"write_date"} if wanted and "write_date" in self.model._fields else ())

    def _moments(self, item: Item, now: dict[str, Any]) -> tuple[datetime | None, datetime | None]:
        stamp = now.get("write_date")
        return self.importer.external_changed_at(item.record), datetime.fromisoformat(
            stamp
        ) if stamp else None

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
        """The record was deleted in Odoo: it is not created again behind its user's back.

        Where the entity is exported, the export does with the other side what the policy says.
        """
        if not self.importer.goes_both_ways:
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


def brought(item: Item) -> Sent:
    """Return what is about to be written to Odoo for an item, and what of the other side that stands for."""
    names = (item.changed or frozenset(item.external)) - (item.unsettled or frozenset())
    if item.conflicts and item.unsettled is None:
        names = frozenset()
    return Sent({name: item.external[name] for name in names if name in item.external}, item.written)


def sources_of(mapper: Any, field: str) -> list[str]:
    """Return the source fields of the rules that are known to make a field of Odoo."""
    return sorted({name for rule in mapper.active_rules() for name in _sources(rule, field)})


def _sources(rule: Any, field: str) -> frozenset[str]:
    return (rule.sources or frozenset()) if getattr(rule, "target", None) == field else frozenset()


def name_part(external_id: str) -> str:
    """Return an external id as part of an Odoo identifier, which holds no dots or blanks."""
    return "".join(char if char.isalnum() or char in "_-" else f"~{ord(char):x}~" for char in external_id)


def set_aside(items: Sequence[Item], refused: dict[int, IsthmusError]) -> None:
    """Give the refused items their outcome."""
    for position, error in refused.items():
        item = items[position]
        item.outcome = failed(error, external_id=item.external_id, name=item.name)
