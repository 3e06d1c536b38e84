"""The work context of an operation on one entity, and what is told of its progress."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from threading import Lock
from typing import Any

from isthmus import collector
from isthmus.connector.brake import Brake, Limit

#: ``progress(entity, done, total)``; ``total`` is None where it is not known.
Progress = Callable[[str, int, int | None], None]


def silent(entity: str, done: int, total: int | None) -> None:
    """Report nothing."""


@contextmanager
def working(
    backend: Any, entity: str, operation: str, max_deletes: str | None = None, **attributes: Any
) -> Iterator[Any]:
    """Give the work context of an entity, under a context that says where changes come from.

    ``max_deletes`` limits what may be deleted or archived; None: what the backend says. ``attributes`` are
    further ones of the work context.
    """
    here = backend.with_context(connector_no_export=True, origin=f"{backend._name},{backend.id}")
    brake = brake_of(backend, entity, operation, max_deletes)
    with (
        collector.unhurried(),
        here.work_on(entity, operation=operation, brake=brake, **attributes) as work,
    ):
        yield work


def brake_of(backend: Any, entity: str, operation: str, max_deletes: str | None) -> Brake | None:
    """Return what limits the deletions of a run; None for no limit, or where nothing is written."""
    stated = getattr(backend, "max_deletes", None) if max_deletes is None else max_deletes
    limit = Limit.read(stated or None)
    if limit is None or operation not in ("import", "export"):
        return None
    pairs = [("backend_id", "=", backend.id), ("state", "!=", "deleted")]
    count = partial(backend.env[entity].search_count, pairs)
    return Brake(limit, count, backend=backend.name, entity=entity, operation=operation)


def telling(
    progress: Progress, entity: str, beat: Callable[[], None] | None = None
) -> Callable[[int, int | None], None]:
    """Return the progress of one entity, which also renews a lease."""

    def tell(done: int, total: int | None) -> None:
        if beat is not None:
            beat()
        progress(entity, done, total)

    return tell


def one_at_a_time(progress: Progress) -> Progress:
    """Return the progress for threads that report at the same time."""
    lock = Lock()

    def tell(entity: str, done: int, total: int | None) -> None:
        with lock:
            progress(entity, done, total)

    return tell
