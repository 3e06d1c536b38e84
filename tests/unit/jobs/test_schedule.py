"""When a cron is due: expressions, time zones, clocks put forward and back, ticks that were missed."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.jobs.moment import from_datetime, to_datetime
from isthmus.jobs.schedule import parse
from isthmus.jobs.ticks import CronState, due_tick

MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1))
EXPRESSIONS = st.sampled_from(["* * * * *", "*/7 * * * *", "30 2 * * *", "0 0 1 * *", "15 9-17 * * mon-fri"])
ZONES = st.sampled_from(["UTC", "Europe/Zurich", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kolkata"])


def times(expression: str, zone: str, start: str, number: int) -> list[str]:
    """Return the next times after a start, in UTC."""
    schedule, at, found = parse(expression, zone), datetime.fromisoformat(start), []
    for _ in range(number):
        at = schedule.next_after(at)
        found.append(f"{at:%m-%d %H:%M}")
    return found


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        # Zurich puts its clocks forward at 01:00 UTC on 29 March 2026 (02:00 to 03:00) and back at 01:00 UTC
        # on 25 October (03:00 to 02:00).
        ("2026-03-27 12:00", ["03-28 01:30", "03-29 01:00", "03-30 00:30"]),
        ("2026-10-23 12:00", ["10-24 00:30", "10-25 00:30", "10-26 01:30"]),
    ],
)
def test_a_time_in_the_hour_of_a_change_happens_once(start: str, expected: list[str]) -> None:
    assert times("30 2 * * *", "Europe/Zurich", start, 3) == expected


def test_a_step_goes_on_through_a_change() -> None:
    found = times("*/30 * * * *", "Europe/Zurich", "2026-10-25 00:00", 6)
    assert found == [f"10-25 {time}" for time in ("00:30", "01:00", "01:30", "02:00", "02:30", "03:00")]
    found = times("*/30 * * * *", "Europe/Zurich", "2026-03-29 00:00", 4)
    assert found == [f"03-29 {time}" for time in ("00:30", "01:00", "01:30", "02:00")]


@given(EXPRESSIONS, ZONES, MOMENTS)
def test_the_last_time_before_a_moment_has_the_next_one_behind_it(
    expression: str, zone: str, moment: datetime
) -> None:
    schedule = parse(expression, zone)
    last, following = schedule.last_before(moment), schedule.next_after(moment)
    assert last <= moment < following
    assert schedule.next_after(last) == following
    assert schedule.last_before(last) == last
    assert schedule.next_after(last - timedelta(seconds=1)) == last


@pytest.mark.parametrize("expression", ["", "* * * *", "61 * * * *", "a * * * *", "0 0 30 2 *"])
def test_what_is_no_expression_is_refused(expression: str) -> None:
    with pytest.raises(ValueError, match=r"is not a cron expression.*five fields"):
        parse(expression)


@pytest.mark.parametrize("zone", ["Europe/Zürich", "", "../etc/passwd", "CEST+2"])
def test_what_is_no_time_zone_is_refused(zone: str) -> None:
    with pytest.raises(ValueError, match="is not a time zone"):
        parse("* * * * *", zone)


HOURLY = parse("0 * * * *")
NOW = from_datetime(datetime(2026, 11, 22, 12, 30))


@pytest.mark.parametrize(
    ("since", "last", "paused", "due"),
    [
        ("11:59", None, False, "12:00"),
        ("12:01", None, False, None),  # new: it begins with its next time
        ("08:00", "12:00", False, None),
        ("08:00", "09:00", False, "12:00"),  # of those that were missed, the last
        ("08:00", "09:00", True, None),
        ("12:10", "09:00", False, None),  # resumed: what it missed is not made up for
        ("08:00", "13:00", False, None),  # a clock that was put back
    ],
)
def test_a_tick_is_due_once(since: str, last: str | None, paused: bool, due: str | None) -> None:
    def at(time: str | None) -> int | None:
        return None if time is None else from_datetime(datetime.fromisoformat(f"2026-11-22 {time}"))

    state = CronState(name="shop.order.tidy", paused=paused, since=at(since) or 0, last=at(last))
    found = due_tick(HOURLY, state, NOW)
    assert (None if found is None else f"{to_datetime(found):%H:%M}") == due
