"""The time that has gone by since a row was read, by two clocks of which one may be wrong."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from isthmus.odoo.feed.clocks import Clocks

NOON = datetime(2026, 11, 22, 12)
NOTHING = timedelta()


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


@pytest.mark.parametrize(
    ("web", "own", "reached"),
    [(10, 10, 10), (70, 10, 10), (10, 70, 10), (-50, 10, 0), (10, -50, 0), (0, 0, 0)],
    ids=["both", "web put forward", "own put forward", "web put back", "own put back", "at once"],
)
def test_so_much_time_went_by_as_both_clocks_say(web: int, own: int, reached: int) -> None:
    clocks = Clocks(NOON, NOON + minutes(60), NOON - minutes(60))
    found = clocks.reached(NOON + minutes(60 + web), NOON - minutes(60 - own), NOTHING)
    assert found is not None
    assert minutes(0) <= NOON + minutes(reached) - found <= minutes(0.1)


def test_the_time_of_the_answer_does_not_count() -> None:
    clocks = Clocks(NOON, NOON, NOON)
    found = clocks.reached(NOON + minutes(10), NOON + minutes(10), minutes(4))
    assert found is not None
    assert found <= NOON + minutes(6)


def test_a_server_that_tells_no_time_tells_nothing() -> None:
    assert Clocks(NOON, NOON, NOON).reached(None, NOON, NOTHING) is None
    assert Clocks.at(NOON, None, NOON) is None
    assert Clocks.at(None, NOON, NOON) is None


def test_a_row_of_the_future_is_not_believed() -> None:
    assert Clocks.at(NOON + minutes(1), NOON, NOON) is None


def test_clocks_are_kept() -> None:
    clocks = Clocks(NOON, NOON + minutes(1), NOON + minutes(2))
    assert Clocks.of(clocks.to_json()) == clocks
    assert Clocks.of(None) is None
