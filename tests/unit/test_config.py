"""Settings: read, typed, and refused with the place at fault."""

from __future__ import annotations

from pathlib import Path

import pytest

from isthmus.config import FILE_NAME, Settings, find_settings, load_settings, parse_settings
from isthmus.errors import ConfigurationError

PATH = Path("/etc/isthmus/isthmus.toml")

COMPLETE = """\
database = "postgresql://sync@db/isthmus"
connectors = ["isthmus.trello", "acme.shop"]
secret_key_file = "/run/keys/isthmus"

[odoo.main]
url = "https://acme.odoo.com"
database = "acme"
login = "sync@acme.example"
key_env = "ACME_KEY"

[odoo."second-one"]
url = "http://localhost:8069"
database = "o18"
login = "admin"
"""


INSTANCE = '[odoo.main]\nurl = "http://x"\ndatabase = "d"\nlogin = "l"\n'


def refused(text: str) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        parse_settings(text, PATH)
    return caught.value


def test_a_complete_file_is_read_as_it_stands() -> None:
    settings = parse_settings(COMPLETE, PATH)
    assert settings.database_url == "postgresql://sync@db/isthmus"
    assert settings.connectors == ("isthmus.trello", "acme.shop")
    assert settings.key_file == Path("/run/keys/isthmus")
    assert settings.instance("main").url == "https://acme.odoo.com"
    assert list(settings.odoo) == ["main", "second-one"]


def test_an_empty_file_gives_a_database_and_a_key_beside_it() -> None:
    settings = parse_settings("", PATH)
    assert settings.database_url == "sqlite:////etc/isthmus/isthmus.sqlite"
    assert settings.key_file == Path("/etc/isthmus/isthmus.key")
    assert settings.connectors is None
    assert settings.odoo == {}


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "sqlite:////var/lib/a.sqlite"])
def test_memory_and_absolute_databases_are_left_alone(url: str) -> None:
    assert Settings(database=url, path=PATH).database_url == url


def test_an_unknown_setting_is_refused_with_its_line_and_the_nearest_name() -> None:
    error = refused('# comment\n\ndatabse = "sqlite://"\n')
    assert error.message == f"{PATH}, line 3: unknown setting 'databse'"
    assert error.hint == "Did you mean 'database'?"


def test_an_unknown_setting_of_an_instance_is_refused_with_its_line() -> None:
    error = refused(COMPLETE + 'pasword = "x"\n')
    assert error.message == f"{PATH}, line 15: unknown setting 'odoo.second-one.pasword'"
    known = "url, database, login, key_env, secret, protocol, rate, concurrency, timeout_s, verify, proxy"
    feed = "feed_interval_s, feed_overlap_s, feed_sweep_s, feed_models"
    assert error.hint == f"Known here: {known}, {feed}."


def test_the_path_is_no_setting() -> None:
    assert "unknown setting 'path'" in refused('path = "x"').message


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("database = 1", "line 1: 'database' must be text, not a number"),
        ('connectors = "isthmus.trello"', "line 1: 'connectors' must be a list of texts, not text"),
        ("connectors = [1]", "line 1: 'connectors' must be text, not a number"),
        (
            '[odoo.main]\nurl = true\ndatabase = "a"\nlogin = "b"',
            "line 2: 'odoo.main.url' must be text, not true or false",
        ),
        ('[odoo.main]\nurl = "http://x"\nlogin = "b"', "line 1: [odoo.main] lacks the setting 'database'"),
        (
            INSTANCE + 'protocol = "soap"',
            "line 5: 'odoo.main.protocol' cannot be 'soap'; known: auto, json2, jsonrpc, xmlrpc",
        ),
        (INSTANCE + "rate = -1", "line 5: 'odoo.main.rate' must be a number >= 0"),
        (
            INSTANCE + "concurrency = 1.5",
            "line 5: 'odoo.main.concurrency' must be a whole number, not a number",
        ),
        (INSTANCE + "timeout_s = 60", "line 5: 'odoo.main.timeout_s' must be a number > 60"),
        (INSTANCE + "verify = 1", "line 5: 'odoo.main.verify' must be true, false or a file, not a number"),
        (
            INSTANCE + 'proxy = "http://me:pw@proxy:3128"',
            "line 5: the proxy's password would stand here as plain text",
        ),
        ('odoo = "http://x"', "line 1: Odoo instances are tables with a name"),
        ('[odoo]\nurl = "http://x"', "line 1: Odoo instances are tables with a name"),
    ],
)
def test_a_wrong_value_is_one_sentence_with_its_line(text: str, sentence: str) -> None:
    assert refused(text).message == f"{PATH}, {sentence}"


