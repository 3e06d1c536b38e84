"""Commands in this process against simulated servers over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from isthmus.sandbox.boards import board_path
from isthmus.sandbox.odoo import OdooSandbox
from isthmus.sandbox.trello import Limits, TrelloSandbox
from tests.command import Command


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Command:
    """Run ``isthmus`` in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return Command(capsys)


@pytest.fixture
def odoo() -> Iterator[OdooSandbox]:
    """Give a simulated Odoo."""
    with OdooSandbox() as server:
        yield server


@pytest.fixture
def trello() -> Iterator[TrelloSandbox]:
    """Give a simulated Trello with a real board."""
    server = TrelloSandbox(key="k3y", token="t0k3n", limits=Limits.off())
    server.load(board_path("03"))
    with server:
        yield server


@pytest.fixture
def ready(run: Command, odoo: OdooSandbox) -> Command:
    """Run ``isthmus`` in a folder that is set up for the simulated Odoo."""
    known = ("--odoo-database", odoo.database, "--odoo-login", odoo.login, "--odoo-key", odoo.api_key)
    assert run("init", "--odoo-url", odoo.url, *known).code == 0
    return run


@pytest.fixture
def work(ready: Command, trello: TrelloSandbox) -> Command:
    """Run ``isthmus`` in a folder with a backend ``work`` for the simulated Trello."""
    secrets = ("--key", trello.key, "--token", trello.token)
    assert ready("backend", "add", "trello", "work", "--set", f"url={trello.url}", *secrets).code == 0
    return ready
