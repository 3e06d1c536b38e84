"""What every turnstile does, wherever it keeps its turns and places."""

from __future__ import annotations

import threading
from typing import Protocol

from isthmus.http.turnstile import LONGEST_PAUSE_S, Turnstile

ODOO, OTHER = "https://acme.odoo.com/acme", "https://other.odoo.com/other"
FOR_EVER = 1e9


class TurnstileCase(Protocol):
    """A turnstile, and another one that meets it: what a second worker would have."""

    turnstile: Turnstile
    second: Turnstile


def nearly(seconds: float) -> int:
    """Round to what an interval of 100 s makes of it; a real clock runs on while a test runs."""
    return round(seconds / 100)


class TurnstileSuite:
    """Subclasses give the fixture ``case``."""

    def test_turns_come_one_interval_apart_whoever_takes_them(self, case: TurnstileCase) -> None:
        waits = [
            one.book(ODOO, 100.0, FOR_EVER)
            for one in (case.turnstile, case.second, case.second, case.turnstile)
        ]
        assert list(map(nearly, waits)) == [0, 1, 2, 3]

    def test_threads_never_get_the_same_turn(self, case: TurnstileCase) -> None:
        waits: list[int] = []

        def take() -> None:
            for one in (case.turnstile, case.second):
                waits.append(nearly(one.book(ODOO, 100.0, FOR_EVER)))

        threads = [threading.Thread(target=take) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(waits) == list(range(8))

    def test_a_turn_beyond_patience_is_told_and_not_taken(self, case: TurnstileCase) -> None:
        case.turnstile.postpone(ODOO, 500.0)
        assert [nearly(case.second.book(ODOO, 100.0, 60.0)) for _ in range(3)] == [5, 5, 5]
        assert nearly(case.turnstile.book(ODOO, 100.0, FOR_EVER)) == 5
        assert nearly(case.turnstile.book(ODOO, 100.0, FOR_EVER)) == 6

    def test_a_pause_holds_for_everybody_and_never_shortens_a_longer_one(self, case: TurnstileCase) -> None:
        case.turnstile.postpone(ODOO, 500.0)
        case.second.postpone(ODOO, 200.0)
        assert nearly(case.second.book(ODOO, 0.0, 0.0)) == 5

    def test_no_pause_is_longer_than_a_quarter_of_an_hour(self, case: TurnstileCase) -> None:
        case.turnstile.postpone(ODOO, 1e12)
        assert case.second.book(ODOO, 0.0, 0.0) <= LONGEST_PAUSE_S

    def test_without_an_interval_and_a_pause_nobody_waits(self, case: TurnstileCase) -> None:
        assert [case.turnstile.book(ODOO, 0.0, 60.0) for _ in range(3)] == [0.0, 0.0, 0.0]

    def test_odoos_do_not_stand_in_each_others_way(self, case: TurnstileCase) -> None:
        case.turnstile.postpone(ODOO, 500.0)
        assert case.turnstile.book(OTHER, 100.0, 60.0) == 0.0
        leave = case.turnstile.enter(ODOO, 1)
        other = case.second.enter(OTHER, 1)
        assert leave is not None
        assert other is not None
        leave()
        other()

    def test_there_are_as_many_places_as_allowed_and_one_that_is_given_back_is_free(
        self, case: TurnstileCase
    ) -> None:
        first, second = case.turnstile.enter(ODOO, 2), case.second.enter(ODOO, 2)
        assert first is not None
        assert second is not None
        assert case.turnstile.enter(ODOO, 2) is None
        assert case.second.enter(ODOO, 2) is None
        first()
        third = case.second.enter(ODOO, 2)
        assert third is not None
        second()
        third()
