from datetime import datetime, timedelta

from isthmus.sandbox.trello.courier import signature
from isthmus.sandbox.trello.subscription import MOST_FAILURES, after, watched

NOW = datetime(2026, 2, 17, 12)
HOOK = {"id": "h", "active": True, "consecutiveFailures": 0, "firstConsecutiveFailDate": None}


def test_a_failure_counts_up_and_keeps_the_date_of_the_first():
    once = after(HOOK, 500, NOW)
    twice = after(once, None, NOW + timedelta(hours=1))
    assert twice["consecutiveFailures"] == 2
    assert twice["firstConsecutiveFailDate"] == "2026-02-17T12:00:00.000Z"
    assert twice["active"]


def test_a_success_forgets_the_failures():
    failed = after(HOOK, 500, NOW)
    assert after(failed, 200, NOW) == HOOK


def test_a_webhook_is_switched_off_only_after_many_failures_over_more_than_30_days():
    many = {
        **HOOK,
        "consecutiveFailures": MOST_FAILURES - 1,
        "firstConsecutiveFailDate": "2026-02-17T12:00:00.000Z",
    }
    assert after(many, 500, NOW + timedelta(days=29))["active"]
    assert not after(many, 500, NOW + timedelta(days=31))["active"]
    few = {**many, "consecutiveFailures": 3}
    assert after(few, 500, NOW + timedelta(days=31))["active"]


def test_a_receiver_that_is_gone_ends_the_webhook():
    assert after(HOOK, 410, NOW) is None


def test_an_action_concerns_everything_it_names():
    action = {
        "idMemberCreator": "m",
        "data": {
            "board": {"id": "b"},
            "card": {"id": "c"},
            "listBefore": {"id": "l1"},
            "listAfter": {"id": "l2"},
        },
    }
    assert watched(action) == {"m", "b", "c", "l1", "l2"}


def test_the_signature_covers_body_and_callback():
    # printf '%s' '{"a":1}https://example.com/hook' | openssl dgst -sha1 -hmac secret -binary | base64
    assert signature("secret", b'{"a":1}', "https://example.com/hook") == "rJvMe98iRMTqfHL6wRy3mKBcwE4="
