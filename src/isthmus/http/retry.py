"""When to try a request again, and how long to wait before."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

#: Statuses by which a server or its proxy says "not now". 429 means that nothing was done.
PASSING = frozenset({502, 503, 504})
TOO_MANY = 429


@dataclass(frozen=True, slots=True)
class Trouble:
    """What went wrong with one try, as far as retrying is concerned."""

    reason: str
    """Short name for telemetry: a status or an error type."""
    harmless: bool
    """True when nothing was done, so that any call may be repeated."""
    retry_after_s: float | None = None
    """What the server asked for, in seconds."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Exponential waits with full jitter in their upper half.

    ``attempts`` counts all tries, the first included; waits grow from ``first_wait_s`` by ``factor`` up to
    ``longest_wait_s``. A server that asks for more than ``patience_s`` is not waited for: the caller
    gets the error and can do something else meanwhile.
    """

    attempts: int = 4
    first_wait_s: float = 0.5
    factor: float = 2.0
    longest_wait_s: float = 20.0
    patience_s: float = 60.0

    def wait_s(
        self, attempt: int, trouble: Trouble, repeatable: bool, chance: Callable[[], float] = random.random
    ) -> float | None:
        """Return how long to wait before the next try, or None when there must be none.

        ``attempt`` is the number of tries made so far (from 1); ``repeatable`` says that doing the call
        twice is the same as doing it once.
        """
        if attempt >= self.attempts or not (trouble.harmless or repeatable):
            return None
        backoff = min(self.longest_wait_s, self.first_wait_s * self.factor ** (attempt - 1))
        jittered = backoff * (0.5 + 0.5 * chance())
        if trouble.retry_after_s is None:
            return jittered
        if trouble.retry_after_s > self.patience_s:
            return None
        return trouble.retry_after_s + jittered * 0.5  # many clients were told the same moment


NO_RETRY = RetryPolicy(attempts=1)
