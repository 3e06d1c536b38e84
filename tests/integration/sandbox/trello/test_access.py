"""Who is let in, and the words for those who are not."""

from datetime import timedelta

import pytest

from tests.integration.sandbox.trello.conftest import HEADER

NOTHING = {}


def test_credentials_come_in_the_query_the_header_or_the_body(trello):
    query = "?key=sandbox-key&token=sandbox-token"
    assert trello.get(f"/members/me{query}", headers=NOTHING)["username"] == "isthmus"
    assert trello.get("/members/me", headers=HEADER)["username"] == "isthmus"
    answer = trello.send("POST", "/boards", NOTHING, key="sandbox-key", token="sandbox-token", name="By body")
    assert answer.json()["name"] == "By body"


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("", "invalid key"),
        ("?key=wrong&token=sandbox-token", "invalid key"),
        ("?key=sandbox-key&token=wrong", "invalid token"),
        ("?key=sandbox-key", "unauthorized board permission requested"),
    ],
)
def test_wrong_credentials_are_told_in_plain_text(trello, query, words):
    assert trello.refused("GET", f"/boards/{'a' * 24}{query}", NOTHING) == (401, words)


def test_a_token_expires_in_the_middle_of_work(sandbox, trello, clock):
    sandbox.add_token("short", "visitor", expires=clock.now() + timedelta(hours=1))
    query = "?key=sandbox-key&token=short"
    assert trello.get(f"/members/me{query}", headers=NOTHING)["username"] == "visitor"
    clock.sleep(3600)
    assert trello.refused("GET", f"/members/me{query}", NOTHING) == (401, "expired token")


def test_a_token_tells_what_it_may_and_can_be_revoked(trello):
    token = trello.get("/tokens/sandbox-token?webhooks=true")
    assert token["dateExpires"] is None
    assert token["webhooks"] == []
    assert all(one["read"] and one["write"] for one in token["permissions"])
    assert "value" not in token
    trello.delete("/tokens/sandbox-token/")
    assert trello.refused("GET", "/members/me") == (401, "invalid token")


def test_an_unknown_route_is_told_before_anything_else(trello, sandbox, pool):
    assert trello.refused("GET", "/nothing", NOTHING) == (404, "Cannot GET /1/nothing")
    assert trello.refused("GET", "/webhooks") == (404, "Cannot GET /1/webhooks")
    assert pool.request("GET", f"{sandbox.url}/2/boards").data == b"Cannot GET /2/boards"


@pytest.mark.parametrize(
    "path", ["/boards/My Board", "/cards/12", "/lists/x", "/labels/zzz", "/checklists/1"]
)
def test_a_malformed_id_is_a_bad_request(trello, path):
    assert trello.refused("GET", path.replace(" ", "%20")) == (400, "invalid id")


@pytest.mark.parametrize("path", ["/boards/", "/cards/", "/lists/", "/labels/", "/actions/", "/members/"])
def test_an_unknown_id_is_not_found(trello, path):
    assert trello.refused("GET", path + "f" * 24) == (404, "The requested resource was not found.")


def test_every_answer_tells_the_servers_time(trello, clock):
    assert trello.send("GET", "/members/me").headers["X-Server-Time"] == "1771329600000"
    assert trello.send("GET", "/nothing").headers["X-Trello-Environment"] == "Production"
