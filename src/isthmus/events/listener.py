"""Listeners: components with methods named after the events that they hear."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

from isthmus.components import AbstractComponent

USAGE = "event.listener"
EVENT_PREFIX = "on_"
DEFAULT_PRIORITY = 10

Method = TypeVar("Method", bound=Callable[..., Any])


class EventListener(AbstractComponent):
    """The parent of listeners: each method ``on_…`` runs when an event of that name is notified.

    ``_collection`` and ``_apply_on`` restrict which events are heard. A listener that several notifications
    of one event reach (one per record of a call) is the same instance for all of them.
    """

    _name = "base.event.listener"
    _usage = USAGE


def skip_if(condition: Callable[..., Any]) -> Callable[[Method], Method]:
    """Skip the listener's method when ``condition``, called with the method's own arguments, is true.

    ``@skip_if(lambda self, record, *args, **kwargs: not record.active)``
    """

    def decorate(method: Method) -> Method:
        @functools.wraps(method)
        def unless(self: Any, *args: Any, **kwargs: Any) -> Any:
            return None if condition(self, *args, **kwargs) else method(self, *args, **kwargs)

        return unless  # type: ignore[return-value]

    return decorate


def after_commit(method: Method) -> Method:
    """Run the listener's method once the transaction has committed, never when it is rolled back.

    For effects outside the database. Under ``@skip_if`` the condition is asked when the event happens.
    """

    @functools.wraps(method)
    def later(self: Any, *args: Any, **kwargs: Any) -> None:
        self.env.after_commit(functools.partial(method, self, *args, **kwargs))

    return later  # type: ignore[return-value]


def listens(*, priority: int = DEFAULT_PRIORITY) -> Callable[[Method], Method]:
    """Give the listener's method its turn: lower priorities run first (default 10), then registration order.

    An override that does not say a priority keeps that of the method which it overrides.
    """

    def decorate(method: Method) -> Method:
        method._priority = priority  # type: ignore[attr-defined]
        return method

    return decorate


def is_listener(cls: type[AbstractComponent]) -> bool:
    """Say whether a finished component class is a listener."""
    return not cls._abstract and cls._usage == USAGE


def hears(cls: type[AbstractComponent], event: str) -> bool:
    """Say whether a finished component class, extensions included, has a method for the event."""
    return callable(getattr(cls, event, None))


def priority_of(cls: type[AbstractComponent], event: str) -> int:
    """Return the priority that the nearest class in the line of ancestors states for the method."""
    stated = (getattr(parent.__dict__.get(event), "_priority", None) for parent in cls.__mro__)
    return next((priority for priority in stated if priority is not None), DEFAULT_PRIORITY)
