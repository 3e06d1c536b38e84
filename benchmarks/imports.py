"""Imports: at which part of the rate that the slower server allows by itself they run.

On a loopback network that is Odoo. What it allows by itself is measured with the same board: entity after
entity, so that it is asked one thing at a time, counting only the time in which it is asked something.

``ISTHMUS_TEST_ODOO_URL``, ``_DB``, ``_LOGIN`` and ``_KEY`` name a real Odoo; it keeps what is imported.
Without them the simulated one answers, which is far faster than any real one: no target is set then.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from statistics import median
from typing import Any

from cards import installation, run_import, summed
from odoo import VARIABLES
from report import Figure, main
from servers import Servers

from isthmus import telemetry
from isthmus.app import App
from isthmus.connector.operation import import_backend
from isthmus.sandbox.boards import board_path
from isthmus.sandbox.trello import synthetic

#: The boards of the demo, by what they are called in the sandbox.
BOARDS = ("03", "08", "10")


class Listener:
    """Adds up how long answers of Odoo were waited for."""

    def __init__(self, odoo: str) -> None:
        self.odoo = odoo
        self.seconds = 0.0

    def __call__(self, name: str, fields: dict[str, Any]) -> None:
        if name == "http.request" and fields["url"].startswith(self.odoo):
            self.seconds += fields["duration_s"]


def entity_by_entity(app: App) -> dict[str, int]:
    """Import one entity after the other and return the counts of all together."""
    with app.environment() as env:
        backend = env["trello.backend"].search([])
        return summed([import_backend(backend, [entity])[0] for entity in backend.entities("import")])


def imported(board: Any, how: Callable[[App], dict[str, int]]) -> tuple[int, float, float]:
    """Import a board into an Odoo that does not know it; return the records, the seconds and Odoo's part."""
    url, database, login, key = (os.environ.get(name, "") for name in VARIABLES)
    real = {"odoo": url, "database": database, "login": login, "key": key}
    with Servers(board) as servers:
        facts = servers.facts | (real if all(real.values()) else {})
        listener = Listener(facts["odoo"])
        with installation(facts) as app:
            unsubscribe = telemetry.subscribe(listener)
            start = time.perf_counter()
            counts = how(app)
            seconds = time.perf_counter() - start
            unsubscribe()
    return counts["created"], seconds, listener.seconds


def measure(quick: bool) -> Iterator[Figure]:
    """Yield the figures, medians where a board is small."""
    is_real = all(os.environ.get(name) for name in VARIABLES)
    cards, tries = (1_000, 3) if quick else (10_000, 7)
    imported(synthetic.board(20), run_import)  # what a process does once is not a board's
    boards = [(f"board {number}", str(board_path(number)), tries) for number in BOARDS]
    for name, board, times in [*boards, (f"{cards:,} cards", synthetic.board(cards), 1)]:
        whole, alone = [], []
        for _ in range(times):  # in turns: a machine has its moods
            records, seconds, _ = imported(board, run_import)
            whole.append(seconds)
            alone.append(imported(board, entity_by_entity)[2])
        seconds, odoo = median(whole), median(alone)
        yield Figure(f"import of {name}, {records:,} records", seconds, "s")
        yield Figure("Odoo's own time for it", odoo, "s")
        yield Figure("rate, of what Odoo allows", 100 * odoo / seconds, "%", ">= 90 %" if is_real else None)


if __name__ == "__main__":
    sys.exit(main("Imports", measure))
