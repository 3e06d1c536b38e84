"""What is JSON-2's alone: names of arguments, and pages where an answer should be."""

from __future__ import annotations

from typing import Any

import pytest

from isthmus.errors import ConfigurationError, MalformedAnswerError, NotFoundError, RejectedError
from isthmus.odoo import OdooConnection
from tests.loopback import Answer, Loopback, Received, json_answer, loopback

SIGNATURES = {"methods": {"write": {"parameters": {"values": {}}}, "pack": {"parameters": {"box": {}}}}}
PAGE = Answer(404, b"<!DOCTYPE html><h1>Not Found</h1>", {"Content-Type": "text/html"})


def odoo(received: Received) -> Answer:
    """Answer like an Odoo in which a model calls the values of ``write`` by another name."""
    if received.path.startswith("/doc-bearer/"):
        return json_answer(SIGNATURES)
    wrong = received.path.endswith("/write") and "values" not in received.json()
    error = {
        "name": "werkzeug.exceptions.UnprocessableEntity",
        "message": "missing a required argument: 'values'",
    }
    return json_answer(error, 422) if wrong else json_answer(True)


def connect(server: Loopback) -> OdooConnection:
    return OdooConnection(server.url, "db", "admin", "k" * 40, protocol="json2")


def paths(server: Loopback) -> list[str]:
    return [received.path for received in server.received]


def test_a_models_own_name_for_an_argument_is_looked_up_once() -> None:
    with loopback(odoo) as server:
        connection = connect(server)
        for _ in range(2):
            assert connection.execute("m", "write", [1], kwargs={"vals": {"x": 1}}) is True
    assert server.received[2].json() == {"values": {"x": 1}, "ids": [1]}
    assert paths(server).count("/doc-bearer/m.json") == 1


def test_positions_are_named_from_the_documentation_before_anything_is_called() -> None:
    with loopback(odoo) as server:
        assert connect(server).execute("m", "pack", [1], [{"size": 3}]) is True
    assert paths(server) == ["/doc-bearer/m.json", "/json/2/m/pack"]
    assert server.received[1].json() == {"box": {"size": 3}, "ids": [1]}


@pytest.mark.parametrize("answer", [json_answer({"name": "odoo.exceptions.AccessError"}, 403), PAGE])
def test_without_the_documentation_positions_are_refused_and_wrong_names_stay_wrong(answer: Answer) -> None:
    def closed(received: Received) -> Answer:
        return answer if received.path.startswith("/doc-bearer/") else odoo(received)

    with loopback(closed) as server:
        with pytest.raises(RejectedError, match=r"names of the arguments of m\.pack") as caught:
            connect(server).execute("m", "pack", [1], [{}])
        assert "Pass them by name" in str(caught.value.hint)
        with pytest.raises(RejectedError, match="missing a required argument"):
            connect(server).execute("m", "write", [1], kwargs={"vals": {}})
    assert paths(server).count("/json/2/m/write") == 1


@pytest.mark.parametrize(
    ("version", "kind", "said"),
    [
        (json_answer({"version": "19.0"}), ConfigurationError, "no database 'db'"),
        (json_answer({"version": "saas~18.4"}), ConfigurationError, "has no JSON-2"),
        (PAGE, MalformedAnswerError, "404"),
    ],
)
def test_a_page_instead_of_an_answer_is_explained_by_the_version(
    version: Answer, kind: type[Exception], said: str
) -> None:
    def answer(received: Received) -> Answer:
        return version if received.path == "/json/version" else PAGE

    with loopback(answer) as server, pytest.raises(kind, match=said):
        connect(server).execute("m", "search", kwargs={"domain": []})


def test_a_refused_password_says_that_json2_takes_keys() -> None:
    body: Any = {"name": "werkzeug.exceptions.Unauthorized", "message": "Invalid apikey"}
    with loopback(json_answer(body, 401)) as server:
        for secret, said in (("hunter2", "not a password"), ("a" * 40, "revoked")):
            connection = OdooConnection(server.url, "db", "admin", secret, protocol="json2")
            with pytest.raises(Exception, match=said):
                connection.authenticate()


@pytest.mark.parametrize(("database", "secret"), [("db", "pässwört"), ("数据", "k" * 40)])
def test_what_headers_cannot_carry_is_refused_before_it_is_sent(database: str, secret: str) -> None:
    with loopback(odoo) as server:
        connection = OdooConnection(server.url, database, "admin", secret, protocol="json2")
        with pytest.raises(ConfigurationError, match="headers") as caught:
            connection.authenticate()
        assert secret not in str(caught.value)
    assert server.received == []


def test_names_of_models_and_methods_cannot_leave_the_path() -> None:
    with loopback(json_answer({"name": "werkzeug.exceptions.NotFound", "message": "no"}, 404)) as server:
        with pytest.raises(NotFoundError):
            connect(server).execute("../../web", "a/b?c", kwargs={})
    assert paths(server) == ["/json/2/..%2F..%2Fweb/a%2Fb%3Fc"]
