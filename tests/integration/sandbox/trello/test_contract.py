"""The sandbox answers what the real Trello answered: each recorded exchange is replayed over HTTP.

Compared are status, content type, the presence of the telling headers, and the keys and JSON types of the
answer at every depth. Objects that a request names are put there first, as the recorded answers show them.
"""

import json
import re
from urllib.parse import urlencode

import pytest
import urllib3

from isthmus.sandbox.boards import board_path
from isthmus.sandbox.server import HttpServer, Response
from isthmus.sandbox.trello import Limits, TrelloSandbox
from tests.integration.sandbox.trello.recorded import ID, World, body_of, scenarios

#: Recorded resources that the sandbox does not serve: a connector for boards has no use for them.
NOT_SERVED = {
    r"/organizations?(/|$)": "workspaces",
    r"/notifications(/|$)": "notifications",
    r"/stickers(/|$)": "stickers",
    r"/search$": "search is eventually consistent and no base for synchronisation",
    r"/types/": "resolving names",
    r"/(boardStars|myPrefs)$": "a person's own view of a board",
    r"PUT /1/boards/\w+/members$": "inviting by e-mail",
    r"PUT /1/members/\w+$": "changing a member",
    r"/members/\w+/tokens$": "tokens of a member",
    r"/labels/red$": "labels by colour, gone since 2014",
    r"POST /1/cards/\w+/attachments BINARY": "uploading files",
}

#: Keys of old recordings that Trello sends no more, or that come from what is not simulated.
LEFT_OUT = {
    "_value": "deletions answer {'limits': {}} since 2017",
    "invited": "replaced by memberships",
    "invitations": "replaced by memberships",
    "idBoardsPinned": "gone since 2018",
    "siftDecision": "internal to Trello",
    "checkItemStates[].id": "a bug of 2020: it said '[object Object]'",
    "cover.scaled": "uploaded pictures",
    "cover.edgeColor": "uploaded pictures",
    "cover.sharedSourceUrl": "uploaded pictures",
}
CALLBACK = re.compile(r"callbackURL=[^&]*")

#: Headers that some answers carried: a measure of database time and of deletions.
OTHER_HEADERS = re.compile(r"x-rate-limit-(db-query-time|action)-|x-trello-index")


@pytest.fixture(scope="module")
def sandbox():
    many = (1_000_000, 10)
    limits = Limits(key=many, token=many, member=many, members_route=many)
    with TrelloSandbox(key="KEY", limits=limits) as running:
        yield running


@pytest.fixture(scope="module")
def pool():
    with urllib3.PoolManager(timeout=10, retries=False) as manager:
        yield manager


def served(exchange):
    told = f"{exchange.method} {exchange.path}" + (
        " BINARY" if "Content-Disposition" in exchange.body else ""
    )
    upload = (
        exchange.method == "POST"
        and exchange.path.endswith("/attachments")
        and exchange.answer.get("isUpload")
    )
    if "idBoardSource" in exchange.body:
        return False
    return not upload and not any(re.search(pattern, told) for pattern in NOT_SERVED)


def type_of(value):
    return (
        "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__
    )


def differences(recorded, ours, path, newer):
    """Yield what differs in keys and types; null stands for any type, new keys must be ``newer`` ones."""
    if recorded is None or ours is None:
        return
    if type_of(recorded) != type_of(ours):
        yield f"{path}: {type_of(ours)} instead of {type_of(recorded)}"
    elif isinstance(recorded, dict):
        for name in recorded.keys() - ours.keys():
            if not any(f".{path}.{name}".endswith(f".{known}") for known in LEFT_OUT):
                yield f"{path}.{name} is missing"
        for name in ours.keys() - recorded.keys() - newer:
            yield f"{path}.{name} is unheard of"
        for name in recorded.keys() & ours.keys():
            yield from differences(recorded[name], ours[name], f"{path}.{name}", newer)
    elif isinstance(recorded, list):
        for one, other in paired(recorded, ours):
            yield from differences(one, other, f"{path}[]", newer)
        if recorded and not ours and "." not in path:
            yield f"{path}: empty"


