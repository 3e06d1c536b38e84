"""The timeline: what happened to each pair, when and why, for whoever asks later.

An entry is written in the transaction of what it tells of. What changed nothing leaves none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import cached_property
from typing import Any

from isthmus.connector.base import ConnectorComponent
from isthmus.connector.outcome import KINDS, Outcome
from isthmus.connector.timeline_entry import is_told
from isthmus.delay.call import JOB_UUID
from isthmus.events.origin import reference
from isthmus.records import fields, model

#: The context key under which a caller says what made it act, where that is no job.
CAUSE = "connector_cause"

#: Outcomes that come again with each run, until somebody does something about them.
RECURRING = frozenset({"skipped", "conflict", "failed"})

#: What two entries have in common that say the same.
SAID = ("operation", "outcome", "reason", "seen")

#: Returns what changed, as :mod:`isthmus.connector.timeline_entry` says it.
Changes = Callable[[], dict[str, Any]]
Told = tuple[Outcome, Changes | None]

#: Entries that are removed with one statement.
TIDIED = 5_000


class TimelineEntry(model.Model):
    """One thing that happened to a pair."""

    _name = "connector.timeline"
    _description = "Timeline entry"
    _order = "id"

    backend = fields.Char("Backend", required=True)
    entity = fields.Char("Binding model", required=True)
    external_id = fields.Char("External ID", index=True)
    odoo_id = fields.Integer("Odoo record", index=True)
    moment = fields.Datetime("When", required=True, index=True)
    times = fields.Integer("How often", default=1, help="The same, again and again, is one entry.")
    last = fields.Datetime("Last time", required=True)
    operation = fields.Char("Operation", required=True, help="import, export, …")
    outcome = fields.Selection([(kind, kind) for kind in KINDS], "Outcome", required=True)
    cause = fields.Char("Cause", help="The job, or what else made it happen.")
    seen = fields.Json("Changes that were found", help="field: [before, after], on the side they came from.")
    wrote = fields.Json("What was written for them", help="field: [before, after], on the other side.")
    reason = fields.Text("Reason")


class Timeline(ConnectorComponent):
    """Writes and reads the timelines of the pairs of a model."""

    _abstract = False
    _name = "connector.timeline"
    _inherit = ["base.connector"]
    _usage = "timeline"

    def note(self, operation: str, told: Sequence[Told]) -> None:
        """Write what became of records. Joins the transaction.

        What is set aside for the same reason as the last time is counted there, not written anew. Nothing is
        kept where the backend keeps timelines for 0 days.
        """
        telling = [one for one in told if is_told(one[0])]
        if not telling or not self._days:
            return
        common = self._common(operation)
        rows = [{**common, **row_of(*one)} for one in telling]
        known = self._last_of([row for row in rows if row["outcome"] in RECURRING])
        again = {id(row): entry for row in rows if (entry := known.get(key_of(row))) and is_again(row, entry)}
        entries = self.env["connector.timeline"]
        if again:
            entries.write_each(
                [(one, {"times": one.times + 1, "last": self.env.now}) for one in again.values()]
            )
        entries.create([row for row in rows if id(row) not in again])

    def _common(self, operation: str) -> dict[str, Any]:
        """Return what the entries of one page all say."""
        now = self.env.now
        return {
            "backend": reference(self.collection),
            "entity": self.work.model_name,
            "moment": now,
            "last": now,
            "operation": operation,
            "cause": self.cause() or False,
        }

    def _last_of(self, rows: Sequence[Mapping[str, Any]]) -> dict[Any, Any]:
        """Return the last entry of each pair that these rows are about, one row for each."""
        found: dict[Any, Any] = {}
        for name in ("external_id", "odoo_id"):
            ids = [row[name] for row in rows if key_of(row)[0] == name]
            domain = [*self._scope(), (name, "in", ids)]
            for entry in self.env["connector.timeline"].search(domain, order="id") if ids else ():
                found[name, entry[name]] = entry
        return found

    def of_pair(self, external_id: str | None, odoo_id: int | None, limit: int) -> Any:
        """Return the newest entries of a pair, oldest first. An entry may know one of its two ids only."""
        either = [
            (name, "=", value)
            for name, value in (("external_id", external_id), ("odoo_id", odoo_id))
            if value not in (None, False, "")
        ]
        if not either:
            return self.env["connector.timeline"].browse()
        domain = [*self._scope(), *["|"] * (len(either) - 1), *either]
        found = self.env["connector.timeline"].search(domain, order="id desc", limit=limit)
        return found.browse(found.ids[::-1])

    def tidy(self) -> None:
        """Remove what is older than the backend keeps it. Joins the transaction."""
        domain = [
            ("backend", "=", reference(self.collection)),
            ("moment", "<", self.env.now - timedelta(days=self._days)),
        ]
        self.env["connector.timeline"].search(domain, limit=TIDIED).unlink()

    def cause(self) -> str:
        """Return what made this happen: the job that runs, or what the caller said; empty for neither."""
        uuid = self.env.context.get(JOB_UUID)
        return f"job {uuid}" if uuid else str(self.env.context.get(CAUSE) or "")

    def _scope(self) -> list[Any]:
        return [("backend", "=", reference(self.collection)), ("entity", "=", self.work.model_name)]

    @cached_property
    def _days(self) -> int:
        return int(getattr(self.collection, "timeline_days", 0) or 0)


def row_of(outcome: Outcome, changes: Changes | None) -> dict[str, Any]:
    """Return what an entry says of one record."""
    found = changes() if changes else {}
    return {
        "external_id": outcome.external_id,
        "odoo_id": outcome.odoo_id,
        "outcome": outcome.kind,
        "reason": outcome.reason or False,
        **{name: found.get(name) or False for name in ("seen", "wrote")},
    }


def key_of(row: Mapping[str, Any]) -> tuple[str, Any]:
    """Return which pair an entry is about: by its external id, or else by its record of Odoo."""
    name = "external_id" if row["external_id"] else "odoo_id"
    return name, row[name]


def is_again(row: Mapping[str, Any], entry: Any) -> bool:
    """Tell whether a row says what an entry says already."""
    return all((row[name] or False) == (entry[name] or False) for name in SAID)
