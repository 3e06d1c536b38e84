"""A request as a value: where it goes, what it carries, how long it may take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from isthmus.http.redaction import public_url, redact
from isthmus.http.stream import Sink, Stream

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Timeout:
    """Seconds to wait for a connection, for the next bytes of an answer, and for the whole answer."""

    connect_s: float = 10.0
    read_s: float = 90.0
    total_s: float = 300.0


@dataclass(frozen=True, slots=True)
class Request:
    """One request, ready to be sent."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | Stream | None
    timeout: Timeout
    repeatable: bool
    own_host: bool
    #: What is masked where the request is shown: some services want a secret in the path.
    secrets: tuple[str, ...] = ()
    #: Where the body of a success goes; None: into the response.
    into: Sink | None = None

    @property
    def path(self) -> str:
        """The path alone, as it may be shown."""
        return redact(urlsplit(self.url).path, self.secrets)

    @property
    def public_url(self) -> str:
        """The URL as it may be shown: without query and credentials."""
        return redact(public_url(self.url), self.secrets)


def build_url(base_url: str, path: str, params: Mapping[str, Any]) -> str:
    """Return the URL of a path below the base URL, or a whole URL, with the parameters added to its query."""
    url = path if path.startswith(("http://", "https://")) else f"{base_url}/{path.lstrip('/')}"
    query = urlencode(list(_query(params)))
    if not query:
        return url
    return url + ("&" if "?" in url else "?") + query


def _query(params: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in params.items():
        values = value if isinstance(value, (list, tuple)) else [value]
        for one in values:
            if one is not None:
                yield name, str(one).lower() if isinstance(one, bool) else str(one)


def origin(url: str) -> tuple[str, str, int | None]:
    """Return scheme, host and port: credentials go to the same origin only."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or {"http": 80, "https": 443}.get(parts.scheme)
