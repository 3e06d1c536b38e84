"""Trello's refusals, with the exact words of the service.

Most bodies are plain text, not JSON. Source: recorded traffic and the interface's own pages; see the table of
errors in the docs.
"""

from __future__ import annotations


class ApiError(Exception):
    """A refusal: ``status`` and the body, plain text (``str``) or JSON (``dict``)."""

    def __init__(
        self, status: int, body: str | dict[str, str], headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(status, body)
        self.status = status
        self.body = body
        self.headers = headers or {}

    @property
    def message(self) -> str:
        """Return the text of the body."""
        return self.body if isinstance(self.body, str) else self.body["message"]


def not_found() -> ApiError:
    """The id is unknown, or its object is gone."""
    return ApiError(404, "The requested resource was not found.")


def no_route(method: str, path: str) -> ApiError:
    """There is no such method and path."""
    return ApiError(404, f"Cannot {method} {path}")


def invalid_id() -> ApiError:
    """The id in the path is malformed."""
    return ApiError(400, "invalid id")


def invalid_value(field: str) -> ApiError:
    """A parameter is missing or has a value that the interface does not take."""
    return ApiError(400, f"invalid value for {field}")


def rejected(text: str) -> ApiError:
    """A rule of Trello refuses the call, for instance a second vote."""
    return ApiError(400, text)


def unauthorized(text: str) -> ApiError:
    """Key, token or their rights are refused."""
    return ApiError(401, text)


def limited(error: str, message: str, retry_after_s: int | None) -> ApiError:
    """Too many requests; permanent ones carry no ``retry-after``."""
    headers = {} if retry_after_s is None else {"Retry-After": str(retry_after_s)}
    return ApiError(429, {"error": error, "message": message}, headers)
