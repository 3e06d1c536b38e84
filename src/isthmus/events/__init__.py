"""Events: what happens to records, told to listeners.

A model notifies with ``record._event("on_paid").notify(record)``; a listener is a component with a method of
that name. Every model notifies what happens to its records: see :mod:`isthmus.events.base`.
"""

from isthmus.events.change import Change
from isthmus.events.event import Event
from isthmus.events.listener import EventListener, after_commit, listens, skip_if
from isthmus.events.origin import comes_from, from_own_backend, origin_of, perhaps_echo, with_origin

__all__ = [
    "Change",
    "Event",
    "EventListener",
    "after_commit",
    "comes_from",
    "from_own_backend",
    "listens",
    "origin_of",
    "perhaps_echo",
    "skip_if",
    "with_origin",
]