def test_an_odoo_is_reached_in_the_usual_way_unless_its_table_says_otherwise() -> None:
    usual = parse_settings(INSTANCE, PATH).instance("main")
    assert (usual.protocol, usual.rate, usual.concurrency, usual.timeout_s) == ("auto", None, None, 130.0)
    assert (usual.verify, usual.proxy) == (True, "environment")
    own = 'protocol = "xmlrpc"\nrate = 2\nconcurrency = 0\ntimeout_s = 300\nverify = "ca.pem"\nproxy = "none"'
    settings = parse_settings(INSTANCE + own, PATH)
    set_so = settings.instance("main")
    assert (set_so.protocol, set_so.rate, set_so.concurrency, set_so.timeout_s) == ("xmlrpc", 2.0, 0, 300.0)
    assert settings.certificates("main") == str(PATH.parent / "ca.pem")
    assert set_so.proxy == "none"


def test_broken_toml_is_refused_with_the_place_of_the_break() -> None:
    message = refused('database = "a.sqlite"\nconnectors = [,]\n').message
    assert message.startswith(f"{PATH} is not valid TOML: ")
    assert "line 2" in message


def test_an_unknown_instance_is_refused_with_the_known_ones() -> None:
    with pytest.raises(
        ConfigurationError, match="no Odoo instance 'mian' is configured; known: 'main'"
    ) as caught:
        parse_settings(COMPLETE, PATH).instance("mian")
    assert "[odoo.mian]" in str(caught.value)


def test_the_key_variable_follows_the_instance_unless_it_names_its_own() -> None:
    settings = parse_settings(COMPLETE, PATH)
    assert settings.key_variable("main") == "ACME_KEY"
    assert settings.key_variable("second-one") == "ISTHMUS_ODOO_SECOND_ONE_KEY"


def test_the_settings_file_is_the_named_one_then_the_variable_then_the_folder(tmp_path: Path) -> None:
    environ = {"ISTHMUS_CONFIG": str(tmp_path / "from-env.toml")}
    assert find_settings(tmp_path / "named.toml", environ) == tmp_path / "named.toml"
    assert find_settings(None, environ) == tmp_path / "from-env.toml"
    assert find_settings(None, {}) == Path.cwd() / FILE_NAME


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="there is no settings file") as caught:
        load_settings(tmp_path / "isthmus.toml", {})
    assert "isthmus init" in str(caught.value.hint)


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "isthmus.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigurationError, match="cannot be read: it is not UTF-8 text"):
        load_settings(tmp_path / "isthmus.toml", {})


def test_the_database_variable_wins_over_the_file(tmp_path: Path) -> None:
    (tmp_path / "isthmus.toml").write_text('database = "sqlite:///a.sqlite"')
    settings = load_settings(tmp_path / "isthmus.toml", {"ISTHMUS_DATABASE": "postgresql://u:p@h/db"})
    assert settings.database_url == "postgresql://u:p@h/db"


def test_secret_keys_come_from_the_variable_before_the_file(tmp_path: Path) -> None:
    settings = Settings(path=tmp_path / "isthmus.toml")
    assert settings.secret_keys({}) == []
    settings.key_file.write_text("newest\noldest\n")
    assert settings.secret_keys({}) == ["newest", "oldest"]
    assert settings.secret_keys({"ISTHMUS_SECRET_KEY": "one, two"}) == ["one", "two"]
