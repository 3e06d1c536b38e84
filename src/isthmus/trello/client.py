"""The Trello client: one account, its rate limits, and Trello's answers in our words."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from isthmus.clock import Clock
from isthmus.errors import NotFoundError
from isthmus.http import Bucket, HttpClient, KeyTokenAuth, Limit, Quota, RateLimiter, Timeout
from isthmus.trello.refusal import refusal

API_URL = "https://api.trello.com"

#: A GET ends after 30 s on Trello's side. Source: Trello's status codes (504).
TIMEOUT = Timeout(connect_s=10, read_s=60, total_s=120)

#: How many reads go into one batch. Source: ``GET /batch``.
BATCH = 10

#: Rate limits by the name that the answers' headers give them. Source: Trello, "Rate limits" (2026-01).
LIMITS = {"api-key": Limit(300, 10), "api-token": Limit(100, 10), "member": Limit(100, 900)}

_buckets: dict[tuple[str, str, str], Bucket] = {}
_buckets_lock = threading.Lock()


class TrelloClient:
    """Call Trello in the name of one member. Safe to share between threads.

    Rate limits are shared by all clients of a process: those of a key by all its tokens. Reads are tried again
    after faults on the way, and so are PUT and DELETE, which do the same when repeated; a POST never is: one
    without an answer raises AmbiguousError.
    """

    def __init__(
        self,
        key: str,
        token: str,
        *,
        url: str = API_URL,
        clock: Clock | None = None,
        http: HttpClient | None = None,
    ) -> None:
        self._http = http or HttpClient(
            f"{url.rstrip('/')}/1",
            auth=KeyTokenAuth(key, token),
            timeout=TIMEOUT,
            limiter=RateLimiter(buckets(url, key, token), read=quotas, clock=clock),
            clock=clock,
        )

    def __repr__(self) -> str:
        return f"<TrelloClient {self._http!r}>"

    def get(self, path: str, **params: Any) -> Any:
        """Return what a path below ``/1`` answers; ``params`` are Trello's, lists are joined by commas."""
        return self._call("GET", path, params=_joined(params))

    def post(self, path: str, data: Mapping[str, Any]) -> Any:
        """Create something and return it. Never repeated by itself."""
        return self._call("POST", path, json=_joined(data))

    def put(self, path: str, data: Mapping[str, Any]) -> Any:
        """Change something and return it as it is then."""
        return self._call("PUT", path, json=_joined(data), idempotent=True)

    def delete(self, path: str) -> None:
        """Delete something; what is gone already counts as done."""
        try:
            self._call("DELETE", path, idempotent=True)
        except NotFoundError:
            return

    def get_many(self, paths: Sequence[str]) -> list[Any]:
        """Return what many GET paths answer, in order, ten in a request; None for what does not exist.

        Make paths with :func:`path_of`: a comma in one must be encoded, since commas part them. Raises what any other failure of one of them means.
        """
        found: list[Any] = []
        for start in range(0, len(paths), BATCH):
            part = paths[start : start + BATCH]
            answers = self.get("/batch", urls=",".join(part))
            found += [_unwrapped(path, answer) for path, answer in zip(part, answers, strict=True)]
        return found

    def _call(self, method: str, path: str, **options: Any) -> Any:
        response = self._http.request(method, path, **options)
        if response.ok:
            return response.json()
        raise refusal(response.status, response.excerpt(), method, path, response.error())


def path_of(path: str, **params: Any) -> str:
    """Return a path with its query, for :meth:`TrelloClient.get_many`."""
    query = urlencode(_joined(params))
    return f"{path}?{query}" if query else path


def _joined(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values as Trello takes them: lists as text with commas."""
    return {
        name: ",".join(map(str, value)) if isinstance(value, (list, tuple)) else value
        for name, value in values.items()
    }


def _unwrapped(path: str, answer: Mapping[str, Any]) -> Any:
    """Return the body of one part of a batch. Trello says ``{"200": body}``, or in one of two ways what went wrong."""
    if "200" in answer:
        return answer["200"]
    if "statusCode" in answer:
        status, said = int(answer["statusCode"]), str(answer.get("message") or answer.get("name") or "")
    else:
        code, said = next(iter(answer.items()))
        status = int(code)
    if status == 404:
        return None
    raise refusal(status, str(said), "GET", path, None)


# --- rate limits ---------------------------------------------------------------------------------------


def buckets(url: str, key: str, token: str) -> list[Bucket]:
    """Return the buckets of an account, the same ones for every client of this process."""
    owners = {"api-key": key, "api-token": token, "member": token}
    with _buckets_lock:
        return [
            _buckets.setdefault(
                (url, name, _digest(owner)), Bucket(name, LIMITS[name], counts=COUNTS.get(name))
            )
            for name, owner in owners.items()
        ]


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _is_member_itself(method: str, path: str) -> bool:
    """Tell whether a request counts in the small limit of ``/1/members/{id}``; routes below it do not."""
    parts = path.strip("/").split("/")
    return len(parts) >= 2 and parts[-2] == "members"


COUNTS = {"member": _is_member_itself}


def quotas(headers: Mapping[str, str]) -> Iterator[Quota]:
    """Yield what the headers ``x-rate-limit-<name>-{interval-ms,max,remaining}`` say of the key and the token."""
    for name in ("api-key", "api-token"):
        prefix = f"x-rate-limit-{name}-"
        found = [headers.get(prefix + part) for part in ("interval-ms", "max", "remaining")]
        if all(found):
            try:
                interval, maximum, remaining = (float(str(value)) for value in found)
            except ValueError:
                continue
            yield Quota(name, interval / 1000, maximum, remaining)


__all__ = ["API_URL", "BATCH", "TrelloClient", "path_of"]
