"""The review list: records that a person should look at (what early connectors called checkpoints)."""

from __future__ import annotations

from typing import Any

from isthmus.connector.base import ConnectorComponent
from isthmus.records import fields, model


class Review(model.Model):
    """One open entry for a record and a reason."""

    _name = "connector.review"
    _description = "Record to look at"
    _order = "create_date desc, id desc"

    backend = fields.Char("Backend", required=True, index=True)
    model = fields.Char("Model", required=True)
    record_id = fields.Integer("Record", index=True)
    external_id = fields.Char("External ID")
    reason = fields.Text("Reason", required=True)
    is_open = fields.Boolean("Open", default=True, index=True)


class Reviewer(ConnectorComponent):
    """Puts records on the review list."""

    _abstract = False
    _name = "connector.reviewer"
    _inherit = ["base.connector"]
    _usage = "reviewer"

    def review(self, record: Any, reason: str) -> Any:
        """Put a record on the list and return the entry; one that is open for the same reason is returned
        instead.
        """
        key = {
            "backend": f"{self.collection._name},{self.collection.id}",
            "model": record._name,
            "record_id": record.id,
            "reason": reason,
        }
        entries = self.env["connector.review"]
        found = entries.search(
            [(name, "=", value) for name, value in key.items()] + [("is_open", "=", True)], limit=1
        )
        return found or entries.create(key)
