"""Every recorded exchange of the three protocols, answered over real sockets as Odoo 18 and 19 answered."""

from __future__ import annotations

import json
import xmlrpc.client
from typing import Any

import pytest

from isthmus.errors import (
    AmbiguousError,
    ConfigurationError,
    ConflictError,
    IsthmusError,
    MalformedAnswerError,
    RateLimitedError,
    RejectedError,
    RemoteError,
    UnauthorizedError,
    UnreachableError,
)
from isthmus.http import HttpClient, Timeout
from isthmus.odoo import OdooConnection
from tests.loopback import Answer, Loopback, Received, json_answer, loopback
from tests.still_clock import StillClock
from tests.unit.odoo.recorded import (
    EXPECTED,
    VERSIONS,
    Exchange,
    Refusal,
    call_of,
    exchanges,
    is_call,
    is_whole,
    named,
    result_of,
)

SECRET = "key-5f0c"
PROTOCOLS = ("json2", "jsonrpc", "xmlrpc")
ALL = [
    pytest.param(version, exchange, id=f"{version}-{key}")
    for version in VERSIONS
    for key, exchange in exchanges(version, *PROTOCOLS).items()
]
#: What is sent differently from how it was recorded, on purpose.
NOT_OURS = {"no-ids-write", "positional-list", "bad-json", "empty-body"}
#: What is no answer to a call of a method; these have tests of their own below.
APART = {"xmlrpc1-access-denied", "unknown-service-method"}
CALLS = [
    one
    for one in ALL
    if is_call(one.values[1]) and is_whole(one.values[1]) and one.values[1]["name"] not in NOT_OURS | APART
]


def recorded_answer(exchange: Exchange, number: Any = None) -> Answer:
    """Return the answer as it was recorded, under the number that was asked."""
    response = exchange["response"]
    body = response["body"]
    if exchange["protocol"] == "jsonrpc" and isinstance(body, dict):
        body = {**body, "id": number}
    text = body if isinstance(body, str) else json.dumps(body)
    return Answer(response["status"], text.encode(), {"Content-Type": response["headers"]["Content-Type"]})


def called(received: Received) -> tuple[str, list[Any], Any]:
    """Return method, arguments and number of a call of a service."""
    if received.path.startswith("/xmlrpc/"):
        args, method = xmlrpc.client.loads(received.body)
        return str(method), list(args), None
    asked = received.json()
    return asked["params"]["method"], asked["params"]["args"], asked["id"]


def replay(exchange: Exchange) -> Any:
    """Answer like the recorded server: the way to the call as usual, then as it was recorded."""

    def answer(received: Received) -> Answer:
        if received.path == "/json/version":
            return json_answer({"version": f"{exchange['odoo']}.0"})
        if received.path.startswith("/doc-bearer/"):
            return Answer(404)
        if received.path.startswith("/json/2/"):
            return recorded_answer(exchange)
        method, _, number = called(received)
        if method != "authenticate":
            return recorded_answer(exchange, number)
        if exchange["protocol"] == "xmlrpc":
            return Answer(200, xmlrpc.client.dumps((2,), methodresponse=True).encode())
        return json_answer({"jsonrpc": "2.0", "id": number, "result": 2})

    return answer


def connect(server: Loopback, protocol: str) -> OdooConnection:
    clock = StillClock()
    http = HttpClient(server.url, clock=clock, timeout=Timeout(2, 5, 10), secrets=(SECRET,))
    return OdooConnection(server.url, "db", "admin", SECRET, http=http, protocol=protocol, clock=clock)


def execute(connection: OdooConnection, exchange: Exchange) -> Any:
    """Make the recorded call."""
    model, method, args, kwargs = call_of(exchange)
    if exchange["protocol"] != "json2":
        return connection.execute(model, method, None, args, kwargs)
    named = {name: value for name, value in kwargs.items() if name != "ids"}
    return connection.execute(model, method, kwargs.get("ids"), kwargs=named)