def paired(recorded, ours):
    """Pair objects by their ids where they have some, else by place."""
    if not all(isinstance(one, dict) and "id" in one for one in [*recorded, *ours]):
        return list(zip(recorded, ours, strict=False))
    by_id = {one["id"]: one for one in ours}
    return [(one, by_id[one["id"]]) for one in recorded if one["id"] in by_id]


def keys_in(value):
    if isinstance(value, dict):
        return set(value).union(*map(keys_in, value.values()))
    return set().union(*map(keys_in, value)) if isinstance(value, list) else set()


@pytest.fixture(scope="module")
def newer():
    """Keys that later recordings and an export of 2025 show."""
    later = [one.answer for name, exchanges in scenarios() if name.startswith("ruby") for one in exchanges]
    return keys_in(later) | keys_in(json.loads(board_path("03").read_text()))


@pytest.fixture(scope="module")
def callback():
    with HttpServer(lambda request: Response(200)) as server:
        yield server.url


class Replay:
    """Send a scenario's requests in order; what they create has other ids here than in the recording."""

    def __init__(self, sandbox, pool, token, callback):
        self.sandbox = sandbox
        self.pool = pool
        self.token = token
        self.callback = callback
        self.ids = {}

    def presume_webhook(self, exchanges, board):
        """Make the webhook that a scenario presumes: an export cannot bring one."""
        made = {one.answer["id"] for one in exchanges if one.creates and one.path.endswith("/webhooks")}
        for one in exchanges:
            found = re.search(r"/webhooks(?:/(\w{24}))?$", one.path)
            if found and found[1] not in made and not one.creates and one.status == 200:
                fields = {"idModel": board, "callbackURL": self.callback, "key": "KEY", "token": self.token}
                answer = self.pool.request(
                    "POST", f"{self.sandbox.url}/1/webhooks", fields=fields, encode_multipart=False
                )
                self.ids[found[1] or "one"] = answer.json()["id"]
                return

    def send(self, exchange):
        token = "wrong" if exchange.status == 401 else self.token
        query = urlencode({**exchange.query, "key": "KEY", "token": token})
        path = self.translated(exchange.path).replace("TOKEN", self.token)
        answer = self.pool.request(
            exchange.method,
            f"{self.sandbox.url}{path}?{query}",
            body=CALLBACK.sub(f"callbackURL={self.callback}/x", self.translated(body_of(exchange))) or None,
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        )
        if exchange.creates and answer.status == 200:
            self.ids[exchange.answer["id"]] = answer.json()["id"]
        return answer

    def translated(self, text):
        return ID.sub(lambda found: self.ids.get(found[0], found[0]), text)


SERVED = [
    (name, found) for name, exchanges in scenarios() if (found := [one for one in exchanges if served(one)])
]


@pytest.mark.parametrize(("name", "exchanges"), SERVED, ids=[name for name, _ in SERVED])
def test_an_answer_has_the_shape_of_the_recorded_one(sandbox, pool, callback, newer, name, exchanges):
    boards = [sandbox.load(export) for export in World.of(exchanges).exports()]
    who = "tacokit" if name.startswith("tacokit") else "hoppertest"
    sandbox.add_token(f"TOKEN-{who}", who)
    replay = Replay(sandbox, pool, f"TOKEN-{who}", callback)
    try:
        replay.presume_webhook(exchanges, boards[0] if boards else None)
        for exchange in exchanges:
            compare(exchange, replay.send(exchange), newer)
    finally:
        for board in boards:
            pool.request("DELETE", f"{sandbox.url}/1/boards/{board}?key=KEY&token=TOKEN-{who}")
    assert [entry.error for entry in sandbox.log if entry.error] == []


def compare(exchange, answer, newer):
    said = f"{exchange.method} {exchange.path}: {answer.data[:200]}"
    assert answer.status == exchange.status, said
    assert answer.headers["Content-Type"] == exchange.headers["content-type"], said
    told = {name for name in exchange.headers if not OTHER_HEADERS.match(name)}
    assert told <= {name.lower() for name in answer.headers}, said
    if exchange.status == 200:
        root = exchange.path.rsplit("/", 1)[-1]
        assert list(differences(exchange.answer, answer.json(), root, newer)) == [], said
    else:
        assert answer.data.decode() == exchange.answer


def test_most_recorded_exchanges_are_replayed():
    assert sum(len(exchanges) for _, exchanges in SERVED) >= 440
