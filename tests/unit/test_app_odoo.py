"""An app and its Odoo instances: one connection each, keys from the right place, nothing asked too early."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from isthmus.app import App
from isthmus.config import OdooSettings, Settings
from isthmus.connector.secret import FernetCipher
from isthmus.errors import ConfigurationError, ModelError, SchemaError, SecretError

KEY = FernetCipher.new_key()
MAIN = OdooSettings(url="http://127.0.0.1:9", database="o18", login="admin")


def app(tmp_path: Path, odoo: dict[str, OdooSettings], **environ: str) -> App:
    settings = Settings(connectors=(), odoo=odoo, path=tmp_path / "isthmus.toml")
    return App(settings, environ={"ISTHMUS_SECRET_KEY": KEY, **environ})


def test_the_api_key_comes_from_the_environment_before_the_settings(tmp_path: Path) -> None:
    stored = OdooSettings(
        url=MAIN.url, database="o18", login="admin", secret=FernetCipher([KEY]).encrypt("stored")
    )
    with app(tmp_path, {"main": stored}) as one:
        assert one.odoo_secret("main") == "stored"
    with app(tmp_path, {"main": stored}, ISTHMUS_ODOO_MAIN_KEY="given") as one:
        assert one.odoo_secret("main") == "given"


def test_a_plain_text_key_in_the_settings_is_refused(tmp_path: Path) -> None:
    plain = OdooSettings(url=MAIN.url, database="o18", login="admin", secret="hunter2")
    with app(tmp_path, {"main": plain}) as one, pytest.raises(SecretError) as caught:
        one.connection()
    assert "hunter2" not in str(caught.value)


def test_a_missing_api_key_is_refused_with_both_ways_to_give_it(tmp_path: Path) -> None:
    with app(tmp_path, {"main": MAIN}) as one, pytest.raises(ConfigurationError) as caught:
        one.connection()
    assert "ISTHMUS_ODOO_MAIN_KEY" in str(caught.value)
    assert "isthmus odoo secret" in str(caught.value)


def test_all_environments_and_threads_share_one_store_per_instance(tmp_path: Path) -> None:
    second = OdooSettings(url="http://127.0.0.1:9", database="o19", login="admin")
    keys = {"ISTHMUS_ODOO_MAIN_KEY": "a", "ISTHMUS_ODOO_SECOND_KEY": "b"}
    with app(tmp_path, {"main": MAIN, "second": second}, **keys) as one:
        found: list[object] = []
        threads = [threading.Thread(target=lambda: found.append(one.store("main"))) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert set(map(id, found)) == {id(one.store("main"))}
        assert one.store("second") is not one.store("main")


def test_an_environment_opens_without_asking_the_odoo(tmp_path: Path) -> None:
    with app(tmp_path, {"main": MAIN}, ISTHMUS_ODOO_MAIN_KEY="a") as one:
        one.upgrade()
        with one.environment() as env:
            assert env.store("project.task") is one.store("main")


def test_without_any_instance_there_are_local_models_only(tmp_path: Path) -> None:
    with app(tmp_path, {}) as one:
        one.upgrade()
        with one.environment() as env:
            assert env["connector.checkpoint"].search([]).ids == []
            with pytest.raises(ModelError, match="no Odoo is configured"):
                env["project.task"]


def test_an_unknown_instance_is_refused(tmp_path: Path) -> None:
    with app(tmp_path, {"main": MAIN}) as one:
        one.upgrade()
        with pytest.raises(ConfigurationError, match="no Odoo instance 'prod'"), one.environment("prod"):
            pass


def test_a_database_that_lags_behind_opens_no_environment_until_it_is_upgraded(tmp_path: Path) -> None:
    with app(tmp_path, {}) as one:
        with pytest.raises(SchemaError, match="lags behind") as caught, one.environment():
            pass
        assert caught.value.hint == "Run `isthmus db upgrade`."
        assert [change for change in one.upgrade() if not change.is_automatic] == []
        with one.environment():
            pass
        assert one.pending_changes() == []


def test_an_environment_without_a_secret_key_says_how_to_make_one(tmp_path: Path) -> None:
    with App(Settings(connectors=(), path=tmp_path / "isthmus.toml"), environ={}) as one:
        one.upgrade()
        with pytest.raises(SecretError, match="isthmus init"), one.environment():
            pass
