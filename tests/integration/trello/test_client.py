"""The Trello client against the simulated Trello: limits, batches, refusals, faults, secrets."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor

import pytest

from isthmus.errors import (
    AmbiguousError,
    ForbiddenError,
    MalformedAnswerError,
    NotFoundError,
    RateLimitedError,
    RejectedError,
    UnauthorizedError,
    UnreachableError,
)
from isthmus.http.file_turnstile import FileTurnstile
from isthmus.http.turnstile import LocalTurnstile
from isthmus.sandbox.boards import board_path
from isthmus.sandbox.faults import Answer, DropConnection, HalfBody, on
from isthmus.sandbox.trello import Limits, TrelloSandbox
from isthmus.trello.client import BATCH, TrelloClient, path_of
from isthmus.trello.refusal import TooLargeError
from tests.loopback import Answer as Scripted
from tests.loopback import json_answer, loopback
from tests.still_clock import StillClock

KEY, TOKEN = "key-4711", "token-0815"

numbers = itertools.count()


@pytest.fixture
def clock():
    return StillClock()


@pytest.fixture
def sandbox(clock):
    with TrelloSandbox(key=KEY, token=TOKEN, limits=Limits.off(), clock=clock, seed=1) as running:
        running.load(board_path("03"))
        yield running


@pytest.fixture
def client(sandbox, clock):
    return TrelloClient(KEY, TOKEN, url=sandbox.url, clock=clock)


def cards(client):
    (board,) = client.get("/members/me/boards", fields="name")
    return client.get(f"/boards/{board['id']}/cards/all", fields=["name", "desc"])


def own_credentials():
    """Return a key and a token that no other text of this test holds by chance."""
    number = next(numbers)
    return f"key-4711{number}", f"token-0815{number}"


def refused(clock, status, text, method="GET", headers=None, credentials=None):
    answer = Scripted(status, text.encode(), {"Content-Type": "text/plain; charset=utf-8", **(headers or {})})
    with loopback(answer) as server:
        client = TrelloClient(*(credentials or own_credentials()), url=server.url, clock=clock)
        with pytest.raises(Exception) as caught:
            client._call(method, "/cards/1", params={"fields": "name"})
        return caught.value, server


# --- calls ---


def test_credentials_go_in_the_header_and_never_in_the_address(client, sandbox):
    client.get("/members/me")
    (entry,) = sandbox.log
    assert TOKEN not in entry.path
    assert KEY not in entry.path


def test_lists_are_joined_by_commas(client):
    assert set(cards(client)[0]) == {"id", "name", "desc"}


def test_what_was_created_can_be_changed_and_deleted_twice(client):
    (board,) = client.get("/members/me/boards")
    made = client.post("/lists", {"name": "New", "idBoard": board["id"]})
    card = client.post("/cards", {"idList": made["id"], "name": "A card"})
    changed = client.put(f"/cards/{card['id']}", {"name": "Another", "due": "2026-11-22T10:00:00.000Z"})
    assert (changed["name"], changed["due"]) == ("Another", "2026-11-22T10:00:00.000Z")
    client.delete(f"/cards/{card['id']}")
    client.delete(f"/cards/{card['id']}")
    with pytest.raises(NotFoundError):
        client.get(f"/cards/{card['id']}")


def test_many_reads_take_one_request_for_ten_and_give_none_for_what_is_gone(client, sandbox):
    known = [card["id"] for card in cards(client)]
    ids = [*known, "0" * 24, "no-id"]
    before = len(sandbox.log)
    found = client.get_many([path_of(f"/cards/{id_}", fields=["name", "idList"]) for id_ in ids])
    assert [card and card["id"] for card in found] == [*known, None, None]
    assert set(found[0]) == {"id", "name", "idList"}
    assert len(sandbox.log) - before == -(-len(ids) // BATCH)


# --- batches ---


def test_both_shapes_of_an_error_in_a_batch_are_read(clock):
    answers = [
        {"200": {"id": "a"}},
        {"name": "NotFoundError", "message": "The requested resource was not found.", "statusCode": 404},
        {"404": "The requested resource was not found."},
        {"400": "invalid id"},
    ]
    with loopback(json_answer(answers)) as server:
        client = TrelloClient(KEY, TOKEN, url=server.url, clock=clock)
        assert client.get_many(["/cards/1", "/cards/2", "/cards/3", "/cards/4"]) == [
            {"id": "a"},
            None,
            None,
            None,
        ]


@pytest.mark.parametrize(
    ("item", "error"),
    [
        ({"statusCode": 429, "message": "Rate limit exceeded"}, RateLimitedError),
        ({"500": "oops"}, UnreachableError),
        ({"401": "invalid token"}, UnauthorizedError),
        ({"what": "is", "this": "?"}, MalformedAnswerError),
        ("text", MalformedAnswerError),
    ],
)
def test_any_other_failure_in_a_batch_is_raised(clock, item, error):
    with loopback(json_answer([item])) as server, pytest.raises(error):
        TrelloClient(KEY, TOKEN, url=server.url, clock=clock).get_many(["/cards/1"])


@pytest.mark.parametrize("answer", [[], [{"200": 1}, {"200": 2}], {"200": 1}])
def test_a_batch_with_another_number_of_answers_is_malformed(clock, answer):
    with (
        loopback(json_answer(answer)) as server,
        pytest.raises(MalformedAnswerError, match="a batch of 1 reads"),
    ):
        TrelloClient(KEY, TOKEN, url=server.url, clock=clock).get_many(["/cards/1"])


# --- refusals ---


@pytest.mark.parametrize(
    ("status", "text", "error", "hint"),
    [
        (401, "invalid key", UnauthorizedError, "trello.com/power-ups/admin"),
        (401, "invalid token", UnauthorizedError, "Make a new token"),
        (401, "expired token", UnauthorizedError, "Make a new token"),
        (401, "unauthorized card permission requested", ForbiddenError, "join the board"),
        (404, "The requested resource was not found.", NotFoundError, None),
        (400, "invalid id", NotFoundError, "24 hexadecimal digits"),
        (400, "invalid value for idList", RejectedError, None),
        (403, "Too many checklists", TooLargeError, None),
        (413, "", TooLargeError, None),
        (504, "", TooLargeError, "30 seconds"),
        (429, '{"error":"API_TOO_MANY_CARDS_REQUESTED"}', TooLargeError, None),
        (449, "sub-request failed", AmbiguousError, "read back"),
    ],
)
def test_a_refusal_is_translated_with_trellos_own_words(clock, status, text, error, hint):
    raised, _ = refused(clock, status, text)
    assert type(raised) is error
    assert text in raised.message
    assert "/cards/1" in raised.message
    assert raised.status == status
    assert (hint or "") in (raised.hint or "")


def test_a_limit_says_how_long_to_wait_and_is_waited_for(clock):
    limited = Scripted(429, b'{"error":"API_TOKEN_LIMIT_EXCEEDED"}', {"Retry-After": "7"})
    with loopback(limited, json_answer({"id": "1"})) as server:
        client = TrelloClient(*own_credentials(), url=server.url, clock=clock)
        assert client.get("/cards/1") == {"id": "1"}
    assert sum(clock.slept) >= 7


def test_a_limit_that_does_not_end_is_raised_with_the_wait(clock):
    raised, server = refused(clock, 429, '{"error":"API_TOKEN_LIMIT_EXCEEDED"}', headers={"Retry-After": "9"})
    assert isinstance(raised, RateLimitedError)
    assert raised.wait_s == 9
    assert 1 < len(server.received) <= 5


@pytest.mark.parametrize(("status", "text"), [(429, '{"error":"API_TOO_MANY_CARDS_REQUESTED"}'), (504, "")])
def test_a_read_that_asks_for_too_much_is_not_repeated(clock, status, text):
    _, server = refused(clock, status, text)
    assert len(server.received) == 1
    assert clock.slept == []


def test_a_gateways_page_instead_of_an_answer_is_tried_again_and_then_unreachable(clock):
    raised, server = refused(clock, 502, "<html><h1>502 Bad Gateway</h1></html>")
    assert isinstance(raised, UnreachableError)
    assert len(server.received) == 4


def test_a_page_that_is_no_trello_is_malformed(clock):
    html = Scripted(200, b"<html>hello</html>", {"Content-Type": "text/html"})
    with loopback(html) as server, pytest.raises(MalformedAnswerError):
        TrelloClient(KEY, TOKEN, url=server.url, clock=clock).get("/members/me")


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500, 502])
def test_no_error_and_no_representation_shows_a_secret(clock, status):
    key, token = credentials = own_credentials()
    raised, _ = refused(clock, status, f"bad key {key} and token {token}", credentials=credentials)
    shown = f"{raised!r} {raised} {raised.details} {TrelloClient(key, token)!r}"
    assert key not in shown
    assert token not in shown


# --- faults on the way ---


def test_a_create_without_an_answer_is_ambiguous_and_not_repeated(client, sandbox):
    (board,) = client.get("/members/me/boards")
    for fault in (DropConnection(after_acting=True), Answer.bad_gateway(502, after_acting=True), HalfBody()):
        before = sum(1 for entry in sandbox.log if entry.method == "POST")
        sandbox.faults.add(fault, times=1, when=on(method="POST"))
        with pytest.raises(AmbiguousError):
            client.post("/lists", {"name": "Once", "idBoard": board["id"]})
        assert sum(1 for entry in sandbox.log if entry.method == "POST") == before + 1


def test_reads_changes_and_deletions_survive_a_fault(client, sandbox):
    card = cards(client)[0]["id"]
    sandbox.faults.add(DropConnection(after_acting=True), times=1, when=on(method="PUT"))
    assert client.put(f"/cards/{card}", {"name": "Changed"})["name"] == "Changed"
    sandbox.faults.add(Answer.bad_gateway(503), times=2, when=on(method="GET"))
    assert client.get(f"/cards/{card}", fields="name")["name"] == "Changed"
    sandbox.faults.add(DropConnection(after_acting=True), times=1, when=on(method="DELETE"))
    client.delete(f"/cards/{card}")


def test_nobody_at_home_is_unreachable(clock):
    with loopback(json_answer({})) as server:
        url = server.url
    with pytest.raises(UnreachableError):
        TrelloClient(KEY, TOKEN, url=url, clock=clock).get("/members/me")


# --- rate limits ---


def test_the_client_stays_below_the_limits_by_itself(clock):
    with TrelloSandbox(key=KEY, token=TOKEN, clock=clock) as sandbox:
        client = TrelloClient(KEY, TOKEN, url=sandbox.url, clock=clock)
        for _ in range(250):
            client.get("/members/me/boards", fields="name")
        assert [entry.status for entry in sandbox.log] == [200] * 250
    assert clock.monotonic() > 15


def test_all_clients_that_meet_share_the_limits_of_their_account(clock):
    turnstile = LocalTurnstile(clock)
    with TrelloSandbox(key=KEY, token=TOKEN, clock=clock) as sandbox:
        clients = [
            TrelloClient(KEY, TOKEN, url=sandbox.url, turnstile=turnstile, clock=clock) for _ in range(3)
        ]
        for number in range(150):
            clients[number % 3].get("/members/me/boards", fields="name")
        assert {entry.status for entry in sandbox.log} == {200}


def test_eight_workers_at_once_never_meet_a_429(tmp_path):
    limits = Limits(token=(30, 1.0))  # the real one would take ten seconds for as much

    def work(_):
        client = TrelloClient(KEY, TOKEN, url=sandbox.url, turnstile=FileTurnstile(tmp_path / "turns"))
        for _ in range(10):
            client.get("/members/me/boards", fields="name")

    with TrelloSandbox(key=KEY, token=TOKEN, limits=limits) as sandbox, ThreadPoolExecutor(8) as workers:
        list(workers.map(work, range(8)))
        assert [entry.status for entry in sandbox.log] == [200] * 80


def test_reads_in_a_batch_count_each(clock):
    with TrelloSandbox(key=KEY, token=TOKEN, clock=clock) as sandbox:
        sandbox.load(board_path("03"))
        client = TrelloClient(KEY, TOKEN, url=sandbox.url, clock=clock)
        ids = [card["id"] for card in cards(client)]
        for _ in range(30):
            assert None not in client.get_many([f"/cards/{id_}" for id_ in ids[:10]])


def test_limits_are_not_needed_in_the_headers(client):
    assert client.get("/members/me")["username"] == "isthmus"
