"""A watch follows what it is told between rounds, and has a round do it where a side is away."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from isthmus.app import App
from isthmus.cli import watch
from isthmus.cli.console import Console
from isthmus.cli.session import Session
from isthmus.cli.watch import Asked, Watch, pause_after, taker
from isthmus.connector.due import Due
from isthmus.sandbox.faults import Answer
from isthmus.sandbox.odoo import OdooSandbox
from isthmus.sandbox.trello import TrelloSandbox
from isthmus.trello.client import TrelloClient
from isthmus.trello.hook import source_of
from tests.command import Command


def test_after_a_failure_rounds_come_soon_and_then_ever_later() -> None:
    assert [pause_after(failures, 60) for failures in (0, 1, 2, 3, 4, 5, 5000)] == [60, 5, 10, 20, 40, 60, 60]
    assert pause_after(1, 0.05) == 0.05


def test_what_could_not_be_followed_is_taken_by_a_round_that_comes_soon(
    work: Command,
    odoo: OdooSandbox,
    trello: TrelloSandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(watch, "RETRY_S", 0.01)
    assert work("backend", "set", "work", "--secret", "s3cret").code == 0
    due, steps = Due(rest_s=0), list[str]()
    with App.load() as app:
        take = taker(app, "work", due)
        with app.environment(None) as env:
            source = source_of(env["trello.backend"].search([]))

        def tell() -> None:
            with app.environment() as env:
                card, task = (one := env["trello.card"].search([], limit=1)).external_id, one.odoo_id.id
            steps.append(str(task))
            TrelloClient(trello.key, trello.token, url=trello.url).put(f"/cards/{card}", {"name": "Late"})
            take("odoo/elsewhere", "project.task", [1])  # not ours
            take(source, "trello.card", [card])

        def shown(session: Any, name: str, done: Any) -> None:
            """Stand where results are shown: the first round is over, or what was told has arrived."""
            updated = sum(one.counts["updated"] for one in done.imports)
            steps.append(f"round: {updated} updated")
            if updated:
                due.close()
            elif len(steps) == 1:
                odoo.faults.add(Answer(403, "<html>Not now</html>"), times=1)
                tell()

        monkeypatch.setattr(watch, "show_round", shown)
        monkeypatch.setattr(watch, "show_followed", lambda *args: pytest.fail("it could not be followed"))
        Watch(Session(Console(quiet=True)), app, Asked("work"), 3600, due).run(None)
        with app.environment() as env:
            assert env["project.task"].browse(int(steps[1])).name == "Late"
            assert not env["connector.hint"].search([])
    assert steps == ["round: 0 updated", steps[1], "round: 1 updated"]
