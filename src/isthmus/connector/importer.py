"""Importers bring records of the other side into Odoo, a page at a time or one by one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import cached_property, partial
from typing import Any, ClassVar

from isthmus.connector.agreement import Agreement, watched
from isthmus.connector.import_page import Item, still_open
from isthmus.connector.landing import Landing
from isthmus.connector.odoo_side import OdooSide
from isthmus.connector.outcome import Outcome, failed
from isthmus.connector.pairing import Pairing
from isthmus.connector.sent import Sent
from isthmus.connector.synchronizer import Synchronizer
from isthmus.connector.timeline_entry import of_import
from isthmus.errors import IsthmusError, NotFoundError

#: How long what is only made ready rests after each record: else whoever imports waits for the interpreter,
#: which threads share, after every query.
GIVE_WAY_S = 0.0001


class Importer(Synchronizer):
    """Import external records: skip rules, dependencies, mapping, conflict, upsert in Odoo, binding with a
    new base.

    ``run`` imports one record by its external id, ``run_page`` many whose data is at hand. Both take every
    step for
    all records together, so that a page costs a handful of calls. A record that fails is set aside with its
    error, and the rest goes on. Hooks: :meth:`skip_reason`, :meth:`dependencies`, :meth:`incoming`,
    :meth:`external_id_of`, :meth:`external_version`, :meth:`_before_import`, :meth:`_import_record`,
    :meth:`_after_import`, :meth:`_record_created_batch`.
    """

    _abstract = True
    _name = "connector.importer"
    _inherit = ["connector.synchronizer"]
    _usage = "record.importer"

    _id_field = "id"

    #: Whether imports of what needs these records may begin as soon as they are paired, while they are still
    #: read back. Not where a hook, or :meth:`run_page`, does more after that which others rely on.
    paired_suffices: ClassVar[bool] = False

    #: Called with the external ids of a page whose records all have pairs, which are committed.
    when_paired: Callable[[set[str]], None] | None = None

    # --- hooks ---

    def external_id_of(self, record: Mapping[str, Any]) -> Any:
        """Return the external id of a record."""
        return record[self._id_field]

    def external_name_of(self, record: Mapping[str, Any]) -> str:
        """Return what a person calls the record, for reports."""
        return str(record.get("name") or "")

    def external_version(self, record: Mapping[str, Any]) -> str | None:
        """Return the other side's mark of the record's state (etag, date of last change), or None."""
        return None

    def external_changed_at(self, record: Mapping[str, Any]) -> datetime | None:
        """Return when the record last changed on the other side (naive UTC), or None: for the policy
        "newest".
        """
        return None

    def skip_reason(self, record: Mapping[str, Any]) -> str | None:
        """Return why a record is not to be imported, or None to import it."""
        return None

    def dependencies(self, record: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
        """Return ``(binding model, external id)`` of the records that must be there before this one."""
        return ()

    def incoming(self, item: Item, data: dict[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
        """Return what is written to an existing record of Odoo: ``data``, seen with the values it has now."""
        return data

    def _before_import(self, record: Mapping[str, Any]) -> None:
        """Do something before a record is mapped; an error sets the record aside."""

    def _after_import(self, binding: Any) -> None:
        """Do something after a record was created or updated and bound."""

    def _record_created_batch(self, bindings: Any) -> None:
        """Do something with all bindings that a page created."""

    def _import_record(self, external_id: Any, values: dict[str, Any]) -> Any:
        """Create the record of Odoo for one external record and return it (or its binding).

        Overriding this gives up creating a whole page in one call.
        """
        return self.env[self.binder.unwrap_model()].create(values)

    _import_record._bulk = True  # type: ignore[attr-defined]

    # --- running ---

    def preparation(self) -> Callable[[Sequence[Mapping[str, Any]]], None]:
        """Return what makes records ready for :meth:`run_page` in a thread of its own, which touches nothing.

        It has converters compute early what they remember.
        """
        has_mapper = self.many_components(usage=self._mapper_usage)
        remembering = self.mapper.remembering() if has_mapper else []

        def prepare(records: Sequence[Mapping[str, Any]]) -> None:
            for field, converter in remembering:
                for record in records:
                    with suppress(Exception):  # what is wrong with a record is found out again, and told
                        converter.comparable(converter.to_odoo(record[field]))
                    time.sleep(GIVE_WAY_S)

        return prepare

    def run(self, external_id: Any, force: bool = False, data: Mapping[str, Any] | None = None) -> Outcome:
        """Import one record and return its outcome.

        ``data`` saves reading it; ``force`` writes even what is unchanged.

        A record that the other side no longer has is handed to the deleter.
        """
        return self._import_one(external_id, force, data)

    def _import_one(
        self, external_id: Any, force: bool = False, data: Mapping[str, Any] | None = None
    ) -> Outcome:
        locker = self.component(usage="record.locker")
        locker.advisory_lock_or_retry(f"import {self.work.model_name} {self.collection.id} {external_id}")
        if data is None:
            try:
                data = self.backend_adapter.read(external_id)
            except NotFoundError as error:
                if not self.binder.to_internal(external_id):
                    return failed(error, external_id=external_id)
                outcome: Outcome = self.component(usage="record.import.deleter").run(external_id)
                return outcome
        return self.run_page([data], force=force)[0]

    def run_page(self, records: Sequence[Mapping[str, Any]], force: bool = False) -> list[Outcome]:
        """Import records whose data is given; return one outcome for each, in order."""
        with self.telling(len(records)) as outcomes:
            items = [self._item(record) for record in records]
            self._skip(items)
            # Before the pairs: what another process creates and binds meanwhile is in one of the two.
            announced = self.component(usage="announcer").all_pending()
            self._find_changes(items, force, announced)
            self._need(items)
            self._map(items)
            self._write(items)
            self._bind(items)
            told = [(item.outcome, partial(of_import, item)) for item in items if item.outcome]
            self.timeline.note("import", told)
            outcomes += [outcome for outcome, _ in told]
        return outcomes

    def _import_batch(self, external_id: Any, data: Mapping[str, Any] | None = None) -> Any:
        """Import one record by its id, or from its data, and return its binding (empty when it was set
        aside).
        """
        self._import_one(external_id, data=data)
        return self.binder.to_internal(external_id)

    # --- the steps ---

    def _item(self, record: Mapping[str, Any]) -> Item:
        item = Item(record)
        try:
            item.external_id = self.external_id_of(record)
            item.name = self.external_name_of(record)
            item.external = watched(record, self._sources, whole=self._whole)
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            item.outcome = failed(
                IsthmusError(f"a {self.work.model_name} cannot be read: {type(error).__name__} {error}"),
                external_id=item.external_id,
            )
        return item

    @cached_property
    def arrivals(self) -> Any:
        """What announces the records that are about to be created in Odoo."""
        return self.component(usage="arrivals")

    @cached_property
    def identity(self) -> str:
        """What tells the backend from all others, in the external identifiers that imports give."""
        return str(self.collection.uuid)

    @cached_property
    def _sources(self) -> frozenset[str]:
        return frozenset(name for rule in self.mapper.active_rules() for name in rule.sources or ())

    @cached_property
    def _whole(self) -> bool:
        return any(rule.sources is None for rule in self.mapper.active_rules())

    def disowned(self) -> frozenset[int]:
        """Return the records of Odoo that imports made and whose originals were given up since: an export may
        pair them anew.
        """
        return frozenset()

    def export_sources(self) -> frozenset[str]:
        """Return the fields of Odoo that an export depends on; empty when nothing is exported."""
        if not self.many_components(usage="export.mapper"):
            return frozenset()
        known = self.env[self.binder.unwrap_model()]._fields
        return frozenset(self.component(usage="export.mapper").changed_by_fields()) & frozenset(known)

    def _skip(self, items: list[Item]) -> None:
        seen: set[Any] = set()
        for item in still_open(items):
            reason = (
                "it came twice in one page" if item.external_id in seen else self.skip_reason(item.record)
            )
            seen.add(item.external_id)
            if reason:
                item.outcome = Outcome("skipped", str(item.external_id), name=item.name, reason=reason)

    def _find_changes(self, items: list[Item], force: bool, announced: Any) -> None:
        """Find the pairs, and in each what changed on the other side since the last agreement."""
        bindings = self.binder.bindings(item.external_id for item in still_open(items))
        for item in still_open(items):
            item.binding = bindings.get(item.external_id)
        self._recognise([item for item in still_open(items) if item.binding is None], announced)
        paired = [item for item in still_open(items) if item.binding is not None]
        entries = self.mediator.entries(item.binding.id for item in paired)
        for item in paired:
            item.entries = entries.get(item.binding.id, {})
            item.agreement = self._agreement(item)
        self._make_up(paired)
        for item in paired:
            changed = item.agreement.changed_external(item.external)
            is_done = item.binding.state not in ("pending", "conflict") and not item.entries
            if not changed and not force and is_done:
                item.outcome = self._outcome("unchanged", item)
            elif not force and item.agreement.external:
                item.changed = changed

    def _recognise(self, items: list[Item], announced: Any) -> None:
        """Pair what an export or an import created and could not pair, since it was cut off."""
        if items and announced:
            self.component(usage="record.exporter").creation.recognise(
                [item.record for item in items], announced
            )
            bindings = self.binder.bindings(item.external_id for item in items)
            for item in items:
                item.binding = bindings.get(item.external_id)
        Landing(self).recognise([item for item in items if item.binding is None])

    def _agreement(self, item: Item) -> Agreement:
        """Return what was agreed on, a write outside included whose note was lost with its process."""
        agreed, sent = Agreement.of(item.binding.base), Sent.of(item.binding.sent)
        if sent is None:
            return agreed
        mapper = self.component(usage="export.mapper")
        agreed = sent.arrived(agreed, item.record, mapper.comparable_value)
        item.binding.write({"base": agreed.to_json(), "sent": False})
        return agreed

    def _make_up(self, items: list[Item]) -> None:
        """Take note of what arrived in Odoo although the process that wrote it ended before it knew."""
        notes = {item: note for item in items if (note := Sent.of(item.binding.brought))}
        if not notes:
            return
        names = {name for note in notes.values() for name in note.odoo}
        present = OdooSide(self).present(notes, sorted(names))
        for item, note in notes.items():
            item.agreement = note.arrived_in_odoo(item.agreement, present.get(item, {}))
            item.binding.write({"base": item.agreement.to_json(), "brought": False})

    def _need(self, items: list[Item]) -> None:
        """Import what the records depend on and is not there yet, model by model."""
        wanted: dict[str, dict[Any, None]] = {}
        for item in still_open(items):
            for model, external_id in self.dependencies(item.record):
                if external_id not in (None, False, ""):
                    wanted.setdefault(model, {})[external_id] = None
        for model, ids in wanted.items():
            known = self.binder_for(model).to_internal_many(ids)
            missing = [external_id for external_id in ids if external_id not in known]
            if missing:
                work = self.work.work_on(model)
                found = work.component(usage="backend.adapter").read_many(missing)
                work.component(usage="record.importer").run_page(found)

    def _map(self, items: list[Item]) -> None:
        """Map what is new as a whole, and of what exists what changed."""
        for item in still_open(items):
            try:
                self._before_import(item.record)
            except IsthmusError as error:
                item.outcome = failed(error, external_id=item.external_id, name=item.name)
        groups: dict[tuple[bool, frozenset[str] | None], list[Item]] = {}
        for item in still_open(items):
            groups.setdefault((item.binding is None, item.fields), []).append(item)
        for (create, fields), group in groups.items():
            self._map_group(group, create, fields)

    def _map_group(self, group: list[Item], create: bool, fields: frozenset[str] | None) -> None:
        bindings = None if create else [item.binding for item in group]
        page = self.mapper.map_many(
            [item.record for item in group], for_create=create, fields=fields, bindings=bindings
        )
        for item, values in zip(group, page.values, strict=True):
            item.values = values
        for failure in page.failures:
            item = group[failure.index]
            item.outcome = item.outcome or failed(failure.error, external_id=item.external_id, name=item.name)

    def _write(self, items: list[Item]) -> None:
        side = OdooSide(self)
        new = [item for item in still_open(items) if item.binding is None]
        adopted = self.binder.match([item.values or {} for item in new]) if new else {}
        for position, odoo_id in adopted.items():
            new[position].odoo_id = odoo_id
        matched = [item for item in new if item.odoo_id]
        if matched:
            self._map_group(matched, False, None)  # what is only for creation is not written to what exists
        side.create([item for item in still_open(new) if not item.odoo_id])
        if self.when_paired is not None:
            Pairing(self).begin(new)
        known = [item for item in still_open(items) if item.binding is not None and not item.made]
        side.update([*known, *still_open(matched)])
        self._tell_paired(items)
        side.read_back([item for item in still_open(items) if item.wrote])

    def _tell_paired(self, items: list[Item]) -> None:
        """Tell whoever wants to know that the page has its pairs, unless some are still to come."""
        if self.when_paired is not None and all(item.binding is not None for item in still_open(items)):
            self.env.commit()
            self.when_paired({str(item.external_id) for item in items if item.external_id})

    def _bind(self, items: list[Item]) -> None:
        """Keep the pairs with their new base, and have the hooks do the rest."""
        made = Pairing(self).finish(items)
        for item in items:
            if item.outcome and item.outcome.kind in ("created", "updated"):
                self._after_import(item.binding)
        if made:
            self._record_created_batch(self.model.browse([item.binding.id for item in made]))

    def pair_values(self, item: Item) -> dict[str, Any]:
        """Return what makes a binding that of an external record: its id and, where there is one, the
        backend.
        """
        pair = {"external_id": str(item.external_id), "backend_id": getattr(self.collection, "id", None)}
        return {name: value for name, value in pair.items() if name in self.model._fields}

    def _kept_values(self, item: Item) -> dict[str, Any]:
        return {**self._binding_values(item), **(self.pair_values(item) if item.made else {})}

    def _binding_values(self, item: Item) -> dict[str, Any]:
        conflict = bool(item.conflicts) or item.waits
        values: dict[str, Any] = {
            "base": item.agreed().to_json(),
            "brought": False,
            "state": "conflict" if conflict else "synced",
            "synced": not conflict,
            "last_sync_date": self.env.now,
            "last_error": item.conflict_text() or False,
        }
        version = self.external_version(item.record)
        if version:
            values["external_version"] = version
        return values

    def _outcome(self, kind: str, item: Item) -> Outcome:
        return Outcome(
            kind, str(item.external_id), odoo_id=item.odoo_id, name=item.name, reason=item.conflict_text()
        )


class DefaultImporter(Importer):
    """Serves every binding model that has no importer of its own."""

    _abstract = False
    _name = "connector.importer.default"
    _inherit = ["connector.importer"]
