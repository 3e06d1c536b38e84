"""What was set aside and not done since: records that failed, with or without a pair, by direction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from isthmus.connector.base import ConnectorComponent
from isthmus.connector.outcome import Outcome
from isthmus.events.origin import reference
from isthmus.records import fields, model


class SetAsideRecord(model.Model):
    """A record that failed the last time. It goes when the record is done, or no longer to be done."""

    _name = "connector.set.aside"
    _description = "Record that was set aside"
    _order = "id"

    key = fields.Char("Key", required=True, help="What it is about, so that it is kept once.")
    backend = fields.Char("Backend", required=True, index=True)
    entity = fields.Char("Binding model", required=True)
    direction = fields.Char("Direction", required=True)
    external_id = fields.Char("External ID")
    odoo_id = fields.Integer("Odoo record")
    name = fields.Char("Name")
    reason = fields.Text("Reason")
    seen = fields.Datetime("First failed", required=True)
    last = fields.Datetime("Last failed", required=True)

    _sql_constraints = [("key_uniq", "unique(key)", "This record is set aside already.")]


class SetAside(ConnectorComponent):
    """Keeps which records of a model were set aside. Everything here joins the transaction."""

    _abstract = False
    _name = "connector.set.aside"
    _inherit = ["base.connector"]
    _usage = "set.aside"

    def note(self, direction: str, outcomes: Sequence[Outcome]) -> None:
        """Keep what failed, and forget what did not fail this time."""
        failed = {id_: one for one in outcomes if one.kind == "failed" and (id_ := id_of(direction, one))}
        met = {id_ for one in outcomes if (id_ := id_of(direction, one))}
        entries = self.entries(direction)
        known = {id_of(direction, entry): entry for entry in entries}
        entries.browse([known[id_].id for id_ in known if id_ in met - set(failed)]).unlink()
        for id_, outcome in failed.items():
            values = {
                "external_id": outcome.external_id or False,
                "odoo_id": outcome.odoo_id or False,
                "name": outcome.name,
                "reason": outcome.reason,
                "last": self.env.now,
            }
            if id_ in known:
                known[id_].write(values)
                continue
            scope = {"backend": reference(self.collection), "entity": self.work.model_name}
            key = f"{direction} {scope['backend']} {scope['entity']} {id_}"
            self.env["connector.set.aside"].create(
                {**scope, **values, "key": key, "direction": direction, "seen": self.env.now}
            )

    def entries(self, direction: str) -> Any:
        """Return what is set aside of the model in a direction, what failed first before the others."""
        domain = [
            ("backend", "=", reference(self.collection)),
            ("entity", "=", self.work.model_name),
            ("direction", "=", direction),
        ]
        return self.env["connector.set.aside"].search(domain)

    def forget(self, direction: str, ids: Iterable[str]) -> None:
        """Forget records that there is nothing to be done about any more."""
        gone = set(ids)
        for entry in self.entries(direction):
            if id_of(direction, entry) in gone:
                entry.unlink()


def id_of(direction: str, one: Any) -> str:
    """Return the id of a record on the side that it comes from; empty where it is not known."""
    return str((one.external_id if direction == "import" else one.odoo_id) or "")