@pytest.mark.parametrize(("version", "exchange"), CALLS)
def test_a_recorded_call_is_sent_as_recorded_and_answered_or_refused(
    version: str, exchange: Exchange
) -> None:
    wanted = result_of(exchange)
    with loopback(replay(exchange)) as server:
        connection = connect(server, exchange["protocol"])
        if isinstance(wanted, Refusal):
            kind = MalformedAnswerError if wanted == "status 415" else EXPECTED[exchange["name"]]
            with pytest.raises(kind) as caught:
                execute(connection, exchange)
            assert type(caught.value) is kind
            assert not caught.value.retryable
            assert SECRET not in str(caught.value) + repr(caught.value.details)
            assert "Traceback" not in str(caught.value) + repr(caught.value.details)
        else:
            assert execute(connection, exchange) == wanted
    model, method, args, kwargs = call_of(exchange)
    if exchange["protocol"] == "json2":
        (sent,) = [one for one in server.received if one.path.startswith("/json/2/")]
        assert sent.path == exchange["request"]["path"]
        assert sent.json() == kwargs
        assert sent.headers["Authorization"] == f"Bearer {SECRET}"
        assert sent.headers["X-Odoo-Database"] == "db"
    else:
        _, sent = server.received
        _, given, _ = called(sent)
        assert given[:5] == ["db", 2, SECRET, model, method]
        assert given[5][: len(args)] == args


@pytest.mark.parametrize("version", VERSIONS)
def test_every_refused_exchange_is_replayed(version: str) -> None:
    """What is left out are requests that this client cannot send, and logins, which come below."""
    refused = {
        key
        for key, one in exchanges(version, *PROTOCOLS).items()
        if is_whole(one) and isinstance(result_of(one), Refusal)
    }
    replayed = {one.id.partition("-")[2] for one in CALLS if one.values[0] == version}
    left = {key.partition("-")[2] for key in refused - replayed}
    assert left - NOT_OURS <= {
        "authenticate-bad-db",
        "unknown-service-method",
        "xmlrpc1-access-denied",
        "xmlrpc-malformed",
        "jsonrpc-malformed",
        "jsonrpc-wrong-content-type",
        "get-method",
        "no-method-path",
    }


LOGINS = [
    ("authenticate-bad-db", ConfigurationError),
    ("authenticate-bad-password", UnauthorizedError),
    ("authenticate-unknown-login", UnauthorizedError),
]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("name", "kind"), LOGINS)
def test_a_recorded_login_is_refused_once_and_for_all(version: str, name: str, kind: type) -> None:
    exchange = named(version, name, "xmlrpc")
    with loopback(recorded_answer(exchange)) as server:
        connection = connect(server, "xmlrpc")
        for _ in range(3):
            with pytest.raises(kind):
                connection.authenticate()
        assert len(server.received) == (1 if kind is UnauthorizedError else 3)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("xmlrpc1-access-denied", UnauthorizedError),
        ("unknown-service-method", RejectedError),
        ("xmlrpc-malformed", RejectedError),
    ],
)
def test_a_recorded_fault_of_the_protocol_itself_has_its_error(version: str, name: str, kind: type) -> None:
    with loopback(recorded_answer(named(version, name, "xmlrpc"))) as server, pytest.raises(kind) as caught:
        connect(server, "xmlrpc").version()
    assert type(caught.value) is kind


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", ["jsonrpc-malformed", "jsonrpc-wrong-content-type"])
def test_a_recorded_page_of_the_protocol_is_a_malformed_answer(version: str, name: str) -> None:
    with loopback(recorded_answer(named(version, name))) as server:
        with pytest.raises(MalformedAnswerError, match="URL of an Odoo"):
            connect(server, "jsonrpc").authenticate()


@pytest.mark.parametrize("name", ["get-method", "no-method-path"])
def test_a_recorded_wrong_address_of_json2_is_not_found(name: str) -> None:
    with (
        loopback(recorded_answer(named("19", name, "json2"))) as server,
        pytest.raises(RemoteError) as caught,
    ):
        connect(server, "json2").execute("m", "do")
    assert caught.value.status == 404


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_recorded_version_is_read_without_credentials(version: str, protocol: str) -> None:
    if protocol == "json2" and version == "18":
        return
    name, kind = ("json-version", "http") if protocol == "json2" else ("version", protocol)
    exchange = named(version, name, kind)

    def answer(received: Received) -> Answer:
        return recorded_answer(exchange, received.json()["id"] if protocol == "jsonrpc" else None)

    with loopback(answer) as server:
        assert connect(server, protocol).version().major == int(version)
    assert SECRET.encode() not in server.received[0].body
    assert "Authorization" not in server.received[0].headers


