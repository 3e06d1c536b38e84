"""One HTTP client for every remote: pool, timeouts, retries, rate limits, masked errors, telemetry."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any
from urllib.parse import urlsplit

import msgspec
import urllib3

from isthmus.clock import Clock, SystemClock
from isthmus.errors import ConfigurationError, IsthmusError, RateLimitedError, RejectedError
from isthmus.http.auth import Auth, NoAuth
from isthmus.http.failure import Fate, cause_of, error_of, fate_of
from isthmus.http.proxy import FROM_ENVIRONMENT, proxy_for
from isthmus.http.ratelimit import Limiter
from isthmus.http.redaction import public_url, redact
from isthmus.http.request import SAFE_METHODS, Request, Timeout, build_url, origin
from isthmus.http.response import Response
from isthmus.http.retry import PASSING, TOO_MANY, RetryPolicy, Trouble
from isthmus.http.status import retry_after_s
from isthmus.http.stream import PIECE, Sink, Stream
from isthmus.http.withholding import is_withholding
from isthmus.telemetry import emit, span

DEFAULT_TIMEOUT = Timeout()
DEFAULT_RETRY = RetryPolicy()


class _BodyTooSlow(urllib3.exceptions.HTTPError):
    """The whole answer did not arrive in time, though bytes kept coming."""


class HttpClient:
    """Send requests to one base URL. Safe to share between threads.

    A request that is safe to repeat (GET, HEAD, or ``idempotent=True``) is tried again after connection
    errors, timeouts and 502, 503, 504; any request is after a refused connection and 429, where nothing
    was done. 401, 403, 404 and 422 are never retried. What still fails raises UnreachableError,
    AmbiguousError (it may have been done), MalformedAnswerError or ConfigurationError; an answer of any
    status is returned, and ``response.require_success()`` turns its status into an error.
    """

    def __init__(
        self,
        base_url: str,
        *,
        auth: Auth | None = None,
        timeout: Timeout = DEFAULT_TIMEOUT,
        retry: RetryPolicy = DEFAULT_RETRY,
        limiter: Limiter | None = None,
        headers: Mapping[str, str] | None = None,
        verify: bool | str = True,
        proxy: str | None = FROM_ENVIRONMENT,
        connections: int = 8,
        secrets: Sequence[str] = (),
        is_final: Callable[[Response], bool] | None = None,
        reads_by_post: bool = False,
        clock: Clock | None = None,
    ) -> None:
        """Prepare a client; nothing is sent yet.

        ``verify`` is False, True, or the file of the authority's certificate. ``proxy`` is a URL, None or
        ``"environment"``. ``connections`` is how many requests may be under way at once; more wait.
        ``secrets`` are further texts to mask wherever an error or an event shows text. ``is_final`` tells
        of a 429, 502, 503 or 504 that the same request would get it again, so that it is not repeated.
        ``reads_by_post`` says that the method tells nothing about whether a request changes something.
        """
        parts = urlsplit(base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ConfigurationError(
                f"{public_url(base_url)!r} is not a URL to send requests to",
                hint="Write it like https://example.odoo.com.",
            )
        self.base_url = base_url.rstrip("/")
        self.limiter = limiter
        self._auth = auth or NoAuth()
        self._timeout = timeout
        self._retry = retry
        self._headers = {"User-Agent": "isthmus", "Accept": "application/json", **(headers or {})}
        self._clock = clock or SystemClock()
        self._is_final = is_final or (lambda response: False)
        self._reads_by_post = reads_by_post
        self._secrets = (*self._auth.secrets(), *secrets)
        self._pool = _pool(base_url, verify, proxy, connections)

    def __repr__(self) -> str:
        return f"<HttpClient {public_url(self.base_url)} {self._auth!r}>"

    def get(self, path: str, params: Mapping[str, Any] | None = None, **options: Any) -> Response:
        """Send a GET; see :meth:`request`."""
        return self.request("GET", path, params=params, **options)

    def post(self, path: str, **options: Any) -> Response:
        """Send a POST; see :meth:`request`."""
        return self.request("POST", path, **options)

    def put(self, path: str, **options: Any) -> Response:
        """Send a PUT; see :meth:`request`."""
        return self.request("PUT", path, **options)

    def delete(self, path: str, **options: Any) -> Response:
        """Send a DELETE; see :meth:`request`."""
        return self.request("DELETE", path, **options)

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = msgspec.UNSET,
        body: bytes | Stream | None = None,
        headers: Mapping[str, str] | None = None,
        idempotent: bool | None = None,
        timeout: Timeout | None = None,
        into: Sink | None = None,
    ) -> Response:
        """Send one request and return the answer, whatever its status.

        ``path`` is below the base URL, or a whole URL (a "next" link); credentials go to the base URL's host
        only. ``params`` become the query: None is left out, booleans are ``true``/``false``, a list repeats
        its name. ``json`` is sent as JSON. ``idempotent=True`` says that repeating the call does no harm.
        ``body`` may be sent piece by piece; ``into`` gets the body of a success piece by piece.
        """
        if method.upper() not in SAFE_METHODS and not self._reads_by_post and is_withholding():
            raise RejectedError(
                f"{method.upper()} {public_url(path)} was not sent: this is only tried out",
                hint="What it would do cannot be foreseen; it is done by a real run.",
            )
        request = self._prepare(
            method.upper(), path, params, json, body, headers or {}, idempotent, timeout, into
        )
        for attempt in range(1, self._retry.attempts + 1):
            outcome, trouble = self._try(request)
            wait = None if trouble is None else self._retry.wait_s(attempt, trouble, request.repeatable)
            if trouble is None or wait is None:
                break
            self._pause(request, attempt, trouble, wait)
        if isinstance(outcome, Response):
            return outcome
        raise outcome

    def hide(self, secret: str) -> None:
        """Mask one more text wherever an error or an event shows text."""
        self._secrets = (*self._secrets, secret)

    def close(self) -> None:
        """Close the idle connections. The client may be used again afterwards."""
        self._pool.clear()

    # --- one try ---

    def _prepare(
        self,
        method: str,
        path: str,
        params: Mapping[str, Any] | None,
        json: Any,
        body: bytes | Stream | None,
        headers: Mapping[str, str],
        idempotent: bool | None,
        timeout: Timeout | None,
        into: Sink | None,
    ) -> Request:
        url = build_url(self.base_url, path, params or {})
        own_host = origin(url) == origin(self.base_url)
        all_headers = {**self._headers, **(self._auth.headers() if own_host else {})}
        if json is not msgspec.UNSET:
            body = msgspec.json.encode(json)
            all_headers["Content-Type"] = "application/json"
        elif body is not None and not isinstance(body, bytes):
            all_headers["Content-Length"] = str(body.size)
        return Request(
            method=method,
            url=url,
            headers={**all_headers, **headers},
            body=body,
            timeout=timeout or self._timeout,
            repeatable=method in SAFE_METHODS if idempotent is None else idempotent,
            own_host=own_host,
            secrets=self._secrets,
            into=into,
        )

    def _try(self, request: Request) -> tuple[Response | IsthmusError, Trouble | None]:
        """Return the answer or the error, and what time could mend about it (None: nothing)."""
        try:
            with (
                self._turn(request),
                span("http.request", method=request.method, url=request.public_url) as event,
            ):
                response = self._send(request)
                event["status"] = response.status
        except urllib3.exceptions.HTTPError as error:
            return self._failed(request, cause_of(error))
        except RateLimitedError as error:
            return error, None
        if self.limiter is not None and request.own_host:
            self.limiter.learn(response.headers)
        if (response.status in PASSING or response.status == TOO_MANY) and not self._is_final(response):
            harmless = response.status == TOO_MANY
            return response, Trouble(str(response.status), harmless, response.retry_after_s)
        return response, None

    def _turn(self, request: Request) -> AbstractContextManager[None]:
        if self.limiter is None or not request.own_host:
            return nullcontext()
        return self.limiter.turn(request.method, request.path)

    def _failed(self, request: Request, error: BaseException) -> tuple[IsthmusError, Trouble | None]:
        translated = error_of(
            error,
            method=request.method,
            url=request.public_url,
            repeatable=request.repeatable,
            text=_said(error, self._secrets),
        )
        translated.__cause__ = error
        match fate_of(error):
            case Fate.NOTHING_DONE:
                return translated, Trouble(type(error).__name__, harmless=True)
            case Fate.UNKNOWN:
                return translated, Trouble(type(error).__name__, harmless=False)
            case _:
                return translated, None

    def _send(self, request: Request) -> Response:
        follow = request.method in SAFE_METHODS
        deadline = self._clock.monotonic() + request.timeout.total_s
        answer = self._pool.request(
            request.method,
            request.url,
            headers=request.headers,
            body=request.body,
            timeout=urllib3.Timeout(connect=request.timeout.connect_s, read=request.timeout.read_s),
            retries=_redirects(self._auth) if follow else urllib3.Retry(False),
            redirect=follow,
            preload_content=False,
        )
        try:
            body = _received(answer, request.into, _chunks(answer, self._clock, deadline))
        except BaseException:
            answer.close()
            raise
        answer.release_conn()
        return Response(
            method=request.method,
            url=request.public_url,
            status=answer.status,
            headers=answer.headers,
            body=body,
            repeatable=request.repeatable,
            retry_after_s=retry_after_s(answer.headers.get("Retry-After"), self._clock),
            secrets=self._secrets,
        )

    def _pause(self, request: Request, attempt: int, trouble: Trouble, wait: float) -> None:
        emit(
            "http.retry",
            method=request.method,
            url=request.public_url,
            attempt=attempt,
            wait_s=wait,
            reason=trouble.reason,
        )
        if trouble.reason == str(TOO_MANY) and self.limiter is not None:
            self.limiter.pause(wait, request.method, request.path)
        self._clock.sleep(wait)


def _pool(base_url: str, verify: bool | str, proxy: str | None, connections: int) -> urllib3.PoolManager:
    options: dict[str, Any] = {"maxsize": connections, "block": True}
    if verify is False:
        options["cert_reqs"] = "CERT_NONE"
    elif isinstance(verify, str):
        options["ca_certs"] = verify
    proxy_url = proxy_for(base_url, proxy)
    if proxy_url is None:
        return urllib3.PoolManager(**options)
    credentials = urllib3.util.parse_url(proxy_url).auth
    headers = urllib3.make_headers(proxy_basic_auth=credentials) if credentials else None
    return urllib3.ProxyManager(proxy_url, proxy_headers=headers, **options)


def _redirects(auth: Auth) -> urllib3.Retry:
    """Follow redirects only, and leave the credentials behind when the host changes."""
    private = frozenset({*urllib3.Retry.DEFAULT_REMOVE_HEADERS_ON_REDIRECT, *auth.headers()})
    return urllib3.Retry(
        total=None, connect=0, read=0, redirect=5, status=0, other=0, remove_headers_on_redirect=private
    )


def _received(answer: urllib3.BaseHTTPResponse, into: Sink | None, pieces: Iterator[bytes]) -> bytes:
    """Return the body of an answer; nothing where it goes elsewhere."""
    if into is None or not 200 <= answer.status < 300:
        return b"".join(pieces)
    into.begin(answer.headers)
    for piece in pieces:
        into.write(piece)
    return b""


def _chunks(answer: urllib3.BaseHTTPResponse, clock: Clock, deadline: float) -> Iterator[bytes]:
    """Yield the body as it comes. A server that drips bytes must not hold a worker for ever."""
    while chunk := answer.read1(PIECE, decode_content=True):  # type: ignore[attr-defined]
        yield chunk
        if clock.monotonic() > deadline:
            raise _BodyTooSlow("the body did not end in time")


def _said(error: BaseException, secrets: Sequence[str]) -> str:
    """Return what a urllib3 exception says, without pool objects, queries and secrets."""
    reason = next((arg for arg in error.args if isinstance(arg, BaseException)), error)
    text = str(reason).rpartition("object at 0x")[2].partition(">: ")[2] or str(reason)
    text = text.rpartition("): ")[2] or text
    return f"{type(error).__name__}: {redact(text, secrets)}"
