"""Boards that were asked for a moment ago are believed: for a while, and by the same setting."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest

from isthmus.trello.known_boards import KnownBoards

NOW = datetime(2026, 11, 26, 12, 0)
KNOWN = KnownBoards(["b1", "b2"], ["short"], NOW)


@pytest.mark.parametrize(
    ("wanted", "passed", "holds"),
    [
        (["short"], timedelta(seconds=59), True),
        (["short"], timedelta(seconds=60), False),
        (["short"], timedelta(seconds=-1), False),
        (["other"], timedelta(0), False),
        (None, timedelta(0), False),
    ],
)
def test_they_hold_for_a_while_and_for_one_setting(
    wanted: list[str] | None, passed: timedelta, holds: bool
) -> None:
    assert KNOWN.holds(wanted, NOW + passed) is holds


def test_a_cursor_takes_them_along() -> None:
    cursor = json.loads(json.dumps({"board": "b1", **KNOWN.as_cursor()}))
    assert KnownBoards.in_cursor(cursor) == KNOWN


@pytest.mark.parametrize("cursor", [None, {}, {"done": "b1"}])
def test_a_cursor_that_knows_none_says_nothing(cursor: dict[str, str] | None) -> None:
    assert KnownBoards.in_cursor(cursor) is None
