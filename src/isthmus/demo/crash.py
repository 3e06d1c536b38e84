"""A crash: the process of a round is killed while Trello makes a card for it, and another round goes on."""

from __future__ import annotations

import signal
from collections import Counter
from typing import Any

from isthmus.connector.round import sync_backend
from isthmus.connector.working import Progress
from isthmus.demo.edits import OdooPerson
from isthmus.demo.failure import DemoFailed
from isthmus.demo.process import Process
from isthmus.demo.stage import Stage
from isthmus.sandbox.faults import DropConnection
from isthmus.sandbox.message import Request

NAMES = [f"Written down before the crash, {number} of 6" for number in range(1, 7)]
#: At which of them the process is killed.
LAST = 3


class Crash:
    """Plays it with new tasks of a project."""

    def __init__(self, stage: Stage, backend: Any) -> None:
        self._stage, self._backend = stage, backend
        self._asked = 0
        self._process: Process | None = None

    def prepare(self, odoo: OdooPerson, project: int) -> str:
        """Add the tasks; return what was done."""
        odoo.add(project, NAMES)
        return f"added {len(NAMES)}"

    def happen(self) -> str:
        """Start a round and kill it in the middle; return how. Raises DemoFailed when it came to its end."""
        trello = self._stage.trello
        trello.faults.add(DropConnection(after_acting=True), when=self._is_time)
        with self._stage.process("sync", self._backend.name) as process:
            self._process = process
            code = process.wait()
        trello.faults.clear()
        if self._asked < LAST or (code != -signal.SIGKILL if hasattr(signal, "SIGKILL") else not code):
            raise DemoFailed(f"the round was to be killed and ended by itself, with {code}")
        there = sum(self._cards().values())
        return (
            f"killed while Trello made card {LAST} of {len(NAMES)}; {there} are there, 1 that nobody heard of"
        )

    def _is_time(self, request: Request) -> bool:
        """Count the new cards that Trello is asked for, and kill the process that asks for one too many."""
        if request.method != "POST" or not request.path.startswith("/1/cards") or self._process is None:
            return False
        self._asked += 1
        if self._asked == LAST:
            self._process.kill()
        return self._asked == LAST

    def go_on(self, progress: Progress) -> str:
        """Run a round; return what it did. Raises DemoFailed when a card is missing, or there twice."""
        sync_backend(self._backend, progress=progress)
        there = self._cards()
        if there != Counter(NAMES):
            raise DemoFailed(f"after a crash and another round there are {dict(there)}")
        return f"{len(NAMES)} of {len(NAMES)} cards are there, each once"

    def _cards(self) -> Counter[str]:
        cards: Any = self._backend.client().get(f"/boards/{self._stage.board_id}/cards", fields="name")
        return Counter(one["name"] for one in cards if one["name"] in NAMES)
