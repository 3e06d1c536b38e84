"""Who calls: key and token from the query, the body or the ``Authorization: OAuth`` header."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from isthmus.sandbox.message import Request
from isthmus.sandbox.trello.errors import unauthorized
from isthmus.sandbox.trello.params import Params
from isthmus.sandbox.trello.state import State
from isthmus.sandbox.trello.timestamp import iso

Data = dict[str, Any]
Callers = dict[str, tuple[Data, Data]]

PART = re.compile(r'(oauth_consumer_key|oauth_token)="?([^",\s]+)"?')


@dataclass(frozen=True, slots=True)
class Credentials:
    """Key and token as they came; empty when missing."""

    key: str = ""
    token: str = ""

    @classmethod
    def of(cls, request: Request, params: Params) -> Credentials:
        """Find the credentials of a request. The header wins, as nothing else would be sent beside it."""
        header = request.headers.get("authorization", "")
        if header.lower().startswith("oauth "):
            parts = dict(PART.findall(header))
            return cls(parts.get("oauth_consumer_key", ""), parts.get("oauth_token", ""))
        key, token = (params.raw(name, "") for name in ("key", "token"))
        return cls(str(key or ""), str(token or ""))


def authenticate(
    state: State, given: Credentials, keys: frozenset[str], resource: str, callers: Callers, now: datetime
) -> tuple[Data, Data]:
    """Return the token and its member. Raises ApiError 401 with the service's words."""
    if given.key not in keys:
        raise unauthorized("invalid key")
    if not given.token:
        raise unauthorized(f"unauthorized {resource} permission requested")
    caller = callers.get(given.token) or _looked_up(state, given.token)
    if caller is None:
        raise unauthorized("invalid token")
    callers[given.token] = caller
    expires = caller[0]["dateExpires"]
    if expires is not None and expires <= iso(now):
        raise unauthorized("expired token")
    return caller


def _looked_up(state: State, value: str) -> tuple[Data, Data] | None:
    token = next(iter(state.rows("token", ("value", "=", value))), None)
    return (token, state.get("member", token["idMember"])) if token else None
