"""Intents: the announcement of a remote create, so that a second try looks before it creates."""

from __future__ import annotations

from typing import Any

from isthmus.connector.base import ConnectorComponent
from isthmus.records import fields, model


class Intent(model.Model):
    """A create on the other side that was announced and not yet bound."""

    _name = "connector.intent"
    _description = "Announced create"

    backend = fields.Char("Backend", required=True, index=True)
    model = fields.Char("Binding model", required=True)
    odoo_id = fields.Integer("Odoo record", required=True, index=True)
    values = fields.Json("Values sent")
    odoo = fields.Json("Values in Odoo", help="What the values were made of, comparable.")
    announced = fields.Datetime("Announced", required=True)

    _sql_constraints = [
        ("record_uniq", "unique(backend, model, odoo_id)", "This create is announced already.")
    ]


class Announcer(ConnectorComponent):
    """Announces creates and takes the announcement back once the pair is bound."""

    _abstract = False
    _name = "connector.announcer"
    _inherit = ["base.connector"]
    _usage = "announcer"

    def pending(self, odoo_id: int) -> Any:
        """Return the intent of an Odoo record that an earlier try left behind; empty when there is none."""
        return self.env["connector.intent"].search([*self._scope(), ("odoo_id", "=", odoo_id)], limit=1)

    def all_pending(self) -> Any:
        """Return all intents of the model: creates that may have happened, and are not bound."""
        # All at once: another process may settle one at any moment.
        read = ["odoo_id", "values", "odoo", "announced", "write_date"]
        return self.env["connector.intent"].search_fetch(self._scope(), read)

    def announce(self, odoo_id: int, values: dict[str, Any], odoo: dict[str, Any] | None = None) -> Any:
        """Write the intent and commit it: from now on a create may have happened.

        ``values`` are sent; ``odoo`` is what they were made of, in comparable form: an export compares all of
        it again where that is not known. A second try is announced in the place of the first, of which
        nothing was found, but from the same moment on.
        """
        told: dict[str, Any] = {"values": values, "odoo": odoo}
        intent = self.pending(odoo_id)
        if intent:
            intent.write(told)
        else:
            scope = {name: value for name, _, value in self._scope()}
            told |= {**scope, "odoo_id": odoo_id, "announced": self.env.now}
            intent = self.env["connector.intent"].create(told)
        self.env.commit()
        return intent

    def settle(self, odoo_id: int) -> None:
        """Take the intent back: joins the transaction that binds the pair, or that learns that nothing was
        created.
        """
        self.pending(odoo_id).unlink()

    def _scope(self) -> list[tuple[str, str, Any]]:
        backend = f"{self.collection._name},{self.collection.id}"
        return [("backend", "=", backend), ("model", "=", self.work.model_name)]
