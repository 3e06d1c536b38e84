"""Whole operations on a backend: what the command line, jobs and tests call."""

from __future__ import annotations

import difflib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from isthmus import telemetry
from isthmus.connector.outcome import Outcome, Tally
from isthmus.connector.verifier import Difference, Unpaired, Verification
from isthmus.errors import ConfigurationError

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
) -> list[EntityReport]:
    """Import the entities of a backend (None: all that are imported), what others depend on first.

    Commits as it goes; a run that was cut off goes on where it was, unless ``restart``. ``force`` writes
    what is unchanged as well. Raises RetryableJobError when an import of this backend is running already.
    """
    reports = []
    with _held(backend, "import", entities) as (chosen, beat):
        for entity in chosen:
            with _working(backend, entity, "import") as work, Meter() as meter:
                batch = work.component(usage="batch.importer")
                tally = batch.run(force=force, restart=restart, progress=_telling(progress, entity, beat))
            reports.append(_report(entity, tally, meter))
    return reports


def export_backend(
    backend: Any, entities: Sequence[str] | None = None, progress: Progress = silent
) -> list[EntityReport]:
    """Export the entities of a backend (None: all that are exported). Commits as it goes."""
    reports = []
    with _held(backend, "export", entities) as (chosen, beat):
        for entity in chosen:
            with _working(backend, entity, "export") as work, Meter() as meter:
                tally = work.component(usage="batch.exporter").run(progress=_telling(progress, entity, beat))
            reports.append(_report(entity, tally, meter))
    return reports


def verify_backend(
    backend: Any, entities: Sequence[str] | None = None, progress: Progress = silent
) -> list[VerifyReport]:
    """Compare both sides, entity by entity (None: all). Changes nothing."""
    reports = []
    for entity in chosen_entities(backend, entities, None):
        with _working(backend, entity, "verify") as work, Meter() as meter:
            found: Verification = work.component(usage="verifier").run(progress=_telling(progress, entity))
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


@contextmanager
def _held(
    backend: Any, operation: str, entities: Sequence[str] | None
) -> Iterator[tuple[list[str], Callable[[], None]]]:
    """Hold the lease of an operation on a backend; give the entities, and a beat that renews the lease."""
    chosen = chosen_entities(backend, entities, operation)
    if backend.state == "paused":
        raise ConfigurationError(
            f"{backend.name} is paused", hint="Set its state to active to synchronise it."
        )
    with backend.work_on(backend._name) as work:
        locker = work.component(usage="record.locker")
    with locker.hold(f"{operation} {backend._name},{backend.id}") as lease:
        yield chosen, lease.renew


@contextmanager
def _working(backend: Any, entity: str, operation: str) -> Iterator[Any]:
    """Give the work context of an entity, under a context that says where changes come from."""
    here = backend.with_context(connector_no_export=True, origin=f"{backend._name},{backend.id}")
    with here.work_on(entity, operation=operation) as work:
        yield work


def _telling(
    progress: Progress, entity: str, beat: Callable[[], None] | None = None
) -> Callable[[int, int | None], None]:
    def tell(done: int, total: int | None) -> None:
        if beat is not None:
            beat()
        progress(entity, done, total)

    return tell


def _report(entity: str, tally: Tally, meter: Meter) -> EntityReport:
    failures = [_failure(outcome) for outcome in tally.notable]
    return EntityReport(entity, tally.as_dict(), failures, meter.seconds, meter.calls)


def _failure(outcome: Outcome) -> Failure:
    shown = outcome.external_id or f"#{outcome.odoo_id}"
    return Failure(shown, outcome.label, outcome.reason, outcome.hint, outcome.kind)


class Meter:
    """Measures a block: ``seconds``, and ``calls``: the HTTP requests made by its thread."""

    def __enter__(self) -> Meter:
        self.calls = 0
        self.seconds = 0.0
        self._thread = threading.get_ident()
        self._end = telemetry.subscribe(self._count)
        self._start = time.perf_counter()
        return self

    def __exit__(self, *exc: object) -> None:
        self.seconds = time.perf_counter() - self._start
        self._end()

    def _count(self, name: str, fields: dict[str, Any]) -> None:
        if name == "http.request" and threading.get_ident() == self._thread:
            self.calls += 1
