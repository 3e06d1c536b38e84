"""How a request proves who is calling. Each form masks its own representation and names its secrets."""

from __future__ import annotations

from typing import Protocol

from isthmus.http.redaction import MASK


class Auth(Protocol):
    """Give the headers that authenticate a request."""

    def headers(self) -> dict[str, str]:
        """Return the headers to add to each request to the base URL's own host."""
        ...

    def secrets(self) -> tuple[str, ...]:
        """Return the texts that must never be shown."""
        ...


class NoAuth:
    """Send no credentials."""

    def headers(self) -> dict[str, str]:
        return {}

    def secrets(self) -> tuple[str, ...]:
        return ()

    def __repr__(self) -> str:
        return "NoAuth()"


class BearerAuth:
    """Send ``Authorization: Bearer <token>`` (Odoo's JSON-2, OAuth 2)."""

    __slots__ = ("_token",)

    def __init__(self, token: str) -> None:
        self._token = token

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"}

    def secrets(self) -> tuple[str, ...]:
        return (self._token,)

    def __repr__(self) -> str:
        return f"BearerAuth({MASK})"


class KeyTokenAuth:
    """Send an application's key and a user's token in one OAuth header.

    In the header and not in the query, because URLs are logged. Source: Trello, "Authorization".
    """

    __slots__ = ("_key", "_token")

    def __init__(self, key: str, token: str) -> None:
        self._key = key
        self._token = token

    def headers(self) -> dict[str, str]:
        return {"Authorization": f'OAuth oauth_consumer_key="{self._key}", oauth_token="{self._token}"'}

    def secrets(self) -> tuple[str, ...]:
        return (self._token, self._key)

    def __repr__(self) -> str:
        return f"KeyTokenAuth({MASK}, {MASK})"
