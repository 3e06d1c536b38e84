"""One external record on its way through an import."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from isthmus.connector.agreement import WHOLE, Agreement
from isthmus.connector.outcome import Outcome


@dataclass(slots=True, eq=False)
class Item:
    """What is known of the record so far. ``outcome`` is set once nothing more is to be done."""

    record: Mapping[str, Any]
    external_id: Any = None
    name: str = ""
    external: dict[str, Any] = field(default_factory=dict)
    binding: Any = None
    odoo_id: int | None = None
    agreement: Agreement = field(default_factory=Agreement)
    #: Source fields that changed; None: all are taken as changed.
    changed: frozenset[str] | None = None
    #: Mapped values for Odoo.
    values: dict[str, Any] | None = None
    #: Comparable values that Odoo has by our doing, and what it said when they were read back.
    written: dict[str, Any] = field(default_factory=dict)
    read_back: dict[str, Any] = field(default_factory=dict)
    wrote: bool = False
    #: ``_import_record`` created the binding together with the record.
    made: bool = False
    #: Fields whose change in Odoo stays, by policy; and those that wait for a person.
    kept: frozenset[str] = frozenset()
    conflicts: frozenset[str] = frozenset()
    outcome: Outcome | None = None

    @property
    def fields(self) -> frozenset[str] | None:
        """The source fields to map; None for all."""
        return None if self.changed is None or WHOLE in self.changed else self.changed

    @property
    def kind(self) -> str:
        """The outcome of a pair that has its binding."""
        if self.conflicts:
            return "conflict"
        if self.made:
            return "created"
        return "updated" if self.wrote else "unchanged"

    def agreed(self) -> Agreement:
        """Return the new base. A field in conflict keeps its old base on both sides."""
        made = self.agreement.after_import(self.external, self.written, self.read_back)
        if self.conflicts:
            made = Agreement({**made.external, **self._unsettled_sources()}, made.odoo)
        return made

    def _unsettled_sources(self) -> dict[str, Any]:
        """Return the old base of every source that changed: as long as a conflict is open, the change is
        news.
        """
        return {name: self.agreement.external.get(name) for name in self.changed or self.external}

    def conflict_text(self) -> str:
        """Return the fields in conflict as a phrase, or nothing."""
        return f"both sides changed {', '.join(sorted(self.conflicts))}" if self.conflicts else ""


def still_open(items: Iterable[Item]) -> list[Item]:
    """Return the items that have no outcome yet."""
    return [item for item in items if item.outcome is None]
