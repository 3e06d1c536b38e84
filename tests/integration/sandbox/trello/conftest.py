"""A sandbox on a clock that stands still, and a plain HTTP client to talk to it."""

import json
from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest
import urllib3

from isthmus.sandbox.boards import board_path
from isthmus.sandbox.trello import Limits, TrelloSandbox

HEADER = {"Authorization": 'OAuth oauth_consumer_key="sandbox-key", oauth_token="sandbox-token"'}


class ManualClock:
    """Time that passes only when a test says so."""

    def __init__(self):
        self.moment = datetime(2026, 2, 17, 12)

    def now(self):
        return self.moment

    def monotonic(self):
        return (self.moment - datetime(2026, 1, 1)).total_seconds()

    def sleep(self, seconds):
        self.moment += timedelta(seconds=seconds)


class Client:
    """Send requests as JSON and give back the parsed answer; ``refused`` gives an error's status and text."""

    def __init__(self, pool, url):
        self.pool = pool
        self.url = url

    def send(self, method, path, headers=HEADER, **fields):
        body = json.dumps(fields).encode() if fields else None
        told = {**headers, "Content-Type": "application/json"} if fields else headers
        return self.pool.request(method, f"{self.url}/1{path}", headers=told, body=body)

    def _json(self, method, path, headers=HEADER, **fields):
        answer = self.send(method, path, headers, **fields)
        assert answer.status == 200, f"{method} {path}: {answer.status} {answer.data!r}"
        return answer.json()

    def get(self, path, **more):
        return self._json("GET", path, **more)

    def post(self, path, **fields):
        return self._json("POST", path, **fields)

    def put(self, path, **fields):
        return self._json("PUT", path, **fields)

    def delete(self, path):
        return self._json("DELETE", path)

    def refused(self, method, path, headers=HEADER, **fields):
        answer = self.send(method, path, headers, **fields)
        assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
        return answer.status, answer.data.decode()


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def sandbox(clock):
    with TrelloSandbox(limits=Limits.off(), clock=clock, seed=1) as running:
        yield running
        assert [entry.error for entry in running.log if entry.error] == []


@pytest.fixture(scope="session")
def pool():
    with urllib3.PoolManager(timeout=10, retries=False) as manager:
        yield manager


@pytest.fixture
def trello(sandbox, pool):
    return Client(pool, sandbox.url)


@pytest.fixture
def board(sandbox):
    """A real board (08): 19 lists, 69 cards, 392 actions."""
    return sandbox.load(board_path("08"))


@pytest.fixture
def small(trello):
    """A new board with two lists, two labels and a card on the first list."""
    made = trello.post("/boards", name="Small", defaultLists=False, defaultLabels=False)
    lists = [trello.post("/lists", name=name, idBoard=made["id"], pos="bottom") for name in ("Todo", "Done")]
    labels = [
        trello.post("/labels", name="", color=color, idBoard=made["id"]) for color in ("red", "sky_dark")
    ]
    card = trello.post("/cards", name="A card", idList=lists[0]["id"])
    return SimpleNamespace(
        id=made["id"],
        todo=lists[0]["id"],
        done=lists[1]["id"],
        red=labels[0]["id"],
        sky=labels[1]["id"],
        card=card["id"],
        shared=made,
    )
