"""What becomes of a job whose attempt raised: tried again and when, or failed. Pure decisions."""

from __future__ import annotations

import math
import random
import traceback
from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any, Protocol

from isthmus.errors import (
    ConcurrentWriteError,
    DatabaseAwayError,
    FailedJobError,
    RateLimitedError,
    RetryableJobError,
)
from isthmus.jobs.claim import Failure, Result

#: Seconds to wait before the next attempt, or the bounds of a random whole number of them.
Delay = float | Sequence[float]

#: By how many attempts were made: how long to wait before the next one.
RetryPattern = Mapping[int, Delay]

#: The wait where nothing else is said.
DEFAULT_DELAY_S = 600.0

#: The wait for a database or a lock that was busy.
BUSY_DELAY_S = 5.0

#: The longest traceback that is kept, in characters.
LONGEST_TRACE = 16_000

#: The longest message that is kept, in characters.
LONGEST_MESSAGE = 4_000


class Chance(Protocol):
    """The part of :class:`random.Random` that delays need."""

    def randint(self, a: int, b: int, /) -> int:
        """Return a random whole number, both bounds included."""
        ...


def retry_delay(pattern: RetryPattern | None, attempt: int, rng: Chance | None = None) -> float:
    """Return how many seconds to wait after ``attempt`` attempts (the first one counts as 1).

    The largest key that is not above the attempts made decides; 600 s where there is none.
    """
    reached = [made for made in pattern or () if made <= attempt]
    return seconds_of((pattern or {})[max(reached)], rng) if reached else DEFAULT_DELAY_S


def seconds_of(delay: Delay, rng: Chance | None = None) -> float:
    """Return the seconds of a delay, drawn at random where it has bounds (both included)."""
    if isinstance(delay, Sequence):
        lowest, highest = delay
        return float((rng or random).randint(int(lowest), int(highest)))
    return float(delay)


def checked_pattern(pattern: Any) -> RetryPattern:
    """Return a retry pattern with whole numbers as keys, pairs as tuples and keys in order.

    Text keys, as they come from JSON or TOML, are read. Raises TypeError when it is no dictionary, ValueError
    for a key below 1, a negative wait, or bounds that are not two in order.
    """
    if not isinstance(pattern, Mapping):
        raise TypeError(f"a retry pattern is a dictionary {{attempts: seconds}}, not {pattern!r}")
    pairs = [(_attempts(key), checked_delay(one)) for key, one in pattern.items()]
    return dict(sorted(pairs, key=itemgetter(0)))


def _attempts(key: Any) -> int:
    if isinstance(key, str) and key.isdecimal():
        key = int(key)
    if not isinstance(key, int) or isinstance(key, bool) or key < 1:
        raise ValueError(f"the keys of a retry pattern are numbers of attempts, from 1; not {key!r}")
    return key


def checked_delay(value: Any) -> Delay:
    """Return a wait, bounds as a tuple. Raises ValueError for what is neither seconds nor two bounds."""
    if isinstance(value, list | tuple):
        if len(value) != 2 or not all(map(_is_wait, value)) or value[0] > value[1]:
            raise ValueError(f"the bounds of a wait are (lowest, highest) in seconds, not {value!r}")
        return (value[0], value[1])
    if not _is_wait(value):
        raise ValueError(f"a wait is a number of seconds or (lowest, highest), not {value!r}")
    return value  # type: ignore[no-any-return]


def _is_wait(value: Any) -> bool:
    return (
        isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value >= 0
    )


def decide(
    error: BaseException,
    attempt: int,
    max_retries: int,
    pattern: RetryPattern | None = None,
    rng: Chance | None = None,
) -> Result:
    """Return what an exception means for the job that raised it in its ``attempt``-th attempt.

    An error that is retryable puts the job back, until ``max_retries`` attempts were made (0: no limit). A
    RetryableJobError may ask for its own wait, and with ``ignore_retry`` that the attempt is not counted. Any
    other error fails the job at once.
    """
    if isinstance(error, FailedJobError) or not getattr(error, "retryable", False):
        return Result(kind="failed", failure=failure_of(error))
    if getattr(error, "ignore_retry", False):
        return Result(
            kind="retry", failure=failure_of(error), after_s=_wait(error, attempt, pattern, rng), counts=False
        )
    if 0 < max_retries <= attempt:
        return Result(kind="failed", failure=failure_of(_given_up(error, attempt, max_retries)))
    return Result(kind="retry", failure=failure_of(error), after_s=_wait(error, attempt, pattern, rng))


def _wait(error: BaseException, attempt: int, pattern: RetryPattern | None, rng: Chance | None) -> float:
    asked = _asked(error)
    if asked is None:
        return retry_delay(pattern, attempt, rng)
    try:
        return seconds_of(checked_delay(asked), rng)
    except ValueError:  # a wait that makes no sense must not cost the job its retry
        return retry_delay(pattern, attempt, rng)


def _asked(error: BaseException) -> Delay | None:
    match error:
        case RetryableJobError():
            return error.seconds
        case RateLimitedError():
            return error.wait_s
        case ConcurrentWriteError() | DatabaseAwayError():
            return BUSY_DELAY_S
        case _:
            return None


def _given_up(error: BaseException, attempt: int, max_retries: int) -> FailedJobError:
    made = f"{attempt} attempt" + ("s" if attempt != 1 else "")
    given_up = FailedJobError(
        f"given up after {made} of {max_retries} allowed; "
        f"the last one ended in {name_of(error)}: {message_of(error)}"
    )
    given_up.__cause__ = error
    return given_up


def failure_of(error: BaseException) -> Failure:
    """Return what is kept of an exception: no values of variables, which may be secret."""
    message = storable(message_of(error))
    return Failure(name_of(error), shortened(message, LONGEST_MESSAGE), shortened(storable(trace_of(error))))


def name_of(error: BaseException) -> str:
    """Return the class of an exception with its module, as in ``isthmus.errors.NotFoundError``."""
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def message_of(error: BaseException) -> str:
    """Return what an exception says; the name of its class when it says nothing, or cannot say it."""
    try:
        return str(error) or type(error).__name__
    except Exception:  # somebody else's __str__: the failure must be kept all the same
        return type(error).__name__


def trace_of(error: BaseException) -> str:
    """Return the traceback as text."""
    try:
        return "".join(traceback.format_exception(error))
    except Exception:  # as above
        return f"{name_of(error)} (its traceback cannot be shown)"


def shortened(text: str, most: int = LONGEST_TRACE) -> str:
    """Return a text; of a very long one, its beginning and its end."""
    half = most // 2
    return (
        text
        if len(text) <= most
        else f"{text[:half]}\n[… {len(text) - 2 * half} characters …]\n{text[-half:]}"
    )


def storable(text: str) -> str:
    """Return a text that any database takes: without lone surrogates and null characters."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")
