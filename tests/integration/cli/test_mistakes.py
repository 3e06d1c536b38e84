"""What goes wrong is told in one sentence, with the exit code that says whose fault it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from isthmus.sandbox.odoo import OdooSandbox
from isthmus.sandbox.trello import TrelloSandbox
from tests.command import Command

ODOO = ("--odoo-database", "sandbox", "--odoo-login", "admin", "--odoo-key", "s3cret")


def test_an_odoo_that_is_not_there(run: Command) -> None:
    assert run("init", "--odoo-url", "http://127.0.0.1:9", *ODOO).code == 0
    ran = run("odoo", "check")
    assert ran.code == 3
    assert "127.0.0.1:9" in ran.out


def test_a_wrong_api_key_of_odoo(run: Command, odoo: OdooSandbox) -> None:
    assert run("init", "--odoo-url", odoo.url, *ODOO).code == 0
    ran = run("odoo", "check", "--json")
    assert ran.code == 3
    checks = [(one["check"], one["ok"]) for one in ran.data["main"]]
    assert checks == [("version", True), ("protocol", True), ("login", False)]
    assert "s3cret" not in ran.out + ran.err


def test_a_wrong_database_of_odoo(run: Command, odoo: OdooSandbox) -> None:
    given = ("--odoo-database", "elsewhere", "--odoo-login", "admin", "--odoo-key", "x")
    assert run("init", "--odoo-url", odoo.url, *given).code == 0
    ran = run("odoo", "check")
    assert ran.code == 3
    assert "elsewhere" in ran.out


@pytest.mark.parametrize(("key", "token"), [("k3y", "wrong"), ("wrong", "t0k3n")])
def test_a_wrong_key_or_token_of_trello(ready: Command, trello: TrelloSandbox, key: str, token: str) -> None:
    given = ("--key", key, "--token", token, "--set", f"url={trello.url}")
    ran = ready("backend", "add", "trello", "work", *given)
    assert ran.code == 3
    assert "\nHint: " in ran.err
    assert ready("backend", "list", "--json").data == []


def test_a_board_that_is_not_there(work: Command) -> None:
    assert work("backend", "set", "work", 'boards=["5f0000000000000000000000"]').code == 0
    ran = work("import", "work")
    assert ran.code in (1, 3)
    assert "5f0000000000000000000000" in ran.out + ran.err


@pytest.mark.parametrize("content", ['{"id": "4eea", "name": "cut', "[]", "<html>", '{"name": "no board"}'])
def test_an_export_that_is_none(run: Command, tmp_path: Path, content: str) -> None:
    (tmp_path / "board.json").write_text(content)
    ran = run("sandbox", "trello", "--board", "board.json")
    assert ran.code == 1
    assert ran.out == ""
    assert ran.err.startswith("Error: ")
    assert "board.json" in ran.err


def test_an_export_that_does_not_exist(run: Command) -> None:
    ran = run("sandbox", "trello", "--board", "nowhere.json")
    assert ran.code == 2
    assert "nowhere.json" in ran.err


def test_a_backend_that_does_not_exist(ready: Command) -> None:
    ran = ready("import", "work")
    assert ran.code == 2
    assert (
        ran.err
        == "Error: there is no backend 'work'; known: none\nHint: Make one with `isthmus backend add`.\n"
    )


def test_an_entity_that_does_not_exist(work: Command) -> None:
    ran = work("import", "work", "--entity", "crad")
    assert ran.code == 2
    assert "Did you mean 'card'?" in ran.err


def test_an_api_key_that_is_nowhere(run: Command) -> None:
    given = ("--odoo-url", "http://127.0.0.1:9", "--odoo-database", "a", "--odoo-login", "b")
    assert run("init", *given).code == 0
    ran = run("odoo", "check")
    assert ran.code == 2
    assert "ISTHMUS_ODOO_MAIN_KEY" in ran.err


def test_a_key_file_that_is_lost(ready: Command, tmp_path: Path) -> None:
    (tmp_path / "isthmus.key").unlink()
    ran = ready("odoo", "check")
    assert ran.code == 2
    assert "isthmus init" in ran.err


def test_a_key_file_of_somebody_else(ready: Command, tmp_path: Path) -> None:
    (tmp_path / "isthmus.key").unlink()
    (tmp_path / "isthmus.toml").rename(tmp_path / "mine.toml")
    assert ready("init").code == 0
    (tmp_path / "mine.toml").rename(tmp_path / "isthmus.toml")
    ran = ready("odoo", "check")
    assert ran.code == 2
    assert "cannot be decrypted" in ran.err
