"""The origin of a change: which backend it came from, so that a listener does not send it back there.

An import works under ``with_origin(records, backend)``; everything that it writes, and every event of that,
carries the origin in the environment's context (key ``origin``). It is text, ``model,id`` of the backend, so
that jobs carry it too. What the change feed finds in an Odoo has that Odoo as its origin: ``odoo,main``.
"""

from __future__ import annotations

from typing import Any, TypeVar

KEY = "origin"

#: The key under which the change feed says that the connection's own user wrote a record last.
ECHO = "perhaps_echo"

Records = TypeVar("Records")


def reference(backend: Any) -> str:
    """Return how a backend record is named as an origin: ``"trello.backend,3"``; text stays as it is."""
    return backend if isinstance(backend, str) else f"{backend._name},{backend.id}"


def with_origin(records: Records, backend: Any) -> Records:
    """Return the records (or the environment) for changes from ``backend``, a record or a reference."""
    context = {KEY: reference(backend)}
    if hasattr(records, "_ids"):
        return records.with_context(**context)  # type: ignore[attr-defined, no-any-return]
    return records.with_context({**records.context, **context})  # type: ignore[attr-defined, no-any-return]


def origin_of(records: Any) -> str | None:
    """Return the reference of the backend that changes under these records or this environment come from.

    None: from nowhere in particular.
    """
    env = getattr(records, "env", records)
    found: str | None = env.context.get(KEY)
    return found


def comes_from(records: Any, backend: Any) -> bool:
    """Say whether a change of these records comes from ``backend``, a record or a reference."""
    return origin_of(records) == reference(backend)


def from_own_backend(listener: Any, *args: Any, **kwargs: Any) -> bool:
    """Say whether a listener hears a change that comes from its own backend: ``@skip_if(from_own_backend)``.

    False where the event carries no backend.
    """
    return bool(listener.collection) and comes_from(listener, listener.collection)


def origin_of_odoo(name: str) -> str:
    """Return the reference of an Odoo instance as an origin: ``"odoo,main"``."""
    return f"odoo,{name}"


def perhaps_echo(records: Any, *args: Any, **kwargs: Any) -> bool:
    """Say whether a change that the feed found may be one that Isthmus wrote itself.

    A hint only: somebody else may have written in the same second, and what Odoo computes afterwards is
    written by the same user. Compare values before a change is dropped.
    """
    env = getattr(records, "env", records)
    return bool(env.context.get(ECHO))
