"""Hints: any number of them cause one look, once they have settled."""

from __future__ import annotations

import threading

from isthmus.hints import MOST, Hints
from tests.still_clock import StillClock


def test_a_storm_is_one_subject_that_settles_once() -> None:
    clock = StillClock()
    hints = Hints(settle_s=2, clock=clock)
    threads = [threading.Thread(target=storm, args=(hints, start)) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert hints.take() == {}
    clock.advance(2)
    (subject,) = hints.take().values()
    assert subject.count == 4 * 250
    assert subject.ids == set(range(1000))
    assert hints.take() == {}


def storm(hints: Hints, start: int) -> None:
    for number in range(250):
        hints.add("odoo/main", "project.task", [start * 250 + number])


def test_what_comes_while_another_one_settles_waits_for_its_own_turn() -> None:
    clock = StillClock()
    hints = Hints(settle_s=2, clock=clock)
    hints.add("odoo/main", "project.task")
    clock.advance(1)
    hints.add("odoo/main", "project.tags")
    clock.advance(1)
    assert list(hints.take()) == [("odoo/main", "project.task")]
    clock.advance(1)
    assert list(hints.take()) == [("odoo/main", "project.tags")]


def test_memory_is_bounded() -> None:
    hints = Hints(settle_s=0)
    for number in range(MOST + 10):
        hints.add("odoo/main", f"model {number}")
        hints.add("odoo/main", "model 0", [number])
    found = hints.take()
    assert len(found) == MOST
    assert len(found["odoo/main", "model 0"].ids) == MOST


def test_waiting_ends_with_a_hint_that_has_settled_and_with_the_end() -> None:
    hints = Hints(settle_s=0)
    waiting = threading.Thread(target=hints.wait, args=(60,), daemon=True)
    waiting.start()
    hints.add("odoo/main", "project.task")
    waiting.join(10)
    assert not waiting.is_alive()
    hints.take()
    waiting = threading.Thread(target=hints.wait, args=(60,), daemon=True)
    waiting.start()
    hints.close()
    waiting.join(10)
    assert not waiting.is_alive()
