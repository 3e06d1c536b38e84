"""The inbox: hints that were taken and not followed yet. They outlive the process that took them.

A hint names a record, and nothing else of it is believed. Any number of hints about one record are one row
with a count: whoever follows it takes the row away only if nobody has told of the record again meanwhile.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from isthmus.connector.base import ConnectorComponent
from isthmus.events.origin import reference
from isthmus.records import Registry, SqlDatabase, fields, model

SIDES = (("external", "The other side"), ("odoo", "Odoo"))
SIDE_OF = {"import": "external", "export": "odoo"}

TABLE = "connector.hint"


class HintRecord(model.Model):
    """A record of one side that somebody told of, and that nobody has looked at since."""

    _name = TABLE
    _description = "Hint"
    _order = "id"

    key = fields.Char("Key", required=True, help="What it is about, so that it is kept once.")
    backend = fields.Char("Backend", required=True, index=True)
    side = fields.Selection(SIDES, "Side", required=True)
    model = fields.Char("Model", required=True, help="The entity, or the model of Odoo.")
    record = fields.Char(
        "Record", help="Its id, or what the connector names there; empty: a round is wanted."
    )
    times = fields.Integer("How often", required=True)
    last = fields.Datetime("Last time", required=True)

    _sql_constraints = [("key_uniq", "unique(key)", "This record was told of already.")]


@dataclass(frozen=True, slots=True)
class Subject:
    """What a hint is about. ``side``: external or odoo; ``record``: empty where only a round can tell."""

    side: str
    model: str
    record: str = ""


@dataclass(frozen=True, slots=True)
class Hinted:
    """A row of the inbox as it was read: what it is about, and how often it was told by then."""

    id: int
    subject: Subject
    times: int


def put(
    database: SqlDatabase, registry: Registry, backend: str, subjects: Iterable[Subject], now: datetime
) -> None:
    """Keep hints for a backend (``trello.backend,1``), in a transaction of their own. Raises what that does.

    For the receiver's threads, which have no environment.
    """
    with database.begin() as transaction:
        for subject in subjects:
            _keep(transaction, registry, backend, subject, now)


def _keep(transaction: Any, registry: Registry, backend: str, subject: Subject, now: datetime) -> None:
    """Keep a hint, or count it where it is kept already."""
    table = transaction.database.tables(registry).table(TABLE)
    key = f"{backend} {subject.side} {subject.model} {subject.record}"
    row = {
        "key": key,
        "backend": backend,
        "side": subject.side,
        "model": subject.model,
        "record": subject.record,
        "times": 0,
        "last": now,
    }
    (row["id"],) = transaction.new_ids(table, 1)
    transaction.change(transaction.dialect.insert_missing(table), [row])
    told = {"times": table.c.times + 1, "last": now}
    transaction.change(table.update().where(table.c.key == key).values(told))


class Inbox(ConnectorComponent):
    """Keeps hints of a backend, reads them and takes them away. Everything here joins the transaction."""

    _abstract = False
    _name = "connector.inbox"
    _inherit = ["base.connector"]
    _usage = "inbox"

    def waiting(
        self, side: str, subjects: Collection[Subject] | None = None, before: datetime | None = None
    ) -> list[Hinted]:
        """Return the hints of a side, the oldest first; of these subjects, told before a time."""
        domain: list[Any] = [("backend", "=", reference(self.collection)), ("side", "=", side)]
        if before is not None:
            domain.append(("last", "<", before))
        rows = self.env[TABLE]._read_rows(domain, ["id", "model", "record", "times"])
        found = [
            Hinted(row["id"], Subject(side, row["model"], row["record"] or ""), row["times"]) for row in rows
        ]
        found.sort(key=lambda one: one.id)
        return [one for one in found if subjects is None or one.subject in subjects]

    def keep(self, subject: Subject) -> None:
        """Have the next round look at a record, of which the other side will not tell by itself."""
        _keep(
            self.env.transaction.local,
            self.env.registry,
            reference(self.collection),
            subject,
            self.env.now,
        )

    def settle(self, hints: Sequence[Hinted]) -> None:
        """Take hints away that were followed, but for those that were told once more since they were read."""
        local: Any = self.env.transaction.local
        table = local.database.tables(self.env.registry).table(TABLE)
        for one in hints:
            local.change(table.delete().where(table.c.id == one.id, table.c.times == one.times))

    def owners(self, hint: Hinted, direction: str) -> list[str]:
        """Return the entities that a hint may be about, of those that go in a direction, in their order."""
        known: list[str] = self.collection.entities(direction)
        if direction == "import":
            return [entity for entity in known if entity == hint.subject.model]
        return [entity for entity in known if self._odoo_model(entity) == hint.subject.model]

    def _odoo_model(self, entity: str) -> str:
        return str(self.work.work_on(entity).component(usage="binder").unwrap_model())


def names_of(hints: Iterable[Hinted], direction: str) -> list[Any]:
    """Return the records that hints name: external ids, or ids of Odoo's records. None twice."""
    named = [one.subject.record for one in hints if one.subject.record]
    found = [int(name) for name in named] if direction == "export" else named
    return list(dict.fromkeys(found))
