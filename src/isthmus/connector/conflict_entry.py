"""Conflicts that wait for a person, as records: one for each field of a pair, with the values of both sides.

What was settled stays as a record of who decided what.
"""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from isthmus.connector.conflict import Decision
from isthmus.records import fields, model

STATES = (("open", "A person must decide"), ("decided", "To be written"), ("settled", "Settled"))
DECISIONS = (
    ("odoo", "Odoo's value"),
    ("external", "The other side's value"),
    ("value", "A value of its own"),
    ("agreed", "Both sides agreed by themselves"),
)


def boxed(value: Any) -> list[Any]:
    """Return a comparable value as a JSON field keeps it: None, False and nothing at all stay different."""
    return [value]


def unboxed(box: Any) -> Any:
    """Return the value in a box; None where there is none."""
    return box[0] if box else None


class ConflictEntry(model.Model):
    """A field in which both sides of a pair differ from what they last agreed on, and from each other.

    Values are kept in comparable form, in Odoo's words, each in a list of one. ``key`` is set until the entry
    is settled, so that a field of a pair has one entry at most that is not.
    """

    _name = "connector.conflict"
    _description = "Conflict"
    _order = "model, binding_id, field, id"
    _rec_name = "field"

    backend = fields.Char(
        "Backend", required=True, index=True, help="Model and id, such as trello.backend,1."
    )
    model = fields.Char("Entity", required=True)
    binding_id = fields.Integer("Pair", required=True, index=True)
    external_id = fields.Char("External ID")
    odoo_id = fields.Integer("Odoo record")
    name = fields.Char("Name", help="What the record was called when it was last seen.")
    field = fields.Char("Field", required=True, help="The field of Odoo.")
    external_field = fields.Char("Fields outside")
    base = fields.Json("Last agreed")
    odoo_value = fields.Json("In Odoo")
    external_value = fields.Json("Outside")
    found_in = fields.Selection([("import", "Import"), ("export", "Export")], required=True)
    seen = fields.Datetime("First seen", required=True)
    updated = fields.Datetime("Last changed", required=True)
    state = fields.Selection(STATES, "State", required=True, default="open", index=True)
    decision = fields.Selection(DECISIONS, "Decision")
    value = fields.Json("Value given", help="As the other side would spell it.")
    decided_value = fields.Json("Value given, comparable")
    decided_by = fields.Char("Decided by")
    decided = fields.Datetime("Decided")
    settled = fields.Datetime("Settled")
    key = fields.Char("Key", help="Set until it is settled.")

    _sql_constraints = [("key_uniq", "unique(key)", "This field of this pair has an open entry already.")]

    def pending(self: Any) -> Any:
        """Return the entries of the set that are not settled."""
        return self.filtered(lambda entry: entry.state != "settled")

    def said(self: Any) -> dict[str, Any]:
        """Return what the base and both sides said when the entry was last changed, comparable."""
        self.ensure_one()
        sides = {"base": self.base, "odoo": self.odoo_value, "external": self.external_value}
        return {side: unboxed(box) for side, box in sides.items()}

    def decision_of(self: Any) -> Decision | None:
        """Return what a person decided and is not carried out yet; None when nothing was."""
        self.ensure_one()
        if self.state != "decided":
            return None
        said = self.said()
        return Decision(self.decision, said["odoo"], said["external"], unboxed(self.decided_value))

    def mark(self: Any) -> str:
        """Return a short text that stands for the values of the entries, as long as none of them changes."""
        shown = [[one.field, one.odoo_value, one.external_value] for one in self.pending().sorted("field")]
        return hashlib.sha256(msgspec.json.encode(shown)).hexdigest()[:8]

    def binding(self: Any) -> Any:
        """Return the pair that the entries are about; empty when it is gone."""
        first = self[:1]
        return self.env[first.model].browse(first.binding_id).exists() if first else None

    def resolve(
        self: Any,
        take: str | None = None,
        values: dict[str, Any] | None = None,
        seen: str | None = None,
        who: str = "",
    ) -> Any:
        """Settle the entries of one pair and return them.

        ``take`` ("odoo" or "external") says whose value counts; ``values`` gives fields a value of their own,
        as the other side spells it. ``seen`` is the :meth:`mark` of the values that were shown. The decision
        is committed, then carried out by the importer and the exporter of the pair; when that is cut off, the
        next run carries it out. Raises StaleDecisionError when a value is no longer what was shown, and
        ConfigurationError for what cannot be decided so.
        """
        from isthmus.connector.settlement import settle

        return settle(self, take, values or {}, seen, who)
