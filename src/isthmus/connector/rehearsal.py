"""A rehearsal: the importers and exporters at work, with everything that they would write held back.

It stands at the two seams through which a round writes. The store of Odoo's models is overlaid (see
:class:`isthmus.records.overlay.OverlayStore`), the adapters of the other side are wrapped here. The local
database is a private copy. So the code that plans is the code that synchronises.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from isthmus.connector.outcome import Outcome
from isthmus.records.overlay import Withheld

#: What becomes of a record, in the order of reports.
DEEDS = ("create", "link", "update", "archive", "delete", "unlink", "conflict", "fail")


@dataclass(frozen=True, slots=True)
class PlannedField:
    """A field that would be written, from ``before`` to ``after``; in conflict: what is in Odoo, and outside.

    ``kind`` and ``relation`` are those of Odoo's field, where it is one.
    """

    name: str
    before: Any
    after: Any
    in_conflict: bool = False
    kind: str = ""
    relation: str = ""


@dataclass(frozen=True, slots=True)
class PlannedRecord:
    """What a round would do with one record. Ids of records that do not exist yet are None."""

    entity: str
    direction: str
    deed: str
    external_id: str | None
    odoo_id: int | None
    name: str
    reason: str = ""
    fields: list[PlannedField] = field(default_factory=list)


class Rehearsal:
    """Gathers what would have been written, and which record it belongs to. A service of its environment."""

    def __init__(self) -> None:
        self.records: list[PlannedRecord] = []
        #: Record of either side -> what was held back and is not reported yet.
        self._held: dict[tuple[str, Any], list[Withheld]] = {}
        self._conflicts: set[tuple[str, str | None]] = set()
        self._made = 0

    def withheld(self, change: Withheld) -> None:
        """Take in a change of Odoo that was held back."""
        self._held.setdefault((change.model, change.id), []).append(change)

    def withheld_outside(self, entity: str, external_id: str, change: Withheld) -> None:
        """Take in a change of the other side that was held back."""
        self._held.setdefault((f"outside {entity}", external_id), []).append(change)

    def new_external_id(self) -> str:
        """Return an id for a record that would be created on the other side."""
        self._made += 1
        return f"new-{self._made}"

    def adapter(self, adapter: Any) -> RehearsedAdapter:
        """Return an adapter that reads as the given one does, and writes nothing."""
        return RehearsedAdapter(adapter, self)

    def note(self, synchronizer: Any, outcomes: Iterable[Outcome]) -> None:
        """Turn the outcomes of a page, and what was held back for its records, into what is planned."""
        for outcome in outcomes:
            planned = self._planned(synchronizer, outcome)
            if planned is not None:
                self.records.append(planned)

    def _planned(self, synchronizer: Any, outcome: Outcome) -> PlannedRecord | None:
        entity = synchronizer.work.model_name
        model = synchronizer.env[synchronizer.binder.unwrap_model()]
        inside = self._held.pop((model._name, outcome.odoo_id), [])
        outside = self._held.pop((f"outside {entity}", outcome.external_id), [])
        deed = deed_of(outcome.kind, [*inside, *outside])
        fields = [*odoo_fields(model, inside), *external_fields(outside)]
        if deed == "conflict":
            contested = self._contested(synchronizer, outcome, model)
            deed = "conflict" if contested else "update" if fields else None
            fields += contested
        if deed is None:
            return None
        external_id, odoo_id = outcome.external_id, outcome.odoo_id
        return PlannedRecord(
            entity,
            synchronizer.work.operation,
            deed,
            None if str(external_id).startswith("new-") else external_id,
            None if (odoo_id or 0) < 0 else odoo_id,
            outcome.label,
            outcome.reason,
            fields,
        )

    def _contested(self, synchronizer: Any, outcome: Outcome, model: Any) -> list[PlannedField]:
        """Return the fields of a pair that are in conflict; those of one pair once in a plan."""
        key = synchronizer.work.model_name, outcome.external_id
        if key in self._conflicts:
            return []
        self._conflicts.add(key)
        domain = [("model", "=", key[0]), ("external_id", "=", key[1]), ("state", "!=", "settled")]
        entries = synchronizer.env["connector.conflict"].search(domain)
        return [
            planned_field(model, entry.field, entry.said()["odoo"], entry.said()["external"], True)
            for entry in entries
        ]


class RehearsedAdapter:
    """Reads through an adapter; what it is told to write is held back and answered as if it had been done."""

    def __init__(self, adapter: Any, rehearsal: Rehearsal) -> None:
        self._adapter = adapter
        self._rehearsal = rehearsal
        self._seen: dict[str, Any] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._adapter, name)

    def read(self, external_id: Any) -> Any:
        """Return one record."""
        return self._remember([self._adapter.read(external_id)])[0]

    def read_many(self, external_ids: Iterable[Any]) -> list[Any]:
        """Return the records that exist."""
        return self._remember(self._adapter.read_many(external_ids))

    def create(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return the record as it would be, with an id of its own."""
        external_id = self._rehearsal.new_external_id()
        self._hold(external_id, Withheld(self._entity, 0, "create", {}, dict(data)))
        return {**data, getattr(self._adapter, "id_field", "id"): external_id}

    def write(self, external_id: Any, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return the record as it would be."""
        present = self._seen.get(str(external_id), {})
        before = {name: present.get(name) for name in data}
        self._hold(external_id, Withheld(self._entity, 0, "write", before, dict(data)))
        return {**present, **data}

    update = write

    def delete(self, external_id: Any) -> None:
        """Hold a deletion back."""
        self._hold(external_id, Withheld(self._entity, 0, "unlink"))

    @property
    def _entity(self) -> str:
        return str(self._adapter.work.model_name)

    def _hold(self, external_id: Any, change: Withheld) -> None:
        self._rehearsal.withheld_outside(self._entity, str(external_id), change)

    def _remember(self, records: list[Any]) -> list[Any]:
        name = getattr(self._adapter, "id_field", "id")
        self._seen |= {str(one[name]): one for one in records if isinstance(one, Mapping) and name in one}
        return records


def deed_of(kind: str, held: list[Withheld]) -> str | None:
    """Return what an outcome means, seen with what was held back; None when nothing would happen."""
    kinds = {change.kind for change in held}
    match kind:
        case "created":
            return "create" if "create" in kinds else "link"
        case "updated":
            return "archive" if any(change.after.get("active") is False for change in held) else "update"
        case "deleted":
            return "delete" if "unlink" in kinds else "archive" if held else "unlink"
        case "conflict" | "failed":
            return {"conflict": "conflict", "failed": "fail"}[kind]
        case _:
            return None


def odoo_fields(model: Any, held: list[Withheld]) -> list[PlannedField]:
    """Return the fields of Odoo that would be written."""
    return [
        planned_field(model, name, change.before.get(name), value)
        for change in held
        for name, value in change.after.items()
    ]


def external_fields(held: list[Withheld]) -> list[PlannedField]:
    """Return the fields of the other side that would be written."""
    return [
        PlannedField(name, change.before.get(name), value)
        for change in held
        for name, value in change.after.items()
    ]


def planned_field(model: Any, name: str, before: Any, after: Any, in_conflict: bool = False) -> PlannedField:
    """Return a field of Odoo with what is needed to show it."""
    known = model._fields.get(name)
    kind = known.type if known is not None else ""
    relation = known.comodel if known is not None and known.relational else ""
    return PlannedField(name, before, after, in_conflict, kind, relation)
