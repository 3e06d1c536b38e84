"""Webhooks: the check on creation, signed deliveries, retries and failures."""

import base64
import hashlib
import hmac
import json

import pytest

from isthmus.sandbox.server import HttpServer, Response
from isthmus.sandbox.trello import Limits, TrelloSandbox
from tests.integration.sandbox.trello.conftest import HEADER, Client


class Receiver:
    def __init__(self):
        self.status = 200
        self.requests = []

    def __call__(self, request):
        if request.method == "HEAD":
            return Response(404 if request.path == "/nobody" else 200)
        self.requests.append(request)
        return Response(self.status)

    @property
    def types(self):
        return [json.loads(one.body)["action"]["type"] for one in self.requests]


@pytest.fixture
def receiver():
    return Receiver()


@pytest.fixture
def callback(receiver):
    with HttpServer(receiver) as server:
        yield server.url


@pytest.fixture
def hook(trello, small, callback):
    return trello.post("/webhooks", idModel=small.id, callbackURL=f"{callback}/hook", description="ours")


def test_a_callback_must_answer_head_with_200(trello, small, callback):
    answer = trello.refused("POST", "/webhooks", idModel=small.id, callbackURL=f"{callback}/nobody")
    assert answer == (400, f"URL ({callback}/nobody) did not return 200 status code, got 404")
    assert trello.refused("POST", "/webhooks", idModel=small.id, callbackURL="http://127.0.0.1:1/")[0] == 400
    assert (
        trello.refused("POST", "/webhooks", idModel=small.id, callbackURL="mail:x")[1]
        == "invalid value for callbackURL"
    )
    assert (
        trello.refused("POST", "/webhooks", idModel="f" * 24, callbackURL=callback)[1]
        == "invalid value for idModel"
    )


def test_a_webhook_is_listed_by_its_token_only_and_made_once(trello, small, callback, hook):
    assert hook["active"]
    assert hook["consecutiveFailures"] == 0
    assert trello.get("/tokens/sandbox-token/webhooks") == [hook]
    assert trello.get(f"/webhooks/{hook['id']}") == hook
    again = trello.refused("POST", "/webhooks", idModel=small.id, callbackURL=hook["callbackURL"])
    assert again == (400, "A webhook with that callback, model, and token already exists")
    assert trello.delete(f"/webhooks/{hook['id']}") == {"_value": None}
    assert trello.get("/tokens/sandbox-token/webhooks") == []


def test_a_delivery_is_signed_and_tells_model_and_action(sandbox, trello, small, receiver, hook):
    trello.put(f"/cards/{small.card}", name="Grüße")
    sandbox.courier.wait()
    (request,) = receiver.requests
    body = json.loads(request.body)
    assert body["action"]["data"]["old"] == {"name": "A card"}
    assert body["model"]["id"] == body["webhook"]["idModel"] == small.id
    signed = hmac.new(b"sandbox-secret", request.body + hook["callbackURL"].encode(), hashlib.sha1).digest()
    assert request.headers["x-trello-webhook"] == base64.b64encode(signed).decode()
    assert request.headers["user-agent"] == "Trello"
    assert "x-trello-client-identifier" not in request.headers


def test_the_identifier_of_the_client_comes_back_with_the_delivery_only(
    sandbox, trello, small, receiver, hook
):
    trello.send(
        "PUT", f"/cards/{small.card}", {**HEADER, "X-Trello-Client-Identifier": "isthmus-1"}, name="x"
    )
    sandbox.courier.wait()
    assert receiver.requests[0].headers["x-trello-client-identifier"] == "isthmus-1"
    assert "isthmus-1" not in receiver.requests[0].body.decode()


