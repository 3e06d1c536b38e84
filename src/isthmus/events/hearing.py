"""Who hears what: tables made from the finished listener classes, once per component registry."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from isthmus.components import AbstractComponent, ComponentRegistry
from isthmus.components.candidate import applies_on, serves_collection
from isthmus.events.listener import EVENT_PREFIX, hears, is_listener, priority_of

ListenerClass = type[AbstractComponent]
ModelClass = type[Any]


class Hearing(dict[str | None, tuple[ListenerClass, ...]]):
    """Who hears one event of one model, by collection, in the order in which they run.

    A collection of None stands for any: an event without a collection reaches the listeners of all.
    """

    def __init__(self, listeners: Iterable[ListenerClass]) -> None:
        super().__init__()
        self[None] = tuple(listeners)

    def __missing__(self, collection: str) -> tuple[ListenerClass, ...]:
        found = self[collection] = tuple(cls for cls in self[None] if serves_collection(cls, collection))
        return found


class Heard(NamedTuple):
    """Which changes of a model anybody listens to: one check per call of create, write or unlink."""

    create: bool = False
    write: bool = False
    change: bool = False
    unlink: bool = False


NOTHING = Heard()


class HeardByModel(dict[ModelClass, Heard]):
    """Which changes are heard, by the class of the model, each found when first asked for."""

    def __init__(self, index: EventIndex) -> None:
        super().__init__()
        self._index = index

    def __missing__(self, model: ModelClass) -> Heard:
        found = self[model] = Heard(*(self._is_heard(model, action) for action in Heard._fields))
        return found

    def _is_heard(self, model: ModelClass, action: str) -> bool:
        return any(
            self._index[f"on_{record}_{action}", model] is not None for record in ("record", "records")
        )


class EventIndex(dict[tuple[str, ModelClass], Hearing | None]):
    """Who hears each event, by (name of the event, class of the model); None: nobody.

    The class is the key, and not its name, because a recordset's class is found much faster than its name.
    ``heard`` says the same by model for the changes of records. Asking for a name that does not start with
    ``on_`` raises ValueError. One per component registry: ``registry.tables[EventIndex]``.
    """

    def __init__(self, registry: ComponentRegistry) -> None:
        super().__init__()
        self._listeners = [cls for cls in registry if is_listener(cls)]
        self.heard = HeardByModel(self)

    def __missing__(self, key: tuple[str, ModelClass]) -> Hearing | None:
        event, model = key
        if not event.startswith(EVENT_PREFIX):
            raise ValueError(f"the name of an event starts with {EVENT_PREFIX!r}, but this one is {event!r}")
        listeners = [cls for cls in self._listeners if hears(cls, event) and applies_on(cls, model._name)]
        listeners.sort(key=lambda cls: priority_of(cls, event))
        found = self[key] = Hearing(listeners) if listeners else None
        return found
