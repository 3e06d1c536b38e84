from datetime import datetime

import pytest

from isthmus.sandbox.trello.timestamp import Ticker, epoch_ms, iso, parse


class Stopped:
    def now(self):
        return datetime(2026, 2, 17, 14, 49, 52, 340_900)

    def monotonic(self):
        return 0.0

    def sleep(self, seconds):
        raise AssertionError("a sandbox does not sleep")


def test_instants_are_written_in_utc_with_milliseconds():
    assert iso(datetime(2026, 2, 17, 14, 49, 52, 340_000)) == "2026-02-17T14:49:52.340Z"


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-17T14:49:52.340Z",
        "2026-02-17T15:49:52.340+01:00",
        "2026-02-17 14:49:52.340 UTC",
        "2026-02-17T14:49:52.340999",
    ],
)
def test_instants_are_read_in_several_spellings(text):
    assert parse(text) == datetime(2026, 2, 17, 14, 49, 52, 340_000)


def test_a_date_alone_is_its_midnight():
    assert parse("2026-02-17") == datetime(2026, 2, 17)


def test_text_that_is_no_date_is_refused():
    with pytest.raises(ValueError, match="tomorrow"):
        parse("tomorrow")


def test_no_two_changes_have_the_same_millisecond_even_when_the_clock_stands_still():
    ticker = Ticker(Stopped())
    assert [iso(ticker.next())[-5:] for _ in range(3)] == [".340Z"[-5:], ".341Z"[-5:], ".342Z"[-5:]]


def test_milliseconds_since_1970_do_not_depend_on_the_time_zone():
    assert epoch_ms(datetime(2026, 2, 17, 14, 49, 52, 340_000)) == 1771339792340
