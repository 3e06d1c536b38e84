"""Taking things from an iterator ahead of time: the next one is on its way while the last is worked on."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextvars import copy_context
from queue import SimpleQueue
from threading import Semaphore, Thread
from typing import Generic, TypeVar

Thing = TypeVar("Thing")

#: How many things wait for whoever takes them, beside the one that is on its way.
WAITING = 1


class Ahead(Generic[Thing]):
    """Iterates over the things of an iterator, which a thread of its own takes from it.

    An error of the iterator is raised where its thing would have come. The thread ends with the things, or
    after the one that is on its way when :meth:`close` is called; nobody waits for it, since that may be an
    answer which never comes.
    """

    def __init__(self, things: Iterator[Thing]) -> None:
        self._things = things
        self._taken: SimpleQueue[tuple[list[Thing], BaseException | None]] = SimpleQueue()
        self._room = Semaphore(WAITING)
        self._is_closed = False
        thread = Thread(target=copy_context().run, args=(self._take,), name="isthmus-ahead", daemon=True)
        thread.start()

    def _take(self) -> None:
        try:
            for thing in self._things:
                self._taken.put(([thing], None))
                self._room.acquire()
                if self._is_closed:
                    break
            self._taken.put(([], None))
        except BaseException as error:  # it is whoever takes the things that has to know
            self._taken.put(([], error))
        finally:
            if isinstance(self._things, Generator):
                self._things.close()

    def __iter__(self) -> Iterator[Thing]:
        while True:
            things, error = self._taken.get()
            if error is not None:
                raise error
            if not things:
                return
            self._room.release()
            yield things[0]

    def close(self) -> None:
        """Take no more."""
        self._is_closed = True
        self._room.release()
