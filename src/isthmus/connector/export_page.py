"""One record of Odoo on its way to the other side."""

from __future__ import annotations

from collections.abc import Iterable
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
    #: Why some of the changed fields could not be mapped; the others go on.
    problem: IsthmusError | None = None
    outcome: Outcome | None = None

    def told(self, kind: str, reason: str = "") -> Outcome:
        """Return an outcome for the record."""
        return Outcome(kind, self.external_id, self.odoo_id, self.name, reason)


def still_open(items: Iterable[Item]) -> list[Item]:
    """Return the items that have no outcome yet."""
    return [item for item in items if item.outcome is None]
