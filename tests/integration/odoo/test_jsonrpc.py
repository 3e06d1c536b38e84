"""JSON-RPC against recorded answers and faults, over real sockets."""

import json
import threading

import pytest

from isthmus.errors import (
    AmbiguousError,
    IsthmusError,
    MalformedAnswerError,
    RateLimitedError,
    RejectedError,
    UnauthorizedError,
    UnreachableError,
)
from isthmus.http import HttpClient, Timeout
from isthmus.odoo import OdooConnection
from tests.loopback import Answer, json_answer, loopback
from tests.still_clock import StillClock
from tests.unit.odoo.recorded import VERSIONS, call_of, exchanges, faults
from tests.unit.odoo.test_errors import EXPECTED

SECRET = "key-5f0c"
OBJECT_CALLS = [
    pytest.param(one, id=f"{v}-{key}")
    for v in VERSIONS
    for key, one in exchanges(v).items()
    if isinstance(one["request"]["body"], dict)
    and one["request"]["body"].get("params", {}).get("service") == "object"
    and "_truncated" not in str(one["response"]["body"])[:40]
]


def result(received, value):
    return json_answer({"jsonrpc": "2.0", "id": received.json()["id"], "result": value})


def replay(exchange):
    """Answer an authentication with a uid and anything else as it was recorded, under the number asked."""

    def answer(received):
        asked = received.json()
        if asked["params"]["method"] == "authenticate":
            return result(received, 2)
        body = {**exchange["response"]["body"], "id": asked["id"]}
        return Answer(
            exchange["response"]["status"], json.dumps(body).encode(), {"Content-Type": "application/json"}
        )

    return answer


def odoo_like(value):
    """Answer an authentication with a uid and anything else with a value or an answer."""

    def answer(received):
        if received.json()["params"]["method"] == "authenticate":
            return result(received, 2)
        return value if isinstance(value, Answer) else result(received, value)

    return answer


def connect(server, clock=None, timeout=None, **options):
    clock = clock or StillClock()
    http = HttpClient(server.url, clock=clock, timeout=timeout or Timeout(2, 5, 10), secrets=(SECRET,))
    return OdooConnection(server.url, "db", "admin", SECRET, http=http, clock=clock, **options)


@pytest.fixture(scope="module")
def replaying():
    with loopback(Answer(500)) as server:
        yield server


@pytest.mark.parametrize("exchange", OBJECT_CALLS)
def test_a_recorded_call_is_sent_as_recorded_and_answered_or_refused(exchange, replaying):
    model, method, args, kwargs = call_of(exchange)
    replaying.answer = replay(exchange)
    replaying.received.clear()
    connection = connect(replaying)
    body = exchange["response"]["body"]
    if "error" in body:
        with pytest.raises(EXPECTED[exchange["name"]]):
            connection.execute(model, method, None, args, kwargs)
    else:
        assert connection.execute(model, method, None, args, kwargs) == body.get("result")
    _, sent = (received.json() for received in replaying.received)
    assert sent["params"]["args"][:5] == ["db", 2, SECRET, model, method]
    assert sent["params"]["args"][5][: len(args)] == args


@pytest.mark.parametrize("version", VERSIONS)
def test_a_recorded_version_is_read_without_credentials(version):
    recorded = next(one for key, one in exchanges(version).items() if key.endswith("-version"))
    with loopback(replay(recorded)) as server:
        assert connect(server).version().major == int(version)
    assert SECRET.encode() not in server.received[0].body


@pytest.mark.parametrize("version", VERSIONS)
def test_a_recorded_wrong_database_says_so(version):
    exchange = next(one for one in faults(version).values() if one["name"] == "authenticate-bad-db")

    def answer(received):
        return json_answer({**exchange["response"]["body"], "id": received.json()["id"]})

    with (
        loopback(answer) as server,
        pytest.raises(EXPECTED["authenticate-bad-db"], match="no database 'probe-nodb'"),
    ):
        connect(server).authenticate()


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", ["jsonrpc-malformed", "jsonrpc-wrong-content-type"])
def test_a_recorded_protocol_error_is_a_malformed_answer(version, name):
    exchange = next(one for one in exchanges(version).values() if one["name"] == name)
    status, body = exchange["response"]["status"], exchange["response"]["body"].encode()
    page = Answer(status, body, {"Content-Type": "text/html"})
    with loopback(odoo_like(page)) as server, pytest.raises(MalformedAnswerError, match="URL of an Odoo"):
        connect(server).execute("res.partner", "search", args=[[]])


def test_a_method_that_returns_nothing_gives_none():
    with loopback(odoo_like(None)) as server:
        assert connect(server).execute("m", "do", [1]) is None

    def without_result(received):
        return json_answer({"jsonrpc": "2.0", "id": received.json()["id"]})

    with loopback(odoo_like(2), without_result) as server:
        assert connect(server).execute("m", "do", [1]) is None


# --- credentials ---------------------------------------------------------------------------------------


