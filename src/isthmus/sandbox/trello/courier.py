"""Deliver actions to webhooks over HTTP: signed, at least once, with retries and a count of failures.

Tests hold deliveries back and let them go doubled or in another order::

    sandbox.courier.hold()
    …                                              # changes
    sandbox.courier.release(lambda waiting: [*reversed(waiting), waiting[0]])
    sandbox.courier.wait()
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import queue
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urlsplit

Data = dict[str, Any]

TIMEOUT_S = 30.0
#: Waits before the second, third and fourth try. Source: notes of a project that checked the live service.
RETRY_S = (30.0, 60.0, 120.0)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One POST of JSON to one webhook; ``client`` is the identifier that the change came with."""

    webhook: str
    url: str
    body: bytes
    client: str | None = None


def signature(secret: str, body: bytes, url: str) -> str:
    """Return the ``X-Trello-Webhook`` header: base64 of HMAC-SHA1 over body and callback."""
    return base64.b64encode(hmac.new(secret.encode(), body + url.encode(), hashlib.sha1).digest()).decode()


def head_status(url: str, timeout_s: float = TIMEOUT_S) -> int | None:
    """Return the status that a callback answers to HEAD; None when there is no answer."""
    return _send("HEAD", url, timeout_s)


def _send(
    method: str, url: str, timeout_s: float, body: bytes | None = None, headers: dict[str, str] | None = None
) -> int | None:
    parts = urlsplit(url)
    connection = _connection(parts, timeout_s)
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request(method, target, body, headers or {"User-Agent": "Trello"})
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def _connection(parts: SplitResult, timeout_s: float) -> http.client.HTTPConnection:
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    return kind(parts.hostname or "", parts.port, timeout=timeout_s)


class Courier:
    """Post deliveries from a thread of its own.

    ``report(delivery, status)`` is told the outcome of each try (status None: no answer); ``retry_s`` are the
    waits before further tries.
    """

    def __init__(
        self,
        secret: str,
        report: Callable[[Delivery, int | None], object],
        retry_s: Sequence[float] = RETRY_S,
    ) -> None:
        self.secret = secret
        self.retry_s = retry_s
        self._report = report
        self._queue: queue.Queue[Delivery | None] = queue.Queue()
        self._held: list[Delivery] | None = None
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to deliver."""
        if self._thread is None:
            self._stopping.clear()
            self._thread = threading.Thread(target=self._run, name="sandbox-courier", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Stop delivering; what waits is forgotten."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._stopping.set()
            self._queue.put(None)
            thread.join()
            self._queue = queue.Queue()

    def post(self, deliveries: Iterable[Delivery]) -> None:
        """Deliver soon, in order; or keep, while deliveries are held back."""
        for delivery in deliveries:
            if self._held is not None:
                self._held.append(delivery)
            else:
                self._queue.put(delivery)

    def hold(self) -> None:
        """Keep deliveries back until :meth:`release`."""
        self._held = []

    def release(self, arrange: Callable[[list[Delivery]], Iterable[Delivery]] = list) -> None:
        """Deliver what was held back, as ``arrange`` orders, doubles or drops it."""
        held, self._held = self._held or [], None
        self.post(arrange(held))

    def wait(self) -> None:
        """Return when everything that was posted has been delivered or given up."""
        self._queue.join()

    def _run(self) -> None:
        while True:
            delivery = self._queue.get()
            try:
                if delivery is None or self._stopping.is_set():
                    return
                self._deliver(delivery)
            finally:
                self._queue.task_done()

    def _deliver(self, delivery: Delivery) -> None:
        for wait_s in (0.0, *self.retry_s):
            if self._stopping.wait(wait_s):
                return
            status = _send("POST", delivery.url, TIMEOUT_S, delivery.body, self._headers(delivery))
            self._report(delivery, status)
            if status in (200, 410):
                return

    def _headers(self, delivery: Delivery) -> dict[str, str]:
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Trello",
            "X-Trello-Webhook": signature(self.secret, delivery.body, delivery.url),
        }
        return headers | ({"X-Trello-Client-Identifier": delivery.client} if delivery.client else {})
