"""HTTP statuses become Isthmus errors, by a table; and how long a refusal asks to wait."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from http import HTTPStatus

from isthmus.clock import Clock
from isthmus.errors import (
    AmbiguousError,
    ConflictError,
    ForbiddenError,
    IsthmusError,
    MalformedAnswerError,
    NotFoundError,
    RateLimitedError,
    RejectedError,
    RemoteError,
    UnauthorizedError,
    UnreachableError,
)

STATUSES: dict[int, type[RemoteError]] = {
    401: UnauthorizedError,
    403: ForbiddenError,
    404: NotFoundError,
    409: ConflictError,
    410: NotFoundError,
    412: ConflictError,
}


def status_error(
    status: int,
    *,
    method: str,
    url: str,
    repeatable: bool,
    said: str,
    wait_s: float = 0.0,
    location: str = "",
) -> IsthmusError | None:
    """Translate an HTTP status, or return None for a success (2xx).

    ``said`` is the start of the body, masked. A 5xx other than 503 leaves open whether the work was done.
    """
    told = f"{method} {url} was answered {status} {_phrase(status)}" + (f": {said}" if said else "")
    if 200 <= status < 300:
        return None
    if status < 400:
        return MalformedAnswerError(
            f"{told} (redirected to {location or 'nowhere'})", hint="Use the final URL.", status=status
        )
    if status == 429:
        return RateLimitedError(told, wait_s=wait_s, hint=f"Wait {wait_s:g} s.")
    if status < 500:
        return STATUSES.get(status, RejectedError)(told, status=status)
    if status == 503 or repeatable:
        return UnreachableError(told, hint="Try again later.", status=status)
    return AmbiguousError(
        told, hint="It may have been done all the same: look before trying again.", status=status
    )


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "(unknown status)"


def retry_after_s(value: str | None, clock: Clock) -> float | None:
    """Read a ``Retry-After`` header (seconds or an HTTP date) as seconds from now; None when unreadable.

    Source: RFC 9110, 10.2.3.
    """
    if not value:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        moment = parsedate_to_datetime(value).replace(tzinfo=None)
    except ValueError:
        return None
    return max(0.0, (moment - clock.now()).total_seconds())
