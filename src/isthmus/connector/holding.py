"""Holding a backend: one import or export at a time, over all processes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from isthmus.connector.chosen import chosen_entities
from isthmus.connector.locker import LeaseHold, RecordLocker
from isthmus.errors import ConfigurationError
from isthmus.events.origin import reference


@contextmanager
def held(
    backend: Any, operation: str, entities: Sequence[str] | None
) -> Iterator[tuple[list[str], LeaseHold]]:
    """Hold the lease of a backend; give the entities, and the lease.

    Imports and exports have one lease: what an export has created and not bound yet is nothing new to import.
    """
    chosen = chosen_entities(backend, entities, operation)
    with leased(backend) as lease:
        yield chosen, lease
    with backend.work_on(backend._name) as work:
        work.component(usage="timeline").tidy()


def leased(backend: Any) -> AbstractContextManager[LeaseHold]:
    """Hold the lease of a backend while the block runs. Raises RetryableJobError when somebody else does."""
    require_active(backend)
    with backend.work_on(backend._name) as work:
        locker: RecordLocker = work.component(usage="record.locker")
    return locker.hold(lease_of(backend))


def lease_of(backend: Any) -> str:
    """Return the name of the lease of a backend."""
    return f"synchronise {reference(backend)}"


def require_active(backend: Any) -> None:
    """Raise ConfigurationError when a backend is paused."""
    if backend.state == "paused":
        raise ConfigurationError(
            f"{backend.name} is paused", hint="Set its state to active to synchronise it."
        )
