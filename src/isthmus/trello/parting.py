"""Subtasks that leave their card: Trello cannot move an item to another card, so it ends there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from isthmus.components import Component
from isthmus.connector.agreement import Agreement
from isthmus.connector.export_page import Item
from isthmus.connector.exporter import SETS_ASIDE
from isthmus.connector.outcome import Outcome, Tally, failed
from isthmus.connector.synchronizer import Synchronizer
from isthmus.errors import NotFoundError
from isthmus.records import fields, model
from isthmus.trello.base import TrelloComponent
from isthmus.trello.paired_cards import paired_cards

#: Where an item is: its subtask left that.
PLACE = frozenset({"idBoard", "idCard", "idChecklist", "checklist", "rank", "pos"})


class LeftItem(model.Model):
    """An item whose subtask went to another card, or became a card.

    It is to be deleted, and then kept until the subtask has another pair.
    """

    _name = "trello.left.item"
    _description = "Item that its subtask left"

    backend_id = fields.Many2one("trello.backend", "Backend", required=True, ondelete="cascade")
    external_id = fields.Char("External ID", required=True)
    card = fields.Char("Card", required=True, help="The id of the card that it is on.")
    task = fields.Integer("Task", required=True, help="The subtask, which is without a pair for so long.")
    base = fields.Json("Base", help="What both sides had agreed on when the subtask left.")
    gone = fields.Boolean("Deleted")

    _sql_constraints = [("item_uniq", "unique(external_id, backend_id)", "This item was left already.")]


class Parting(Synchronizer, TrelloComponent, Component):
    """Parts subtasks from their items.

    What is to be deleted is written down first, for whoever comes after this process.
    """

    _name = "trello.parting"
    _inherit = ["connector.synchronizer", "base.trello.connector"]
    _usage = "parting"
    _apply_on = ["trello.checkitem", "trello.line"]

    @property
    def left(self) -> dict[str, str]:
        """The items that subtasks left, and their cards."""
        return {one.external_id: one.card for one in self._all()}

    def part(self, items: Iterable[Item]) -> list[Item]:
        """Part subtasks from their items whose task is another card, or which are cards themselves.

        Return them; they have no pair any more.
        """
        gone = []
        there = [item for item in items if item.binding.state != "deleted"]
        parents = {item: item.record.parent_id.id for item in there}
        cards = self._cards({parent or item.odoo_id for item, parent in parents.items()})
        for item, parent in parents.items():
            card = cards.get(parent or item.odoo_id)
            if card in (None, item.binding.card) or not item.binding.card:
                continue
            self.env["trello.left.item"].create(
                {
                    "backend_id": self.collection.id,
                    "external_id": item.external_id,
                    "card": item.binding.card,
                    "task": item.odoo_id,
                    "base": item.binding.base,
                }
            )
            self.mediator.forget(item.binding)
            item.binding.unlink()
            where = "went to another card" if parent else "is a card now"
            item.outcome = item.told("updated", f"the subtask {where}: its item ends")
            gone.append(item)
        return gone

    def finish(self, tally: Tally) -> None:
        """Delete what was left, also by processes that ended before they could.

        An item that somebody edited since then is not deleted: it gets its pair back and is imported, and
        the next export parts them again.
        """
        left = [one for one in self._all() if not one.gone]
        there = {one["id"]: one for one in self.backend_adapter.of_cards(one.card for one in left)}
        for one in left:
            record = there.get(one.external_id)
            if record is not None and is_edited(one, record):
                tally.add(self._take_back(one, record))
                continue
            try:
                if record is not None:
                    self.backend_adapter.delete(one.external_id)
            except NotFoundError:
                pass  # an earlier try was not answered, or its card is gone
            except SETS_ASIDE as error:
                tally.add([failed(error, external_id=one.external_id, odoo_id=one.task)])
                continue
            one.gone = True
            self.env.commit()

    def _take_back(self, one: LeftItem, record: Mapping[str, Any]) -> list[Outcome]:
        """Pair an item with its subtask as before, and bring to Odoo what was done to it."""
        self.model.create(
            {
                "backend_id": self.collection.id,
                "external_id": one.external_id,
                self.binder._odoo_field: one.task,
                "base": one.base,
                "state": "synced",
                **self.component(usage="record.exporter").pair_values(record),
            }
        )
        one.unlink()
        self.env.commit()
        outcomes: list[Outcome] = self.component(usage="record.importer").run_page([record])
        self.env.commit()
        return outcomes

    def free(self) -> list[int]:
        """Return the subtasks whose items are gone, and which may be paired anew."""
        return [one.task for one in self._all() if one.gone]

    def forget(self, tasks: set[int]) -> None:
        """Forget what was left by subtasks that have a pair, or need none; commit."""
        for one in self._all():
            if one.gone and one.task in tasks:
                one.unlink()
        self.env.commit()

    def _all(self) -> list[LeftItem]:
        return list(self.env["trello.left.item"].search([("backend_id", "=", self.collection.id)]))

    def _cards(self, tasks: set[int]) -> dict[int, str]:
        """Return task -> card, for those that have one."""
        found = paired_cards(self, ["external_id"], tasks)
        return {task: row["external_id"] for task, row in found.items()}


def is_edited(one: LeftItem, record: Mapping[str, Any]) -> bool:
    """Tell whether an item no longer says what its subtask and it agreed on, wherever it is."""
    agreed = Agreement.of(one.base)
    now = {name: record.get(name) for name in agreed.external.keys() - PLACE}
    return bool(agreed.changed_external(now))
