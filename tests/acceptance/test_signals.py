"""Ctrl-C, SIGTERM and even SIGKILL leave nothing half-done; the next run goes on."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from isthmus.sandbox.odoo import OdooSandbox
from isthmus.sandbox.trello import TrelloSandbox
from tests.acceptance.conftest import Isthmus
from tests.acceptance.relay import Relay
from tests.command import Command


@pytest.mark.parametrize(("kind", "number"), [("odoo", signal.SIGTERM), ("trello", signal.SIGINT)])
def test_a_simulated_server_runs_until_it_is_told_to_end(
    isthmus: Isthmus, kind: str, number: signal.Signals
) -> None:
    process = isthmus.start("sandbox", kind)
    assert process.stdout is not None
    assert process.stdout.readline().startswith("http://127.0.0.1:")
    process.send_signal(number)
    _out, err = process.communicate(timeout=20)
    assert process.returncode == 0
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("number", "code", "calls"), [(signal.SIGINT, 130, 0), (signal.SIGTERM, 143, 6), (signal.SIGKILL, -9, 12)]
)
def test_an_import_that_was_ended_is_finished_by_the_next_one(
    isthmus: Isthmus,
    odoo: OdooSandbox,
    trello: TrelloSandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    number: signal.Signals,
    code: int,
    calls: int,
) -> None:
    run, settings = Command(capsys), tmp_path / "isthmus.toml"
    monkeypatch.chdir(tmp_path)
    known = ("--odoo-database", odoo.database, "--odoo-login", odoo.login, "--odoo-key", odoo.api_key)
    run("init", "--odoo-url", odoo.url, *known)
    secrets = ("--key", trello.key, "--token", trello.token)
    run("backend", "add", "trello", "work", "--set", f"url={trello.url}", *secrets)
    text = settings.read_text()
    with Relay(odoo.url, passing=calls) as relay:
        settings.write_text(text.replace(odoo.url, relay.url))
        process = isthmus.start("import", "work")
        assert relay.held.wait(60), "the import made fewer calls to Odoo"
        process.send_signal(number)
        _out, err = process.communicate(timeout=60)
    assert process.returncode == code
    assert "Traceback" not in err
    settings.write_text(text)
    assert run("import", "work").code == 0
    assert run("backend", "show", "work", "--json").data["pairs"]["trello.card"] == 11
    assert odoo_tasks(odoo) == 11
    assert run("verify", "work").code == 0


def odoo_tasks(odoo: OdooSandbox) -> int:
    """Return how many tasks there are, archived ones included: a second try must not make doubles."""
    with odoo.environment() as env:
        return env["project.task"].with_context(active_test=False).search_count([("parent_id", "=", False)])
