"""Events: something that happens to records, bound to the listeners that it reaches."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any


class Event:
    """An event of one model, bound to the methods that hear it, in the order in which they run.

    False when nobody listens.
    """

    __slots__ = ("_methods", "name")

    def __init__(self, name: str, methods: Iterable[Callable[..., Any]] = ()) -> None:
        self.name = name
        self._methods = tuple(methods)

    def __bool__(self) -> bool:
        return bool(self._methods)

    def notify(self, *args: Any, **kwargs: Any) -> None:
        """Call every listener with these arguments, at once and in the same transaction.

        An exception stops the rest and propagates, with a note that names the listener.
        """
        for method in self._methods:
            try:
                method(*args, **kwargs)
            except Exception as error:
                error.add_note(f"raised by {getattr(method, '__self__', method)!r} hearing {self.name!r}")
                raise


class Silence(Event):
    """An event that nobody listens to."""

    __slots__ = ()

    def notify(self, *args: Any, **kwargs: Any) -> None:
        """Do nothing."""


SILENCE = Silence("silence")
"""What every event is that nobody listens to: one shared object, so that it costs next to nothing."""
