"""Kinds of records, as people on both sides edit and see them: by the servers' own interfaces."""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from isthmus.app import App
from isthmus.odoo import OdooConnection
from isthmus.trello.client import TrelloClient

State = dict[str, Any]


@dataclass
class Hands:
    """What people have at hand: both servers, dice, and names of which each is given once."""

    app: App
    client: TrelloClient
    connection: OdooConnection
    random: random.Random
    names: int = 0
    #: Cards that somebody deleted on one of the sides.
    doomed: set[str] = field(default_factory=set)

    def call(self, model: str, method: str, ids: list[int] | None = None, **kwargs: Any) -> Any:
        """Call a method of Odoo."""
        return self.connection.execute(model, method, ids, kwargs=kwargs)

    def name(self, what: str) -> str:
        """Return a new name."""
        self.names += 1
        return f"{what} {self.names}"

    def pairs(self, entity: str) -> dict[str, int]:
        """Return id at Trello -> id in Odoo, as the installation has paired them."""
        with self.app.environment(None) as env:
            rows = env[entity]._read_rows([("state", "!=", "deleted")], ["external_id", "odoo_id"])
        return {row["external_id"]: row["odoo_id"] for row in rows}

    def boards(self) -> list[str]:
        """Return the ids of the boards."""
        return [one["id"] for one in self.client.get("/members/me/boards", filter="all", fields="name")]


class Kind(ABC):
    """A kind of record. ``truth``: what each must be in the end, by its id at Trello.

    What was made in Odoo is there as "new …" until its id is known, by :attr:`key`, whose values are given
    once.
    """

    entity = model = ""
    fields: tuple[str, ...] = ()
    #: Those of them that people change at Trello, and in Odoo, of what is on both sides without a pair: who
    #: was cut off knew of it, and the next one has to find out.
    fresh: tuple[str, ...] = ()
    fresh_in_odoo: tuple[str, ...] = ()
    key = "name"
    #: How often one is added when people edit, on each side.
    adds = 0.3
    #: How often one is deleted, on either side.
    deletes = 0.0

    def __init__(self, hands: Hands) -> None:
        self.hands = hands
        self.client, self.call = hands.client, hands.call
        self.truth: dict[str, State] = self.outside()
        #: What something left in Odoo, since both sides last agreed: at Trello it is still there.
        self.left: set[str] = set()

    def pairs(self) -> dict[str, int]:
        """Return id at Trello -> id in Odoo."""
        return self.hands.pairs(self.entity)

    # --- what a kind says of itself ---

    @abstractmethod
    def outside(self) -> dict[str, State]:
        """Return what Trello has, by its id."""

    @abstractmethod
    def in_odoo(self) -> dict[int, State]:
        """Return what Odoo has, by its id, in Trello's words."""

    def new_value(self, id_: str, field: str) -> Any:
        """Return another value for a field of a record."""
        return self.hands.name(field)

    def edit_outside(self, id_: str, field: str, value: Any) -> None:
        """Give a field another value at Trello."""
        raise AssertionError(f"nobody edits {self.entity}")

    def edit_in_odoo(self, id_: int, field: str, value: Any) -> None:
        """Give a field another value in Odoo."""
        raise AssertionError(f"nobody edits {self.entity}")

    def add_outside(self) -> str | None:
        """Add one at Trello and return its id; None where there is nothing to add it to."""
        return None

    def add_in_odoo(self) -> State | None:
        """Add one in Odoo and return what it must be; None where there is nothing to add it to."""
        return None

    def delete_outside(self, id_: str) -> None:
        """Delete one at Trello."""
        raise AssertionError(f"nobody deletes {self.entity}")

    def delete_in_odoo(self, id_: int) -> None:
        """Delete one in Odoo."""
        raise AssertionError(f"nobody deletes {self.entity}")

    # --- what is the same for all ---

    def edit(self, id_: str, field: str, is_outside: bool) -> bool:
        """Give a field of a pair another value on one of its sides; tell whether that could be done."""
        value = self.new_value(id_, field)
        self.truth[id_][field] = value
        if is_outside:
            self.edit_outside(id_, field, value)
        else:
            self.edit_in_odoo(self.pairs()[id_], field, value)
        return True

    def unpaired(self) -> list[tuple[str, str, int]]:
        """Return what is on both sides without a pair: its id in the truth, at Trello and in Odoo."""
        paired = self.pairs()
        mine = {state[self.key]: id_ for id_, state in self.truth.items() if id_ not in paired}
        if not mine:
            return []
        there = {state[self.key]: id_ for id_, state in self.outside().items() if id_ not in paired}
        domain = [[self.key, "in", sorted(mine)], ["active", "in", [True, False]]]
        rows = self.call(self.model, "search_read", domain=domain, fields=[self.key])
        found = [(row[self.key], row["id"]) for row in rows]
        return [(mine[key], there[key], id_) for key, id_ in found if key in there]

    def edit_unpaired(self, known: tuple[str, str, int], field: str, is_outside: bool) -> None:
        """Give a field of what :meth:`unpaired` told of another value on one of its sides."""
        id_, outside, odoo_id = known
        value = self.new_value(id_, field)
        self.truth[id_][field] = value
        if is_outside:
            self.edit_outside(outside, field, value)
        else:
            self.edit_in_odoo(odoo_id, field, value)

    def add(self, is_outside: bool) -> bool:
        """Add one on one of the sides; tell whether there was something to add it to."""
        if is_outside:
            if (id_ := self.add_outside()) is None:
                return False
            self.truth[id_] = self.outside()[id_]
        else:
            if (state := self.add_in_odoo()) is None:
                return False
            self.truth[f"new {state[self.key]}"] = state
        return True

    def delete(self, id_: str, is_outside: bool) -> None:
        """Delete one of a pair on one of the sides."""
        if is_outside:
            self.delete_outside(id_)
        else:
            self.delete_in_odoo(self.pairs()[id_])

    def forget(self, id_: str) -> None:
        """Expect a record no longer, nor what is on it."""
        self.truth = {
            known: state for known, state in self.truth.items() if id_ not in (known, state.get("card"))
        }

    def require_truth(self) -> None:
        """Check that both sides are what the edits made of them, one by one, and nothing is doubled."""
        outside, in_odoo, pairs = self.outside(), self.in_odoo(), self.pairs()
        self._learn_ids(outside)
        paired = {id_: in_odoo.get(pairs[id_]) for id_ in outside if id_ in pairs}
        for what, found in (("Trello", outside), ("Odoo", paired)):
            for id_ in self.truth.keys() | found.keys():
                expected, one = self.truth.get(id_), found.get(id_)
                assert one == expected, f"{self.entity} {id_} is in {what}\n{one}\ninstead of\n{expected}"
        assert len(in_odoo) == len(outside) == len(pairs), (
            f"{self.entity}: {len(in_odoo)} in Odoo, {len(outside)} at Trello, {len(pairs)} pairs"
        )

    def _learn_ids(self, outside: Mapping[str, State]) -> None:
        """Learn the ids of what was made in Odoo."""
        for name in [name for name in self.truth if name.startswith("new ")]:
            state = self.truth.pop(name)
            ids = [id_ for id_, one in outside.items() if one[self.key] == state[self.key]]
            assert len(ids) == 1, f"{self.entity} {name!r} is at Trello {len(ids)} times"
            self.truth[ids[0]] = state

    def some(self, ids: Mapping[str, Any]) -> str | None:
        """Return one of some ids, or None where there are none."""
        return self.hands.random.choice(sorted(ids)) if ids else None
