"""Steps side by side: what waits for what, what an error ends, and who is left behind."""

from __future__ import annotations

import threading
from contextvars import ContextVar

import pytest

from isthmus.connector import lanes
from isthmus.connector.lanes import Alone, Lanes, LeftError, Turn

AT_MOST_S = 10


def test_answers_come_in_the_order_of_the_steps() -> None:
    released = threading.Event()

    def step(turn: Turn) -> str:
        if turn.name == "a":
            assert released.wait(AT_MOST_S), "b did not run beside a"
        released.set()
        return turn.name.upper()

    assert Lanes[str]({"a": (), "b": (), "c": ()}, 2).run(step) == ["A", "B", "C"]


def test_a_step_waits_for_those_that_it_is_behind() -> None:
    done: list[str] = []

    def step(turn: Turn) -> None:
        turn.wait()
        assert set(waits_for[turn.name]) <= set(done)
        done.append(turn.name)

    waits_for: dict[str, list[str]] = {"a": [], "b": ["a"], "c": ["a"], "d": ["b", "c"], "e": []}
    for width in range(1, 6):
        done.clear()
        Lanes[None](waits_for, width).run(step)
        assert sorted(done) == list(waits_for)


def test_two_steps_get_ready_at_a_time() -> None:
    getting_ready, most = 0, 0
    lock, second = threading.Lock(), threading.Event()

    def step(turn: Turn) -> None:
        nonlocal getting_ready, most
        turn.come_up()
        with lock:
            getting_ready += 1
            most = max(most, getting_ready)
        if turn.name == "1":
            second.set()
        if turn.place == 0:
            assert second.wait(AT_MOST_S), "the second one waited for the first"
        with turn.in_line("one"), lock:
            getting_ready -= 1

    Lanes[None]({str(number): () for number in range(6)}, 4).run(step)
    assert most == 2


def test_a_step_that_is_not_over_can_let_those_go_that_wait_for_it() -> None:
    came = threading.Event()

    def step(turn: Turn) -> None:
        if turn.name == "a":
            turn.let_go()
            assert came.wait(AT_MOST_S), "b waited for the end of a"
        turn.wait()
        assert turn.is_due
        came.set()

    Lanes[None]({"a": (), "b": ("a",)}, 2).run(step)


def test_a_step_can_wait_until_another_one_is_over_all_the_same() -> None:
    let_go, early = threading.Event(), threading.Event()

    def step(turn: Turn) -> None:
        match turn.name:
            case "a":
                turn.let_go()
                assert let_go.wait(AT_MOST_S), "b waited for the end of a"
                assert not early.wait(0.1), "c did not wait for the end of a"
            case "b":
                turn.wait(over=["x"])
                let_go.set()
            case "c":
                turn.wait(over=["a"])
                early.set()

    Lanes[None]({"a": (), "b": ("a",), "c": ("a", "b")}, 3).run(step)
    assert early.is_set()


def test_whoever_was_let_go_ends_when_the_other_one_fails() -> None:
    came, left = threading.Event(), threading.Event()

    def step(turn: Turn) -> None:
        if turn.name == "a":
            turn.let_go()
            assert came.wait(AT_MOST_S), "b waited for the end of a"
            raise ValueError("a")
        turn.wait()
        came.set()
        try:
            while not left.wait(0.01):
                turn.pause()
        except LeftError:
            left.set()
            raise

    with pytest.raises(ValueError, match="a"):
        Lanes[None]({"a": (), "b": ("a",)}, 2).run(step)
    assert left.is_set()


def test_no_more_steps_are_under_way_than_there_are_lanes() -> None:
    under_way, most = 0, 0
    lock = threading.Lock()
    together = threading.Barrier(3)

    def step(turn: Turn) -> None:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        together.wait(AT_MOST_S)
        with lock:
            under_way -= 1

    Lanes[None]({str(number): () for number in range(9)}, 3).run(step)
    assert most == 3