def test_some_events_exist_only_for_webhooks(sandbox, trello, small, receiver, hook):
    trello.put(f"/cards/{small.card}", idLabels=small.red)
    trello.put(f"/labels/{small.red}", name="Urgent")
    comment = trello.post(f"/cards/{small.card}/actions/comments", text="x")
    trello.put(f"/actions/{comment['id']}", text="y")
    trello.delete(f"/actions/{comment['id']}")
    sandbox.courier.wait()
    assert receiver.types == [
        "updateCard",
        "addLabelToCard",
        "updateLabel",
        "commentCard",
        "updateComment",
        "deleteComment",
    ]
    kept = {one["type"] for one in trello.get(f"/boards/{small.id}/actions")}
    assert kept.isdisjoint({"addLabelToCard", "updateLabel", "updateComment", "deleteComment"})


def test_a_webhook_on_a_card_hears_nothing_of_others(sandbox, trello, small, receiver, callback):
    trello.post("/webhooks", idModel=small.card, callbackURL=f"{callback}/card")
    trello.post("/cards", name="another", idList=small.todo)
    trello.put(f"/cards/{small.card}", name="x")
    sandbox.courier.wait()
    assert receiver.types == ["updateCard"]


def test_refused_calls_and_switched_off_webhooks_deliver_nothing(sandbox, trello, small, receiver, hook):
    trello.refused("PUT", f"/cards/{small.card}", name="fine", due="never")
    trello.put(f"/webhooks/{hook['id']}", active=False)
    trello.put(f"/cards/{small.card}", name="x")
    sandbox.courier.wait()
    assert receiver.requests == []


def test_deliveries_can_be_held_back_doubled_and_turned_round(sandbox, trello, small, receiver, hook):
    sandbox.courier.hold()
    trello.put(f"/cards/{small.card}", name="x")
    trello.put(f"/lists/{small.todo}", name="y")
    sandbox.courier.release(lambda waiting: [*reversed(waiting), waiting[0]])
    sandbox.courier.wait()
    assert receiver.types == ["updateList", "updateCard", "updateCard"]


@pytest.fixture
def impatient(clock, pool):
    """A sandbox that tries again at once."""
    with TrelloSandbox(limits=Limits.off(), clock=clock, webhook_retry_s=(0, 0, 0)) as sandbox:
        yield sandbox, Client(pool, sandbox.url)


def test_a_failed_delivery_is_tried_four_times_and_counted(impatient, receiver, callback):
    sandbox, trello = impatient
    board = trello.post("/boards", name="x", defaultLists=False)["id"]
    hook = trello.post("/webhooks", idModel=board, callbackURL=callback)["id"]
    receiver.status = 500
    trello.put(f"/boards/{board}", name="y")
    sandbox.courier.wait()
    assert len(receiver.requests) == 4
    assert len({one.body for one in receiver.requests}) == 1
    assert trello.get(f"/webhooks/{hook}/consecutiveFailures") == {"_value": 4}
    receiver.status = 200
    trello.put(f"/boards/{board}", name="z")
    sandbox.courier.wait()
    assert trello.get(f"/webhooks/{hook}/consecutiveFailures") == {"_value": 0}


def test_a_receiver_that_says_gone_loses_its_webhook(impatient, receiver, callback):
    sandbox, trello = impatient
    board = trello.post("/boards", name="x", defaultLists=False)["id"]
    trello.post("/webhooks", idModel=board, callbackURL=callback)
    receiver.status = 410
    trello.put(f"/boards/{board}", name="y")
    sandbox.courier.wait()
    assert len(receiver.requests) == 1
    assert trello.get("/tokens/sandbox-token/webhooks") == []


def test_webhooks_die_with_their_token(sandbox, trello, small, receiver, hook):
    sandbox.add_token("second", "bob")
    trello.delete("/tokens/sandbox-token")
    bob = {"Authorization": HEADER["Authorization"].replace("sandbox-token", "second")}
    assert trello.send("PUT", f"/cards/{small.card}", bob, name="x").status == 200
    sandbox.courier.wait()
    assert receiver.requests == []
