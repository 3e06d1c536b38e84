from hypothesis import given
from hypothesis import strategies as st

from isthmus.http.ratelimit import Bucket, Level, Limit, Quota, RateLimiter, correct, refill, take
from tests.still_clock import StillClock

LIMIT = Limit(maximum=100, interval_s=10, share=0.8)


def test_the_first_requests_up_to_our_share_go_at_once_and_the_next_waits_for_one_token():
    level, waits = Level(LIMIT.size, 0.0), []
    for _ in range(81):
        level, wait = take(level, LIMIT, 0.0)
        waits.append(wait)
    assert waits[:80] == [0.0] * 80
    assert waits[80] == 1 / 8.0


def test_waiting_callers_are_served_in_turn_at_the_steady_rate():
    level, waits = Level(0.0, 0.0), []
    for _ in range(4):
        level, wait = take(level, LIMIT, 0.0)
        waits.append(wait)
    assert waits == [0.125, 0.25, 0.375, 0.5]


def test_time_refills_the_level_but_never_above_our_share():
    assert refill(Level(0.0, 0.0), LIMIT, 5.0) == Level(40.0, 5.0)
    assert refill(Level(70.0, 0.0), LIMIT, 60.0) == Level(80.0, 60.0)


@given(st.lists(st.floats(0, 3), max_size=300))
def test_no_interval_ever_sees_more_requests_than_the_burst_and_the_steady_rate_allow(gaps):
    level, now, sent = Level(LIMIT.size, 0.0), 0.0, []
    for gap in gaps:
        now += gap
        level, wait = take(level, LIMIT, now)
        sent.append(now + wait)
    for start in sent:
        within = sum(1 for moment in sent if start <= moment < start + LIMIT.interval_s)
        assert within <= 2 * LIMIT.size + 1


def test_what_others_used_of_the_same_key_lowers_our_level():
    level, _ = correct(Level(80.0, 0.0), LIMIT, Quota("key", 10, 100, remaining=30), 0.0)
    assert level.tokens == 10.0


def test_more_remaining_than_we_thought_does_not_raise_our_level():
    level, _ = correct(Level(5.0, 0.0), LIMIT, Quota("key", 10, 100, remaining=95), 0.0)
    assert level.tokens == 5.0


def test_an_exhausted_remainder_makes_us_wait_at_most_the_interval():
    level, limit = correct(Level(80.0, 0.0), LIMIT, Quota("key", 10, 100, remaining=0), 0.0)
    _, wait = take(level, limit, 0.0)
    assert 0 < wait <= 10.2


def test_the_limit_that_the_headers_state_replaces_the_one_assumed():
    _, limit = correct(Level(80.0, 0.0), LIMIT, Quota("member", 10, 375, remaining=375), 0.0)
    assert (limit.maximum, limit.share) == (375, 0.8)


def test_a_paused_bucket_lets_nobody_through_before_its_time_and_then_one_by_one():
    bucket = Bucket("token", LIMIT)
    bucket.pause(10.0, now=0.0)
    assert [round(bucket.take(now=0.0), 3) for _ in range(3)] == [10.125, 10.25, 10.375]


def test_a_request_waits_only_in_the_buckets_in_which_it_counts():
    clock = StillClock()
    members = Bucket(
        "members", Limit(1, 900, share=1), counts=lambda method, path: path.startswith("/1/members/")
    )
    limiter = RateLimiter([Bucket("token", LIMIT), members], clock=clock)
    limiter.acquire("GET", "/1/members/me")
    assert limiter.acquire("GET", "/1/boards/x") == 0.0
    assert limiter.acquire("GET", "/1/members/me") == 900.0


def test_a_bucket_shared_by_two_limiters_counts_the_requests_of_both():
    clock, shared = StillClock(), Bucket("key", Limit(1, 10, share=1))
    RateLimiter([shared], clock=clock).acquire("GET", "/")
    assert RateLimiter([shared], clock=clock).acquire("GET", "/") == 10.0


def test_quotas_of_unknown_buckets_and_senseless_ones_are_ignored():
    bucket = Bucket("key", LIMIT)
    quotas = [Quota("other", 10, 5, 0), Quota("key", 0, 100, 0), Quota("key", 10, 0, 0)]
    limiter = RateLimiter([bucket], read=lambda headers: quotas, clock=StillClock())
    limiter.learn({})
    assert bucket.limit == LIMIT
    assert limiter.acquire("GET", "/") == 0.0
