"""A call: Trello tells of a change by a webhook, and it is in Odoo without anybody having asked."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from isthmus.demo.edits import OdooPerson, TrelloPerson
from isthmus.demo.failure import DemoFailed
from isthmus.demo.pair import Pair
from isthmus.demo.process import PATIENCE_S
from isthmus.demo.stage import Stage

NAME = "Renamed in Trello, told by a webhook"
#: A watcher that has asked Trello nothing for so long is idle.
IDLE_S = 0.5


@contextmanager
def listening(stage: Stage, backend: Any) -> Iterator[str]:
    """Have a process watch and listen, and Trello tell it, while the block runs; give what was done.

    The watcher's next round is an hour away: what comes within the block was told.
    """
    words = ("sync", backend.name, "--watch", "--interval", "3600", "--listen", "127.0.0.1:0")
    with stage.process(*words) as process:
        url = process.hear(r"Taking webhooks at (\S+?)\.?\s*$")[1]
        backend.install_webhooks(url)
        wait_until_idle(stage)
        yield "webhooks are installed; the next round is an hour away"
        backend.remove_webhooks()


def rename(pair: Pair, odoo: OdooPerson, trello: TrelloPerson) -> str:
    """Rename a card and wait for its task; return what was done. Raises DemoFailed."""
    end = time.monotonic() + PATIENCE_S
    trello.change(pair.card, {"name": NAME})
    while odoo.task(pair.task)["name"] != NAME:
        if time.monotonic() > end:
            raise DemoFailed(f"Trello was to tell of a renamed card, and its task is not renamed: {pair}")
        time.sleep(0.01)
    return "its task has the name; Trello told, nobody asked"


def wait_until_idle(stage: Stage) -> None:
    """Wait for the end of the watcher's first round, which would bring the change as well."""
    seen, since = -1, time.monotonic()
    while time.monotonic() - since < IDLE_S:
        if (count := len(stage.trello.log.entries)) != seen:
            seen, since = count, time.monotonic()
        time.sleep(0.02)
