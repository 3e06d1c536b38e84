"""Exporters bring changes made in Odoo to the other side, a page at a time or one by one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property, partial
from typing import Any, ClassVar

from isthmus.connector.agreement import Agreement, watched
from isthmus.connector.brake import TAKING
from isthmus.connector.conflict import Merge, changed_both
from isthmus.connector.contest import Contest
from isthmus.connector.creation import Creation
from isthmus.connector.export_page import Item, name_them, still_open
from isthmus.connector.odoo_side import OdooSide
from isthmus.connector.outcome import Outcome, failed
from isthmus.connector.sent import Sent
from isthmus.connector.settling import settle, settled
from isthmus.connector.synchronizer import OF_ONE_RECORD, Synchronizer
from isthmus.connector.timeline_entry import of_export
from isthmus.errors import AmbiguousError, MappingError

#: Errors that set one record aside; every other one ends the export.
SETS_ASIDE = (*OF_ONE_RECORD, AmbiguousError, MappingError)


class Exporter(Synchronizer):
    """Export records of Odoo: what changed since the base is merged, written outside and bound anew.

    ``run`` exports one pair, ``run_page`` many, ``create_page`` records of Odoo that have no pair yet. What
    is in Odoo is read once. A record whose values equal its base costs no call to the other side; a field
    that cannot be mapped does not hold up the others. Hooks: the four methods that follow.
    """

    _abstract = True
    _name = "connector.exporter"
    _inherit = ["connector.synchronizer"]
    _usage = "record.exporter"
    _mapper_usage = "export.mapper"

    #: Errors of the other side that set one record aside instead of ending the export.
    sets_aside: ClassVar[tuple[type[Exception], ...]] = SETS_ASIDE
    #: Fields of Odoo that take the form, once they are exported, in which an import would write them.
    settles: ClassVar[frozenset[str]] = frozenset()

    # --- hooks ---

    def skip_reason(self, record: Any) -> str | None:
        """Return why a record of Odoo is not to be exported, or None to export it."""
        return None

    def outgoing(self, item: Item, data: dict[str, Any], present: Mapping[str, Any]) -> dict[str, Any]:
        """Return what is sent of a pair: ``data``, seen with the record that the other side has now."""
        return data

    def pair_values(self, made: Mapping[str, Any]) -> dict[str, Any]:
        """Return further values of the binding of a record that was created there."""
        return {}

    def _after_export(self, binding: Any) -> None:
        """Do something after a record was created or written on the other side."""

    # --- running ---

    def run(self, binding: Any, fields: Iterable[str] | None = None) -> Outcome:
        """Export one pair (a binding or its id) and return the outcome.

        ``fields`` limits it to these fields of Odoo; None: all.
        """
        record = self.model.browse(binding) if isinstance(binding, int) else binding
        locker = self.component(usage="record.locker")
        locker.advisory_lock_or_retry(f"export {self.work.model_name} {self.collection.id} {record.id}")
        return self.run_page(record, fields)[0]

    def run_page(self, bindings: Any, fields: Iterable[str] | None = None) -> list[Outcome]:
        """Export the changes of many pairs; return one outcome for each, in order."""
        with self.telling(len(bindings)) as outcomes:
            items = [self._paired(binding) for binding in bindings]
            entries = self.mediator.entries(bindings.ids)
            for item in items:
                item.entries = entries.get(item.binding.id, {})
            self._read(items)
            there = [
                item for item in items if item.record is not None
            ]  # the pairs of others may be gone, too
            self._make_up(there)
            self._find_changes(there, None if fields is None else frozenset(fields))
            self._map(items)
            self._write(items)
            settle(self, items)
            self._note(items)
            outcomes += [item.outcome or item.told("unchanged") for item in items]
        return outcomes

    def create_page(self, odoo_ids: Sequence[int]) -> list[Outcome]:
        """Create on the other side what Odoo has without a pair; return one outcome for each."""
        with self.telling(len(odoo_ids)) as outcomes:
            items = [Item(id_) for id_ in odoo_ids]
            OdooSide(self.importer).leave_imported(items)
            self._read(still_open(items))
            self._map_new(items)
            for item in still_open(items):
                self._create(item)
            settle(self, items)
            self._note(items)
            outcomes += [item.outcome or item.told("unchanged") for item in items]
        return outcomes

    # --- what is used ---

    @property
    def odoo_model(self) -> Any:
        """The model of Odoo behind the binding, archived records included."""
        return self.env[self.binder.unwrap_model()].with_context(active_test=False)

    @cached_property
    def importer(self) -> Any:
        """The importer of the same model: it knows external ids and times."""
        return self.component(usage="record.importer")

    @cached_property
    def import_mapper(self) -> Any:
        """The mapper that knows how values of Odoo compare."""
        return self.component(usage="import.mapper") if self.many_components(usage="import.mapper") else None

    @cached_property
    def sources(self) -> list[str]:
        """The fields of Odoo that the export depends on."""
        known = self.odoo_model._fields
        return sorted(name for name in self.mapper.changed_by_fields() if name in known)

    def comparable(self, name: str, value: Any) -> Any:
        """Return a value of Odoo in comparable form."""
        return value if self.import_mapper is None else self.import_mapper.comparable_value(name, value)

    # --- reading Odoo, once ---

    def _paired(self, binding: Any) -> Item:
        odoo_id = self.binder.unwrap_binding(binding).id
        return Item(odoo_id, binding, binding.external_id or None, Agreement.of(binding.base))

    def _read(self, items: list[Item]) -> None:
        """Read what the export depends on for all records together; those that are gone are done with."""
        records = self.odoo_model.browse([item.odoo_id for item in items if item.odoo_id])
        rows = {row["id"]: row for row in records.read([*self.sources, "write_date"])} if records else {}
        by_id = {record.id: record for record in records if record.id in rows}
        if self.collection.export_deletion in TAKING:
            gone = [item for item in items if item.odoo_id not in rows and item.binding is not None]
            self.brake(sum(item.binding.state != "deleted" for item in gone))
        for item in items:
            row = rows.get(item.odoo_id)
            if row is None:
                item.outcome = self._gone(item)
                continue
            item.record = by_id[item.odoo_id]
            item.odoo_at = row["write_date"] or None
            item.now = {name: self.comparable(name, row[name]) for name in self.sources}
            if reason := self.skip_reason(item.record):
                item.name = str(item.record.display_name)
                item.outcome = item.told("skipped", reason)

    def _gone(self, item: Item) -> Outcome:
        if item.binding is None or item.binding.state == "deleted":
            return item.told("unchanged")
        item.noted = True  # by the deleter
        outcome: Outcome = self.component(usage="record.export.deleter").run(item.binding)
        return outcome

    def _make_up(self, items: list[Item]) -> None:
        """Take note of what arrived on a side although the process that wrote it ended before it knew."""
        for item in items:
            if brought := Sent.of(item.binding.brought):
                item.agreement = brought.arrived_in_odoo(item.agreement, item.now)
                item.binding.write({"base": item.agreement.to_json(), "brought": False})
        sent = {item.external_id: one for item in items if (one := Sent.of(item.binding.sent))}
        if not sent:
            return
        present = self._read_external([id_ for id_ in sent if id_])
        for item in items:
            if item.external_id in sent and item.external_id in present:
                record, compare = present[item.external_id], self.mapper.comparable_value
                item.agreement = sent[item.external_id].arrived(item.agreement, record, compare)
                item.binding.write({"base": item.agreement.to_json(), "sent": False})

    def _find_changes(self, items: list[Item], only: frozenset[str] | None) -> None:
        for item in items:
            item.changed = item.agreement.changed_odoo(item.now)
            if only is not None:
                item.changed &= only
            if item.binding.state == "deleted":  # the policy has been followed; nothing is left to write to
                item.outcome = item.outcome or item.told("unchanged")
            elif not item.changed and (item.outcome is None or item.outcome.kind == "skipped"):
                item.outcome = item.told("unchanged")
                self._unheard(item)

    def _unheard(self, item: Item) -> None:
        """Close the conflicts, and forget the failure, of a pair in which Odoo took its change back."""
        if not item.entries and item.binding.state != "failed":
            return
        if not self.mediator.follow(item.binding, item.entries, Merge(), [], "export"):
            item.binding.write(self._synced())

    # --- mapping, before anything is written ---

    def _map(self, items: list[Item]) -> None:
        groups: dict[frozenset[str], list[Item]] = {}
        name_them(still_open(items))
        for item in still_open(items):
            groups.setdefault(item.changed, []).append(item)
        for fields, group in groups.items():
            self._map_group(group, fields)

    def _map_group(self, group: list[Item], fields: frozenset[str]) -> None:
        """Map the fields of a group; where one of them fails, the others of that record go on without it."""
        page = self.mapper.map_many([item.record for item in group], fields=fields)
        for item, values in zip(group, page.values, strict=True):
            item.values = values
        failing: dict[int, set[str | None]] = {}
        for failure in page.failures:
            failing.setdefault(failure.index, set()).add(failure.error.details.get("field"))
            group[failure.index].problem = group[failure.index].problem or failure.error
        for index, names in failing.items():
            item = group[index]
            rest = item.changed - names
            if not rest or rest == item.changed:  # nothing else changed, or it cannot be told what failed
                item.outcome = self._set_aside(item, item.problem)
                continue
            item.changed = rest
            self._map_group([item], rest)

    def _map_new(self, items: list[Item]) -> None:
        new = still_open(items)
        name_them(new)
        page = self.mapper.map_many([item.record for item in new], for_create=True)
        for item, values in zip(new, page.values, strict=True):
            item.values = values
        for failure in page.failures:
            item = new[failure.index]
            item.outcome = item.outcome or self._set_aside(item, failure.error)

    # --- writing ---

    def _write(self, items: list[Item]) -> None:
        todo = still_open(items)
        if not todo:
            return
        present = self._read_external([item.external_id for item in todo if item.external_id])
        self._count_archived(todo, present)
        for item in todo:
            try:
                item.outcome = self._write_one(item, present.get(item.external_id or ""))
            except self.sets_aside as error:
                item.outcome = self._set_aside(item, error)
            self._note([item])
            self.env.commit()

    def _count_archived(self, items: list[Item], present: Mapping[str, Any]) -> None:
        """Hold the export up before it archives more than it may, here or there."""
        archived = sum("active" in item.changed and item.now["active"] is False for item in items)
        gone = sum((item.external_id or "") not in present for item in items)
        self.brake(archived + (gone if self.collection.import_deletion in TAKING else 0))

    def _read_external(self, ids: list[str]) -> dict[str, Mapping[str, Any]]:
        found = self.backend_adapter.read_many(ids)
        return {str(self.importer.external_id_of(record)): record for record in found}

    def _write_one(self, item: Item, present: Mapping[str, Any] | None) -> Outcome:
        if present is None:
            item.noted = True  # by the deleter
            outcome: Outcome = self.component(usage="record.import.deleter").run(item.external_id)
            return outcome
        contest, values = Contest(self, item, present), item.values or {}
        decided, open_fields = contest.outside, contest.open
        data = {name: values[name] for name in values if name in decided.write}
        data = item.sent = self.outgoing(item, data, present) if data else data
        if data:
            self._announce(item, contest.inside.write if decided.open or decided.kept else item.changed)
        answer = self.backend_adapter.write(item.external_id, data) if data else present
        if not isinstance(answer, Mapping):
            answer = {**present, **data}
        if decided.kept:  # the base is what Odoo says, so that an import makes up for the difference
            answer = {**answer, **{name: values[name] for name in decided.kept}}
        waits = self._follow(item, contest)
        self._keep(item, frozenset(values) - decided.open, open_fields, answer, waits)
        if data:
            self._after_export(item.binding)
        if item.problem is not None:
            return self._set_aside(item, item.problem)
        if open_fields:
            return item.told("conflict", changed_both(open_fields))
        return item.told("updated" if data else "unchanged")

    def _announce(self, item: Item, fields: Iterable[str]) -> None:
        """Write down what is about to be sent, for whoever comes after this process."""
        said = {name: item.now[name] for name in fields if name not in self.settles}
        item.binding.write({"sent": Sent(item.sent, said).to_json()})
        self.env.commit()

    def _follow(self, item: Item, contest: Contest) -> bool:
        """Bring what is known of conflicts up to date; tell whether any of the pair is left."""
        if not (item.entries or contest.outside.open):
            return False
        found = contest.inside, contest.contested, "export", item.name
        return bool(self.mediator.follow(item.binding, item.entries, *found))

    def _keep(
        self, item: Item, sent: frozenset[str], left: frozenset[str], answer: Mapping[str, Any], waits: bool
    ) -> None:
        """Move the base of a pair on, but for the fields that are left open."""
        exported = {name: item.now[name] for name in item.changed - left}
        exported |= settled(self, item, answer, item.changed - left)
        agreed = item.agreement.after_export(exported, sent, self._watched(answer))
        state = self._synced()
        if left or waits:
            state |= {"state": "conflict", "synced": False, "last_error": changed_both(left) or False}
        item.binding.write({"base": agreed.to_json(), "sent": False, **state})

    def _synced(self) -> dict[str, Any]:
        return {"state": "synced", "synced": True, "last_sync_date": self.env.now, "last_error": False}

    def _set_aside(self, item: Item, error: Any) -> Outcome:
        if item.binding is not None:
            item.binding.write({"state": "failed", "synced": False, "last_error": str(error)})
        return failed(error, external_id=item.external_id, odoo_id=item.odoo_id, name=item.name)

    def _watched(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """Return of an external record what an import would watch, or else what the export writes."""
        if self.import_mapper is None:
            return dict(record)
        rules = self.import_mapper.active_rules()
        names = {name for rule in rules for name in rule.sources or ()}
        return watched(record, names, whole=any(rule.sources is None for rule in rules))

    # --- creating ---

    @cached_property
    def creation(self) -> Creation:
        """What creates records on the other side, and recognises those that were cut off."""
        return Creation(self)

    def _create(self, item: Item) -> None:
        try:
            self.creation.run(item)
        except self.sets_aside as error:
            item.outcome = self._set_aside(item, error)

    def _note(self, items: list[Item]) -> None:
        """Write on the timeline what became of records, with what it tells of in one transaction."""
        for item in (told := [one for one in items if one.outcome is not None and not one.noted]):
            item.noted = True
        self.timeline.note("export", [(item.outcome, partial(of_export, item)) for item in told])


class DefaultExporter(Exporter):
    """Serves every binding model that has no exporter of its own."""

    _abstract = False
    _name = "connector.exporter.default"
    _inherit = ["connector.exporter"]
