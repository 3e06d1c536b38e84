"""Exporters bring changes made in Odoo to the other side, a page at a time or one by one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from isthmus.connector.agreement import Agreement, watched
from isthmus.connector.conflict import Merge, merge, settled
from isthmus.connector.outcome import Outcome, failed
from isthmus.connector.synchronizer import OF_ONE_RECORD, Synchronizer
from isthmus.errors import AmbiguousError, MappingError

#: Errors that set one record aside; every other one ends the export.
SETS_ASIDE = (*OF_ONE_RECORD, AmbiguousError, MappingError)


@dataclass(slots=True, eq=False)
class Pair:
    """An Odoo record on its way to the other side."""

    binding: Any
    odoo_id: int
    record: Any
    external_id: str | None = None
    now: dict[str, Any] = field(default_factory=dict)
    agreement: Agreement = field(default_factory=Agreement)
    changed: frozenset[str] = frozenset()
    outcome: Outcome | None = None

    @property
    def name(self) -> str:
        return str(self.record.display_name) if self.record else ""


class Exporter(Synchronizer):
    """Export Odoo records: what changed since the base, merged with changes of the other side, written and
    bound anew.

    ``run`` exports one pair, ``run_page`` many, ``create_page`` records of Odoo that have no pair yet. A
    record
    whose values equal its base costs no call to the other side. Hooks: :meth:`skip_reason`,
    :meth:`_after_export`.
    """

    _abstract = True
    _name = "connector.exporter"
    _inherit = ["connector.synchronizer"]
    _usage = "record.exporter"
    _mapper_usage = "export.mapper"

    # --- hooks ---

    def skip_reason(self, record: Any) -> str | None:
        """Return why a record of Odoo is not to be exported, or None to export it."""
        return None

    def _after_export(self, binding: Any) -> None:
        """Do something after a record was created or written on the other side."""

    # --- running ---

    def run(self, binding: Any, fields: Iterable[str] | None = None) -> Outcome:
        """Export one pair (a binding or its id) and return the outcome; ``fields`` limits it to these fields
        of Odoo.
        """
        record = self.model.browse(binding) if isinstance(binding, int) else binding
        locker = self.component(usage="record.locker")
        locker.advisory_lock_or_retry(f"export {self.work.model_name} {self.collection.id} {record.id}")
        return self.run_page(record, fields)[0]

    def run_page(self, bindings: Any, fields: Iterable[str] | None = None) -> list[Outcome]:
        """Export the changes of many pairs; return one outcome for each, in order."""
        with self.telling(len(bindings)) as outcomes:
            pairs = [self._pair(binding) for binding in bindings]
            self._find_changes(pairs, None if fields is None else frozenset(fields))
            self._write(pairs)
            outcomes += [
                pair.outcome or Outcome("unchanged", pair.external_id, pair.odoo_id) for pair in pairs
            ]
        return outcomes

    def create_page(self, odoo_ids: Sequence[int]) -> list[Outcome]:
        """Create on the other side what Odoo has without a pair; return one outcome for each."""
        with self.telling(len(odoo_ids)) as outcomes:
            outcomes += [self._create(record) for record in self.odoo_model.browse(odoo_ids)]
        return outcomes

    # --- the steps ---

    @property
    def odoo_model(self) -> Any:
        """The model of Odoo behind the binding, archived records included."""
        return self.env[self.binder.unwrap_model()].with_context(active_test=False)

    @cached_property
    def import_mapper(self) -> Any:
        """The mapper that knows how values of Odoo compare."""
        found = self.many_components(usage="import.mapper")
        return self.component(usage="import.mapper") if found else None

    @cached_property
    def sources(self) -> list[str]:
        """The fields of Odoo that the export depends on."""
        known = self.odoo_model._fields
        return sorted(name for name in self.mapper.changed_by_fields() if name in known)

    def comparable(self, name: str, value: Any) -> Any:
        """Return a value of Odoo in comparable form."""
        return value if self.import_mapper is None else self.import_mapper.comparable_value(name, value)

    def _pair(self, binding: Any) -> Pair:
        record = self.binder.unwrap_binding(binding).with_context(active_test=False)
        return Pair(
            binding, record.id, record, binding.external_id or None, agreement=Agreement.of(binding.base)
        )

    def _find_changes(self, pairs: list[Pair], only: frozenset[str] | None) -> None:
        ids = [pair.odoo_id for pair in pairs if pair.odoo_id]
        rows = {row["id"]: row for row in self.odoo_model.browse(ids).read(self.sources)} if ids else {}
        for pair in pairs:
            row = rows.get(pair.odoo_id)
            if row is None:
                pair.outcome = self._gone(pair)
                continue
            pair.now = {name: self.comparable(name, row[name]) for name in self.sources}
            pair.changed = pair.agreement.changed_odoo(pair.now)
            if only is not None:
                pair.changed &= only
            if not pair.changed:
                pair.outcome = Outcome("unchanged", pair.external_id, pair.odoo_id)
            elif reason := self.skip_reason(pair.record):
                pair.outcome = Outcome("skipped", pair.external_id, pair.odoo_id, pair.name, reason)

    def _gone(self, pair: Pair) -> Outcome:
        if pair.binding.state == "deleted":
            return Outcome("unchanged", pair.external_id, pair.odoo_id)
        outcome: Outcome = self.component(usage="record.export.deleter").run(pair.binding)
        return outcome

    def _write(self, pairs: list[Pair]) -> None:
        todo = [pair for pair in pairs if pair.outcome is None]
        if not todo:
            return
        present = self._read_external([pair.external_id for pair in todo if pair.external_id])
        for pair in todo:
            try:
                pair.outcome = self._write_one(pair, present.get(pair.external_id or ""))
            except SETS_ASIDE as error:
                pair.binding.write({"state": "failed", "synced": False, "last_error": str(error)})
                pair.outcome = failed(
                    error, external_id=pair.external_id, odoo_id=pair.odoo_id, name=pair.name
                )
            self.env.commit()

    def _read_external(self, ids: list[str]) -> dict[str, Mapping[str, Any]]:
        importer = self.component(usage="record.importer")
        return {
            str(importer.external_id_of(record)): record for record in self.backend_adapter.read_many(ids)
        }

    def _write_one(self, pair: Pair, present: Mapping[str, Any] | None) -> Outcome:
        if present is None:
            outcome: Outcome = self.component(usage="record.import.deleter").run(pair.external_id)
            return outcome
        values = self.mapper.map_record(pair.record).values(fields=pair.changed)
        decided = self._merge(pair, values, present)
        if decided.open:
            text = f"both sides changed {', '.join(sorted(decided.open))}"
            pair.binding.write({"state": "conflict", "synced": False, "last_error": text})
            return Outcome("conflict", pair.external_id, pair.odoo_id, pair.name, text)
        data = {name: values[name] for name in values if name in decided.write}
        answer = self.backend_adapter.write(pair.external_id, data) if data else present
        self._keep(
            pair,
            frozenset(values) - decided.kept,
            answer if isinstance(answer, Mapping) else {**present, **data},
        )
        if data:
            self._after_export(pair.binding)
        return Outcome("updated" if data else "unchanged", pair.external_id, pair.odoo_id, pair.name)

    def _merge(self, pair: Pair, values: Mapping[str, Any], present: Mapping[str, Any]) -> Merge:
        compare = self.mapper.comparable_value
        base = {
            name: compare(name, pair.agreement.external[name])
            for name in values
            if name in pair.agreement.external
        }
        theirs = {name: compare(name, present[name]) for name in values if name in present}
        ours = {name: compare(name, value) for name, value in values.items()}
        external_at = self.component(usage="record.importer").external_changed_at(present)
        policy = settled(self.collection.conflict_policy, external_at, pair.record.write_date or None)
        return merge(base, theirs, ours, policy, "odoo")

    def _keep(self, pair: Pair, sent: frozenset[str], answer: Mapping[str, Any]) -> None:
        external = self._watched(answer)
        agreed = pair.agreement.after_export({name: pair.now[name] for name in pair.changed}, sent, external)
        pair.binding.write(
            {
                "base": agreed.to_json(),
                "state": "synced",
                "synced": True,
                "last_sync_date": self.env.now,
                "last_error": False,
            }
        )

    def _watched(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """Return of an external record what an import would watch, or else what the export writes."""
        if self.import_mapper is None:
            return dict(record)
        rules = self.import_mapper.rules()
        names = {name for rule in rules for name in rule.sources or ()}
        return watched(record, names, whole=any(rule.sources is None for rule in rules))

    # --- creating ---

    def _create(self, record: Any) -> Outcome:
        announcer = self.component(usage="announcer")
        try:
            if reason := self.skip_reason(record):
                return Outcome("skipped", None, record.id, str(record.display_name), reason)
            values = self.mapper.map_record(record).values(for_create=True)
            made = self._create_once(announcer, record, values)
            return self._bind_new(record, made)
        except SETS_ASIDE as error:
            return failed(error, odoo_id=record.id, name=str(record.display_name))

    def _create_once(self, announcer: Any, record: Any, values: dict[str, Any]) -> Mapping[str, Any]:
        """Create on the other side; after a try that was cut off, look first whether it came through."""
        pending = announcer.pending(record.id)
        if pending:
            twin: Mapping[str, Any] | None = self.backend_adapter.find_created(
                pending.values, pending.announced
            )
            if twin is not None:
                return twin
        else:
            announcer.announce(record.id, values)
        try:
            made: Any = self.backend_adapter.create(values)
        except AmbiguousError:
            raise  # it may have come through: the intent stays
        except SETS_ASIDE:
            announcer.settle(record.id)
            raise
        return made if isinstance(made, Mapping) else dict(values, id=made)

    def _bind_new(self, record: Any, made: Mapping[str, Any]) -> Outcome:
        importer = self.component(usage="record.importer")
        external_id = str(importer.external_id_of(made))
        row = record.read(self.sources)[0]
        odoo = {name: self.comparable(name, row[name]) for name in self.sources}
        binding = self.model.create(
            {
                "backend_id": self.collection.id,
                "external_id": external_id,
                self.binder._odoo_field: record.id,
                "base": Agreement(self._watched(made), odoo).to_json(),
                "state": "synced",
                "synced": True,
                "last_sync_date": self.env.now,
            }
        )
        self.component(usage="announcer").settle(record.id)
        self.env.commit()
        self._after_export(binding)
        return Outcome("created", external_id, record.id, str(record.display_name))


class DefaultExporter(Exporter):
    """Serves every binding model that has no exporter of its own."""

    _abstract = False
    _name = "connector.exporter.default"
    _inherit = ["connector.exporter"]
