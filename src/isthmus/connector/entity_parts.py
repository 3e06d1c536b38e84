"""What the components of entities inherit: the usual parts, told by attributes instead of methods."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, ClassVar

from isthmus.components import AbstractComponent
from isthmus.connector.batch import BatchExporter
from isthmus.connector.binder import Binder
from isthmus.connector.converter import instant
from isthmus.connector.exporter import Exporter
from isthmus.connector.import_page import Item
from isthmus.connector.importer import Importer
from isthmus.connector.listener import ConnectorListener
from isthmus.events.listener import skip_if


class EntityImporter(Importer, AbstractComponent):
    """An importer that knows the fields in which an external record says the usual things."""

    _name = "connector.entity.importer"
    _inherit = ["connector.importer"]

    _title: ClassVar[str] = "name"
    _version_field: ClassVar[str | None] = None
    _changed_field: ClassVar[str | None] = None
    _needs: ClassVar[Mapping[str, str]] = {}
    _part_of: ClassVar[Mapping[str, str]] = {}
    _keeps: ClassVar[Mapping[str, str]] = {}

    def external_name_of(self, record: Mapping[str, Any]) -> str:
        return str(record.get(self._title) or "")

    def external_version(self, record: Mapping[str, Any]) -> str | None:
        value = record.get(self._version_field) if self._version_field else None
        return None if value in (None, "") else str(value)

    def external_changed_at(self, record: Mapping[str, Any]) -> datetime | None:
        value = instant.to_odoo(record.get(self._changed_field)) if self._changed_field else None
        return value or None

    def dependencies(self, record: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
        for name, entity in self._needs.items():
            value = record.get(name)
            for external_id in value if isinstance(value, (list, tuple)) else (value,):
                yield entity, external_id

    @cached_property
    def wholes(self) -> dict[str, frozenset[str]]:
        """The paired records of which others may be parts: entity -> external ids."""
        domain = [("backend_id", "=", self.collection.id), ("state", "!=", "deleted")]
        return {
            entity: frozenset(
                row["external_id"] for row in self.env[entity]._read_rows(domain, ["external_id"])
            )
            for entity in self._part_of.values()
        }

    def skip_reason(self, record: Mapping[str, Any]) -> str | None:
        for name, entity in self._part_of.items():
            if str(record.get(name)) not in self.wholes[entity]:
                return f"its {str(self.env[entity]._description).lower()} is not synchronised"
        return super().skip_reason(record)

    def _binding_values(self, item: Item) -> dict[str, Any]:
        return {**super()._binding_values(item), **kept(self._keeps, item.record)}


class EntityExporter(Exporter, AbstractComponent):
    """An exporter that keeps in a new pair what the importer keeps there."""

    _name = "connector.entity.exporter"
    _inherit = ["connector.exporter"]

    _keeps: ClassVar[Mapping[str, str]] = {}

    def pair_values(self, made: Mapping[str, Any]) -> dict[str, Any]:
        return {**super().pair_values(made), **kept(self._keeps, made)}


class EntityBinder(Binder, AbstractComponent):
    """A binder that takes an existing record of Odoo for a new external one by some of its fields.

    All of them must be filled and equal, one record alone must have them, and no other pair may hold it.
    """

    _name = "connector.entity.binder"
    _inherit = ["connector.binder"]

    _match: ClassVar[Sequence[str]] = ()

    def match(self, rows: list[Mapping[str, Any]]) -> dict[int, int]:
        keys = {number: tuple(row.get(name) for name in self._match) for number, row in enumerate(rows)}
        whole = {number: key for number, key in keys.items() if all(key)}
        if not whole:
            return {}
        first, model = self._match[0], self.env[self.unwrap_model()]
        found = model.search_fetch([(first, "in", [key[0] for key in whole.values()])], list(self._match))
        taken = self.wrap(found.ids)
        known: dict[tuple[Any, ...], list[int]] = {}
        for record in found:
            known.setdefault(tuple(plain(record[name]) for name in self._match), []).append(record.id)
        return {
            number: known[key][0]
            for number, key in whole.items()
            if len(known.get(key, ())) == 1
            and known[key][0] not in taken
            and list(whole.values()).count(key) == 1
        }


class EntityBatchExporter(BatchExporter, AbstractComponent):
    """A batch exporter that creates on the other side what is in a domain of Odoo and has no pair.

    Override :meth:`domain` for a domain that is not always the same, :meth:`candidates` for what none tells.
    """

    _name = "connector.entity.batch.exporter"
    _inherit = ["connector.batch.exporter"]

    _new: ClassVar[Sequence[Any] | None] = None
    _order: ClassVar[str] = "id"

    def domain(self) -> list[Any] | None:
        """Return the domain of the records that are created outside, the entity's ``new``; None: none are."""
        return None if self._new is None else list(self._new)

    def candidates(self, among: Sequence[Any] = ()) -> list[int]:
        """Return the ids of the records that are created outside where they have no pair, in order.

        ``among``: a domain in which they must be as well.
        """
        domain = self.domain()
        if domain is None:
            return []
        model = self.env[self.binder.unwrap_model()]
        found: list[int] = model.search([*among, *domain], order=self._order).ids
        return found

    def unbound(self) -> list[int]:
        return self.without_pair(self.candidates())

    def unbound_among(self, odoo_ids: Sequence[int]) -> list[int]:
        """Return which of some records of Odoo are to be created on the other side."""
        return self.without_pair(self.candidates([("id", "in", list(odoo_ids))]))

    def without_pair(self, candidates: list[int]) -> list[int]:
        """Return those of the candidates that no pair has."""
        bound = self.paired() if candidates else set()
        return [id_ for id_ in candidates if id_ not in bound]

    def paired(self) -> set[int]:
        """Return the ids of the records of Odoo that have a pair."""
        field = self.binder._odoo_field
        return {row[field] for row in self.model._read_rows(self.binder._scope(), [field])}


