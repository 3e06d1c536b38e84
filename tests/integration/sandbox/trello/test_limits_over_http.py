"""Rate limits as a client meets them."""

import pytest

from isthmus.sandbox.trello import Limits, TrelloSandbox
from tests.integration.sandbox.trello.conftest import Client


@pytest.fixture
def limited(clock, pool):
    with TrelloSandbox(clock=clock, limits=Limits(token=(12, 10), members_route=(2, 900))) as sandbox:
        yield Client(pool, sandbox.url)


def test_every_answer_counts_down_and_the_window_starts_anew(limited, clock):
    remaining = [
        limited.send("GET", "/boards/x").headers["x-rate-limit-api-token-remaining"] for _ in range(2)
    ]
    assert remaining == ["11", "10"]
    clock.sleep(10)
    assert limited.send("GET", "/boards/x").headers["x-rate-limit-api-token-remaining"] == "11"


def test_too_many_requests_get_json_and_a_time_to_come_back(limited, clock):
    for _ in range(12):
        limited.send("GET", "/boards/x")
    clock.sleep(3)
    answer = limited.send("GET", "/members/me/boards")
    assert answer.status == 429
    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.headers["Retry-After"] == "7"
    assert answer.json() == {"error": "API_TOKEN_LIMIT_EXCEEDED", "message": "Rate limit exceeded"}
    clock.sleep(7)
    assert limited.get("/members/me/boards") == []


def test_only_the_member_itself_counts_for_the_members_route(limited):
    for _ in range(2):
        limited.get("/members/me")
    limited.get("/members/me/boards")
    answer = limited.send("GET", "/members/me")
    assert answer.json() == {"error": "RATE_LIMIT_EXCEEDED", "message": "Exceeded rate limit to /1/member"}


def test_each_request_of_a_batch_counts(limited):
    batch = limited.get("/batch?urls=" + ",".join(["/members/me/boards"] * 10))
    assert [list(one) for one in batch] == [["200"]] * 10
    batch = limited.get("/batch?urls=" + ",".join(["/members/me/boards"] * 3))
    assert [one.get("statusCode") for one in batch] == [None, None, 429]
