"""The simulated Trello: load board exports, start, and speak to it as to the real one.

::

    sandbox = TrelloSandbox(key="k", token="t")
    sandbox.load("board.json")
    with sandbox:
        urlopen(f"{sandbox.url}/1/members/me/boards?key=k&token=t")
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from isthmus.clock import Clock, SystemClock
from isthmus.errors import ImportDataError
from isthmus.records import Registry, SqlDatabase, open_environment, upgrade_schema
from isthmus.sandbox.faults import Faults
from isthmus.sandbox.message import Request, Response
from isthmus.sandbox.request_log import RequestLog
from isthmus.sandbox.server import HttpServer
from isthmus.sandbox.trello import template
from isthmus.sandbox.trello.api import Api, ok, refusal
from isthmus.sandbox.trello.call import Settings
from isthmus.sandbox.trello.courier import RETRY_S, Courier, Delivery
from isthmus.sandbox.trello.errors import ApiError
from isthmus.sandbox.trello.export import BoardExport, read_export
from isthmus.sandbox.trello.ids import IdFactory
from isthmus.sandbox.trello.limits import Gate, Limits
from isthmus.sandbox.trello.state import State
from isthmus.sandbox.trello.subscription import after
from isthmus.sandbox.trello.timestamp import Ticker, epoch_ms, iso

Data = dict[str, Any]

#: Headers of every answer. Source: recorded traffic.
ALWAYS = {
    "Cache-Control": "max-age=0, must-revalidate, no-cache, no-store",
    "X-Trello-Version": "1.2055.0",
    "X-Trello-Environment": "Production",
    "Access-Control-Allow-Origin": "*",
}


class TrelloSandbox:
    """A Trello with one key, one member and that member's token, in memory or in a SQLite file.

    ``limits`` are the real ones unless told otherwise (``Limits.off()`` for speed tests). ``large_pos``
    places new objects from 2^47 on, as boards since 2025 do; ``seed`` makes identifiers repeatable.
    ``largest_file`` is how many bytes an uploaded file may have (those of a free account).
    ``secret`` signs webhook deliveries, which ``courier`` makes and tries again after ``webhook_retry_s``.
    """

    def __init__(
        self,
        database_url: str = "sqlite://",
        *,
        key: str = "sandbox-key",
        token: str = "sandbox-token",
        username: str = "isthmus",
        secret: str = "sandbox-secret",
        webhook_retry_s: Sequence[float] = RETRY_S,
        limits: Limits | None = None,
        clock: Clock | None = None,
        large_pos: bool = False,
        largest_file: int = 10 * 1024 * 1024,
        seed: int | None = None,
    ) -> None:
        self.key = key
        self.token = token
        self.secret = secret
        self.clock = clock or SystemClock()
        self._registry = Registry.build(["isthmus.sandbox.trello"])
        self._database = SqlDatabase(database_url)
        upgrade_schema(self._database, self._registry)
        self._settings = Settings(IdFactory(seed), Ticker(self.clock), large_pos, largest_file, _app(key))
        self._api = Api(frozenset({key}), Gate(limits or Limits()), self._settings, self.clock)
        self._lock = threading.Lock()
        self._server = HttpServer(self._answer)
        self.courier = Courier(secret, self._note_delivery, webhook_retry_s)
        self.add_token(token, username)

    # --- running ---

    def start(self, port: int = 0) -> str:
        """Listen on ``port`` (0: any free one) and return the base URL, to which clients add ``/1/…``."""
        self.courier.start()
        return self._server.start(port)

    def stop(self) -> None:
        """Stop listening; the boards stay."""
        self._server.stop()
        self.courier.stop()

    def come_to_rest(self, seconds: float = 30.0) -> bool:
        """Wait until every request that was sent has been acted on; return False when that takes longer."""
        return self._server.come_to_rest(seconds)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Return the base URL of the running server."""
        return self._server.url

    @property
    def log(self) -> RequestLog:
        """Return what was asked and answered."""
        return self._server.log

    @property
    def faults(self) -> Faults:
        """Return the switchboard of things that go wrong."""
        return self._server.faults

    # --- what is in it ---

    def load(self, source: str | Path | Data) -> str:
        """Add the board of an export (a file or its parsed JSON) and return the board's id.

        The members of the sandbox's tokens become members of the board. Raises ImportDataError when the
        export cannot be used or its board is there already.
        """
        export = read_export(source)
        with self._lock, self._environment() as env:
            _load(State(env), export, self._settings.ids, self.clock.now())
        return str(export.board["id"])

    def add_token(self, token: str, username: str, *, expires: datetime | None = None) -> None:
        """Let another token in, of a new member or of one whom an export brought. ``expires`` is naive UTC.

        A token that is there already stays as it is (a SQLite file may bring it).
        """
        with self._lock, self._environment() as env:
            state = State(env)
            if state.rows("token", ("value", "=", token)):
                return
            now = self.clock.now()
            member = next(iter(state.rows("member", ("username", "=", username))), None)
            if member is None:
                member = state.add("member", _member(self._settings.ids.new(now), username))
            state.add("token", _token(self._settings.ids.new(now), token, member, now, expires))

    def _environment(self) -> Any:
        return open_environment(self._registry, self._database, clock=self.clock)

    # --- answering ---

    def _answer(self, request: Request) -> Response:
        try:
            with self._lock, self._environment() as env:
                result, deliveries = self._api.answer(env, request)
            self.courier.post(deliveries)
            response = result if isinstance(result, Response) else ok(result)
        except ApiError as error:
            response = refusal(error)
        response.headers.update(ALWAYS)
        response.headers["X-Server-Time"] = str(epoch_ms(self.clock.now()))
        response.headers.update(self._api.limit_headers(request))
        return response

    def _note_delivery(self, delivery: Delivery, status: int | None) -> None:
        """Keep the webhook's count of failures."""
        with self._lock, self._environment() as env:
            state = State(env)
            webhook = state.find("webhook", delivery.webhook)
            if webhook is None:
                return
            kept = after(webhook, status, self.clock.now())
            if kept is None:
                state.remove("webhook", ("external_id", "=", webhook["id"]))
            elif kept != webhook:
                state.save("webhook", kept)


