"""A dispute: two people change the same card at the same time, and a third one decides."""

from __future__ import annotations

from typing import Any

from isthmus.connector.round import sync_backend
from isthmus.connector.working import Progress
from isthmus.demo.edits import OdooPerson, TrelloPerson
from isthmus.demo.failure import DemoFailed
from isthmus.demo.pair import Pair

OFFICE, WORKSHOP = "The roof leaks (said the office)", "The roof leaks (said the workshop)"
DUE = "2027-03-01T09:00:00.000Z"


class Dispute:
    """Plays it on one pair of a backend: names are to be asked about, everything else is merged."""

    def __init__(self, backend: Any, pair: Pair, odoo: OdooPerson, trello: TrelloPerson) -> None:
        self._backend, self._pair = backend, pair
        self._odoo, self._trello = odoo, trello

    def edit(self) -> str:
        """Rename the card on both sides, and change something else on each; return what was done."""
        self._backend.write({"conflict_policies": {"trello.card": {"name": "ask"}}})
        self._backend.env.commit()
        self._odoo.change(self._pair.task, {"name": OFFICE, "priority": "1"})
        self._trello.change(self._pair.card, {"name": WORKSHOP, "due": DUE})
        return "renamed on both sides; starred in Odoo, dated in Trello"

    def meet(self, progress: Progress) -> str:
        """Run a round; return what it kept for a person. Raises DemoFailed when it kept something else."""
        done = sync_backend(self._backend, progress=progress)
        (entry, *others) = self._open() or [None]
        if entry is None or others or done.conflicts != 1:
            raise DemoFailed(f"a card was renamed on both sides, and {done.conflicts} conflicts were kept")
        said = entry.said()
        return f"kept for a person: {said['odoo']!r} or {said['external']!r}; all else is merged"

    def settle(self, progress: Progress) -> str:
        """Decide for Odoo's name, and let a policy decide from now on; return what both sides say.

        Raises DemoFailed when they do not say the same.
        """
        for entry in self._open():
            entry.resolve(take="odoo", seen=entry.mark(), who="demo")
        card, task = self._trello.card(self._pair.card), self._odoo.task(self._pair.task)
        if not card["name"] == task["name"] == OFFICE:
            raise DemoFailed(f"Odoo's name was chosen; Trello says {card['name']!r}, Odoo {task['name']!r}")
        if card["due"] != DUE or not str(task["date_deadline"]).startswith(DUE[:10]):
            raise DemoFailed(f"the date was lost: {card['due']} in Trello, {task['date_deadline']} in Odoo")
        self._backend.write({"conflict_policies": {}})
        self._backend.env.commit()
        sync_backend(self._backend, progress=progress)
        return f"the office is right: both sides say {OFFICE!r}"

    def _open(self) -> Any:
        return self._backend.env["connector.conflict"].search([("state", "!=", "settled")])