def test_steps_pass_a_line_in_their_order_before_they_wait() -> None:
    passed: list[str] = []
    all_passed = threading.Event()

    def step(turn: Turn) -> None:
        with turn.in_line("one"):
            passed.append(turn.name)
        if turn.name == "c":
            all_passed.set()
        turn.wait()
        assert all_passed.wait(AT_MOST_S), "c does not pass while a is under way"

    Lanes[None]({"a": (), "b": ("a",), "c": ("b",)}, 3).run(step)
    assert passed == ["a", "b", "c"]


def test_one_line_does_not_wait_for_another() -> None:
    released = threading.Event()

    def step(turn: Turn) -> None:
        with turn.in_line("one"):
            if turn.place:
                released.set()
        with turn.in_line("other"):
            assert released.wait(AT_MOST_S)

    Lanes[None]({"a": (), "b": ()}, 2).run(step)


def test_an_error_ends_the_others_at_their_next_pause_and_none_begins() -> None:
    begun: set[str] = set()
    beside = threading.Event()
    left: list[str] = []

    def step(turn: Turn) -> None:
        begun.add(turn.name)
        if turn.name == "a":
            assert beside.wait(AT_MOST_S)
            raise ValueError("a is broken")
        try:
            while True:
                turn.pause()
                beside.set()
        except LeftError:
            left.append(turn.name)
            raise

    with pytest.raises(ValueError, match="a is broken"):
        Lanes[None]({"a": (), "b": (), "c": ()}, 2).run(step)
    assert (begun, left) == ({"a", "b"}, ["b"])


@pytest.mark.parametrize("place", ["in a line", "waiting"])
def test_who_waits_for_one_that_fails_does_not_wait_for_ever(place: str) -> None:
    def step(turn: Turn) -> None:
        if turn.name == "a":
            raise ValueError("a is broken")
        if place == "in a line":
            with turn.in_line("one"):
                raise AssertionError("it is not its turn")
        turn.wait()
        raise AssertionError("what it waits for was never done")

    with pytest.raises(ValueError, match="a is broken"):
        Lanes[None]({"a": (), "b": ("a",)}, 2).run(step)


def test_of_two_errors_that_of_the_earlier_step_is_told() -> None:
    both = threading.Barrier(2)

    def step(turn: Turn) -> None:
        both.wait(AT_MOST_S)
        raise ValueError(f"{turn.name} is broken")

    with pytest.raises(ValueError, match="a is broken"):
        Lanes[None]({"a": (), "b": ()}, 2).run(step)


def test_what_does_not_come_to_a_pause_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "GRACE_S", 0.05)
    stuck, released = threading.Event(), threading.Event()

    def step(turn: Turn) -> None:
        if turn.name == "a":
            stuck.set()
            released.wait(AT_MOST_S)
            return
        assert stuck.wait(AT_MOST_S)
        raise ValueError("b is broken")

    try:
        with pytest.raises(ValueError, match="b is broken"):
            Lanes[None]({"a": (), "b": ()}, 2).run(step)
    finally:
        released.set()


def test_whoever_runs_them_can_be_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C comes to the thread that waits; the steps come to their next pause, and end."""
    left = threading.Event()

    class Interrupted(threading.Condition):
        def wait(self, timeout: float | None = None) -> bool:
            if threading.current_thread() is threading.main_thread():
                raise KeyboardInterrupt
            return super().wait(timeout)

    def step(turn: Turn) -> None:
        try:
            while True:
                turn.pause()
        except LeftError:
            left.set()
            raise

    run = Lanes[None]({"a": ()}, 1)
    run.changed = Interrupted()
    with pytest.raises(KeyboardInterrupt):
        run.run(step)
    assert left.is_set()


def test_steps_know_the_context_of_whoever_runs_them() -> None:
    known: ContextVar[str] = ContextVar("known", default="nothing")
    known.set("all")
    assert Lanes[str]({"a": ()}, 1).run(lambda turn: known.get()) == ["all"]


def test_nothing_to_do_is_done_at_once() -> None:
    assert Lanes[None]({}, 4).run(lambda turn: None) == []


def test_alone_a_step_waits_for_nobody() -> None:
    turn = Alone("a")
    with turn.in_line("one"):
        assert turn.is_due
    turn.wait()
    turn.pause()
