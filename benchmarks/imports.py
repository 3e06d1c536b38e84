"""Imports: which share of their time passes in Odoo, the slower server of the two on a loopback network.

``ISTHMUS_TEST_ODOO_URL``, ``_DB``, ``_LOGIN`` and ``_KEY`` name a real Odoo; it keeps what is imported.
Without them the simulated one answers, which is far faster than any real one: no target is set then.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from cards import installation, run_import
from odoo import VARIABLES
from report import Figure, main
from servers import Servers

from isthmus import telemetry
from isthmus.sandbox.boards import board_path
from isthmus.sandbox.trello import synthetic

#: The boards of the demo, by what they are called in the sandbox.
BOARDS = ("03", "08", "10")


@dataclass
class Listener:
    """Adds up how long this thread waited for each server."""

    odoo: str
    seconds: dict[bool, float] = field(default_factory=dict)
    thread: int = field(default_factory=threading.get_ident)

    def __call__(self, name: str, fields: dict[str, Any]) -> None:
        if name == "http.request" and threading.get_ident() == self.thread:
            is_odoo = fields["url"].startswith(self.odoo)
            self.seconds[is_odoo] = self.seconds.get(is_odoo, 0.0) + fields["duration_s"]


def imported(board: Any) -> tuple[int, float, float]:
    """Import a board into an Odoo that does not know it; return the records, the seconds and Odoo's part."""
    url, database, login, key = (os.environ.get(name, "") for name in VARIABLES)
    real = {"odoo": url, "database": database, "login": login, "key": key}
    with Servers(board) as servers:
        facts = servers.facts | (real if all(real.values()) else {})
        listener = Listener(facts["odoo"])
        with installation(facts) as app:
            unsubscribe = telemetry.subscribe(listener)
            start = time.perf_counter()
            counts = run_import(app)
            seconds = time.perf_counter() - start
            unsubscribe()
    return counts["created"], seconds, listener.seconds[True]


def measure(quick: bool) -> Iterator[Figure]:
    """Yield the figures."""
    is_real = all(os.environ.get(name) for name in VARIABLES)
    cards = 1_000 if quick else 10_000
    imported(synthetic.board(20))  # what a process does once is not a board's
    boards = [(f"board {number}", str(board_path(number))) for number in BOARDS]
    for name, board in [*boards, (f"{cards:,} cards", synthetic.board(cards))]:
        records, seconds, odoo = imported(board)
        yield Figure(f"import of {name}, {records:,} records", seconds, "s")
        yield Figure("of that waited for Odoo", 100 * odoo / seconds, "%", ">= 90 %" if is_real else None)


if __name__ == "__main__":
    sys.exit(main("Imports", measure))