def test_the_user_is_authenticated_once_for_all_threads():
    with loopback(odoo_like([])) as server:
        connection = connect(server)
        threads = [
            threading.Thread(target=connection.execute, args=("m", "search", None, [[]])) for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    methods = [received.json()["params"]["method"] for received in server.received]
    assert methods.count("authenticate") == 1
    assert methods.count("execute_kw") == 8


def test_a_refused_login_is_not_tried_again_before_odoos_lock_is_over():
    clock = StillClock()
    with loopback(lambda received: result(received, False)) as server:
        connection = connect(server, clock)
        for _ in range(3):
            with pytest.raises(UnauthorizedError, match="refused the login 'admin'"):
                connection.execute("m", "search", args=[[]])
        assert len(server.received) == 1
        clock.advance(61)
        with pytest.raises(UnauthorizedError):
            connection.authenticate()
        assert len(server.received) == 2


def test_a_key_revoked_meanwhile_is_noticed_and_asked_again_only_once():
    denied = next(one for one in faults("19").values() if one["name"] == "access-denied-wrong-password")

    def answer(received):
        if received.json()["params"]["method"] == "authenticate":
            return result(received, 2 if len(server.received) == 1 else False)
        return json_answer({**denied["response"]["body"], "id": received.json()["id"]})

    with loopback(answer) as server:
        connection = connect(server)
        for _ in range(4):
            with pytest.raises(UnauthorizedError):
                connection.execute("m", "write", [1], [{}])
        assert len(server.received) == 3


def test_the_secret_is_masked_in_every_error():
    error = {"name": "builtins.ValueError", "message": f"bad {SECRET}", "debug": f"args=('{SECRET}',)"}

    def answer(received):
        return json_answer({"jsonrpc": "2.0", "id": received.json()["id"], "error": {"data": error}})

    with loopback(odoo_like(2), answer) as server, pytest.raises(RejectedError) as caught:
        connect(server, debug=True).execute("m", "write", [1], [{}])
    assert SECRET not in str(caught.value) + repr(caught.value.details)
    assert "***" in caught.value.details["debug"]


# --- faults --------------------------------------------------------------------------------------------

HTML_502 = Answer(502, b"<html><h1>502 Bad Gateway</h1></html>", {"Content-Type": "text/html"})
UNSURE = [
    pytest.param(Answer(silent=True), id="timeout after acting"),
    pytest.param(
        Answer(200, b'{"jsonrpc": "2.0", "id": 2, "result": true}', cut=10), id="closed in mid-body"
    ),
    pytest.param(Answer(hang_up=True), id="closed without an answer"),
    pytest.param(
        Answer(200, b'{"jsonrpc": "2.0", "id"', {"Content-Type": "application/json"}), id="truncated JSON"
    ),
    pytest.param(HTML_502, id="502 page"),
]
IMPATIENT = Timeout(2, 0.2, 5)


@pytest.mark.parametrize("fault", UNSURE)
def test_a_write_without_a_usable_answer_is_ambiguous_and_not_repeated(fault):
    with loopback(odoo_like(2), fault) as server:
        with pytest.raises(AmbiguousError):
            connect(server, timeout=IMPATIENT).execute("m", "create", args=[[{"name": "x"}]])
        assert len(server.received) == 2


@pytest.mark.parametrize("fault", [fault for fault in UNSURE if fault.id != "truncated JSON"])
@pytest.mark.parametrize(("method", "idempotent"), [("search_read", None), ("load", True)])
def test_a_call_that_may_be_repeated_survives_the_same_fault(fault, method, idempotent):
    with loopback(odoo_like(2), fault, odoo_like([1])) as server:
        connection = connect(server, timeout=IMPATIENT)
        assert connection.execute("m", method, args=[[], []], idempotent=idempotent) == [1]
        assert len(server.received) == 3


def test_too_many_requests_are_waited_for():
    clock = StillClock()
    with loopback(odoo_like(2), Answer(429, headers={"Retry-After": "3"}), odoo_like(True)) as server:
        assert connect(server, clock).execute("m", "write", [1], [{}]) is True
    assert clock.slept[0] >= 3


def test_too_many_requests_for_too_long_are_handed_to_the_caller():
    busy = Answer(429, headers={"Retry-After": "600"})
    with loopback(odoo_like(2), busy) as server, pytest.raises(RateLimitedError) as caught:
        connect(server).execute("m", "write", [1], [{}])
    assert caught.value.wait_s == 600


@pytest.mark.parametrize("answer", [
    Answer(200, b"<!DOCTYPE html><title>Welcome</title>", {"Content-Type": "text/html"}),
    Answer(404, b"<!DOCTYPE html><title>404</title>", {"Content-Type": "text/html"}),
    Answer(301, headers={"Location": "https://elsewhere.example/jsonrpc"}),
    json_answer({"hello": "world"}), json_answer([1, 2]),
    json_answer({"jsonrpc": "2.0", "id": 1, "result": {"no": "version"}}),
])  # fmt: skip
def test_a_server_that_is_no_odoo_is_told_from_one_that_is(answer):
    with loopback(answer) as server, pytest.raises(MalformedAnswerError) as caught:
        connect(server).version()
    assert caught.value.hint


def test_an_answer_to_another_call_is_never_taken_for_ours():
    foreign = json_answer({"jsonrpc": "2.0", "id": 999, "result": [1]})
    with loopback(odoo_like(2), foreign) as server, pytest.raises(AmbiguousError, match="999"):
        connect(server).execute("m", "create", args=[[{}]])


def test_a_server_that_is_away_is_unreachable_with_a_hint():
    with loopback(odoo_like(2)) as server:
        pass
    with pytest.raises(UnreachableError, match="could not be sent") as caught:
        connect(server).execute("m", "create", args=[[{}]])
    assert caught.value.hint


def test_an_error_that_is_no_object_is_still_an_error():
    def answer(received):
        return json_answer({"jsonrpc": "2.0", "id": received.json()["id"], "error": "boom"})

    with loopback(odoo_like(2), answer) as server, pytest.raises(IsthmusError, match="boom"):
        connect(server).execute("m", "write", [1], [{}])
