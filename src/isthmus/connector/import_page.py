"""One external record on its way through an import."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from isthmus.connector.agreement import WHOLE, Agreement
from isthmus.connector.conflict import Merge, changed_both
from isthmus.connector.mediator import Contested
from isthmus.connector.outcome import Outcome
from isthmus.connector.sent import Sent


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
    #: What was announced of a record that is created in Odoo.
    announced: Sent | None = None
    #: The binding was created before the record was read back, or together with it.
    made: bool = False
    #: What the new pair of a record was given before that was read back.
    provided: Mapping[str, Any] = field(default_factory=dict)
    #: Fields whose change in Odoo stays, by policy; and those that wait for a person.
    kept: frozenset[str] = frozenset()
    conflicts: frozenset[str] = frozenset()
    merged: Merge = field(default_factory=Merge)
    contested: list[Contested] = field(default_factory=list)
    #: Conflicts of the pair that were found before, by field.
    entries: Mapping[str, Any] = field(default_factory=dict)
    #: A conflict of the pair stays that this import could not end.
    waits: bool = False
    #: What the other side says in fields where Odoo's value stays: Odoo has still to tell it.
    behind: dict[str, Any] = field(default_factory=dict)
    #: Source fields behind a conflict; None: all that changed.
    unsettled: frozenset[str] | None = None
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
        """Return the new base. A field in conflict keeps its old base on both sides.

        Where Odoo's value stays, the base is what the other side says: an export makes up for the difference.
        """
        made = self.agreement.after_import(self.external, {**self.written, **self.behind}, self.read_back)
        if self.conflicts:
            made = Agreement({**made.external, **self._unsettled_sources()}, made.odoo)
        return made

    def _unsettled_sources(self) -> dict[str, Any]:
        """Return the old base of the sources of a conflict: as long as it is open, the change is news."""
        names = (self.changed or self.external) if self.unsettled is None else self.unsettled
        return {name: self.agreement.external.get(name) for name in names}

    def conflict_text(self) -> str:
        """Return the fields in conflict as a phrase, or nothing."""
        return changed_both(self.conflicts)


def still_open(items: Iterable[Item]) -> list[Item]:
    """Return the items that have no outcome yet."""
    return [item for item in items if item.outcome is None]
