"""Both sandboxes in a process of their own, so that a benchmark measures Isthmus and not them."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any, Self

from isthmus.sandbox.odoo import OdooSandbox
from isthmus.sandbox.trello import Limits, TrelloSandbox, synthetic

KEY, TOKEN, API_KEY = "bench-key", "bench-token", "b" * 40


def serve(pipe: Connection, cards: int) -> None:
    """Run both servers until the pipe says ``stop``; answer questions about their work."""
    trello = TrelloSandbox(key=KEY, token=TOKEN, limits=Limits.off())
    board = trello.load(synthetic.board(cards))
    with trello, OdooSandbox(version=18, api_key=API_KEY) as odoo:
        pipe.send({"trello": trello.url, "odoo": odoo.url, "database": odoo.database, "board": board})
        answers: dict[str, Callable[[], Any]] = {
            "seconds": time.process_time,
            "calls": lambda: len(trello.log) + len(odoo.log),
            "odoo writes": lambda: odoo.log.count(write=True),
            "trello writes": lambda: trello.log.count(where=lambda entry: entry.method != "GET"),
        }
        while (question := pipe.recv()) != "stop":
            pipe.send(answers[question]())


class Servers:
    """Both servers, with a synthetic board of ``cards`` cards in Trello and an empty Odoo."""

    def __init__(self, cards: int) -> None:
        self._pipe, theirs = multiprocessing.Pipe()
        self._process = multiprocessing.get_context("spawn").Process(
            target=serve, args=(theirs, cards), daemon=True
        )

    def __enter__(self) -> Self:
        self._process.start()
        self.facts: dict[str, str] = self._pipe.recv()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pipe.send("stop")
        self._process.join(10)

    def ask(self, question: str) -> Any:
        """Return so far: ``seconds`` (of processor time), ``calls``, ``odoo writes`` or ``trello writes``."""
        self._pipe.send(question)
        return self._pipe.recv()
