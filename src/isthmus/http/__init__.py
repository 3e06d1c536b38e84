"""HTTP for every remote: client, credentials, rate limits, retries, paging."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from isthmus.http.auth import Auth, BearerAuth, KeyTokenAuth, NoAuth
from isthmus.http.pages import BeforeId, NextCursor, OffsetLimit, Page, PageNumber, Paging, Whole
from isthmus.http.ratelimit import Bucket, Limit, Limiter, Quota, RateLimiter
from isthmus.http.redaction import public_url, redact
from isthmus.http.request import Timeout
from isthmus.http.response import Response
from isthmus.http.retry import NO_RETRY, RetryPolicy
from isthmus.http.stream import Sink, Stream
from isthmus.http.turnstile import Turnstile

if TYPE_CHECKING:
    from isthmus.http.client import HttpClient

__all__ = [
    "NO_RETRY",
    "Auth",
    "BearerAuth",
    "BeforeId",
    "Bucket",
    "HttpClient",
    "KeyTokenAuth",
    "Limit",
    "Limiter",
    "NextCursor",
    "NoAuth",
    "OffsetLimit",
    "Page",
    "PageNumber",
    "Paging",
    "Quota",
    "RateLimiter",
    "Response",
    "RetryPolicy",
    "Sink",
    "Stream",
    "Timeout",
    "Turnstile",
    "Whole",
    "public_url",
    "redact",
]


def __getattr__(name: str) -> Any:
    # urllib3 and ssl are loaded with the first client: a worker may never need one.
    if name == "HttpClient":
        from isthmus.http.client import HttpClient

        return HttpClient
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
