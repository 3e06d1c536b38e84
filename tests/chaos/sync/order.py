"""Orders: cards in their lists and lists on their board, as people on both sides arrange them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any

from tests.chaos.sync.kinds import Hands, Kind

#: Row -> its members, by their ids at Trello, in order.
Rows = dict[str, list[str]]


class Ordered(Kind):
    """A kind of record that people put in an order, each in its row."""

    #: How often one is moved within its row.
    moves = 0.3

    def __init__(self, hands: Hands) -> None:
        super().__init__(hands)
        #: Of the rows in which somebody moved one: their order then.
        self.arranged: Rows = {}

    @abstractmethod
    def rows_outside(self) -> Rows:
        """Return the rows at Trello."""

    @abstractmethod
    def rows_in_odoo(self) -> Rows:
        """Return the rows in Odoo, of what is paired."""

    def move(self, is_outside: bool) -> bool:
        """Move one within its row on one of the sides; tell whether there was one to move."""
        paired = self.truth.keys() & self.pairs().keys()
        rows = self.rows_outside() if is_outside else self.rows_in_odoo()
        rows = {row: [id_ for id_ in ids if id_ in paired] for row, ids in rows.items()}
        row = self.some({row: ids for row, ids in rows.items() if len(ids) > 1})
        if row is None:
            return False
        ids = rows[row]
        moved = ids.pop(self.hands.random.randrange(len(ids)))
        place = self.hands.random.choice((0, len(ids), self.hands.random.randrange(len(ids) + 1)))
        self.arranged[row] = [*ids[:place], moved, *ids[place:]]
        if is_outside:
            self._move_outside(moved, ids, place)
        else:
            self._move_in_odoo(self.arranged[row])
        return True

    def _move_outside(self, moved: str, others: list[str], place: int) -> None:
        at = self.positions()
        pos: Any
        if place in (0, len(others)):
            pos = "bottom" if place else "top"
        else:
            pos = (at[others[place - 1]] + at[others[place]]) / 2
        self.edit_outside(moved, "pos", pos)

    def _move_in_odoo(self, ids: list[str]) -> None:
        """Number a whole row, as Odoo does when one is dragged."""
        pairs = self.pairs()
        for number, id_ in enumerate(ids):
            self.call(self.model, "write", [pairs[id_]], vals={"sequence": number})

    @abstractmethod
    def positions(self) -> dict[str, float]:
        """Return the positions at Trello, by id."""

    def edit(self, id_: str, field: str, is_outside: bool) -> bool:
        if not super().edit(id_, field, is_outside):
            return False
        if field == "list":  # it leaves its row, and may come back to another place
            self.arranged = {row: [one for one in ids if one != id_] for row, ids in self.arranged.items()}
        return True

    def require_truth(self) -> None:
        super().require_truth()
        outside, in_odoo = self.rows_outside(), self.rows_in_odoo()
        assert in_odoo == outside, f"{self.entity}: the order in Odoo is\n{in_odoo}\nat Trello\n{outside}"
        for row, ids in self.arranged.items():
            there = [id_ for id_ in outside.get(row, []) if id_ in ids]
            expected = [id_ for id_ in ids if id_ in there]
            assert there == expected, (
                f"{self.entity} of {row} are in the order\n{there}\ninstead of\n{expected}"
            )
        self.arranged.clear()


def in_rows(members: Iterable[tuple[str, Any, str]]) -> Rows:
    """Return rows of (row, what it is ordered by, id)."""
    rows: Rows = {}
    for row, _, id_ in sorted(members):
        rows.setdefault(row, []).append(id_)
    return rows


def by_external(pairs: Mapping[str, int]) -> dict[int, str]:
    """Return id in Odoo -> id at Trello."""
    return {odoo_id: id_ for id_, odoo_id in pairs.items()}
