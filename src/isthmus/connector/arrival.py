"""Arrivals: what an import is about to create in Odoo is written down, and taken back once it is paired.

Whoever is cut off in between leaves records that people may edit before the next import finds them again.
What was announced is the base of their pairs then, so that those edits are changes like any other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from isthmus.connector.base import ConnectorComponent
from isthmus.connector.sent import Sent
from isthmus.events.origin import reference
from isthmus.records import fields, model


class Arrival(model.Model):
    """Records of a page that an import announced, and that are not paired yet."""

    _name = "connector.arrival"
    _description = "Announced import"

    backend = fields.Char("Backend", required=True, index=True)
    model = fields.Char("Binding model", required=True)
    external_ids = fields.Json("External IDs")
    records = fields.Json("Records", help="External id -> what it says, and what Odoo is to say.")


class Arrivals(ConnectorComponent):
    """Announces what is created in Odoo. Notes are those of :class:`Sent`, by external id."""

    _abstract = False
    _name = "connector.arrivals"
    _inherit = ["base.connector"]
    _usage = "arrivals"

    _announced: Any = None

    @staticmethod
    def models_of(backend: Any) -> frozenset[str]:
        """Return the binding models of which an import of the backend announced what is not paired yet."""
        rows = backend.env["connector.arrival"]._read_rows([("backend", "=", reference(backend))], ["model"])
        return frozenset(row["model"] for row in rows)

    def announce(self, notes: Mapping[str, Sent]) -> None:
        """Write notes down and commit them: from now on Odoo may have these records."""
        records = {external_id: note.to_json() for external_id, note in notes.items()}
        values = {"backend": reference(self.collection), "model": self.work.model_name}
        self._announced = self.env["connector.arrival"].create(
            {**values, "external_ids": list(records), "records": records}
        )
        self.env.commit()

    def settle(self) -> None:
        """Take back what was announced last: joins the transaction that pairs it."""
        if self._announced is not None:
            self._announced.unlink()
            self._announced = None

    def take(self, external_ids: Iterable[str]) -> dict[str, Sent]:
        """Take back what others announced of some records and did not pair, and return it.

        Joins the transaction that pairs them, or announces them anew. Asks nothing where the work context
        knows the models with something ``left_behind``, and this is none of them.
        """
        found: dict[str, Sent] = {}
        left_behind = getattr(self.work, "left_behind", None)
        if left_behind is not None and self.work.model_name not in left_behind:
            return found
        wanted = set(external_ids)
        for arrival in self.env["connector.arrival"].search_fetch(self._scope(), ["external_ids"]):
            if wanted.isdisjoint(arrival.external_ids):
                continue
            notes = {id_: Sent.of(note) for id_, note in arrival.records.items()}
            found |= {id_: note for id_, note in notes.items() if id_ in wanted and note}
            if rest := {id_: note.to_json() for id_, note in notes.items() if id_ not in wanted and note}:
                arrival.write({"external_ids": list(rest), "records": rest})
            else:
                arrival.unlink()
        return found

    def _scope(self) -> list[tuple[str, str, Any]]:
        return [("backend", "=", reference(self.collection)), ("model", "=", self.work.model_name)]
