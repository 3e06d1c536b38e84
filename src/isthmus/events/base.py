"""What every model gets: ``_event``, and the events of its records' creation, change and deletion."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from isthmus import models
from isthmus.components import ComponentRegistry, WorkContext
from isthmus.events.change import Change, differences, snapshot
from isthmus.events.event import SILENCE, Event
from isthmus.events.hearing import NOTHING, EventIndex, Heard, Hearing

FieldNames = tuple[str, ...]
FieldsById = dict[int, FieldNames]


class Notifier(models.AbstractModel):
    """Give every model the means to notify an event."""

    __slots__ = ()

    _inherit = "base"

    def _event(self: Any, name: str, collection: Any = None) -> Event:
        """Return an event of this model, to be notified: ``record._event("on_paid").notify(record)``.

        With a ``collection`` (a backend record) it reaches the listeners of that collection and the shared
        ones, without one those of any collection. Where the environment has no component registry, nobody
        listens. Raises ValueError when the name does not start with ``on_``.
        """
        # Remembered by the environment, since most events are heard by nobody and must cost next to nothing.
        try:
            hearing = self.env.memo[name, type(self)]
        except KeyError:
            hearing = self._find_hearing(name)
        if hearing is None:
            return SILENCE
        listeners = hearing[None if collection is None else collection._name]
        work = WorkContext(self._name, collection, env=self.env)
        methods = [getattr(listener(work), name) for listener in listeners]
        return Event(name, methods) if methods else SILENCE

    def _find_hearing(self: Any, name: str) -> Hearing | None:
        registry = self.env.find_service(ComponentRegistry)
        if registry is None:
            return None
        found: Hearing | None = registry.tables[EventIndex][name, type(self)]
        self.env.memo[name, type(self)] = found
        return found

    def _event_collection(self) -> Any:
        """Return the backend record that the events of this record's changes carry; None: they carry none.

        For a model whose records belong to a backend to override, so that the ``_collection`` of listeners is
        respected. Called on one record at a time.
        """
        return None


class RecordNotifier(models.AbstractModel):
    """Notify the creation, change and deletion of the records of every model.

    Once per record: ``on_record_create(record, fields)`` and ``on_record_write(record, fields)`` afterwards
    (``fields``: the names given for that record), ``on_record_change(record, old, new)`` after a write that
    changed values (only the fields that differ), ``on_record_unlink(record)`` before the deletion.

    Then once per call, or once per backend where records of several are changed together:
    ``on_records_create(records, fields)`` and ``on_records_write(records, fields)`` (``fields``: the names
    given for any of them), ``on_records_change(records, changes)``, ``on_records_unlink(records)``.

    When nobody listens it costs one check per call. Old values are only read for who listens to a change.
    """

    __slots__ = ()

    _inherit = "base"

    def create(self: Any, values: Any) -> Any:
        if not heard(self).create:
            return super().create(values)  # type: ignore[misc]
        given = [values] if isinstance(values, Mapping) else list(values)
        names = [tuple(one) for one in given]
        records = super().create(values if isinstance(values, Mapping) else given)  # type: ignore[misc]
        announce("create", records, aligned(records, names))
        return records

    def upsert(self: Any, rows: Sequence[tuple[str, Mapping[str, Any]]]) -> Any:
        # An upsert is a creation that may be repeated, and is announced as one.
        records = super().upsert(rows)  # type: ignore[misc]
        if heard(self).create:
            announce("create", records, aligned(records, [tuple(values) for _, values in rows]))
        return records

    def write(self: Any, values: Mapping[str, Any]) -> bool:
        wants = heard(self)
        if not (wants.write or wants.change) or not values:
            return super().write(values)  # type: ignore[misc, no-any-return]
        with_fields: FieldsById = dict.fromkeys(self._ids, tuple(values))
        before = snapshot(self, with_fields) if wants.change else None
        result: bool = super().write(values)  # type: ignore[misc]
        announce_write(self, with_fields, before)
        return result

    def write_each(self: Any, rows: Iterable[tuple[Any, Mapping[str, Any]]]) -> bool:
        wants = heard(self)
        if not (wants.write or wants.change):
            return super().write_each(rows)  # type: ignore[misc, no-any-return]
        listed = list(rows)
        with_fields = fields_by_id(listed)
        records = self.browse(with_fields)
        before = snapshot(records, with_fields) if wants.change else None
        result: bool = super().write_each(listed)  # type: ignore[misc]
        announce_write(records, with_fields, before)
        return result

    def unlink(self: Any) -> bool:
        if heard(self).unlink:
            announce("unlink", self, None)
        return super().unlink()  # type: ignore[misc, no-any-return]


def heard(records: Any) -> Heard:
    """Return which changes of the records' model anybody listens to."""
    registry = records.env.transaction.services.get(ComponentRegistry)
    return NOTHING if registry is None else registry.tables[EventIndex].heard[type(records)]


def announce(action: str, records: Any, fields: FieldsById | None) -> None:
    """Notify each record's event, then that of all, with the collection that the records belong to."""
    for collection, group in by_collection(records):
        each = group._event(f"on_record_{action}", collection)
        if each:
            for record in group:
                each.notify(record, **({} if fields is None else {"fields": fields[record.id]}))
        every = group._event(f"on_records_{action}", collection)
        if every:
            every.notify(
                group, **({} if fields is None else {"fields": joined(fields[id_] for id_ in group._ids)})
            )


def announce_write(records: Any, fields: FieldsById, before: Mapping[int, Any] | None) -> None:
    """Notify a write and, where values from before it were kept, what it changed."""
    changes = [] if before is None else differences(records, before, snapshot(records, fields))
    announce("write", records, fields)
    if changes:
        announce_changes(records.browse([change.record.id for change in changes]), changes)


def announce_changes(records: Any, changes: Sequence[Change]) -> None:
    """Notify what a write changed, per record and for all."""
    by_id = {change.record.id: change for change in changes}
    for collection, group in by_collection(records):
        found = [by_id[id_] for id_ in group._ids]
        each = group._event("on_record_change", collection)
        for change in found if each else ():
            each.notify(change.record, old=change.old, new=change.new)
        group._event("on_records_change", collection).notify(group, changes=tuple(found))


def by_collection(records: Any) -> Iterator[tuple[Any, Any]]:
    """Yield the records with the collection that their events carry: all at once where the model has none.

    Nothing for no records.
    """
    if type(records)._event_collection is Notifier._event_collection:
        if records:
            yield None, records
        return
    groups: dict[Any, list[int]] = {}
    for record in records:
        groups.setdefault(record._event_collection() or None, []).append(record.id)
    for collection, ids in groups.items():
        yield collection, records.browse(ids)


def fields_by_id(rows: Iterable[tuple[Any, Mapping[str, Any]]]) -> FieldsById:
    """Return the names given for each record of a ``write_each``, by id, without those that get no value."""
    found: FieldsById = {}
    for records, values in rows:
        for id_ in records._ids if values else ():
            found[id_] = joined((found.get(id_, ()), tuple(values)))
    return found


def aligned(records: Any, names: Sequence[FieldNames]) -> FieldsById:
    """Return the names given for each record, by id.

    Records and values come in the same order; where a ``create`` that a model overrides did not make one
    record per dictionary, each gets the names of all.
    """
    if len(records) == len(names):
        return dict(zip(records._ids, names, strict=True))
    return dict.fromkeys(records._ids, joined(names))


def joined(names: Iterable[FieldNames]) -> FieldNames:
    """Return the names of all, each once, in the order in which they first come."""
    return tuple(dict.fromkeys(chain.from_iterable(names)))
