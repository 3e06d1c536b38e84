"""``isthmus init``: everything in one go, nothing overwritten, no secret in plain text."""

from __future__ import annotations

import stat
import sys
from io import StringIO
from pathlib import Path

import pytest

from isthmus.config import load_settings
from isthmus.connector.secret import FernetCipher
from tests.unit.cli.conftest import Run

ODOO = ["--odoo-url", "http://localhost:8069", "--odoo-database", "o18", "--odoo-login", "admin"]


def test_it_makes_settings_key_and_database(run: Run, tmp_path: Path) -> None:
    ran = run("init", *ODOO, "--odoo-key", "hunter2")
    assert ran.code == 0
    assert stat.S_IMODE((tmp_path / "isthmus.key").stat().st_mode) == 0o600
    assert (tmp_path / "isthmus.sqlite").exists()
    settings = load_settings(tmp_path / "isthmus.toml", {})
    assert settings.instance("main").login == "admin"


def test_the_api_key_is_encrypted_with_the_key_file(run: Run, tmp_path: Path) -> None:
    run("init", *ODOO, "--odoo-key", "hunter2")
    assert "hunter2" not in (tmp_path / "isthmus.toml").read_text()
    settings = load_settings(tmp_path / "isthmus.toml", {})
    assert FernetCipher(settings.secret_keys({})).decrypt(settings.instance("main").secret or "") == "hunter2"


def test_the_api_key_may_come_from_stdin(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", StringIO("hunter2\n"))
    assert run("init", *ODOO, "--odoo-key", "-").code == 0
    settings = load_settings(tmp_path / "isthmus.toml", {})
    assert FernetCipher(settings.secret_keys({})).decrypt(settings.instance("main").secret or "") == "hunter2"


def test_without_an_api_key_the_file_says_where_it_is_read_from(run: Run, tmp_path: Path) -> None:
    assert run("init", *ODOO, "--odoo-name", "second-one").code == 0
    assert "ISTHMUS_ODOO_SECOND_ONE_KEY" in (tmp_path / "isthmus.toml").read_text()
    assert list(load_settings(tmp_path / "isthmus.toml", {}).odoo) == ["second-one"]


def test_values_with_quotes_survive(run: Run, tmp_path: Path) -> None:
    run("init", "--odoo-url", "http://x", "--odoo-database", 'a"b\\c', "--odoo-login", "é")
    instance = load_settings(tmp_path / "isthmus.toml", {}).instance("main")
    assert (instance.database, instance.login) == ('a"b\\c', "é")


def test_an_existing_file_is_not_replaced(run: Run, tmp_path: Path) -> None:
    (tmp_path / "isthmus.toml").write_text("# mine")
    ran = run("init")
    assert ran.code == 2
    assert "--force" in ran.err
    assert (tmp_path / "isthmus.toml").read_text() == "# mine"
    assert not (tmp_path / "isthmus.key").exists()


def test_an_existing_key_is_kept_even_by_force(run: Run, tmp_path: Path) -> None:
    run("init")
    key = (tmp_path / "isthmus.key").read_text()
    assert run("init", "--force").code == 0
    assert (tmp_path / "isthmus.key").read_text() == key


def test_a_missing_option_is_named_when_nobody_can_be_asked(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", StringIO())
    ran = run("init", "--odoo-url", "http://localhost:8069")
    assert ran.code == 2
    assert "--odoo-database is missing" in ran.err
    assert not (tmp_path / "isthmus.toml").exists()


def test_a_database_password_is_not_written_down(run: Run, tmp_path: Path) -> None:
    ran = run("init", "--database", "postgresql://me:hunter2@localhost/isthmus")
    assert ran.code == 2
    assert "ISTHMUS_DATABASE" in ran.err
    assert "hunter2" not in ran.err
    assert not (tmp_path / "isthmus.toml").exists()


def test_an_unreachable_database_leaves_no_settings_behind(run: Run, tmp_path: Path) -> None:
    ran = run("init", "--database", "postgresql://me@127.0.0.1:9/isthmus")
    assert ran.code != 0
    assert ran.err.startswith("Error: ")
    assert "Traceback" not in ran.err
    assert not (tmp_path / "isthmus.toml").exists()


def test_the_settings_can_have_another_place(run: Run, tmp_path: Path) -> None:
    assert run("init", "--config", str(tmp_path / "deep" / "prod.toml")).code == 0
    assert (tmp_path / "deep" / "isthmus.key").exists()
    assert run("db", "check", "--config", str(tmp_path / "deep" / "prod.toml")).code == 0
