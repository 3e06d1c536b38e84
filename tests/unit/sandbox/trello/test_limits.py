import pytest

from isthmus.sandbox.trello.errors import ApiError
from isthmus.sandbox.trello.limits import Gate, Limits


def admit(gate, now, times=1, key="k", token="t", members_route=False):
    for _ in range(times):
        gate.admit(key, token, "m", members_route=members_route, now=now)


def refused(gate, now, **more):
    with pytest.raises(ApiError) as caught:
        admit(gate, now, **more)
    assert caught.value.status == 429
    return caught.value


def test_the_101st_request_of_a_token_in_ten_seconds_is_refused_until_the_window_ends():
    gate = Gate(Limits())
    admit(gate, 0.0, times=100)
    error = refused(gate, 4.5)
    assert error.body == {"error": "API_TOKEN_LIMIT_EXCEEDED", "message": "Rate limit exceeded"}
    assert error.headers == {"Retry-After": "6"}
    admit(gate, 10.0)


def test_a_key_is_limited_over_all_its_tokens():
    gate = Gate(Limits())
    for token in ("a", "b", "c"):
        admit(gate, 0.0, times=100, token=token)
    assert refused(gate, 1.0, token="d").body["error"] == "API_KEY_LIMIT_EXCEEDED"


def test_the_route_of_members_has_a_window_of_its_own_of_15_minutes():
    gate = Gate(Limits(token=(1000, 10), key=(1000, 10), member=(1000, 10)))
    admit(gate, 0.0, times=100, members_route=True)
    error = refused(gate, 10.0, members_route=True)
    assert error.body == {"error": "RATE_LIMIT_EXCEEDED", "message": "Exceeded rate limit to /1/member"}
    assert error.headers == {"Retry-After": "890"}
    admit(gate, 10.0)
    admit(gate, 900.0, members_route=True)


def test_after_more_than_200_refusals_the_key_is_shut_out_for_the_rest_of_the_window():
    gate = Gate(Limits(token=(1, 10)))
    admit(gate, 0.0)
    for _ in range(201):
        assert refused(gate, 0.0).body["error"] == "API_TOKEN_LIMIT_EXCEEDED"
    assert refused(gate, 0.0, token="another").body["error"] == "API_KEY_LIMIT_EXCEEDED"
    admit(gate, 10.0, token="another")


def test_every_answer_tells_what_remains():
    gate = Gate(Limits())
    admit(gate, 0.0, times=3)
    told = gate.headers("k", "t", "m", now=0.0)
    assert told["x-rate-limit-api-token-remaining"] == "97"
    assert told["x-rate-limit-api-token-max"] == "100"
    assert told["x-rate-limit-api-key-remaining"] == "297"
    assert told["x-rate-limit-api-key-interval-ms"] == "10000"
    assert told["x-rate-limit-member-max"] == "200"


def test_limits_that_are_off_refuse_and_tell_nothing():
    gate = Gate(Limits.off())
    admit(gate, 0.0, times=5000)
    assert gate.headers("k", "t", "m", now=0.0) == {}
