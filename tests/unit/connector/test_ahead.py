"""Taking things ahead of time: what comes, in which order, what fails and what stops."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextvars import ContextVar

import pytest

from isthmus.connector.ahead import WAITING, Ahead

AT_MOST_S = 10


def test_things_come_in_their_order_and_end() -> None:
    assert list(Ahead(iter(range(50)))) == list(range(50))
    assert list(Ahead(iter(()))) == []


def test_the_next_thing_is_taken_while_the_last_one_is_worked_on() -> None:
    second_was_made = threading.Event()

    def things() -> Iterator[int]:
        yield 1
        second_was_made.set()
        yield 2

    for thing in Ahead(things()):
        assert thing == 2 or second_was_made.wait(AT_MOST_S)


def test_no_more_are_made_than_may_wait() -> None:
    made: list[int] = []
    waits = threading.Event()

    def things() -> Iterator[int]:
        for number in range(100):
            made.append(number)
            if number == WAITING:
                waits.set()
            yield number

    ahead = Ahead(things())
    assert waits.wait(AT_MOST_S)
    assert len(made) == WAITING + 1, "one waits, the next has no room yet"
    ahead.close()


def test_an_error_comes_where_its_thing_would_have() -> None:
    def things() -> Iterator[int]:
        yield 1
        raise LookupError("the second")

    ahead = iter(Ahead(things()))
    assert next(ahead) == 1
    with pytest.raises(LookupError, match="the second"):
        next(ahead)


def test_after_closing_nothing_more_is_taken() -> None:
    ended = threading.Event()

    def things() -> Iterator[int]:
        try:
            for number in range(100):
                yield number
                assert number <= WAITING
        finally:
            ended.set()

    ahead = Ahead(things())
    assert next(iter(ahead)) == 0
    ahead.close()
    assert ended.wait(AT_MOST_S)
    assert list(ahead) in ([1], [1, 2]), "what was taken already; nobody waits for more"


def test_the_thread_works_in_the_context_of_who_began() -> None:
    context: ContextVar[str] = ContextVar("context", default="nobody's")

    def things() -> Iterator[str]:
        yield context.get()

    token = context.set("mine")
    ahead = Ahead(things())
    context.reset(token)
    assert list(ahead) == ["mine"]
