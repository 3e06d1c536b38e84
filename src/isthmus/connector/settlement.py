"""Settling conflicts: a person's decision is checked, kept, and carried out by the importer and the exporter.

The decision is committed before anything is written. Whatever is cut off afterwards, the next import and
export of the pair carry it out, as long as both sides still say what the person saw.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from isthmus.connector.conflict_entry import boxed
from isthmus.connector.holding import require_active
from isthmus.connector.odoo_side import sources_of
from isthmus.connector.outcome import Outcome
from isthmus.connector.working import working
from isthmus.errors import ConfigurationError, NotFoundError, StaleDecisionError


def settle(entries: Any, take: str | None, values: Mapping[str, Any], seen: str | None, who: str) -> Any:
    """Settle the entries of one pair; see :meth:`ConflictEntry.resolve`."""
    entries = entries.pending()
    binding = require_one_pair(entries)
    require_decision(entries, take, values)
    backend = binding.backend_id
    require_active(backend)
    with working(backend, binding._name, "resolve") as work:
        desk = Desk(work, binding)
        desk.require_unchanged(entries, seen)
        for entry in entries:
            entry.write(desk.decided(entry, take, values, who))
        work.env.commit()
        problem = desk.carry_out()
    left = [entry.field for entry in entries if entry.state != "settled"]
    if left and problem:
        raise ConfigurationError(
            f"the decision about {', '.join(left)} is kept, but could not be carried out: {problem.reason}",
            hint=problem.hint or "The next import and export try it again.",
        )
    if left:
        raise stale(entries, left)
    return entries


def require_one_pair(entries: Any) -> Any:
    """Return the pair of the entries. Raises ConfigurationError for none, several, or one that is gone."""
    if not entries:
        raise ConfigurationError("there is no open conflict", hint="See `isthmus conflicts list`.")
    if len({(entry.model, entry.binding_id) for entry in entries}) > 1:
        raise ConfigurationError(
            "these conflicts are of several pairs", hint="Settle one pair after the other."
        )
    binding = entries.binding()
    if not binding:
        raise ConfigurationError(
            f"the pair of {entries[0].name or entries[0].external_id} is gone",
            hint="There is nothing left to decide.",
        )
    return binding


def require_decision(entries: Any, take: str | None, values: Mapping[str, Any]) -> None:
    """Raise ConfigurationError unless every entry gets exactly one decision."""
    if take not in (None, "odoo", "external"):
        raise ConfigurationError(f"take is {take!r}, expected odoo or external")
    fields = [entry.field for entry in entries]
    unknown = sorted(set(values) - set(fields))
    if unknown:
        raise ConfigurationError(
            f"{unknown[0]} is not in conflict", hint=f"These fields are: {', '.join(fields)}."
        )
    missing = [field for field in fields if field not in values]
    if missing and take is None:
        raise ConfigurationError(
            f"nothing was decided about {', '.join(missing)}",
            hint="Take a side, give a value, or name the fields that you decide about.",
        )


class Desk:
    """Where one pair is looked at and written."""

    def __init__(self, work: Any, binding: Any) -> None:
        self.work = work
        self.binding = binding
        self.entity = binding._name
        backend = binding.backend_id
        self.is_imported = self.entity in backend.entities("import")
        self.is_exported = self.entity in backend.entities("export")

    def require_unchanged(self, entries: Any, seen: str | None) -> None:
        """Raise StaleDecisionError, with the entries brought up to date, when a side says something else."""
        moved = self._look_again(entries)
        agreed = [entry.field for entry in entries if entry.state == "settled"]
        if agreed:
            self.work.env.commit()
            raise StaleDecisionError(
                f"{', '.join(agreed)}: both sides agree by now, or one took its change back",
                hint="There is nothing to decide any more; the next round does what is left to do.",
            )
        if moved or (seen is not None and seen != entries.mark()):
            self.work.env.commit()
            raise stale(entries, moved or [entry.field for entry in entries])

    def _look_again(self, entries: Any) -> list[str]:
        """Bring entries up to date that no longer say what both sides do; return their fields."""
        odoo, outside = self._both_sides()
        moved = []
        for entry in entries:
            said = entry.said()
            now = odoo.get(entry.field, said["odoo"]), outside.get(entry.field, said["external"])
            if now[0] == now[1] or said["base"] in now:
                self.work.component(usage="mediator").close(entry, "agreed")
            elif now != (said["odoo"], said["external"]):
                moved.append(entry.field)
                entry.write(
                    {
                        "odoo_value": boxed(now[0]),
                        "external_value": boxed(now[1]),
                        "updated": self.work.env.now,
                    }
                )
        return moved

    def _both_sides(self) -> tuple[dict[str, Any], dict[str, Any]]:
        work, binding = self.work, self.binding
        work.env.clear()  # what is to be decided about is read anew
        try:
            present = work.component(usage="backend.adapter").read(binding.external_id)
        except NotFoundError as error:
            raise StaleDecisionError(
                f"{binding.external_id} is gone on the other side",
                hint="Import; the policy for deletions applies.",
            ) from error
        record = work.component(usage="binder").unwrap_binding(binding)
        if not record.with_context(active_test=False).exists():
            raise StaleDecisionError(
                f"{record!r} is gone from Odoo", hint="Export; the policy for deletions applies."
            )
        if not work.many_components(usage="import.mapper"):
            return {}, {}
        mapper = work.component(usage="import.mapper")
        outside = mapper.comparable(mapper.map_record(present).values())
        names = [name for name in outside if name in record._fields]
        return mapper.current(record, names), outside

    def decided(self, entry: Any, take: str | None, values: Mapping[str, Any], who: str) -> dict[str, Any]:
        """Return what an entry keeps of a decision. Raises ConfigurationError for a value of no use."""
        kept = {"state": "decided", "decided_by": who or False, "decided": self.work.env.now}
        if entry.field not in values:
            return {**kept, "decision": take, "value": False, "decided_value": False}
        given = values[entry.field]
        return {
            **kept,
            "decision": "value",
            "value": given,
            "decided_value": boxed(self._comparable(entry.field, given)),
        }

    def _comparable(self, field: str, given: Any) -> Any:
        """Return a given value, spelled as the other side does, as Odoo would hold it, comparable."""
        mapper: Any = self.work.component(usage="import.mapper") if self.is_imported else None
        sources = sources_of(mapper, field) if mapper is not None else []
        if len(sources) != 1 or not self.is_exported:
            raise ConfigurationError(
                f"{field} cannot be given a value of its own: it is not one field that goes both ways",
                hint="Take Odoo's value or that of the other side.",
            )
        present = self.work.component(usage="backend.adapter").read(self.binding.external_id)
        mapped = mapper.map_record({**present, sources[0]: given}).values(fields=set(sources))
        return mapper.comparable_value(field, mapped[field])

    def carry_out(self) -> Outcome | None:
        """Import and export the pair; return the outcome that failed, if any."""
        outcomes = []
        if self.is_imported:
            outcomes.append(self.work.component(usage="record.importer").run(self.binding.external_id))
            self.work.env.commit()
        if self.is_exported and self.binding.exists():
            outcomes.append(self.work.component(usage="record.exporter").run(self.binding))
            self.work.env.commit()
        return next((outcome for outcome in outcomes if outcome.kind == "failed"), None)


def stale(entries: Any, fields: list[str]) -> StaleDecisionError:
    """Return the error for a decision about values that are no longer there."""
    return StaleDecisionError(
        f"{entries[0].name or entries[0].external_id}: {', '.join(fields)} changed since it was shown",
        hint="Nothing was written. Look at the values again, then decide.",
        fields=fields,
    )
