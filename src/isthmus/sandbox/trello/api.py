"""From an HTTP request to an answer: routes, credentials, limits, batches and errors."""

from __future__ import annotations

import zlib
from typing import Any

import msgspec

from isthmus.clock import Clock
from isthmus.records import Environment
from isthmus.sandbox.message import Request, Response
from isthmus.sandbox.trello.access import Credentials, authenticate
from isthmus.sandbox.trello.call import Call, Settings
from isthmus.sandbox.trello.courier import Delivery
from isthmus.sandbox.trello.errors import ApiError, invalid_value, no_route
from isthmus.sandbox.trello.limits import Gate
from isthmus.sandbox.trello.params import Params
from isthmus.sandbox.trello.resources import uploads  # with all others, which registers the routes
from isthmus.sandbox.trello.router import Answer, route
from isthmus.sandbox.trello.state import State
from isthmus.sandbox.trello.subscription import deliveries

Data = dict[str, Any]

JSON_TYPE = "application/json; charset=utf-8"
TEXT_TYPE = "text/plain; charset=utf-8"
MOST_IN_BATCH = 10


class Api:
    """Answer requests inside an environment that the caller opens and commits."""

    def __init__(self, keys: frozenset[str], gate: Gate, settings: Settings, clock: Clock) -> None:
        self.keys = keys
        self.gate = gate
        self.settings = settings
        self.clock = clock

    def answer(self, env: Environment, request: Request) -> tuple[Any, list[Delivery]]:
        """Return the JSON of the answer and what webhooks are told. Raises ApiError."""
        path, found = _routed(request)
        params = Params.of(request)
        state = State(env)
        given = Credentials.of(request, Params({}) if is_download(found) else params)
        word = path.strip("/").split("/")[0].rstrip("s")
        token, me = authenticate(state, given, self.keys, word, self.settings.callers, self.clock.now())
        for name in ("key", "token"):
            params.values.pop(name, None)
        if found is None:
            return self._batch(state, given, token, me, params), []
        self._admit(given, me, path)
        call = Call(request.method, request.path, params, state, self.settings, me, token)
        function, values = found
        result = function(call, **values)
        call.journal.flush()
        client = request.headers.get("x-trello-client-identifier")
        return result, deliveries(state, call.journal.told, client)

    def _admit(self, given: Credentials, me: Data, path: str) -> None:
        parts = path.strip("/").split("/")
        counted = parts[0].rstrip("s") == "member" and len(parts) == 2
        now = self.clock.monotonic()
        self.gate.admit(given.key, given.token, me["id"], members_route=counted, now=now)

    def _batch(self, state: State, given: Credentials, token: Data, me: Data, params: Params) -> list[Data]:
        urls = params.names("urls") or []
        if not 1 <= len(urls) <= MOST_IN_BATCH:
            raise invalid_value("urls")
        return [self._one_of_batch(state, given, token, me, url) for url in urls]

    def _one_of_batch(self, state: State, given: Credentials, token: Data, me: Data, url: str) -> Data:
        """Answer one GET of a batch; each counts towards the limits and fails alone."""
        request = Request.of("GET", "/1/" + url.lstrip("/"))
        try:
            path, found = _routed(request)
            if found is None or is_download(found):
                raise no_route("GET", request.path)
            self._admit(given, me, path)
            call = Call("GET", request.path, Params.of(request), state, self.settings, me, token)
            function, values = found
            return {"200": function(call, **values)}
        except ApiError as error:
            return {"name": "Error", "message": error.message, "statusCode": error.status}

    def limit_headers(self, request: Request) -> dict[str, str]:
        """Return the rate-limit headers for a request's key and token; none for an unknown key."""
        try:
            given = Credentials.of(request, Params.of(request))
        except ApiError:
            return {}
        if given.key not in self.keys:
            return {}
        return self.gate.headers(given.key, given.token, given.token, now=self.clock.monotonic())


def is_download(found: tuple[Answer, dict[str, str]] | None) -> bool:
    """Tell whether a file is asked for: key and token count in the header only, there."""
    return found is not None and found[0] is uploads.download


def _routed(request: Request) -> tuple[str, tuple[Answer, dict[str, str]] | None]:
    """Return the path without ``/1`` and its function; None stands for the batch. Raises ApiError 404."""
    prefix, _, path = request.path.lstrip("/").partition("/")
    if prefix == "1" and path.strip("/") == "batch" and request.method == "GET":
        return path, None
    found = route.find(request.method, path) if prefix == "1" and path else None
    if found is None:
        raise no_route(request.method, request.path)
    return path, found


def ok(result: Any) -> Response:
    """Return a 200 with JSON."""
    return _tagged(200, JSON_TYPE, msgspec.json.encode(result), {})


def refusal(error: ApiError) -> Response:
    """Return an error as Trello words it: plain text mostly."""
    if isinstance(error.body, str):
        return _tagged(error.status, TEXT_TYPE, error.body.encode(), error.headers)
    return _tagged(error.status, JSON_TYPE, msgspec.json.encode(error.body), error.headers)


def _tagged(status: int, content_type: str, body: bytes, headers: dict[str, str]) -> Response:
    """Return a response with a weak ETag."""
    tag = f'W/"{len(body):x}-{zlib.crc32(body):x}"'
    return Response(status, {"Content-Type": content_type, "Etag": tag, **headers}, body)
