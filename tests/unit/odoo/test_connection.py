import threading

import pytest

from isthmus.errors import ConfigurationError, MalformedAnswerError
from isthmus.odoo import OdooConnection
from isthmus.telemetry import subscribe
from tests.unit.odoo.scripted import FIELDS, ScriptedOdoo


def connection_on(odoo, **options):
    return OdooConnection("http://u:pw@odoo.test/?x=1", "db", "login", "s3cret", protocol=odoo, **options)


def test_a_connection_shows_no_secret():
    assert "s3cret" not in repr(connection_on(ScriptedOdoo()))
    assert "pw" not in repr(connection_on(ScriptedOdoo()))
    assert "s3cret" not in repr(OdooConnection("http://odoo.test", "db", "login", "s3cret").__dict__)


@pytest.mark.parametrize("missing", ["database", "login", "secret"])
def test_a_missing_setting_is_named(missing):
    settings = {"database": "db", "login": "login", "secret": "secret", missing: ""}
    with pytest.raises(ConfigurationError, match=missing):
        OdooConnection("http://odoo.test", **settings)


def test_contexts_merge_and_the_nearest_wins():
    odoo = ScriptedOdoo(search=lambda call: [])
    connection = connection_on(odoo, context={"lang": "fr_FR", "tz": "UTC"})
    connection.execute(
        "m", "search", kwargs={"domain": [], "context": {"tz": "CET", "a": 1}}, context={"a": 2}
    )
    assert odoo.calls[0].kwargs["context"] == {"lang": "fr_FR", "tz": "CET", "a": 2}


def test_without_a_context_none_is_sent():
    odoo = ScriptedOdoo(search=lambda call: [])
    connection_on(odoo).execute("m", "search", args=[[]])
    assert odoo.calls[0].kwargs == {"domain": []}


def test_calls_are_counted_by_model_and_method_and_told():
    events = []
    stop = subscribe(lambda name, fields: events.append((name, fields)))
    connection = connection_on(ScriptedOdoo(write=lambda call: True))
    threads = [
        threading.Thread(target=connection.execute, args=("m", "write", [1, 2], [{}])) for _ in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stop()
    assert connection.calls == {("m", "write"): 20}
    name, fields = events[0]
    assert name == "odoo.call"
    assert {**fields, "duration_s": 0} == {"model": "m", "method": "write", "count": 2, "duration_s": 0}


def test_the_fields_of_a_model_are_asked_once():
    odoo = ScriptedOdoo()
    connection = connection_on(odoo)
    assert connection.fields_get("m") == connection.fields_get("m") == FIELDS
    assert len(odoo.calls) == 1


def test_fields_that_are_no_mapping_are_malformed():
    with pytest.raises(MalformedAnswerError):
        connection_on(ScriptedOdoo(fields_get=lambda call: [])).fields_get("m")


def test_the_version_is_asked_once():
    connection = connection_on(ScriptedOdoo())
    assert connection.version() is connection.version()