def test_the_user_of_a_key_is_who_its_context_says() -> None:
    with loopback(recorded_answer(named("19", "ok-context-get", "json2"))) as server:
        connection = connect(server, "json2")
        assert [connection.authenticate() for _ in range(2)] == [2, 2]
        assert len(server.received) == 1


# --- what was not recorded: only the transient may be tried again ---------------------------------------

TRANSIENT = [
    ("psycopg2.errors.SerializationFailure", 500, ConflictError),
    ("psycopg2.errors.DeadlockDetected", 500, ConflictError),
    ("psycopg2.errors.LockNotAvailable", 500, ConflictError),
    ("psycopg2.OperationalError", 500, UnreachableError),
    ("odoo.exceptions.LockError", 409, ConflictError),
    ("werkzeug.exceptions.TooManyRequests", 429, RateLimitedError),
]
FINAL = [
    ("builtins.ValueError", 500, RejectedError),
    ("odoo.exceptions.UserError", 422, RejectedError),
    ("werkzeug.exceptions.RequestEntityTooLarge", 413, RejectedError),
    ("addon.SomeError", 500, RemoteError),
]


def refusal(protocol: str, name: str, status: int) -> Any:
    """Answer like an Odoo that raises an exception."""
    body = {"name": name, "message": "text in any language", "arguments": [], "debug": ""}

    def answer(received: Received) -> Answer:
        if protocol == "json2":
            return Answer(status, json.dumps(body).encode(), {"Content-Type": "application/json"})
        method, _, number = called(received)
        if protocol == "jsonrpc":
            given = {"result": 2} if method == "authenticate" else {"error": {"data": body}}
            return json_answer({"jsonrpc": "2.0", "id": number, **given})
        raised = f"Traceback (most recent call last):\n  ...\n{name.removeprefix('builtins.')}: text\n"
        fault = xmlrpc.client.Fault(2 if name.startswith("odoo.") else 1, raised)
        given = (2,) if method == "authenticate" else fault
        return Answer(200, xmlrpc.client.dumps(given, methodresponse=True).encode())

    return answer


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(("name", "status", "kind"), [*TRANSIENT, *FINAL])
def test_an_exception_is_told_by_its_name_alone(protocol: str, name: str, status: int, kind: type) -> None:
    if protocol == "xmlrpc" and name == "odoo.exceptions.LockError":
        kind = RejectedError  # fault 2 has no name
    with loopback(refusal(protocol, name, status)) as server, pytest.raises(IsthmusError) as caught:
        connect(server, protocol).execute("m", "write", [1], kwargs={"vals": {}})
    assert type(caught.value) is kind
    assert caught.value.retryable is (kind in (ConflictError, UnreachableError, RateLimitedError))


def test_a_method_whose_result_is_nothing_is_done_although_xmlrpc_calls_it_a_fault() -> None:
    reason = "TypeError: cannot marshal None unless allow_none is enabled"
    text = f"Traceback (most recent call last):\n  ...\n{reason}\n"

    def answer(received: Received) -> Answer:
        method, *_ = called(received)
        given = (2,) if method == "authenticate" else xmlrpc.client.Fault(1, text)
        return Answer(200, xmlrpc.client.dumps(given, methodresponse=True).encode())

    with loopback(answer) as server:
        connection = connect(server, "xmlrpc")
        assert connection.execute("m", "do", [1]) is None
        with pytest.raises(MalformedAnswerError, match="cannot carry its result"):
            connection.execute("m", "search_read", kwargs={"domain": []})


def test_a_result_too_large_for_xmlrpc_leaves_in_doubt_only_what_changes_something() -> None:
    text = "Traceback (most recent call last):\n  ...\nOverflowError: int exceeds XML-RPC limits\n"

    def answer(received: Received) -> Answer:
        method, *_ = called(received)
        given = (2,) if method == "authenticate" else xmlrpc.client.Fault(1, text)
        return Answer(200, xmlrpc.client.dumps(given, methodresponse=True).encode())

    with loopback(answer) as server:
        connection = connect(server, "xmlrpc")
        with pytest.raises(AmbiguousError, match="was done"):
            connection.execute("m", "do", [1])
        with pytest.raises(MalformedAnswerError):
            connection.execute("m", "read", [1], kwargs={"fields": ["big"]})
