"""The Trello client: one account, its rate limits, and Trello's answers in our words."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode, urlsplit

from isthmus.clock import Clock
from isthmus.errors import MalformedAnswerError, NotFoundError, RateLimitedError
from isthmus.http import (
    Bucket,
    HttpClient,
    KeyTokenAuth,
    Limit,
    Quota,
    RateLimiter,
    Response,
    Sink,
    Timeout,
    Turnstile,
    redact,
)
from isthmus.http.ratelimit import everything
from isthmus.trello.form import Form
from isthmus.trello.refusal import is_final, refusal

API_URL = "https://api.trello.com"

#: A GET ends after 30 s on Trello's side. Source: Trello's status codes (504).
TIMEOUT = Timeout(connect_s=10, read_s=60, total_s=120)

#: Files take their time, as long as they go on coming.
TRANSFER = Timeout(connect_s=10, read_s=60, total_s=1800)

#: A text that comes back with the webhooks which a change causes.
CLIENT = "X-Trello-Client-Identifier"

#: How many reads go into one batch, and how often its parts are tried. Source: ``GET /batch``.
BATCH, ATTEMPTS = 10, 3

#: Rate limits by the name that the answers' headers give them. Source: Trello, "Rate limits" (2026-01).
LIMITS = {"api-key": Limit(300, 10), "api-token": Limit(100, 10), "member": Limit(100, 900)}


class TrelloClient:
    """Call Trello in the name of one member. Safe to share between threads.

    Rate limits are shared by all clients that meet at one turnstile: those of a key by all its tokens. Reads
    are tried again after faults on the way, and so are PUT and DELETE, which do the same when repeated; a
    POST never is: one without an answer raises AmbiguousError.
    """

    def __init__(
        self,
        key: str,
        token: str,
        *,
        url: str = API_URL,
        identifier: str | None = None,
        turnstile: Turnstile | None = None,
        clock: Clock | None = None,
    ) -> None:
        """Prepare a client. ``identifier`` comes back with the webhooks that its changes cause.

        Without a ``turnstile`` the client believes that it has the limits of its account for itself.
        """
        self._token = token
        self._limiter = RateLimiter(buckets(url, key, token), read=quotas, turnstile=turnstile, clock=clock)
        self._http = HttpClient(
            f"{url.rstrip('/')}/1",
            auth=KeyTokenAuth(key, token),
            headers={CLIENT: identifier} if identifier else None,
            timeout=TIMEOUT,
            limiter=self._limiter,
            is_final=is_final,
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

    def upload(self, path: str, form: Form) -> Any:
        """Create something that has a file, sent piece by piece, and return it. Never repeated by itself."""
        headers = {"Content-Type": form.content_type}
        return self._send("POST", path, body=form, headers=headers, timeout=TRANSFER).json()

    def download(self, path: str, into: Sink) -> None:
        """Bring the content of a file, piece by piece; a try that was cut off begins anew."""
        self._send("GET", path, headers={"Accept": "*/*"}, timeout=TRANSFER, into=into)

    def delete(self, path: str) -> None:
        """Delete something; what is gone already counts as done."""
        try:
            self._call("DELETE", path, idempotent=True)
        except NotFoundError:
            return

    def webhooks(self) -> list[dict[str, Any]]:
        """Return the webhooks of the token; Trello lists them nowhere else."""
        found: list[dict[str, Any]] = self.get(f"/tokens/{self._token}/webhooks")
        return found

    def get_many(self, paths: Sequence[str]) -> list[Any]:
        """Return what many GET paths answer, in order, ten in a request; None for what does not exist.

        Make paths with :func:`path_of`: a comma in one must be encoded, since commas part them. Raises what
        any other failure of one of them means.
        """
        found: list[Any] = []
        for start in range(0, len(paths), BATCH):
            found += self._read_together(paths[start : start + BATCH])
        return found

    def _read_together(self, paths: Sequence[str]) -> list[Any]:
        """Return what up to ten paths answer; parts that the rate limit refused are asked for again."""
        found: dict[str, Any] = {}
        for attempt in range(ATTEMPTS):
            missing = [path for path in dict.fromkeys(paths) if path not in found]
            refused = None
            for path, answer in zip(missing, self._batch(missing), strict=True):
                try:
                    found[path] = _unwrapped(path, answer)
                except RateLimitedError as error:
                    refused = error
            if refused is None:
                break
            if attempt == ATTEMPTS - 1:
                raise refused
            self._limiter.pause(refused.wait_s, "GET", missing[0])
        return [found[path] for path in paths]

    def _batch(self, paths: Sequence[str]) -> list[Any]:
        for path in paths[1:]:  # each read counts, the batch itself as the first
            self._limiter.acquire("GET", path)
        answers = self.get("/batch", urls=",".join(paths))
        if not isinstance(answers, list) or len(answers) != len(paths):
            raise MalformedAnswerError(
                f"Trello answered a batch of {len(paths)} reads with {_shape(answers)}",
                hint="Something between here and Trello changes its answers.",
            )
        return answers

    def _call(self, method: str, path: str, **options: Any) -> Any:
        return self._send(method, path, **options).json()

    def _send(self, method: str, path: str, **options: Any) -> Response:
        response = self._http.request(method, path, **options)
        if response.ok:
            return response
        shown = redact(path, [self._token])
        raise refusal(response.status, response.excerpt(), method, shown, response.error())


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


def _shape(answers: Any) -> str:
    return f"{len(answers)} answers" if isinstance(answers, list) else f"a {type(answers).__name__}"


def _unwrapped(path: str, answer: Any) -> Any:
    """Return the body of one part of a batch, None for what does not exist.

    Trello says ``{"200": body}``, or what went wrong as ``{"statusCode": 404, "message": "…"}`` or
    ``{"404": "…"}``. Source: TrelloDotNet and trello.js, which document one form each.
    """
    match answer:
        case {"200": body}:
            return body
        case {"statusCode": int() as status, **said}:
            error = refusal(status, str(said.get("message") or said.get("name") or ""), "GET", path, None)
        case {**only} if len(only) == 1 and str(next(iter(only))).isdigit():
            [(code, text)] = only.items()
            error = refusal(int(str(code)), str(text), "GET", path, None)
        case _:
            error = MalformedAnswerError(
                f"Trello answered {path.partition('?')[0]} in a batch with {answer!r:.80}"
            )
    if isinstance(error, NotFoundError):
        return None
    raise error


# --- rate limits ---------------------------------------------------------------------------------------


def buckets(url: str, key: str, token: str) -> list[Bucket]:
    """Return the buckets of an account, under the same names wherever its clients meet."""
    owners = {"api-key": key, "api-token": token, "member": token}
    host = urlsplit(url).netloc
    return [
        Bucket(name, LIMITS[name], COUNTS.get(name, everything), f"{host} {name} {_digest(owner)}")
        for name, owner in owners.items()
    ]


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()[:16]


def _is_member_itself(method: str, path: str) -> bool:
    """Tell whether a request counts in the small limit of ``/1/members/{id}``; routes below it do not."""
    parts = path.strip("/").split("/")
    return len(parts) >= 2 and parts[-2] == "members"


COUNTS = {"member": _is_member_itself}


def quotas(headers: Mapping[str, str]) -> Iterator[Quota]:
    """Yield what the headers ``x-rate-limit-<name>-{interval-ms,max,remaining}`` say of key and token."""
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
