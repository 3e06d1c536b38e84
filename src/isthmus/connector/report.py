"""What an operation says of one entity."""

from __future__ import annotations

from dataclasses import dataclass, field

from isthmus.connector.meter import Meter
from isthmus.connector.outcome import Outcome, Tally
from isthmus.connector.verifier import Difference, Unpaired


@dataclass(frozen=True, slots=True)
class Failure:
    """A record that was set aside."""

    external_id: str
    name: str
    reason: str
    hint: str | None = None
    kind: str = "failed"


@dataclass(frozen=True, slots=True)
class EntityReport:
    """What an import or export did with one entity. ``calls``: HTTP requests that it took."""

    entity: str
    counts: dict[str, int]
    failures: list[Failure]
    seconds: float
    calls: int

    @property
    def ok(self) -> bool:
        """Whether nothing failed and nothing is in conflict."""
        return not (self.counts["failed"] or self.counts["conflict"])


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What a comparison of both sides found for one entity."""

    entity: str
    compared: int
    fields: int
    differences: list[Difference] = field(default_factory=list)
    unpaired_external: list[Unpaired] = field(default_factory=list)
    unpaired_odoo: list[Unpaired] = field(default_factory=list)
    seconds: float = 0.0
    calls: int = 0

    @property
    def ok(self) -> bool:
        """Whether both sides agree."""
        return not (self.differences or self.unpaired_external or self.unpaired_odoo)


def report_of(entity: str, tally: Tally, meter: Meter) -> EntityReport:
    """Return what became of the records of an entity."""
    failures = [_failure(outcome) for outcome in tally.notable]
    return EntityReport(entity, tally.as_dict(), failures, meter.seconds, meter.calls)


def _failure(outcome: Outcome) -> Failure:
    shown = outcome.external_id or f"#{outcome.odoo_id}"
    return Failure(shown, outcome.label, outcome.reason, outcome.hint, outcome.kind)
