"""Checkpoints: how far a long operation has come, so that it can go on from there."""

from __future__ import annotations

from typing import Any

from isthmus.connector.base import ConnectorComponent
from isthmus.records import fields, model

STATES = (("running", "Running"), ("interrupted", "Interrupted"), ("done", "Done"))


class CheckpointRecord(model.Model):
    """The saved state of one long operation of one backend."""

    _name = "connector.checkpoint"
    _description = "Checkpoint"
    _order = "updated desc, id desc"

    backend = fields.Char(
        "Backend", required=True, index=True, help="Model and id, such as trello.backend,1."
    )
    name = fields.Char("Operation", required=True)
    cursor = fields.Json("Cursor")
    counts = fields.Json("Counts")
    started = fields.Datetime("Started")
    updated = fields.Datetime("Updated")
    state = fields.Selection(STATES, "State", required=True, default="running")

    _sql_constraints = [
        ("operation_uniq", "unique(backend, name)", "This operation has a checkpoint already.")
    ]


class Checkpoint(ConnectorComponent):
    """Load and save the checkpoint of an operation.

    ``save`` joins the transaction of the batch it describes, so that cursor and records never disagree. The
    operation is named by ``_operation`` and the model of the work context; subclasses add readings of their
    own, such as ``get_last_order_date()``.
    """

    _abstract = True
    _name = "connector.checkpoint"
    _inherit = ["base.connector"]
    _usage = "checkpoint"

    _operation = "import"

    @property
    def name(self) -> str:
        """What the operation is called, such as ``import trello.card``."""
        return f"{getattr(self.work, 'operation', self._operation)} {self.work.model_name}"

    def load(self) -> Any:
        """Return the cursor of an operation that was cut off; None when there is nothing to go on from."""
        record = self.record
        return record.cursor if record and record.state != "done" else None

    def last(self) -> Any:
        """Return the cursor saved last, whether the operation ended or not; None when there is none."""
        return self.record.cursor if self.record else None

    def counts(self) -> dict[str, int]:
        """Return the counts saved with the last batch; empty when there are none."""
        return dict((self.record.counts or {}) if self.record else {})

    def save(self, cursor: Any, **counts: int) -> None:
        """Save how far the operation has come: ``cursor`` is any JSON value, ``counts`` are the totals so
        far.
        """
        self._write({"cursor": cursor, "counts": counts, "state": "running"})

    def finish(self, cursor: Any = None, **counts: int) -> None:
        """Save that the operation came to its end; a later :meth:`load` starts anew, :meth:`last` still knows
        ``cursor``.
        """
        self._write({"cursor": cursor, "counts": counts, "state": "done"})

    def interrupt(self) -> None:
        """Mark the operation as interrupted; it can go on from the last saved cursor."""
        if self.record and self.record.state == "running":
            self.record.write({"state": "interrupted", "updated": self.env.now})

    def reset(self) -> None:
        """Forget the checkpoint: the next run starts from the beginning."""
        self.record.unlink()

    @property
    def record(self) -> Any:
        """The checkpoint's record; empty before the first save."""
        return self.env["connector.checkpoint"].search(
            [("backend", "=", self._backend_key()), ("name", "=", self.name)], limit=1
        )

    def _backend_key(self) -> str:
        return f"{self.collection._name},{self.collection.id}"

    def _write(self, values: dict[str, Any]) -> None:
        values["updated"] = self.env.now
        if record := self.record:
            if record.state == "done":
                values["started"] = self.env.now
            record.write(values)
        else:
            key = {"backend": self._backend_key(), "name": self.name, "started": self.env.now}
            self.env["connector.checkpoint"].create({**key, **values})


class DefaultCheckpoint(Checkpoint):
    """Serves every operation that has no checkpoint component of its own."""

    _name = "connector.checkpoint.default"
    _inherit = ["connector.checkpoint"]
