"""Bindings: the local records that pair an Odoo record with an external one."""

from __future__ import annotations

from typing import Any, ClassVar

from isthmus.records import fields, model

STATES = (
    ("pending", "Not synchronised yet"),
    ("synced", "Both sides agree"),
    ("conflict", "Both sides changed the same"),
    ("failed", "The last try failed"),
    ("deleted", "One side was deleted"),
)


class ExternalBinding(model.AbstractModel):
    """A pair.

    A concrete model adds ``backend_id`` and, to delegate, ``_inherits = {"project.task": "odoo_id"}``.

    The *base* holds what both sides last agreed on, each side in its own words::

        {"external": {"desc": "Hello *you*"}, "odoo": {"description": "<p>Hello <em>you</em></p>"}}

    A side that still reads as its base has not changed.
    """

    _name = "external.binding"
    _rec_name = "external_id"

    #: How the records are synchronised, and the binding models that come before them; None: the backend's
    #: ``_entities`` says it.
    _direction: ClassVar[str | None] = None
    _needs: ClassVar[tuple[str, ...]] = ()

    external_id = fields.Char("External ID", index=True)
    state = fields.Selection(STATES, "State", required=True, default="pending", index=True)
    synced = fields.Boolean("Synced", help="Both sides agree.")
    last_sync_date = fields.Datetime("Last synchronised")
    base = fields.Json("Base")
    sent = fields.Json("Sent", help="What was written outside and may not be in the base yet.")
    brought = fields.Json("Brought", help="What was written in Odoo and may not be in the base yet.")
    external_version = fields.Char("External version", help="The other side's mark of the last state seen.")
    last_error = fields.Text("Last error")

    @classmethod
    def _finished(cls) -> None:
        """Add the uniqueness of a pair in a backend, for the fields that the finished model has."""
        super()._finished()
        known = cls._declared_fields
        if "backend_id" not in known:
            return
        pairs = [("external_uniq", "external_id", "This external record is bound already.")]
        if "odoo_id" in known:
            pairs.append(("odoo_uniq", "odoo_id", "This Odoo record is bound already."))
        cls._sql_constraints = [
            *cls._sql_constraints,
            *((name, f"unique({field}, backend_id)", text) for name, field, text in pairs if field in known),
        ]
        # Most pairs are of one backend. SQLite, which does not know that, would look at all of them for those
        # of a page.
        known["backend_id"].index = False

    def _event_collection(self) -> Any:
        """Return the backend, so that a listener's ``_collection`` is respected for events of bindings."""
        return self.backend_id if "backend_id" in self._fields else None
