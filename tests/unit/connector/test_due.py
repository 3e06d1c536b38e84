"""What is due: each record at once, then after a rest, however many hints there are."""

from __future__ import annotations

import threading

from isthmus.connector import due
from isthmus.connector.due import Due
from isthmus.connector.inbox import Subject
from tests.still_clock import StillClock

CARD, OTHER = Subject("external", "trello.card", "1"), Subject("external", "trello.card", "2")


def test_a_storm_about_one_record_is_two_looks_and_holds_up_no_other() -> None:
    clock = StillClock()
    waiting = Due(rest_s=2, clock=clock)
    looks = []
    for number in range(100):  # within a second
        waiting.add(CARD)
        if number == 50:
            waiting.add(OTHER)
        looks += waiting.take()
        clock.advance(0.01)
    assert looks == [CARD, OTHER]
    clock.advance(1)
    assert waiting.take() == [CARD]
    clock.advance(60)
    assert waiting.take() == []


def test_what_rested_is_due_at_once_again() -> None:
    clock = StillClock()
    waiting = Due(rest_s=2, clock=clock)
    for _ in range(3):
        waiting.add(CARD)
        assert waiting.take() == [CARD]
        clock.advance(2)


def test_what_has_to_settle_waits_for_it_and_no_longer_for_more_hints() -> None:
    clock = StillClock()
    waiting = Due(clock=clock)
    waiting.add(CARD, settle_s=2)
    clock.advance(1)
    waiting.add(CARD, settle_s=2)
    waiting.add(OTHER)
    assert waiting.take() == [OTHER]
    clock.advance(1)
    assert waiting.take() == [CARD]


def test_memory_is_bounded_and_what_does_not_fit_asks_for_a_round(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(due, "MOST", 10)
    waiting = Due(clock=StillClock())
    for number in range(30):
        waiting.add(Subject("external", "trello.card", str(number)))
    found = waiting.take()
    assert len(found) == 11
    assert found[-1] == Subject("external", "trello.card", "")


def test_waiting_ends_with_what_is_due_and_with_the_end() -> None:
    waiting = Due()
    for end in (lambda: waiting.add(CARD), waiting.close):
        thread = threading.Thread(target=waiting.wait, args=(60,), daemon=True)
        thread.start()
        end()
        thread.join(10)
        assert not thread.is_alive()
        waiting.take()
    assert waiting.is_closed
