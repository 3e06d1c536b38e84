"""A plain model of two sides that are kept in step: what each field must be after every round."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

ASKED, NEWEST = "ask", "newest"


@dataclass
class Field:
    """A field of a pair: the value of each side, and what they last agreed on."""

    policy: str
    base: Any
    task: Any
    card: Any
    #: The policy compares times of records: one of both values counts, and the model cannot tell which.
    is_in_doubt: bool = False

    def run(self, direction: str, decision: str | None = None) -> None:
        """Bring a change of the side that a direction comes from to the other one, or leave it."""
        said, other = (self.card, self.task) if direction == "import" else (self.task, self.card)
        if said == self.base:
            return
        winner = ("external" if direction == "import" else "odoo") if said == other else None
        if winner is None:
            changed_there = other != self.base
            own, far = ("external", "odoo") if direction == "import" else ("odoo", "external")
            winner = (decision or self.policy) if changed_there else own
            if winner in (ASKED, NEWEST):
                self.is_in_doubt = winner == NEWEST
                return
            if winner == far:
                if direction == "import":
                    self.base = self.card  # Odoo has still to tell its value: the export does
                else:
                    self.base = self.task
                return
        self.task = self.card = self.base = said

    def learn(self, task: Any, card: Any) -> None:
        """Take note of who won, where that was in doubt. Raises AssertionError when nobody did."""
        if self.is_in_doubt:
            assert task == card, f"{task!r} and {card!r} after {self}"
            assert task in (self.task, self.card), f"{task!r} after {self}"
            self.task = self.card = self.base = task
            self.is_in_doubt = False


@dataclass
class Pair:
    """A card and its task. ``card`` and ``task`` say whether each is there; an unbound one is no pair yet."""

    fields: dict[str, Field]
    card_id: str | None = None
    task_id: int | None = None
    card: bool = True
    task: bool = True
    is_bound: bool = True
    #: The task was made from the card: no other card is made from it, should the pair be forgotten.
    is_copy: bool = False
    #: A deletion was followed, and nothing is brought from one to the other any more.
    is_over: bool = False


@dataclass
class Model:
    """All pairs, and the policies."""

    policy: str
    import_deletion: str
    export_deletion: str
    pairs: list[Pair] = field(default_factory=list)

    def new_field(self, value: Any) -> Field:
        return Field(self.policy, value, value, value)

    def round(self) -> None:
        """Do to the pairs what a round does: import, then export."""
        for pair in list(self.pairs):
            self._import(pair)
        for pair in list(self.pairs):
            self._export(pair)

    def _import(self, pair: Pair) -> None:
        if not pair.is_bound:
            if pair.card:  # it is new
                pair.task = pair.is_bound = pair.is_copy = True
                for one in pair.fields.values():
                    one.task = one.base = one.card
            return
        if pair.is_over or not (pair.card or pair.task):
            return
        if pair.card and pair.task:
            for one in pair.fields.values():
                one.run("import")
        elif not pair.card:
            self._follow_card(pair)

    def _follow_card(self, pair: Pair) -> None:
        """The card is gone."""
        match self.import_deletion:
            case "archive":
                pair.fields["closed"].task = True
            case "delete":
                pair.task = False
            case "unlink":
                pair.is_bound = False
        pair.is_over = self.import_deletion in ("archive", "delete")

    def _export(self, pair: Pair) -> None:
        if not pair.is_bound:
            if pair.task and not (pair.is_copy or pair.fields["closed"].task):
                pair.card = pair.is_bound = True
                pair.card_id = None
                for one in pair.fields.values():
                    one.card = one.base = one.task
            return
        if pair.is_over or not (pair.card or pair.task):
            return
        if pair.card and pair.task:
            for one in pair.fields.values():
                one.run("export")
        elif not pair.task:
            self._follow_task(pair)

    def _follow_task(self, pair: Pair) -> None:
        """The task is gone."""
        match self.export_deletion:
            case "archive":
                pair.fields["closed"].card = True
            case "delete":
                pair.card = False
            case "unlink":
                pair.is_bound, pair.task_id = False, None
        pair.is_over = self.export_deletion in ("archive", "delete")
