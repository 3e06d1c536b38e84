"""Rankers: positions in Trello for what was moved in Odoo."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from isthmus.components import AbstractComponent
from isthmus.connector.agreement import Agreement
from isthmus.trello.base import TrelloComponent
from isthmus.trello.position import places


class Ranker(TrelloComponent, AbstractComponent):
    """Tells the position of a record among its neighbours, as Odoo has them in order.

    People move one card, and Odoo renumbers many: only what left its place among the others gets a new
    position. A row is read once for all of its members.
    """

    _name = "trello.ranker"
    _usage = "ranker"

    def row_of(self, record: Any) -> int | None:
        """Return the id of what a record is ordered in; None when it is nowhere."""
        return None

    def neighbours(self, row: int) -> list[Any]:
        """Return the domain of the records of a row."""
        return [("id", "=", row)]

    def place(self, record: Any) -> float | None:
        """Return the position that a record has or is to get; None where it cannot be told."""
        row = self.row_of(record)
        if row is None:
            return None
        if row not in self._rows:
            self._rows[row] = self._positions(row)
        return self._rows[row].get(record.id)

    @cached_property
    def _rows(self) -> dict[int, dict[int, float]]:
        return {}

    def _positions(self, row: int) -> dict[int, float]:
        model = self.env[self.binder.unwrap_model()].with_context(active_test=False)
        order = {one.id: one.sequence for one in model.search_fetch(self.neighbours(row), ["sequence"])}
        domain = [*self.binder._scope(), ("odoo_id", "in", list(order))]
        paired = self.model._read_rows(domain, ["odoo_id", "base", "state"])
        had: dict[int, float] = {}
        for one in paired:
            pos = Agreement.of(one["base"]).external.get("pos")
            if one["state"] == "deleted":
                order.pop(one["odoo_id"], None)
            elif pos is not None:
                had[one["odoo_id"]] = float(pos)
        behind = max(had.values(), default=0.0) + 1
        ids = sorted(order, key=lambda id_: (order[id_], had.get(id_, behind), id_))
        return had | self.arranged(ids, had, row)

    def arranged(self, ids: list[int], had: dict[int, float], row: int) -> dict[int, float]:
        """Return new positions for those who left their place among ``ids``, which are in Odoo's order."""
        return places([(id_, had.get(id_)) for id_ in ids])
