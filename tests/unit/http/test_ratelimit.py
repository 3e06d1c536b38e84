from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from isthmus.http.ratelimit import (
    Bucket,
    Limit,
    Quota,
    RateLimiter,
    Usage,
    calm,
    observe,
    read,
    take,
    written,
)
from isthmus.http.turnstile import LONGEST_PAUSE_S, LocalTurnstile
from tests.still_clock import StillClock

LIMIT = Limit(maximum=100, interval_s=10, share=0.8, slack_s=0.5)


def waits(number: int, usage: Usage, now: float, limit: Limit = LIMIT) -> list[float]:
    """Return how long as many callers wait who all ask now."""
    found = []
    for _ in range(number):
        usage, wait = take(usage, now, limit)
        found.append(round(wait, 3))
    return found


def test_the_first_requests_up_to_our_share_go_at_once_and_the_next_when_the_first_counts_no_more():
    found = waits(161, Usage(), 100.0)
    assert found[:80] == [0.0] * 80
    assert found[80:160] == [10.5] * 80
    assert found[160] == 21.0


@given(st.lists(st.floats(0, 3), max_size=300))
def test_no_interval_ever_sees_more_requests_than_our_share(gaps):
    usage, now, sent = Usage(), 0.0, []
    for gap in gaps:
        now += gap
        usage, wait = take(usage, now, LIMIT)
        sent.append(now + wait)
    for start in sent:
        assert sum(start <= moment < start + LIMIT.interval_s for moment in sent) <= LIMIT.size


@given(st.lists(st.tuples(st.floats(0, 2), st.floats(0, 0.5)), max_size=300))
def test_nor_does_it_when_requests_are_late_on_their_way_by_less_than_the_slack(calls):
    usage, now, arrived = Usage(), 0.0, []
    for gap, delay in calls:
        now += gap
        usage, wait = take(usage, now, LIMIT)
        arrived.append(now + wait + delay)
    for start in arrived:
        assert sum(start <= moment < start + LIMIT.interval_s for moment in arrived) <= LIMIT.size


def test_what_others_used_of_the_same_key_is_counted_with_ours():
    usage = observe(Usage(), 0.0, LIMIT, Quota("key", 10, 100, remaining=30))
    assert waits(11, usage, 0.0) == [0.0] * 10 + [10.5]


def test_what_the_answer_counts_of_our_own_is_not_counted_twice():
    usage, _ = take(Usage(), 0.0, LIMIT)
    assert observe(usage, 0.1, LIMIT, Quota("key", 10, 100, remaining=99)) == usage


def test_more_remaining_than_we_thought_changes_nothing():
    usage = Usage((1.0, 1.0, 1.0))
    assert observe(usage, 2.0, LIMIT, Quota("key", 10, 100, remaining=100)) == usage


def test_an_exhausted_remainder_makes_us_wait_for_the_interval():
    usage = observe(Usage(), 0.0, LIMIT, Quota("key", 10, 100, remaining=0))
    assert waits(1, usage, 0.0) == [10.5]


def test_a_pause_lets_nobody_through_before_its_time_and_then_one_by_one():
    assert waits(3, calm(Usage(), 0.0, LIMIT, 10.0), 0.0) == [10.0, 10.131, 10.262]


def test_no_pause_is_longer_than_a_quarter_of_an_hour():
    assert waits(1, calm(Usage(), 0.0, LIMIT, 1e12), 0.0) == [LONGEST_PAUSE_S]


def test_a_clock_that_was_set_back_by_days_keeps_nobody_out_for_days():
    usage = calm(Usage(), 1e6, LIMIT, 600.0)
    assert waits(1, usage, 0.0)[0] <= LONGEST_PAUSE_S + LIMIT.span_s


@given(st.lists(st.integers(0, 10**13), max_size=20), st.integers(0, 10**13))
def test_a_usage_is_kept_as_text_to_the_millisecond(sent, not_before):
    usage = Usage(tuple(one / 1000 for one in sorted(sent)), not_before / 1000)
    assert read(written(usage)) == usage


def test_a_text_that_somebody_else_wrote_means_that_nothing_was_sent():
    assert read("") == read("12 x") == Usage()


def test_a_request_waits_only_in_the_buckets_in_which_it_counts():
    clock = StillClock()
    members = Bucket("members", Limit(1, 900, 1, 0), lambda method, path: path.startswith("/1/members/"))
    limiter = RateLimiter([Bucket("token", LIMIT), members], clock=clock)
    limiter.acquire("GET", "/1/members/me")
    assert limiter.acquire("GET", "/1/boards/x") == 0.0
    assert limiter.acquire("GET", "/1/members/me") == 900.0


def test_limiters_that_meet_share_the_buckets_of_the_same_place():
    clock = StillClock()
    turnstile = LocalTurnstile(clock)

    def limiter(place):
        bucket = Bucket("key", Limit(1, 10, 1, 0), place=place)
        return RateLimiter([bucket], turnstile=turnstile, clock=clock)

    limiter("one").acquire("GET", "/")
    assert limiter("other").acquire("GET", "/") == 0.0
    assert limiter("one").acquire("GET", "/") == 10.0


def test_the_limit_that_an_answer_tells_replaces_the_one_assumed():
    limiter = RateLimiter([Bucket("key", LIMIT)], read=lambda _: [Quota("key", 10, 375, 375)])
    limiter.learn({})
    assert str(limiter.buckets["key"]) == "key, 375 in 10 s"


def test_quotas_of_unknown_buckets_and_senseless_ones_are_ignored():
    quotas = [Quota("other", 10, 5, 0), Quota("key", 0, 100, 0), Quota("key", 10, 0, 0)]
    limiter = RateLimiter([Bucket("key", LIMIT)], read=lambda headers: quotas, clock=StillClock())
    limiter.learn({})
    assert limiter.buckets["key"].limit == LIMIT
    assert limiter.acquire("GET", "/") == 0.0
