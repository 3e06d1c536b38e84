"""The mediator keeps the conflicts of pairs: it notes them, follows them, and closes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from isthmus.connector.base import ConnectorComponent
from isthmus.connector.conflict import Decision, Merge, fate, settled
from isthmus.connector.conflict_entry import boxed

#: The entries of a pair that are not settled, by field of Odoo.
Entries = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Contested:
    """A field in conflict as one run saw it: comparable values, in Odoo's words."""

    field: str
    base: Any
    odoo: Any
    external: Any
    external_field: str = ""


class Mediator(ConnectorComponent):
    """What importers and exporters ask about conflicts, and tell what they found."""

    _abstract = False
    _name = "connector.mediator"
    _inherit = ["base.connector"]
    _usage = "mediator"

    def entries(self, binding_ids: Iterable[int]) -> dict[int, dict[str, Any]]:
        """Return the entries that are not settled, by pair and field; pairs without one are left out."""
        domain = [("model", "=", self.work.model_name), ("binding_id", "in", list(binding_ids))]
        found: dict[int, dict[str, Any]] = {}
        for entry in self.env["connector.conflict"].search([*domain, ("state", "!=", "settled")]):
            found.setdefault(entry.binding_id, {})[entry.field] = entry
        return found

    def policy(
        self,
        entry: Any,
        seen: Contested,
        direction: str,
        external_at: datetime | None,
        odoo_at: datetime | None,
    ) -> str:
        """Return who wins a field: whom a person chose between these values, else whom the backend says."""
        decision: Decision | None = entry.decision_of() if entry else None
        if decision is not None:
            return decision.policy(seen.odoo, seen.external, direction)
        stated = self.collection.policy_of(self.work.model_name, seen.field)
        return settled(stated, external_at, odoo_at)

    def follow(
        self,
        binding: Any,
        entries: Entries,
        merged: Merge,
        contested: Iterable[Contested],
        direction: str,
        name: str = "",
    ) -> bool:
        """Bring the entries of a pair up to date after a run in a direction; tell whether any is left.

        ``merged`` says by fields of Odoo what was done, ``contested`` has those that are open.
        """
        is_left = False
        for one in contested:
            self._note(binding, entries.get(one.field), one, direction, name)
            is_left = True
        other = {"import": "export", "export": "import"}[direction]
        is_only = self.collection.direction_of(self.work.model_name) not in (other, "both")
        for field, entry in entries.items():
            became = fate(field, entry.decision_of(), entry.found_in, direction, merged, is_only)
            if became in ("settled", "agreed"):
                self.close(entry, became)
            else:
                is_left = True
        return is_left

    def forget(self, binding: Any) -> None:
        """Close what is open about a pair that was deleted or forgotten."""
        for entry in self.entries([binding.id]).get(binding.id, {}).values():
            self.close(entry, "agreed")

    def _note(self, binding: Any, entry: Any, seen: Contested, direction: str, name: str) -> None:
        values = {
            "base": boxed(seen.base),
            "odoo_value": boxed(seen.odoo),
            "external_value": boxed(seen.external),
            "external_field": seen.external_field,
            "name": name,
        }
        if entry is None:
            self.env["connector.conflict"].create(
                {**self._identity(binding, seen.field), **values, "found_in": direction, **self._now()}
            )
            return
        said = entry.said()
        moved = (said["odoo"], said["external"]) != (seen.odoo, seen.external)
        if direction == "import":
            values["found_in"] = direction
        decision = entry.decision_of()
        if decision is not None and decision.holds(seen.odoo, seen.external):
            return  # it is carried out by the other direction
        if moved or decision is not None:
            entry.write({**values, **REOPENED, "updated": self.env.now})
        elif any(entry[field] != value for field, value in values.items()):
            entry.write(values)

    def _identity(self, binding: Any, field: str) -> dict[str, Any]:
        return {
            "backend": f"{self.collection._name},{self.collection.id}",
            "model": self.work.model_name,
            "binding_id": binding.id,
            "external_id": binding.external_id,
            "odoo_id": self.binder.unwrap_binding(binding).id,
            "field": field,
            "key": f"{self.work.model_name},{binding.id},{field}",
        }

    def _now(self) -> dict[str, Any]:
        return {"seen": self.env.now, "updated": self.env.now}

    def close(self, entry: Any, became: str) -> None:
        """Close an entry: "settled" by a decision, or "agreed" without one."""
        values = {"state": "settled", "settled": self.env.now, "key": False}
        if became == "agreed":
            values["decision"] = "agreed"
        entry.write(values)


#: What an entry says of a decision that no longer fits.
REOPENED = {
    "state": "open",
    "decision": False,
    "value": False,
    "decided_value": False,
    "decided_by": False,
    "decided": False,
}
