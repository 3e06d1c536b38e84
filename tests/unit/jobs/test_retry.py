"""What becomes of a job that raised: the waits, the limits, and what is kept of the error."""

from __future__ import annotations

import random
from typing import Any

import pytest

from isthmus.errors import (
    AmbiguousError,
    ConcurrentWriteError,
    ConflictError,
    FailedJobError,
    NotFoundError,
    RateLimitedError,
    RetryableJobError,
    UnreachableError,
)
from isthmus.jobs.retry import (
    LONGEST_TRACE,
    checked_pattern,
    decide,
    retry_delay,
    seconds_of,
)


class Highest:
    """Draws the upper bound; remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, int]] = []

    def randint(self, a: int, b: int, /) -> int:
        self.asked.append((a, b))
        return b


@pytest.mark.parametrize(
    ("pattern", "waits"),
    [
        ({1: 60, 2: 180, 3: 10, 5: 300}, [60, 180, 10, 10, 300, 300]),
        ({3: 180}, [600, 600, 180, 180]),
        ({1: 0}, [0, 0]),
        ({}, [600]),
        (None, [600]),
        ({1: 600, 5: 1200, 10: 1800, 15: 43200}, [600] * 4 + [1200] * 5 + [1800] * 5 + [43200] * 2),
    ],
)
def test_the_largest_key_that_is_reached_decides(pattern: Any, waits: list[float]) -> None:
    assert [retry_delay(pattern, made) for made in range(1, len(waits) + 1)] == waits


def test_bounds_are_drawn_as_whole_seconds_both_included() -> None:
    drawn = {retry_delay({1: (3, 5)}, 1, random.Random(seed)) for seed in range(50)}
    assert drawn == {3.0, 4.0, 5.0}
    assert seconds_of((7, 7)) == 7


def test_a_pattern_that_comes_from_json_is_read() -> None:
    assert checked_pattern({"10": [1, 2], "9": 5}) == {9: 5, 10: (1, 2)}


@pytest.mark.parametrize(
    "pattern",
    [{0: 1}, {-1: 1}, {"x": 1}, {1.5: 1}, {True: 1}, {1: -1}, {1: "5"}, {1: None}, {1: True}, {1: (1,)},
     {1: (1, 2, 3)}, {1: (3, 2)}, {1: float("nan")}, {1: float("inf")}, {1: (-1, 2)}],
    ids=repr,
)  # fmt: skip
def test_a_pattern_without_a_meaning_is_refused(pattern: Any) -> None:
    with pytest.raises(ValueError, match=r"retry pattern|wait"):
        checked_pattern(pattern)


def test_a_pattern_is_a_dictionary() -> None:
    with pytest.raises(TypeError, match=r"not \[600\]"):
        checked_pattern([600])


def test_three_attempts_are_two_retries_and_a_failure_that_names_limit_and_last_message() -> None:
    results = [decide(RetryableJobError("later, please"), made, 3) for made in (1, 2, 3)]
    assert [one.kind for one in results] == ["retry", "retry", "failed"]
    assert [one.after_s for one in results[:2]] == [600, 600]
    assert all(one.counts for one in results)
    failure = results[2].failure
    assert failure is not None
    assert failure.name == "isthmus.errors.FailedJobError"
    assert failure.message == (
        "given up after 3 attempts of 3 allowed; the last one ended in isthmus.errors.RetryableJobError: "
        "later, please"
    )
    assert "RetryableJobError: later, please" in failure.trace
    assert "direct cause" in failure.trace


def test_without_a_limit_there_is_always_another_attempt() -> None:
    assert decide(RetryableJobError("x"), 1_000_000, 0).kind == "retry"


def test_an_ignored_retry_gives_the_attempt_back_and_has_no_limit() -> None:
    result = decide(RetryableJobError("x", ignore_retry=True, seconds=3), 99, 3)
    assert (result.kind, result.counts, result.after_s) == ("retry", False, 3)


@pytest.mark.parametrize(
    ("error", "wait"),
    [
        (RetryableJobError("x", seconds=7), 7),
        (RetryableJobError("x", seconds=0), 0),
        (RetryableJobError("x", seconds=(2, 9)), 9),
        (RetryableJobError("x"), 60),
        (RateLimitedError("x", wait_s=1.5), 1.5),
        (ConcurrentWriteError("x"), 5),
        (UnreachableError("x"), 60),
        (ConflictError("x"), 60),
    ],
    ids=repr,
)
def test_an_error_says_how_long_to_wait_or_the_pattern_does(error: Exception, wait: float) -> None:
    result = decide(error, 1, 5, {1: 60}, Highest())
    assert (result.kind, result.after_s, result.counts) == ("retry", wait, True)
    assert result.failure is not None
    assert result.failure.message.startswith("x")


@pytest.mark.parametrize("seconds", [-1, float("nan"), float("inf"), (5, 1), "soon"], ids=repr)
def test_a_wait_without_a_meaning_does_not_cost_the_retry(seconds: Any) -> None:
    assert decide(RetryableJobError("x", seconds=seconds), 1, 5, {1: 60}).after_s == 60


@pytest.mark.parametrize(
    "error", [ConcurrentWriteError("x"), RateLimitedError("x", wait_s=1), UnreachableError("x")]
)
def test_attempts_bound_every_kind_of_retry(error: Exception) -> None:
    assert decide(error, 5, 5).kind == "failed"


@pytest.mark.parametrize(
    "error", [FailedJobError("no"), KeyError("no"), AmbiguousError("no"), NotFoundError("no")]
)
def test_any_other_error_fails_at_once(error: Exception) -> None:
    result = decide(error, 1, 5)
    assert (result.kind, result.after_s) == ("failed", 0)
    assert result.failure is not None
    assert result.failure.name.endswith(type(error).__name__)


def test_somebody_elses_error_is_retried_when_it_says_so() -> None:
    class BusyError(Exception):
        retryable = True

    assert decide(BusyError(), 1, 5).kind == "retry"


def test_a_failed_job_error_is_final_even_when_a_subclass_says_that_it_is_retryable() -> None:
    class OddError(FailedJobError):
        retryable = True

    assert decide(OddError("x"), 1, 5).kind == "failed"


def raised(error: Exception) -> Exception:
    def inner(secret: str) -> None:
        raise error

    try:
        inner("t0k" + "3n")
    except Exception as caught:
        return caught
    raise AssertionError


def test_a_trace_shows_where_and_no_values() -> None:
    failure = decide(raised(KeyError("name")), 1, 5).failure
    assert failure is not None
    assert (failure.name, failure.message) == ("KeyError", "'name'")
    assert "in inner" in failure.trace
    assert "t0k3n" not in failure.trace


def test_an_error_that_says_nothing_is_named() -> None:
    failure = decide(ValueError(), 1, 5).failure
    assert failure is not None
    assert failure.message == "ValueError"


def test_an_error_that_cannot_say_anything_is_kept_all_the_same() -> None:
    class MuteError(Exception):
        def __str__(self) -> str:
            raise KeyError("mute")

    failure = decide(MuteError(), 1, 5).failure
    assert failure is not None
    assert failure.message == "MuteError"


def test_what_no_database_takes_is_written_in_another_way() -> None:
    failure = decide(ValueError("a\0b\udce9"), 1, 5).failure
    assert failure is not None
    assert failure.message == "a\\0b\\udce9"
    assert "\0" not in failure.trace


def test_a_very_long_trace_keeps_its_beginning_and_its_end() -> None:
    failure = decide(raised(ValueError("x" * 100_000 + "end")), 1, 5).failure
    assert failure is not None
    assert failure.trace.startswith("Traceback")
    assert failure.trace.rstrip().endswith("end")
    assert len(failure.trace) < LONGEST_TRACE + 100
    assert len(failure.message) < 5_000
