"""An app and its Odoo instances: one connection each, keys from the right place, nothing asked too early."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from isthmus.app import App
from isthmus.config import OdooSettings, Settings
from isthmus.connector.secret import FernetCipher
from isthmus.connector.turnstile import PostgresTurnstile
from isthmus.errors import ConfigurationError, ModelError, SchemaError, SecretError
from isthmus.http.file_turnstile import FileTurnstile
from isthmus.http.turnstile import LocalTurnstile
from isthmus.odoo.reach import Reach
from isthmus.records import Cipher

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


def test_workers_meet_where_their_database_is(tmp_path: Path, postgres_url: str) -> None:
    def turnstile(database: str) -> object:
        settings = Settings(database=database, connectors=(), path=tmp_path / "isthmus.toml")
        with App(settings, environ={}) as one:
            return one.turnstile

    beside = turnstile("sqlite:///isthmus.sqlite")
    assert isinstance(beside, FileTurnstile)
    assert str(tmp_path / "isthmus.sqlite.turns") in repr(beside)
    assert isinstance(turnstile(postgres_url), PostgresTurnstile)
    assert isinstance(turnstile("sqlite://"), LocalTurnstile)
    assert list(tmp_path.iterdir()) == [], "nothing is made before it is needed"


def test_an_odoo_is_reached_as_its_settings_say(tmp_path: Path) -> None:
    own = OdooSettings(
        url="https://acme.odoo.com",
        database="acme",
        login="admin",
        protocol="xmlrpc",
        rate=2,
        verify="ca.pem",
        proxy="none",
        timeout_s=200,
    )
    with app(tmp_path, {"main": own}, ISTHMUS_ODOO_MAIN_KEY="a") as one:
        assert one.reach("main") == Reach(
            timeout_s=200, verify=str(tmp_path / "ca.pem"), proxy=None, rate=2, concurrency=None
        )
        with pytest.raises(ConfigurationError, match=r"ca\.pem cannot be used as the certificate"):
            one.connection()


def test_a_key_that_was_replaced_in_the_file_is_found_there(tmp_path: Path) -> None:
    file = tmp_path / "isthmus.toml"
    cipher = FernetCipher([KEY])

    def write(key: str) -> None:
        file.write_text(
            '[odoo.main]\nurl = "http://127.0.0.1:9"\ndatabase = "d"\nlogin = "l"\n'
            f'secret = "{cipher.encrypt(key)}"\n'
        )

    write("old")
    with App.load(file, {"ISTHMUS_SECRET_KEY": KEY}) as one:
        write("new")
        assert one.odoo_secret("main") == "old"
        assert one._secret_by_now("main") == "new"
        file.write_text("half a fi")
        assert one._secret_by_now("main") is None


def test_a_database_that_lags_behind_opens_no_environment_until_it_is_upgraded(tmp_path: Path) -> None:
    with app(tmp_path, {}) as one:
        with pytest.raises(SchemaError, match="lags behind") as caught, one.environment():
            pass
        assert caught.value.hint == "Run `isthmus db upgrade`."
        assert [change for change in one.upgrade() if not change.is_automatic] == []
        with one.environment():
            pass
        assert one.pending_changes() == []


def test_a_secret_without_a_secret_key_says_how_to_make_one(tmp_path: Path) -> None:
    with App(Settings(connectors=(), path=tmp_path / "isthmus.toml"), environ={}) as one:
        one.upgrade()
        with one.environment() as env:  # whoever keeps no secrets needs no key
            with pytest.raises(SecretError, match="isthmus init"):
                env.service(Cipher).encrypt("hunter2")


def test_an_environment_knows_the_name_of_its_odoo(tmp_path: Path) -> None:
    with app(tmp_path, {"main": MAIN}, ISTHMUS_ODOO_MAIN_KEY="a") as one:
        one.upgrade()
        with one.environment() as env:
            assert env.odoo_name == "main"
        with one.environment(odoo=None) as env:
            assert env.odoo_name is None
    with app(tmp_path, {}) as one, one.environment() as env:
        assert env.odoo_name is None


@pytest.mark.postgres
def test_workers_that_use_all_connections_can_still_meet(postgres_url: str) -> None:
    with App(Settings(database=postgres_url, connectors=()), environ={}) as app:
        app.upgrade()
        held = [app.database.engine.connect() for _ in range(20)]  # as many as its pool gives
        assert app.turnstile.book("Odoo", 1.0, 60.0) == 0.0
        for connection in held:
            connection.close()
