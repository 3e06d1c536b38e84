"""Lanes: steps that run side by side, in threads of their own, each behind those that it waits for."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from contextvars import copy_context
from threading import Condition, Thread
from typing import Any, Generic, TypeVar

Answer = TypeVar("Answer")

#: How long steps are waited for that are in the middle of something when the others are over.
GRACE_S = 10.0

#: How often whoever waits looks up: a thread that is to be interrupted is so between two looks.
GLANCE_S = 0.2


class LeftError(Exception):
    """The other steps are over, by an error or since nobody waits for them: this one ends too."""


class Lanes(Generic[Answer]):
    """Runs the steps of ``waits_for`` (step -> the earlier steps that must be done before) in their order.

    At most ``width`` of them are under way at once, those that wait included. When one fails, the others end
    at their next :meth:`Turn.pause`, and no further one begins.
    """

    def __init__(self, waits_for: Mapping[str, Collection[str]], width: int) -> None:
        self.waits_for = waits_for
        self.order = list(waits_for)
        self.width = min(width, len(self.order))
        self.changed = Condition()
        self.is_left = False
        self.passed: Counter[str] = Counter()
        self.let_go: set[str] = set()
        self.answers: dict[str, Answer] = {}
        self._begun = 0
        self._open = self.width
        self._errors: dict[str, BaseException] = {}

    def run(self, step: Callable[[Turn], Answer]) -> list[Answer]:
        """Run all steps and return their answers, in order. Raises the error of the first that failed.

        A step that does not come to its next pause within :data:`GRACE_S` is left behind.
        """
        threads = [
            Thread(
                target=copy_context().run, args=(self._go, step), name=f"isthmus-lane-{number}", daemon=True
            )
            for number in range(self.width)
        ]
        for thread in threads:
            thread.start()
        try:
            with self.changed:
                while self._open and not self._errors:
                    self.changed.wait(GLANCE_S)
        finally:
            self._leave()
            until = time.monotonic() + GRACE_S
            for thread in threads:
                thread.join(max(0.0, until - time.monotonic()))
        for name in self.order:
            if name in self._errors:
                raise self._errors[name]
        return [self.answers[name] for name in self.order]

    def _go(self, step: Callable[[Turn], Answer]) -> None:
        """Go through one lane: take the next step of all, again and again."""
        while (name := self._next()) is not None:
            try:
                answer = step(Turn(self, name))
            except LeftError:
                break
            except BaseException as error:  # it is whoever runs the lanes that has to know
                self._errors[name] = error
                self._leave()
                break
            with self.changed:
                self.answers[name] = answer
                self.changed.notify_all()
        with self.changed:
            self._open -= 1
            self.changed.notify_all()

    def _next(self) -> str | None:
        with self.changed:
            if self.is_left or self._begun == len(self.order):
                return None
            self._begun += 1
            return self.order[self._begun - 1]

    def _leave(self) -> None:
        with self.changed:
            self.is_left = True
            self.changed.notify_all()


class Turn:
    """A step's place among the others."""

    def __init__(self, lanes: Lanes[Any], name: str) -> None:
        self.name = name
        #: How many steps come before.
        self.place = lanes.order.index(name)
        self._lanes = lanes

    @property
    def is_alone(self) -> bool:
        """Whether there are no other steps."""
        return len(self._lanes.order) == 1

    @property
    def is_due(self) -> bool:
        """Whether all that the step waits for is done, or has let it go."""
        done = self._lanes.answers.keys() | self._lanes.let_go
        return all(other in done for other in self._lanes.waits_for[self.name])

    @contextmanager
    def in_line(self, line: str) -> Iterator[None]:
        """Do the block when the steps before have done theirs of the same line. Raises LeftError."""
        self._await(lambda: self._lanes.passed[line] == self.place)
        yield
        with self._lanes.changed:
            self._lanes.passed[line] += 1
            self._lanes.changed.notify_all()

    def come_up(self) -> None:
        """Wait until the step before the one before has passed its first line: two get ready at a time.

        More of them would hold each other up. Raises LeftError.
        """
        self._await(lambda: max(self._lanes.passed.values(), default=0) >= self.place - 1)

    def wait(self, over: Collection[str] = ()) -> None:
        """Wait until the step is due, and steps of these names before it are over. Raises LeftError."""
        ends = {one for one in self._lanes.waits_for[self.name] if one in over}
        self._await(lambda: self.is_due and ends <= self._lanes.answers.keys())

    def let_go(self) -> None:
        """Let those go on that wait for this step, which is not over, but has done what they need."""
        with self._lanes.changed:
            self._lanes.let_go.add(self.name)
            self._lanes.changed.notify_all()

    def pause(self) -> None:
        """Let the step end here if the others are over: by LeftError."""
        if self._lanes.is_left:
            raise LeftError

    def _await(self, condition: Callable[[], bool]) -> None:
        with self._lanes.changed:
            self._lanes.changed.wait_for(lambda: self._lanes.is_left or condition())
        self.pause()


class Alone(Turn):
    """The turn of a step that is in no lane: it waits for nothing, and nobody leaves it behind."""

    def __init__(self, name: str) -> None:
        super().__init__(Lanes({name: ()}, 1), name)
