"""What the network, a proxy and a lost login do to a call, in each of the three protocols."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from isthmus.errors import (
    AmbiguousError,
    ConfigurationError,
    IsthmusError,
    MalformedAnswerError,
    RateLimitedError,
    RejectedError,
    UnauthorizedError,
    UnreachableError,
)
from isthmus.http import HttpClient, Timeout
from isthmus.odoo import OdooConnection
from isthmus.odoo.budget import Allowance, Budget
from tests.loopback import Answer, Loopback, json_answer, loopback
from tests.odoo_like import PROTOCOLS, TYPES, Fault, OdooLike, method_of
from tests.still_clock import StillClock

SECRET = "key-5f0c"
IMPATIENT = Timeout(2, 0.2, 5)
DENIED = {
    "json2": Fault("werkzeug.exceptions.Unauthorized", "Invalid apikey", status=401),
    "jsonrpc": Fault("odoo.exceptions.AccessDenied"),
    "xmlrpc": Fault("odoo.exceptions.AccessDenied"),
}


@pytest.fixture(params=PROTOCOLS)
def protocol(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def connect(server: Loopback, protocol: str, **options: Any) -> OdooConnection:
    clock = options.pop("clock", None) or StillClock()
    timeout = options.pop("timeout", Timeout(2, 5, 10))
    budget = Budget("odoo", Allowance(), clock=clock)
    http = HttpClient(server.url, clock=clock, timeout=timeout, limiter=budget, secrets=(SECRET,))
    return OdooConnection(
        server.url, "db", "admin", SECRET, http=http, protocol=protocol, clock=clock, **options
    )


def create(connection: OdooConnection) -> Any:
    return connection.execute("m", "create", kwargs={"vals_list": [{"name": "x"}]})


def calls(server: Loopback) -> list[str]:
    return [method_of(received) for received in server.received]


# --- credentials ---------------------------------------------------------------------------------------


def test_the_user_is_authenticated_once_for_all_threads(protocol: str) -> None:
    with loopback(OdooLike(protocol, [])) as server:
        connection = connect(server, protocol)
        threads = [threading.Thread(target=connection.authenticate) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for _ in range(3):
            connection.execute("m", "search", args=[[]])
    assert calls(server).count("authenticate") == 1
    assert calls(server).count("search") == 3


def test_a_refused_login_is_not_tried_again_before_odoos_lock_is_over(protocol: str) -> None:
    clock = StillClock()
    with loopback(OdooLike(protocol, DENIED[protocol], login=lambda: False)) as server:
        connection = connect(server, protocol, clock=clock)
        for _ in range(3):
            with pytest.raises(UnauthorizedError):
                connection.execute("m", "search", args=[[]])
            with pytest.raises(UnauthorizedError):
                connection.authenticate()
        assert len(server.received) == 1
        clock.advance(61)
        with pytest.raises(UnauthorizedError):
            connection.authenticate()
        assert len(server.received) == 2


def test_a_key_revoked_or_a_user_archived_meanwhile_is_noticed_and_asked_no_more(protocol: str) -> None:
    logins = iter([2, False, False])
    odoo = OdooLike(protocol, True, DENIED[protocol], login=lambda: next(logins))
    with loopback(odoo) as server:
        connection = connect(server, protocol)
        connection.authenticate()
        connection.execute("m", "write", [1], kwargs={"vals": {}})
        for _ in range(4):
            with pytest.raises(UnauthorizedError):
                connection.execute("m", "write", [1], kwargs={"vals": {}})
    refused = ["write"] if protocol == "json2" else ["write", "authenticate"]
    assert calls(server) == ["authenticate", "write", *refused]


def test_a_key_replaced_meanwhile_is_used_from_the_next_call_on(protocol: str) -> None:
    valid, known = ["old"], ["old"]

    def answer(received: Any) -> Answer:
        given = received.headers.get("Authorization", "") + received.body.decode()
        refused = protocol != "json2" and method_of(received) == "authenticate"
        step = True if valid[0] in given else False if refused else DENIED[protocol]
        if step is True and method_of(received) == "authenticate":
            step = {"uid": 2} if protocol == "json2" else 2
        return odoo.answer(received, step)

    odoo = OdooLike(protocol, True)
    with loopback(answer) as server:
        clock = StillClock()
        connection = OdooConnection(
            server.url, "db", "admin", "old", protocol=protocol, clock=clock, renew=lambda: known[0]
        )
        connection.execute("m", "write", [1], kwargs={"vals": {}})
        valid[0] = "new"
        with pytest.raises(UnauthorizedError):
            connection.execute("m", "write", [1], kwargs={"vals": {}})
        known[0] = "new"
        assert connection.execute("m", "write", [1], kwargs={"vals": {}}) is True
        before = len(server.received)
        assert connection.execute("m", "write", [1], kwargs={"vals": {}}) is True
        assert len(server.received) == before + 1
        assert connection._wire.http._secrets.count("new") >= 1, "the new key is masked like the old one"


def test_the_secret_is_masked_in_every_error(protocol: str) -> None:
    fault = Fault("builtins.ValueError", f"bad {SECRET}", f"args=('{SECRET}',)")
    with loopback(OdooLike(protocol, fault)) as server, pytest.raises(RejectedError) as caught:
        connect(server, protocol, debug=True).execute("m", "write", [1], kwargs={"vals": {}})
    assert SECRET not in str(caught.value) + repr(caught.value.details)
    assert "***" in caught.value.message
    assert "***" in caught.value.details["debug"]


def test_a_short_secret_does_not_hide_what_a_refusal_means() -> None:
    fault = Fault("psycopg2.OperationalError", 'FATAL:  database "db" does not exist')
    with loopback(OdooLike("jsonrpc", fault)) as server:
        connection = OdooConnection(server.url, "db", "admin", "x", protocol="jsonrpc", clock=StillClock())
        with pytest.raises(ConfigurationError, match="no database 'db'"):
            connection.execute("m", "write", [1], kwargs={"vals": {}})


# --- answers that do not come, or not whole ------------------------------------------------------------

HTML_502 = Answer(502, b"<html><h1>502 Bad Gateway</h1></html>", {"Content-Type": "text/html"})
UNSURE = ["timeout after acting", "closed in mid-body", "closed without an answer", "truncated", "502 page"]


def fault_step(odoo: OdooLike, name: str) -> Any:
    return {
        "timeout after acting": Answer(silent=True),
        "closed in mid-body": odoo.cut([7], framed=False),
        "closed without an answer": Answer(hang_up=True),
        "truncated": odoo.cut([7], framed=True),
        "502 page": HTML_502,
    }[name]


@pytest.mark.parametrize("fault", UNSURE)
def test_a_write_without_a_usable_answer_is_ambiguous_and_not_repeated(protocol: str, fault: str) -> None:
    odoo = OdooLike(protocol, None)
    odoo._steps = [fault_step(odoo, fault)]
    with loopback(odoo) as server:
        connection = connect(server, protocol, timeout=IMPATIENT)
        connection.authenticate()
        with pytest.raises(AmbiguousError):
            create(connection)
    assert calls(server) == ["authenticate", "create"]


@pytest.mark.parametrize("fault", [fault for fault in UNSURE if fault != "truncated"])
@pytest.mark.parametrize(("method", "idempotent"), [("search_read", None), ("load", True)])
def test_a_call_that_may_be_repeated_survives_the_same_fault(
    protocol: str, fault: str, method: str, idempotent: bool | None
) -> None:
    odoo = OdooLike(protocol, None)
    odoo._steps = [fault_step(odoo, fault), [1]]
    with loopback(odoo) as server:
        connection = connect(server, protocol, timeout=IMPATIENT)
        assert connection.execute("m", method, args=[[], []], idempotent=idempotent) == [1]
    assert calls(server).count(method) >= 2  # on a busy machine the second answer may be late as well


def test_a_page_of_a_proxy_is_never_taken_for_an_answer(protocol: str) -> None:
    page = Answer(200, b"<!DOCTYPE html><title>Welcome to the hotel</title>", {"Content-Type": "text/html"})
    with loopback(OdooLike(protocol, page)) as server, pytest.raises(MalformedAnswerError, match="hotel"):
        connect(server, protocol).execute("m", "search", args=[[]])


@pytest.mark.parametrize("status", [301, 400, 404, 405, 415])
def test_a_page_with_an_error_says_to_check_the_url(protocol: str, status: int) -> None:
    page = Answer(status, b"<h1>nginx</h1>", {"Content-Type": "text/html", "Location": "https://x.example/"})
    with loopback(OdooLike(protocol, page)) as server, pytest.raises(MalformedAnswerError) as caught:
        connect(server, protocol).execute("m", "write", [1], kwargs={"vals": {}})
    assert "URL" in str(caught.value.hint)
    assert calls(server).count("write") == 1


def test_broken_answers_of_the_right_kind_are_malformed_for_a_reading_call(protocol: str) -> None:
    broken = Answer(200, b"<methodResponse><params>", {"Content-Type": TYPES[protocol]})
    with loopback(OdooLike(protocol, broken)) as server, pytest.raises(MalformedAnswerError):
        connect(server, protocol).execute("m", "search", args=[[]])


# --- limits --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [429, 503])
def test_an_odoo_that_is_busy_is_left_alone_as_long_as_it_asks(protocol: str, status: int) -> None:
    clock = StillClock()
    busy = Answer(status, headers={"Retry-After": "3"})
    with loopback(OdooLike(protocol, busy, [1])) as server:
        connection = connect(server, protocol, clock=clock)
        assert connection.execute("m", "search", args=[[]]) == [1]
        assert sum(clock.slept) >= 3


def test_a_write_that_found_odoo_too_busy_is_sent_again_and_one_that_found_it_down_is_not(
    protocol: str,
) -> None:
    for status, kind in ((429, None), (503, UnreachableError)):
        with loopback(OdooLike(protocol, Answer(status, headers={"Retry-After": "3"}), True)) as server:
            connection = connect(server, protocol)
            if kind is None:
                assert connection.execute("m", "write", [1], kwargs={"vals": {}}) is True
            else:
                with pytest.raises(kind):
                    connection.execute("m", "write", [1], kwargs={"vals": {}})
            assert calls(server).count("write") == (2 if kind is None else 1)


def test_a_pause_that_is_too_long_to_wait_for_is_told_and_holds_for_every_call(protocol: str) -> None:
    clock = StillClock()
    with loopback(OdooLike(protocol, Answer(429, headers={"Retry-After": "600"}), True)) as server:
        connection = connect(server, protocol, clock=clock)
        with pytest.raises(RateLimitedError) as caught:
            connection.execute("m", "write", [1], kwargs={"vals": {}})
        assert caught.value.wait_s == 600
        with pytest.raises(RateLimitedError, match="asked for a pause that lasts 600 s") as caught:
            connection.execute("m", "search", args=[[]])
        assert caught.value.wait_s == 600
        assert calls(server).count("search") == 0
        clock.advance(600)
        assert connection.execute("m", "write", [1], kwargs={"vals": {}}) is True


# --- servers that are away, or no Odoo -----------------------------------------------------------------


@pytest.mark.parametrize("answer", [
    Answer(200, b"<!DOCTYPE html><title>Welcome</title>", {"Content-Type": "text/html"}),
    Answer(404, b"<!DOCTYPE html><title>404</title>", {"Content-Type": "text/html"}),
    json_answer({"hello": "world"}), json_answer([1, 2]),
    json_answer({"jsonrpc": "2.0", "id": 1, "result": {"no": "version"}}),
])  # fmt: skip
@pytest.mark.parametrize("protocol", [*PROTOCOLS, "auto"])
def test_a_server_that_is_no_odoo_is_told_from_one_that_is(answer: Answer, protocol: str) -> None:
    with loopback(answer) as server, pytest.raises(MalformedAnswerError) as caught:
        connect(server, protocol).version()
    assert caught.value.hint


def test_a_server_that_is_away_is_unreachable_with_a_hint(protocol: str) -> None:
    with loopback(Answer()) as server:
        pass
    with pytest.raises(UnreachableError, match="could not be sent") as caught:
        create(connect(server, protocol))
    assert caught.value.hint


def test_an_answer_to_another_call_is_never_taken_for_ours() -> None:
    foreign = json_answer({"jsonrpc": "2.0", "id": 999, "result": [1]})
    with loopback(OdooLike("jsonrpc", foreign)) as server, pytest.raises(AmbiguousError, match="999"):
        create(connect(server, "jsonrpc"))


def test_an_error_that_is_no_object_is_still_an_error() -> None:
    def answer(received: Any) -> Answer:
        return json_answer({"jsonrpc": "2.0", "id": received.json()["id"], "error": "boom"})

    with loopback(OdooLike("jsonrpc", answer)) as server, pytest.raises(IsthmusError, match="boom"):
        connect(server, "jsonrpc").execute("m", "write", [1], [{}])


def test_a_method_that_returns_nothing_gives_none() -> None:
    def without_result(received: Any) -> Answer:
        return json_answer({"jsonrpc": "2.0", "id": received.json()["id"]})

    for protocol, step in (("jsonrpc", without_result), ("jsonrpc", None), ("json2", None)):
        with loopback(OdooLike(protocol, step)) as server:
            assert connect(server, protocol).execute("m", "do", [1]) is None


# --- values that a protocol cannot carry ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (2**31, "31 bits"),
        ("a\x0bb", r"character '\\x0b'"),
        ("\ud800", r"\\ud800"),
        ({1: 2}, "must be string"),
    ],
)
def test_what_xmlrpc_cannot_carry_is_refused_before_it_is_sent(value: Any, said: str) -> None:
    with loopback(OdooLike("xmlrpc", True)) as server:
        connection = connect(server, "xmlrpc")
        with pytest.raises(RejectedError, match=said):
            connection.execute("m", "write", [1], kwargs={"vals": {"name": value}})
    assert "write" not in calls(server)


@pytest.mark.parametrize("protocol", ["json2", "jsonrpc"])
def test_what_json_cannot_carry_is_refused_before_it_is_sent(protocol: str) -> None:
    with loopback(OdooLike(protocol, True)) as server:
        with pytest.raises(RejectedError, match="cannot be written as JSON"):
            connect(server, protocol).execute("m", "write", [1], kwargs={"vals": {"name": "\ud800"}})
    assert "write" not in calls(server)


@pytest.mark.parametrize(
    ("method", "ids"), [("write", None), ("write", []), ("unlink", ()), ("message_post", None), ("do", [])]
)
def test_a_method_of_records_without_ids_is_refused_before_it_is_sent(
    protocol: str, method: str, ids: Any
) -> None:
    with loopback(OdooLike(protocol, True)) as server:
        with pytest.raises(ConfigurationError, match=f"m.{method} was called without ids"):
            connect(server, protocol).execute("m", method, ids)
        assert connect(server, protocol).execute("m", "has_access", [], ["read"]) is True
    assert method not in calls(server)
