"""Stay below the other side's limits: token buckets shared by threads, corrected by what the answers say.

:func:`take` and :func:`correct` decide on values; :class:`Bucket` keeps the value under a lock;
:class:`RateLimiter` asks the buckets that a request counts in, waits, and learns from the answer.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from typing import Protocol

from isthmus.clock import Clock, SystemClock
from isthmus.telemetry import emit


class Limiter(Protocol):
    """Decide when a request may be sent."""

    def turn(self, method: str, path: str) -> AbstractContextManager[None]:
        """Wait until the request may be sent; it is sent inside the block.

        Raises RateLimitedError when that would take longer than anybody should wait.
        """
        ...

    def learn(self, headers: Mapping[str, str]) -> None:
        """Take in what the headers of an answer say about the limits, ``Retry-After`` included."""
        ...

    def pause(self, seconds: float, method: str, path: str) -> None:
        """Send nothing of this kind for a while: the other side refused a request with 429."""
        ...


@dataclass(frozen=True, slots=True)
class Limit:
    """At most ``maximum`` requests in ``interval_s`` seconds, of which we use ``share``."""

    maximum: float
    interval_s: float
    share: float = 0.8

    @property
    def size(self) -> float:
        """How many requests we allow ourselves at once."""
        return max(1.0, self.maximum * self.share)

    @property
    def rate(self) -> float:
        """How many requests a second come free."""
        return self.size / self.interval_s


@dataclass(frozen=True, slots=True)
class Level:
    """How many requests are free at a moment of the monotonic clock.

    Below zero, that many are promised to callers who wait.
    """

    tokens: float
    at: float


@dataclass(frozen=True, slots=True)
class Quota:
    """What an answer's headers say of one bucket: the whole interval's maximum and what remains of it now."""

    name: str
    interval_s: float
    maximum: float
    remaining: float


def refill(level: Level, limit: Limit, now: float) -> Level:
    """Return the level after the time that passed. A level that lies in the future (a pause) stays."""
    if now <= level.at:
        return level
    return Level(min(limit.size, level.tokens + (now - level.at) * limit.rate), now)


def take(level: Level, limit: Limit, now: float) -> tuple[Level, float]:
    """Take one request out of the level; return the new level and how many seconds to wait before sending it.

    The place is promised at once, so callers that wait are served in the order in which they asked.
    """
    filled = refill(level, limit, now)
    left = replace(filled, tokens=filled.tokens - 1)
    missing = max(0.0, -left.tokens) / limit.rate
    return left, missing + max(0.0, filled.at - now)


def correct(level: Level, limit: Limit, quota: Quota, now: float) -> tuple[Level, Limit]:
    """Lower the level to what the other side says remains, and adopt its limit.

    Others may use the same key. What they leave us is the remainder above the part that we never use.
    """
    limit = replace(limit, maximum=quota.maximum, interval_s=quota.interval_s)
    filled = refill(level, limit, now)
    ours = quota.remaining - (limit.maximum - limit.size)
    return replace(filled, tokens=min(filled.tokens, max(ours, -limit.size))), limit


class Bucket:
    """One limit of the other side, shared by everything that counts in it (threads, clients of one key)."""

    def __init__(self, name: str, limit: Limit, *, counts: Callable[[str, str], bool] | None = None) -> None:
        """``counts(method, path)`` says whether a request counts in this bucket; by default each does."""
        self.name = name
        self.counts = counts or (lambda method, path: True)
        self._limit = limit
        self._level: Level | None = None
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"Bucket({self.name!r}, {self._limit.maximum:g} in {self._limit.interval_s:g} s)"

    @property
    def limit(self) -> Limit:
        """The limit as known now."""
        return self._limit

    def _current(self, now: float) -> Level:
        return self._level or Level(self._limit.size, now)

    def take(self, now: float) -> float:
        """Reserve one request and return the seconds to wait before sending it."""
        with self._lock:
            self._level, wait = take(self._current(now), self._limit, now)
        return wait

    def learn(self, quota: Quota, now: float) -> None:
        """Correct the level by an answer's headers."""
        if quota.maximum <= 0 or quota.interval_s <= 0:
            return
        with self._lock:
            self._level, self._limit = correct(self._current(now), self._limit, quota, now)

    def pause(self, seconds: float, now: float) -> None:
        """Let nobody send for a while, then only at the steady rate, so that waiting workers do not rush."""
        with self._lock:
            level = self._current(now)
            self._level = Level(min(level.tokens, 0.0), max(level.at, now + seconds))


ReadQuotas = Callable[[Mapping[str, str]], Iterable[Quota]]


class RateLimiter:
    """Make requests wait for their turn in every bucket that they count in."""

    def __init__(
        self, buckets: Sequence[Bucket], *, read: ReadQuotas | None = None, clock: Clock | None = None
    ) -> None:
        """``read`` finds the quotas in an answer's headers; those whose name is no bucket's are ignored."""
        self.buckets = tuple(buckets)
        self._read = read or (lambda headers: ())
        self._clock = clock or SystemClock()

    def acquire(self, method: str, path: str) -> float:
        """Wait until a request may be sent; return the seconds waited."""
        now = self._clock.monotonic()
        waits = [(bucket.take(now), bucket.name) for bucket in self.buckets if bucket.counts(method, path)]
        wait, name = max(waits, default=(0.0, ""))
        if wait > 0:
            emit("http.wait", bucket=name, wait_s=wait)
            self._clock.sleep(wait)
        return wait

    @contextmanager
    def turn(self, method: str, path: str) -> Iterator[None]:
        """Wait for the request's turn, and run the block."""
        self.acquire(method, path)
        yield

    def learn(self, headers: Mapping[str, str]) -> None:
        """Correct the buckets by the headers of an answer."""
        now = self._clock.monotonic()
        for quota in self._read(headers):
            for bucket in self.buckets:
                if bucket.name == quota.name:
                    bucket.learn(quota, now)

    def pause(self, seconds: float, method: str, path: str) -> None:
        """Stop the buckets that a request counts in after it was refused with 429."""
        now = self._clock.monotonic()
        for bucket in self.buckets:
            if bucket.counts(method, path):
                bucket.pause(seconds, now)
