"""One pair on its way out whose values the other side may have changed too: what is written, kept, left open.

The exporter writes fields of the other side; people, policies and conflicts speak of fields of Odoo. A
contest knows which of them belong together, and asks only where both sides changed the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from isthmus.connector.conflict import Merge, merge
from isthmus.connector.export_page import Item
from isthmus.connector.mediator import Contested
from isthmus.connector.policy import joined


class Contest:
    """An exporter's item against the record that the other side has now."""

    def __init__(self, exporter: Any, item: Item, present: Mapping[str, Any]) -> None:
        self._exporter = exporter
        self._item = item
        self._present = present
        self._mapper = exporter.mapper

    @cached_property
    def outside(self) -> Merge:
        """What to do with the fields of the other side."""
        compare, values = self._mapper.comparable_value, self._item.values or {}
        agreed, present = self._item.agreement.external, self._present
        base = {name: compare(name, agreed[name]) for name in values if name in agreed}
        theirs = {name: compare(name, present[name]) for name in values if name in present}
        ours = {name: compare(name, value) for name, value in values.items()}
        return merge(base, theirs, ours, self._policy, "odoo")

    @cached_property
    def inside(self) -> Merge:
        """The same by fields of Odoo; a field is open when anything made of it is."""
        found: dict[str, set[str]] = {"open": set(), "kept": set(), "write": set(), "agreed": set()}
        for field, targets in self._targets.items():
            kind = next((one for one in found if targets & getattr(self.outside, one)), None)
            if kind:
                found[kind].add(field)
        return Merge(**{kind: frozenset(fields) for kind, fields in found.items()})

    @property
    def contested(self) -> list[Contested]:
        """The fields of Odoo that a person must decide about."""
        return [self._seen(field) for field in sorted(self.open)]

    @property
    def open(self) -> frozenset[str]:
        """The changed fields of Odoo that are left open; empty when nothing is."""
        return (self.inside.open or self._item.changed) if self.outside.open else frozenset()

    def _policy(self, target: str) -> str:
        moments = self._exporter.importer.external_changed_at(self._present), self._item.odoo_at
        mediator, entries = self._exporter.mediator, self._item.entries
        fields = [field for field, targets in self._targets.items() if target in targets]
        return joined(
            mediator.policy(entries.get(field), self._seen(field), "export", *moments) for field in fields
        )

    @cached_property
    def _targets(self) -> dict[str, frozenset[str]]:
        """The fields of the other side that each changed field of Odoo has a part in."""
        return {field: self._made_of(field) for field in sorted(self._item.changed)}

    def _made_of(self, field: str) -> frozenset[str]:
        (values,) = self._mapper.map_many([self._item.record], fields={field}).values
        return frozenset(values or ())

    def _seen(self, field: str) -> Contested:
        item, targets = self._item, sorted(self._targets[field])
        base = item.agreement.odoo.get(field)
        return Contested(field, base, item.now[field], self._outside_value(field), ", ".join(targets))

    def _outside_value(self, field: str) -> Any:
        """Return what the other side says, in Odoo's words; in its own where an import says nothing of it."""
        if field in self._inward:
            return self._inward[field]
        return {name: self._present.get(name) for name in sorted(self._targets[field])}

    @cached_property
    def _inward(self) -> dict[str, Any]:
        mapper = self._exporter.import_mapper
        if mapper is None:
            return {}
        (values,) = mapper.map_many([self._present]).values
        return dict(mapper.comparable(values or {}))
