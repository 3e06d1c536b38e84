"""Whole operations on a backend: what the command line, jobs and tests call."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from isthmus import collector
from isthmus.connector.brake import Brake, Limit
from isthmus.connector.locker import LeaseHold, RecordLocker
from isthmus.connector.meter import Meter
from isthmus.connector.outcome import Outcome, Tally
from isthmus.connector.verifier import Difference, Unpaired, Verification
from isthmus.errors import ConfigurationError, IsthmusError
from isthmus.events.origin import reference

#: So many entities begin to be read before it is their turn: some have next to nothing to write, and what
#: comes behind one with much is read meanwhile.
UPCOMING = 5

#: ``progress(entity, done, total)``; ``total`` is None where it is not known.
Progress = Callable[[str, int, int | None], None]


def silent(entity: str, done: int, total: int | None) -> None:
    """Report nothing."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A record that was set aside."""

    external_id: str
    name: str
    reason: str
    hint: str | None = None
    kind: str = "failed"


@dataclass(frozen=True, slots=True)
class EntityReport:
    """What an import or export did with one entity. ``calls``: HTTP requests that it took."""

    entity: str
    counts: dict[str, int]
    failures: list[Failure]
    seconds: float
    calls: int

    @property
    def ok(self) -> bool:
        """Whether nothing failed and nothing is in conflict."""
        return not (self.counts["failed"] or self.counts["conflict"])


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What a comparison of both sides found for one entity."""

    entity: str
    compared: int
    fields: int
    differences: list[Difference] = field(default_factory=list)
    unpaired_external: list[Unpaired] = field(default_factory=list)
    unpaired_odoo: list[Unpaired] = field(default_factory=list)
    seconds: float = 0.0
    calls: int = 0

    @property
    def ok(self) -> bool:
        """Whether both sides agree."""
        return not (self.differences or self.unpaired_external or self.unpaired_odoo)


def import_backend(
    backend: Any,
    entities: Sequence[str] | None = None,
    force: bool = False,
    restart: bool = False,
    progress: Progress = silent,
    max_deletes: str | None = None,
) -> list[EntityReport]:
    """Import the entities of a backend (None: all that are imported), what others depend on first.

    Commits as it goes; a run that was cut off goes on where it was, unless ``restart``. ``force`` writes
    what is unchanged as well. Raises RetryableJobError when an import or export of this backend is running
    already, and BrakeError where it would delete or archive more than ``max_deletes`` ("5%", "20"; None: what
    the backend says).
    """
    reports: list[EntityReport] = []
    shared: dict[str, Any] = {}
    with held(backend, "import", entities) as (chosen, beat), ExitStack() as open_until_the_end:
        turns = []
        for entity in chosen:
            work = open_until_the_end.enter_context(
                working(backend, entity, "import", max_deletes, shared=shared)
            )
            turns.append((entity, work.component(usage="batch.importer"), Meter()))
            open_until_the_end.callback(turns[-1][1].close)
        for number, (entity, batch, meter) in enumerate(turns):
            with meter:
                batch.begin(restart=restart)
            for _, upcoming, its_meter in turns[number + 1 : number + 1 + UPCOMING]:
                with its_meter, suppress(IsthmusError):  # what cannot begin fails again when it is its turn
                    upcoming.begin(restart=restart)
            with meter:
                tally = batch.run(force=force, restart=restart, progress=telling(progress, entity, beat))
            reports.append(report_of(entity, tally, meter))
    return reports


def export_backend(
    backend: Any,
    entities: Sequence[str] | None = None,
    progress: Progress = silent,
    max_deletes: str | None = None,
) -> list[EntityReport]:
    """Export the entities of a backend (None: all that are exported). Commits as it goes.

    Raises what :func:`import_backend` does.
    """
    reports = []
    shared: dict[str, Any] = {}
    with held(backend, "export", entities) as (chosen, beat):
        for entity in chosen:
            with working(backend, entity, "export", max_deletes, shared=shared) as work, Meter() as meter:
                tally = work.component(usage="batch.exporter").run(progress=telling(progress, entity, beat))
            reports.append(report_of(entity, tally, meter))
    return reports


def verify_backend(
    backend: Any, entities: Sequence[str] | None = None, progress: Progress = silent
) -> list[VerifyReport]:
    """Compare both sides, entity by entity (None: all). Changes nothing."""
    reports = []
    shared: dict[str, Any] = {}
    for entity in chosen_entities(backend, entities, None):
        with working(backend, entity, "verify", shared=shared) as work, Meter() as meter:
            found: Verification = work.component(usage="verifier").run(progress=telling(progress, entity))
        reports.append(
            VerifyReport(
                entity,
                found.compared,
                found.fields,
                found.differences,
                found.unpaired_external,
                found.unpaired_odoo,
                meter.seconds,
                meter.calls,
            )
        )
    return reports


def chosen_entities(backend: Any, asked: Sequence[str] | None, direction: str | None) -> list[str]:
    """Return the entities asked for in their order of dependence; short names (``card``) are understood.

    Raises ConfigurationError for one that the backend does not have, or does not have in this direction.
    """
    known = backend.entities()
    if asked is None:
        return list(backend.entities(direction))
    short = {name.rpartition(".")[2]: name for name in known}
    chosen = set()
    for name in asked:
        full = name if name in known else short.get(name)
        if full is None:
            near = difflib.get_close_matches(name, [*known, *short], n=1)
            raise ConfigurationError(
                f"{backend.name} has no entity {name!r}: it has {', '.join(known)}",
                hint=f"Did you mean {near[0]!r}?" if near else None,
            )
        if direction and full not in backend.entities(direction):
            raise ConfigurationError(
                f"{full} is not set up for {direction} in {backend.name}",
                hint=f"Its direction is {backend.direction_of(full)!r}; change the backend's directions.",
            )
        chosen.add(full)
    return [name for name in known if name in chosen]


def in_direction(backend: Any, entities: Sequence[str] | None, direction: str) -> list[str]:
    """Return those of the entities (None: all) that go in a direction. Raises for one that does not exist."""
    known = backend.entities(direction)
    return [entity for entity in chosen_entities(backend, entities, None) if entity in known]


@contextmanager
def held(
    backend: Any, operation: str, entities: Sequence[str] | None
) -> Iterator[tuple[list[str], Callable[[], None]]]:
    """Hold the lease of a backend; give the entities, and a beat that renews the lease.

    Imports and exports have one lease: what an export has created and not bound yet is nothing new to import.
    """
    chosen = chosen_entities(backend, entities, operation)
    with leased(backend) as lease:
        yield chosen, lease.renew
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
    total = backend.env[entity].search_count([("backend_id", "=", backend.id), ("state", "!=", "deleted")])
    return Brake(limit, total, backend=backend.name, entity=entity, operation=operation)


def telling(
    progress: Progress, entity: str, beat: Callable[[], None] | None = None
) -> Callable[[int, int | None], None]:
    """Return the progress of one entity, which also renews a lease."""

    def tell(done: int, total: int | None) -> None:
        if beat is not None:
            beat()
        progress(entity, done, total)

    return tell


def report_of(entity: str, tally: Tally, meter: Meter) -> EntityReport:
    """Return what became of the records of an entity."""
    failures = [_failure(outcome) for outcome in tally.notable]
    return EntityReport(entity, tally.as_dict(), failures, meter.seconds, meter.calls)


def _failure(outcome: Outcome) -> Failure:
    shown = outcome.external_id or f"#{outcome.odoo_id}"
    return Failure(shown, outcome.label, outcome.reason, outcome.hint, outcome.kind)
