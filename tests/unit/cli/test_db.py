"""``isthmus db``: the schema of the local database."""

from __future__ import annotations

from pathlib import Path

from tests.unit.cli.conftest import SHOP, Run


def test_a_new_connector_makes_the_database_lag_until_it_is_upgraded(run: Run, tmp_path: Path) -> None:
    (tmp_path / "isthmus.toml").write_text("connectors = []\n")
    assert run("db", "upgrade").code == 0
    assert run("db", "check").out == "The database is up to date.\n"
    (tmp_path / "isthmus.toml").write_text(f'connectors = ["{SHOP}"]\n')
    lag = run("db", "check", "--json")
    assert lag.code == 1
    assert "add table shop_backend" in lag.data["left"]
    assert run("db", "upgrade", "--json").data["done"] == lag.data["left"]
    assert run("db", "check").code == 0


def test_commands_refuse_a_database_that_lags_behind(run: Run, tmp_path: Path) -> None:
    (tmp_path / "isthmus.toml").write_text("connectors = []\n")
    ran = run("backend", "list")
    assert ran.code == 2
    assert ran.err.endswith("Hint: Run `isthmus db upgrade`.\n")


def test_a_connector_that_is_not_installed_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "isthmus.toml").write_text('connectors = ["isthmus.trelo"]\n')
    ran = run("db", "check")
    assert ran.code == 2
    assert "Did you mean 'isthmus.trello'?" in ran.err
