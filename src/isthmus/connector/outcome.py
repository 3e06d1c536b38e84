"""What became of a record: outcomes as values, and their tally."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

#: Every kind of outcome, in the order in which reports show them.
KINDS = ("created", "updated", "unchanged", "skipped", "conflict", "deleted", "failed")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one record. ``reason`` says why it was skipped or failed, or which fields conflict."""

    kind: str
    external_id: str | None = None
    odoo_id: int | None = None
    name: str = ""
    reason: str = ""
    hint: str | None = None

    @property
    def label(self) -> str:
        """The record as a person would call it."""
        shown = self.name if len(self.name) <= 60 else self.name[:57] + "…"
        return shown or self.external_id or f"#{self.odoo_id}"


@dataclass(slots=True)
class Tally:
    """Counts of outcomes by kind, and those that somebody should look at."""

    counts: Counter[str] = field(default_factory=Counter)
    notable: list[Outcome] = field(default_factory=list)

    def add(self, outcomes: Iterable[Outcome]) -> None:
        """Count outcomes; failures, conflicts and skipped records are kept."""
        for outcome in outcomes:
            self.counts[outcome.kind] += 1
            if outcome.kind in ("failed", "conflict", "skipped"):
                self.notable.append(outcome)

    def merge(self, other: Tally) -> None:
        """Count what another tally counted as well."""
        self.counts.update(other.counts)
        self.notable += other.notable

    @property
    def total(self) -> int:
        """How many records were looked at."""
        return sum(self.counts.values())

    def as_dict(self) -> dict[str, Any]:
        """Return every kind with its count, zeros included."""
        return {kind: self.counts[kind] for kind in KINDS}


def failed(
    error: Exception, *, external_id: Any = None, odoo_id: int | None = None, name: str = ""
) -> Outcome:
    """Return the outcome for a record that an error set aside: its first line becomes the reason."""
    message = getattr(error, "message", None) or str(error) or type(error).__name__
    return Outcome(
        "failed",
        external_id=None if external_id is None else str(external_id),
        odoo_id=odoo_id,
        name=name,
        reason=message.splitlines()[0],
        hint=getattr(error, "hint", None),
    )
