"""The answer to a request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import msgspec

from isthmus.errors import AmbiguousError, IsthmusError, MalformedAnswerError
from isthmus.http.redaction import excerpt, public_url
from isthmus.http.status import status_error

#: How long to wait after 429 when the server does not say: most limits count in windows of ten seconds.
USUAL_WAIT_S = 10.0


@dataclass(frozen=True, slots=True)
class Response:
    """Status, headers (looked up in any case) and body of an answer, whatever its status.

    ``url`` is fit to be shown; ``repeatable`` says that doing the request twice is the same as once.
    """

    method: str
    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    repeatable: bool = True
    retry_after_s: float | None = None
    secrets: tuple[str, ...] = field(default=(), repr=False)

    @property
    def ok(self) -> bool:
        """Whether the status is a success (2xx)."""
        return 200 <= self.status < 300

    @property
    def is_json(self) -> bool:
        """Whether the server says that the body is JSON."""
        kind = self.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        return kind == "application/json" or kind.endswith("+json")

    def text(self) -> str:
        """Return the body as text (UTF-8, what is not becomes �)."""
        return self.body.decode("utf-8", "replace")

    def excerpt(self) -> str:
        """Return the start of the body on one line, secrets masked."""
        return excerpt(self.body, self.secrets)

    def json(self) -> Any:
        """Return the decoded body.

        Raises MalformedAnswerError when it is not JSON. A broken body that claims to be JSON, in answer to
        a call that changes something, is an AmbiguousError: the work was probably done.
        """
        try:
            return msgspec.json.decode(self.body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            told = f"{self.method} {self.url} was answered {self.status} with something that is not JSON"
            if self.ok and self.is_json and not self.repeatable:
                raise AmbiguousError(
                    f"{told}: {self.excerpt()!r}",
                    hint="The answer was cut off, the work may be done: look before trying again.",
                    status=self.status,
                ) from error
            raise MalformedAnswerError(
                f"{told}: {self.excerpt()!r}",
                hint="Check that the URL is that of the API.",
                status=self.status,
            ) from error

    def error(self) -> IsthmusError | None:
        """Return the error that the status stands for, None for a success."""
        return status_error(
            self.status,
            method=self.method,
            url=self.url,
            repeatable=self.repeatable,
            said=self.excerpt(),
            wait_s=USUAL_WAIT_S if self.retry_after_s is None else self.retry_after_s,
            location=public_url(self.headers.get("Location", "")),
        )

    def require_success(self) -> Self:
        """Return the response when it is a success, else raise the error that its status stands for."""
        error = self.error()
        if error is not None:
            raise error
        return self
