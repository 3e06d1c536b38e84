"""Both sandboxes in a process of their own, so that a benchmark measures Isthmus and not them."""

from __future__ import annotations

import json
import multiprocessing
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any, Self
from urllib.request import Request, urlopen

from isthmus.sandbox.odoo import OdooSandbox
from isthmus.sandbox.trello import Limits, TrelloSandbox, synthetic

KEY, TOKEN, API_KEY = "bench-key", "bench-token", "b" * 40
APP_SECRET = "bench-secret"


def serve(pipe: Connection, board: int | str | dict[str, Any]) -> None:
    """Run both servers until the pipe says ``stop``; answer questions about their work."""
    trello = TrelloSandbox(key=KEY, token=TOKEN, limits=Limits.off())
    id_ = trello.load(synthetic.board(board) if isinstance(board, int) else board)
    with trello, OdooSandbox(version=18, api_key=API_KEY) as odoo:
        pipe.send({"trello": trello.url, "odoo": odoo.url, "database": odoo.database, "board": id_})
        answers: dict[str, Callable[[], Any]] = {
            "seconds": time.process_time,
            "handling": lambda: trello.log.ms + odoo.log.ms,
            "trello calls": lambda: len(trello.log),
            "calls": lambda: len(trello.log) + len(odoo.log),
            "odoo writes": lambda: odoo.log.count(write=True),
            "trello writes": lambda: trello.log.count(where=lambda entry: entry.method != "GET"),
        }

        def rename_cards(ids: list[str]) -> None:
            for number, id_ in enumerate(ids):
                call_trello(trello.url, "PUT", f"/1/cards/{id_}", {"name": f"There {number}"})

        def rename_card(told: tuple[str, str]) -> None:
            call_trello(trello.url, "PUT", f"/1/cards/{told[0]}", {"name": told[1]})

        def rename_tasks(ids: list[int]) -> None:
            with odoo.environment() as env:
                for number, id_ in enumerate(ids):
                    env["project.task"].browse(id_).write({"name": f"Here {number}"})

        deeds: dict[str, Callable[[Any], None]] = {
            "rename cards": rename_cards,
            "rename card": rename_card,
            "rename tasks": rename_tasks,
        }
        while (question := pipe.recv()) != "stop":
            if isinstance(question, tuple):
                pipe.send(deeds[question[0]](question[1]))
            else:
                pipe.send(answers[question]())


def call_trello(base: str, method: str, path: str, data: dict[str, Any]) -> None:
    """Send a request to the simulated Trello as somebody else would."""
    body = json.dumps(data).encode()
    headers = {
        "Content-Type": "application/json",
        "Authorization": f'OAuth oauth_consumer_key="{KEY}", oauth_token="{TOKEN}"',
    }
    with urlopen(Request(base + path, body, headers, method=method)):
        pass


class Servers:
    """Both servers, with a board in Trello and an empty Odoo.

    ``board`` is an export (a file or its parsed JSON), or how many cards a synthetic board has.
    """

    def __init__(self, board: int | str | dict[str, Any]) -> None:
        self._pipe, theirs = multiprocessing.Pipe()
        self._process = multiprocessing.get_context("spawn").Process(
            target=serve, args=(theirs, board), daemon=True
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
        """Return so far: ``seconds`` of processor time, ``calls``, of them ``trello calls``, ``odoo writes``,
        ``trello writes``, or ``handling``: how long both handled requests, in ms.

        ``("rename cards", ids)``, ``("rename card", (id, name))`` and ``("rename tasks", ids)`` are done
        there, as by people.
        """
        self._pipe.send(question)
        return self._pipe.recv()
