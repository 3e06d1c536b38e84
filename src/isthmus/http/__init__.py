"""HTTP for every remote: client, credentials, rate limits, retries, paging."""

from isthmus.http.auth import Auth, BearerAuth, KeyTokenAuth, NoAuth
from isthmus.http.client import HttpClient
from isthmus.http.pages import BeforeId, NextCursor, OffsetLimit, Page, PageNumber, Paging, Whole
from isthmus.http.ratelimit import Bucket, Limit, Quota, RateLimiter
from isthmus.http.redaction import public_url, redact
from isthmus.http.request import Timeout
from isthmus.http.response import Response
from isthmus.http.retry import NO_RETRY, RetryPolicy

__all__ = [
    "NO_RETRY",
    "Auth",
    "BearerAuth",
    "BeforeId",
    "Bucket",
    "HttpClient",
    "KeyTokenAuth",
    "Limit",
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
    "Timeout",
    "Whole",
    "public_url",
    "redact",
]
