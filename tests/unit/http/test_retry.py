import pytest

from isthmus.http.retry import NO_RETRY, RetryPolicy, Trouble

MAYBE_DONE = Trouble("ReadTimeoutError", harmless=False)
NOTHING_DONE = Trouble("NewConnectionError", harmless=True)
POLICY = RetryPolicy(attempts=4, first_wait_s=1, factor=2, longest_wait_s=3, patience_s=60)


def test_waits_grow_up_to_the_longest_one():
    assert [POLICY.wait_s(n, MAYBE_DONE, True, chance=lambda: 1.0) for n in (1, 2, 3)] == [1, 2, 3]


def test_the_last_attempt_is_followed_by_none():
    assert POLICY.wait_s(4, MAYBE_DONE, True) is None
    assert NO_RETRY.wait_s(1, NOTHING_DONE, True) is None


@pytest.mark.parametrize(("trouble", "repeatable", "tried_again"), [
    (MAYBE_DONE, False, False), (MAYBE_DONE, True, True), (NOTHING_DONE, False, True),
    (NOTHING_DONE, True, True),
])  # fmt: skip
def test_a_call_is_repeated_only_when_that_does_no_harm(trouble, repeatable, tried_again):
    assert (POLICY.wait_s(1, trouble, repeatable) is not None) is tried_again


def test_jitter_spreads_the_upper_half_of_the_wait():
    assert POLICY.wait_s(1, MAYBE_DONE, True, chance=lambda: 0.0) == 0.5


def test_the_time_that_the_server_asks_for_is_waited_at_least():
    assert POLICY.wait_s(1, Trouble("429", True, retry_after_s=10), False, chance=lambda: 0.0) == 10.25


def test_a_server_that_asks_for_more_than_our_patience_is_not_waited_for():
    assert POLICY.wait_s(1, Trouble("429", True, retry_after_s=61), False) is None