def _member(id_: str, username: str) -> Data:
    return template.fresh(
        template.MEMBER,
        id=id_,
        username=username,
        fullName=username.title(),
        initials=username[:2].upper(),
        url=f"https://trello.com/{username}",
    )


def _app(key: str) -> Data:
    """Return the app that acts with a key, as ``appCreator`` tells it."""
    return {"id": hashlib.sha1(key.encode()).hexdigest()[:24]}


def _token(id_: str, value: str, member: Data, now: datetime, expires: datetime | None) -> Data:
    return {
        "id": id_,
        "identifier": "Isthmus",
        "idMember": member["id"],
        "dateCreated": iso(now),
        "dateExpires": iso(expires) if expires else None,
        "permissions": [
            {"idModel": "*", "modelType": model, "read": True, "write": True}
            for model in ("Board", "Organization")
        ],
        "value": value,
    }


def _load(state: State, export: BoardExport, ids: IdFactory, now: datetime) -> None:
    if state.find("board", export.board["id"]):
        raise ImportDataError(f"the board {export.board['id']} ({export.board['name']}) is loaded already")
    own = [token["idMember"] for token in state.rows("token")]
    present = {one["idMember"] for one in export.board["memberships"]}
    export.board["memberships"] += [
        {
            "id": ids.new(now),
            "idMember": id_,
            "memberType": "admin",
            "unconfirmed": False,
            "deactivated": False,
        }
        for id_ in dict.fromkeys(own)
        if id_ not in present
    ]
    known = state.by_id("member", (member["id"] for member in export.members))
    state.add("board", export.board)
    state.add_all("list", export.lists)
    state.add_all("label", export.labels)
    state.add_all("member", [member for member in export.members if member["id"] not in known])
    state.add_all("customField", export.custom_fields)
    state.add_all("checklist", export.checklists)
    state.add_all("card", export.cards)
    state.add_all("action", export.actions)


__all__ = ["Limits", "TrelloSandbox"]