class EntityListener(ConnectorListener, AbstractComponent):
    """A listener that enqueues the export of a record of Odoo when that changes."""

    _name = "connector.entity.listener"
    _inherit = ["base.connector.listener"]

    _entity: ClassVar[str] = ""
    _triggers: ClassVar[Sequence[str]] = ()

    @skip_if(lambda self, record, *args, **kwargs: self.is_silent("create", record))
    def on_record_create(self, record: Any, fields: Iterable[str] | None = None) -> None:
        for backend in self.env[self.env[self._entity]._fields["backend_id"].comodel].search([]):
            if self._entity in backend.entities("export"):
                self.env[self._entity].with_delay().export_new(backend, [record.id])

    @skip_if(lambda self, record, *args, **kwargs: self.is_silent("write", record))
    def on_record_write(self, record: Any, fields: Iterable[str] | None = None) -> None:
        for binding in self._bindings(record):
            if fields is None or self._concerns(binding, fields):
                binding.with_delay().export_record()

    @skip_if(lambda self, record, *args, **kwargs: self.is_silent("unlink", record))
    def on_record_unlink(self, record: Any) -> None:
        for binding in self._bindings(record):
            binding.with_delay().export_delete()

    def is_silent(self, trigger: str, record: Any) -> bool:
        """Tell whether an event triggers nothing here, or comes from an import."""
        return trigger not in self._triggers or self.no_connector_export(record)

    def _bindings(self, record: Any) -> Iterator[Any]:
        found = self.env[self._entity].with_context(active_test=False).search([("odoo_id", "=", record.id)])
        for binding in found:
            if self._entity in binding.backend_id.entities("export") and binding.state != "deleted":
                yield binding

    def _concerns(self, binding: Any, fields: Iterable[str]) -> bool:
        with binding.backend_id.work_on(self._entity) as work:
            sources = work.component(usage="export.mapper").changed_by_fields()
        return not sources.isdisjoint(fields)


def plain(value: Any) -> Any:
    """Return a value of a record as mapped values have it: the id of a related record."""
    return value.id if hasattr(value, "_ids") else value


def kept(keeps: Mapping[str, str], record: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of an external record that its pair keeps: field of the binding -> value."""
    return {field: record.get(name) for field, name in keeps.items()}
