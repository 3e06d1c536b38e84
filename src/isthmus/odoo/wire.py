"""HTTP to an Odoo, as every protocol uses it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec

from isthmus.clock import Clock, SystemClock
from isthmus.errors import IsthmusError, MalformedAnswerError, NotFoundError, RejectedError
from isthmus.http import HttpClient, Response, Timeout

JSON = "application/json"

#: For what costs a server nothing: nobody should wait minutes to learn that it hangs.
QUICK = Timeout(connect_s=10, read_s=30, total_s=60)

#: A page that is there in every version, and that costs the server nothing.
_ANYTHING = "/web/webclient/version_info"


class Wire:
    """Send requests to one Odoo, and learn the time there from the answers."""

    def __init__(self, http: HttpClient, clock: Clock | None = None) -> None:
        self.http = http
        self._clock = clock or SystemClock()
        self._offset: timedelta | None = None

    def __repr__(self) -> str:
        return f"<Wire {self.http!r}>"

    @property
    def url(self) -> str:
        """The base URL of the Odoo."""
        return self.http.base_url

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Response:
        """Send a GET for a small answer and return it, whatever its status."""
        return self._noted(self.http.get(path, headers=headers, timeout=QUICK))

    def post(self, path: str, body: bytes, headers: Mapping[str, str], *, repeatable: bool) -> Response:
        """Send a POST and return the answer, whatever its status."""
        return self._noted(self.http.post(path, body=body, headers=headers, idempotent=repeatable))

    def post_json(
        self, path: str, value: Any, headers: Mapping[str, str] | None = None, *, repeatable: bool
    ) -> Response:
        """Send a POST of JSON. Raises RejectedError for a value that JSON cannot hold."""
        try:
            body = msgspec.json.encode(value)
        except (TypeError, ValueError) as error:  # half of a surrogate pair is a ValueError
            raise RejectedError(f"the values for {path} cannot be written as JSON: {error}") from error
        return self.post(path, body, {"Content-Type": JSON, **(headers or {})}, repeatable=repeatable)

    def server_now(self) -> datetime | None:
        """Return the time of the server, naive UTC; up to a second early, never late.

        Asks when no answer has told it yet. None when the server's answers have no ``Date``.
        """
        if self._offset is None:
            self.get(_ANYTHING)
        return None if self._offset is None else self._clock.now() + self._offset

    def _noted(self, response: Response) -> Response:
        stated = response.headers.get("Date")
        try:
            told = parsedate_to_datetime(stated) if stated else None
        except ValueError:
            told = None
        if told is not None:
            self._offset = told.astimezone(UTC).replace(tzinfo=None) - self._clock.now()
        return response


def refused(response: Response) -> IsthmusError:
    """Return the error for a status that is not Odoo's own: that of a proxy, or of a wrong URL."""
    error = response.error()
    assert error is not None
    if isinstance(error, (NotFoundError, RejectedError)) and response.status != 413:
        return MalformedAnswerError(
            error.message, hint="Check that the URL is the base URL of an Odoo.", status=response.status
        )
    return error
