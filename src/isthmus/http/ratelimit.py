"""Stay below the other side's limits: what was sent lately, known to all who send, corrected by the answers.

A service counts requests in intervals whose beginning it does not tell. So no interval at all, wherever it
begins, may see more than the limit: what counts is when each of the last requests was sent. :func:`take`,
:func:`observe` and :func:`calm` decide on that value, which a turnstile keeps; a :class:`RateLimiter` asks
for each bucket that a request counts in, waits, and learns from the answer.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from math import ceil
from typing import Protocol

from isthmus.clock import Clock, SystemClock
from isthmus.http.turnstile import LONGEST_PAUSE_S, LocalTurnstile, T, Turnstile
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
    """At most ``maximum`` requests in ``interval_s`` seconds, of which we use ``share``.

    ``slack_s`` is by how much requests may be late on their way: two that are sent an interval apart can
    arrive closer together.
    """

    maximum: float
    interval_s: float
    share: float = 0.95
    slack_s: float = 0.5

    @property
    def size(self) -> int:
        """How many requests we allow ourselves in an interval."""
        return max(1, int(self.maximum * self.share))

    @property
    def span_s(self) -> float:
        """How long a request counts."""
        return self.interval_s + self.slack_s


@dataclass(frozen=True, slots=True)
class Usage:
    """When requests were sent, or will be by callers that wait, in order; and before when nobody sends."""

    sent: tuple[float, ...] = ()
    not_before: float = 0.0


@dataclass(frozen=True, slots=True)
class Quota:
    """What an answer's headers say of one bucket: the whole interval's maximum and what remains of it now."""

    name: str
    interval_s: float
    maximum: float
    remaining: float


def recent(usage: Usage, now: float, limit: Limit) -> Usage:
    """Return what still counts. Times that nobody can have agreed on are of a clock that was set back."""
    sent = usage.sent[bisect_right(usage.sent, now - limit.span_s) :]
    latest = now + LONGEST_PAUSE_S + limit.span_s
    if sent and sent[-1] > latest:
        sent = sent[: bisect_right(sent, latest)]
    return Usage(sent, min(usage.not_before, now + LONGEST_PAUSE_S))


def take(usage: Usage, now: float, limit: Limit) -> tuple[Usage, float]:
    """Take one request; return the new usage and how many seconds to wait before sending it.

    The moment is promised at once, so callers that wait are served in the order in which they asked.
    """
    usage = recent(usage, now, limit)
    sent, size = usage.sent, limit.size
    free_at = sent[-size] + limit.span_s if len(sent) >= size else now
    at = max(now, usage.not_before, free_at)
    return replace(usage, sent=tuple(sorted((*sent, at)))), at - now


def observe(usage: Usage, now: float, limit: Limit, quota: Quota) -> Usage:
    """Count what others sent in the same interval, which an answer tells.

    Others may use the same key, and so may we have done before anything was kept. Whatever was used beyond
    what we know of counts as sent now.
    """
    usage = recent(usage, now, limit)
    others = min(int(quota.maximum - quota.remaining) - len(usage.sent), limit.size)
    return replace(usage, sent=tuple(sorted((*usage.sent, *[now] * others))))


def calm(usage: Usage, now: float, limit: Limit, seconds: float) -> Usage:
    """Let nobody send for a while, then only one by one, so that waiting workers do not rush."""
    usage = recent(usage, now, limit)
    begin = max(usage.not_before, now + min(max(seconds, 0.0), LONGEST_PAUSE_S))
    step = limit.span_s / limit.size
    paced = (begin - limit.span_s + step * number for number in range(limit.size))
    return Usage(tuple(paced), begin)


def written(usage: Usage) -> str:
    """Return a usage as text: whole milliseconds, never less than they are, the beginning first."""
    return " ".join(str(ceil(one * 1000 - 0.01)) for one in (usage.not_before, *usage.sent))


def read(text: str) -> Usage:
    """Return the usage of a text; nothing was sent when it is empty or was written by somebody else."""
    try:
        not_before, *sent = (int(word) / 1000 for word in text.split())
    except ValueError:
        return Usage()
    return Usage(tuple(sent), not_before)


def everything(method: str, path: str) -> bool:
    """Count each request."""
    return True


@dataclass(frozen=True, slots=True)
class Bucket:
    """One limit of the other side, and what counts in it.

    ``name`` is what the answers' headers call it, ``place`` its name at a turnstile (by default the same):
    buckets that meet there under one name are one, whoever sends (threads, processes, machines).
    """

    name: str
    limit: Limit
    counts: Callable[[str, str], bool] = everything
    place: str = ""

    def __str__(self) -> str:
        return f"{self.name}, {self.limit.maximum:g} in {self.limit.interval_s:g} s"


ReadQuotas = Callable[[Mapping[str, str]], Iterable[Quota]]


class RateLimiter:
    """Make requests wait for their turn in every bucket that they count in. Safe between threads."""

    def __init__(
        self,
        buckets: Sequence[Bucket],
        *,
        read: ReadQuotas | None = None,
        turnstile: Turnstile | None = None,
        clock: Clock | None = None,
    ) -> None:
        """``read`` finds the quotas in an answer's headers; those whose name is no bucket's are ignored.

        Limiters at the same ``turnstile`` share their buckets; without one they are this limiter's own.
        """
        self.buckets = {bucket.name: bucket for bucket in buckets}
        self._read = read or (lambda headers: ())
        self._clock = clock or SystemClock()
        self._turnstile = turnstile or LocalTurnstile(self._clock)

    def acquire(self, method: str, path: str) -> float:
        """Wait until a request may be sent; return the seconds waited."""
        counting = [bucket for bucket in self.buckets.values() if bucket.counts(method, path)]
        waits = [
            (self._change(bucket, partial(take, limit=bucket.limit)), bucket.name) for bucket in counting
        ]
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
        """Adopt the limits that an answer tells, and count what others used of them."""
        for quota in self._read(headers):
            bucket = self.buckets.get(quota.name)
            if bucket is None or quota.maximum <= 0 or quota.interval_s <= 0:
                continue
            limit = replace(bucket.limit, maximum=quota.maximum, interval_s=quota.interval_s)
            self.buckets[bucket.name] = replace(bucket, limit=limit)
            self._revise(bucket, partial(observe, limit=limit, quota=quota))

    def pause(self, seconds: float, method: str, path: str) -> None:
        """Stop the buckets that a request counts in after it was refused with 429."""
        for bucket in self.buckets.values():
            if bucket.counts(method, path):
                self._revise(bucket, partial(calm, limit=bucket.limit, seconds=seconds))

    def _revise(self, bucket: Bucket, decide: Callable[[Usage, float], Usage]) -> None:
        self._change(bucket, lambda usage, now: (decide(usage, now), None))

    def _change(self, bucket: Bucket, decide: Callable[[Usage, float], tuple[Usage, T]]) -> T:
        """Change what is known of a bucket's use; nobody else does meanwhile."""

        def on_text(text: str, now: float) -> tuple[str, T]:
            usage, result = decide(read(text), now)
            return written(usage), result

        return self._turnstile.change(bucket.place or bucket.name, on_text)
