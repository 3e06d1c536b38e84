"""Whole operations on a backend: what the command line, jobs and tests call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from isthmus.connector.arrival import Arrivals
from isthmus.connector.chosen import chosen_entities
from isthmus.connector.holding import held
from isthmus.connector.importing import Import
from isthmus.connector.meter import Meter
from isthmus.connector.report import EntityReport, VerifyReport, report_of
from isthmus.connector.verifier import Verification
from isthmus.connector.working import Progress, one_at_a_time, silent, telling, working


def import_backend(
    backend: Any,
    entities: Sequence[str] | None = None,
    force: bool = False,
    restart: bool = False,
    progress: Progress = silent,
    max_deletes: str | None = None,
) -> list[EntityReport]:
    """Import the entities of a backend (None: all that are imported), what others depend on first.

    Commits first, and as it goes; entities that go side by side do so in transactions of their own. A run
    that was cut off goes on where it was, unless ``restart``. ``force`` writes what is unchanged as well.
    ``progress`` is called by one thread at a time. Raises RetryableJobError when an import or export of this
    backend is running already, and BrakeError where it would delete or archive more than ``max_deletes``
    ("5%", "20"; None: what the backend says).
    """
    with held(backend, "import", entities) as (chosen, lease):
        left = Arrivals.models_of(backend)
        asked = Import(backend, lease, one_at_a_time(progress), force, restart, max_deletes, left)
        return asked.run(chosen)


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
    with held(backend, "export", entities) as (chosen, lease):
        for entity in chosen:
            with working(backend, entity, "export", max_deletes, shared=shared) as work, Meter() as meter:
                tell = telling(progress, entity, lease.renew)
                tally = work.component(usage="batch.exporter").run(progress=tell)
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
