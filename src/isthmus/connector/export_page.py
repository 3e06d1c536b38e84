"""One record of Odoo on its way to the other side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from isthmus.connector.agreement import Agreement
from isthmus.connector.outcome import Outcome
from isthmus.errors import IsthmusError


@dataclass(slots=True, eq=False)
class Item:
    """What is known of the record so far. ``outcome`` is set once nothing more is to be done."""

    odoo_id: int
    binding: Any = None
    external_id: str | None = None
    agreement: Agreement = field(default_factory=Agreement)
    record: Any = None
    name: str = ""
    #: Fields of Odoo in comparable form, as they were read once and for all.
    now: dict[str, Any] = field(default_factory=dict)
    odoo_at: datetime | None = None
    #: Fields of Odoo that changed since the agreement and could be mapped.
    changed: frozenset[str] = frozenset()
    #: Mapped values for the other side.
    values: dict[str, Any] | None = None
    #: Conflicts of the pair that were found before, by field.
    entries: Mapping[str, Any] = field(default_factory=dict)
    #: Why some of the changed fields could not be mapped; the others go on.
    problem: IsthmusError | None = None
    #: What was sent to the other side.
    sent: dict[str, Any] = field(default_factory=dict)
    #: Values of Odoo that an import would write in another form than they have: they take that form.
    settled: dict[str, Any] = field(default_factory=dict)
    outcome: Outcome | None = None
    #: It stands on the timeline.
    noted: bool = False

    def told(self, kind: str, reason: str = "") -> Outcome:
        """Return an outcome for the record."""
        return Outcome(kind, self.external_id, self.odoo_id, self.name, reason)


def still_open(items: Iterable[Item]) -> list[Item]:
    """Return the items that have no outcome yet."""
    return [item for item in items if item.outcome is None]


def name_them(items: Iterable[Item]) -> None:
    """Note what the records are called, as long as they are read together."""
    for item in items:
        item.name = str(item.record.display_name)
