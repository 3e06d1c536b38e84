"""Import, export and deletion as jobs: a page at a time, or one record.

Methods of every binding model, to be called at once or later::

    env["shop.customer"].with_delay().import_record(backend, "17")
    binding.with_delay().export_record(["name"])

Each knows what makes two of its jobs the same (so that ten notifications about one record are one job), and
all jobs of one pair run one after the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import isthmus.connector.binding  # noqa: F401 - what is extended here must be declared before
from isthmus import models
from isthmus.connector.census import LIMIT
from isthmus.connector.chosen import chosen_entities
from isthmus.connector.holding import held, lease_of
from isthmus.connector.outcome import Outcome, Tally
from isthmus.connector.reading import chunked
from isthmus.connector.working import working
from isthmus.delay import chain, group, identity_exact, job
from isthmus.delay.call import JOB_UUID
from isthmus.errors import FailedJobError
from isthmus.events.origin import reference

#: The other side, or Odoo, may be away for a while.
PATIENTLY = {1: 10, 2: 30, 3: 60, 4: 300, 6: 1800}
ATTEMPTS = 10


def pair_key(backend: Any, entity: str, external_id: Any) -> str:
    """Return the serial key of a pair: an import and an export of the same never run side by side."""
    return serial_key_of(reference(backend), entity, external_id)


def serial_key_of(backend: str, entity: str, external_id: Any) -> str:
    """Return the serial key of a pair, given how its backend is referred to (``trello.backend,1``)."""
    return f"{backend} {entity} {external_id}"


def key_of_import(job: Any) -> str:
    """Return the serial key of a job that names a backend and an external id."""
    backend, external_id = job.args[:2]
    return pair_key(backend, job.model_name, external_id)


def key_of_export(job: Any) -> str | None:
    """Return the serial key of a job on one pair; None where it is on several."""
    binding = job.records
    if len(binding) != 1:
        return None
    return pair_key(binding.backend_id, job.model_name, part_of(binding))


def part_of(binding: Any) -> str:
    """Return what a pair is called among those of its backend and entity."""
    return str(binding.external_id or f"#{binding.id}")


def key_of_batch(direction: str) -> Callable[[Any], str]:
    """Return what makes the serial key of pages: those of a backend run one after the other."""
    return lambda job: f"{direction} {job.args[0]._name},{job.args[0].id}"


@contextmanager
def alone(backend: Any, entity: str, part: Any, direction: str) -> Iterator[Any]:
    """Give the work context of one pair that nobody else synchronises meanwhile, neither a round nor a job.

    A round reads both sides and what they agreed on at different moments: a job in between would have it take
    what was agreed on by then for a change. Commits. Raises RetryableJobError where somebody else is at it.
    """
    with backend.work_on(backend._name) as work:
        locker = work.component(usage="record.locker")
    with locker.hold_part(lease_of(backend), f"{entity} {part}"), working(backend, entity, direction) as work:
        yield work


def succeeded(outcome: Outcome) -> dict[str, Any]:
    """Return what a job keeps of an outcome. Raises FailedJobError for a record that was set aside."""
    if outcome.kind == "failed":
        raise FailedJobError(f"{outcome.label}: {outcome.reason}", hint=outcome.hint)
    return {"outcome": outcome.kind, "odoo_id": outcome.odoo_id, "reason": outcome.reason}


def counts(tally: Tally) -> dict[str, Any]:
    """Return what a job keeps of a page: the number of records of each outcome."""
    return {kind: number for kind, number in tally.as_dict().items() if number}


class DelayedImport(models.AbstractModel):
    """Import into Odoo, to be called now or later."""

    __slots__ = ()

    _inherit = "external.binding"

    @job(
        default_channel="root.import",
        retry_pattern=PATIENTLY,
        max_retries=ATTEMPTS,
        identity_key=identity_exact,
        serial_key=key_of_batch("import"),
    )
    def import_batch(
        self: Any,
        backend: Any,
        filters: Any = None,
        cursor: Any = None,
        force: bool = False,
        following: Sequence[str] = (),
        met: int | None = None,
    ) -> dict[str, Any]:
        """Import a page of external records; a job goes on with the next page in a job of its own.

        The next job is stored with the end of this one, so that a run that is cut off goes on where it was.
        Behind the last page comes the sweep (see :meth:`import_sweep`), when nothing was filtered, then the
        entities ``following``; ``met`` is the census of the pairs that the pages before met. Called at once,
        it imports all pages. Returns the counts.
        """
        with held(backend, "import", [self._name]), working(backend, self._name, "import") as work:
            importer = work.component(usage="batch.importer")
            if not self._is_in_job():
                return counts(importer.run(filters, force=force))
            tally, more, here = importer.run_step(filters, cursor, force=force)
        before = 0 if cursor is None else met
        total = None if before is None else (before + here) % LIMIT
        empty = self.browse()
        if more is not None:
            empty.with_delay().import_batch(backend, filters, more, force, following, total)
        elif filters is None:
            empty.with_delay().import_sweep(backend, force, following, total)
        else:
            self._go_on(backend, force, following)
        return counts(tally)

    @job(
        default_channel="root.import",
        retry_pattern=PATIENTLY,
        max_retries=ATTEMPTS,
        identity_key=identity_exact,
        serial_key=key_of_batch("import"),
    )
    def import_sweep(
        self: Any,
        backend: Any,
        force: bool = False,
        following: Sequence[str] = (),
        met: int | None = None,
    ) -> dict[str, Any]:
        """Hand to the deleter what the other side no longer has, then go on with the entities ``following``.

        ``met`` is the census of the pairs that all pages met. Returns the counts.
        """
        with held(backend, "import", [self._name]), working(backend, self._name, "import") as work:
            tally = work.component(usage="batch.importer").sweep_all(met)
        self._go_on(backend, force, following)
        return counts(tally)

    @job(
        default_channel="root.import",
        retry_pattern=PATIENTLY,
        max_retries=ATTEMPTS,
        identity_key=identity_exact,
        serial_key=key_of_import,
    )
    def import_record(self: Any, backend: Any, external_id: Any, force: bool = False) -> dict[str, Any]:
        """Import one external record. Raises FailedJobError when it is set aside."""
        with alone(backend, self._name, external_id, "import") as work:
            outcome = work.component(usage="record.importer").run(external_id, force=force)
        return succeeded(outcome)

    @job(
        default_channel="root.import",
        retry_pattern=PATIENTLY,
        max_retries=ATTEMPTS,
        identity_key=identity_exact,
        serial_key=key_of_import,
    )
    def import_delete(self: Any, backend: Any, external_id: Any) -> dict[str, Any]:
        """Do in Odoo what the backend's policy says about a record that was deleted on the other side."""
        with alone(backend, self._name, external_id, "import") as work:
            outcome = work.component(usage="record.import.deleter").run(external_id)
        return succeeded(outcome)

    def _go_on(self: Any, backend: Any, force: bool, following: Sequence[str]) -> None:
        if following:
            entity = self.env[following[0]]
            entity.with_delay().import_batch(backend, None, None, force, list(following[1:]))

    def _is_in_job(self: Any) -> bool:
        return bool(self.env.context.get(JOB_UUID))


class DelayedExport(models.AbstractModel):
    """Export to the other side, to be called now or later."""

    __slots__ = ()

    _inherit = "external.binding"

    @job(
        default_channel="root.export",
        retry_pattern=PATIENTLY,
        max_retries=ATTEMPTS,
        identity_key=identity_exact,
        serial_key=key_of_export,
    )
    def export_record(self: Any, fields: Iterable[str] | None = None) -> dict[str, Any]:
        """Export a pair's changes (of these fields of Odoo; None: of all). Raises FailedJobError when it is
        set aside.
        """
        binding = self.ensure_one()
        with alone(binding.backend_id, self._name, part_of(binding), "export") as work:
            outcome = work.component(usage="record.exporter").run(binding, fields)
        return succeeded(outcome)

    @job(
        default_channel="root.export",
        retry_pattern=PATIENTLY,
        max_retries=ATTEMPTS,
        identity_key=identity_exact,
        serial_key=key_of_export,
    )
    def export_delete(self: Any) -> dict[str, Any]:
        """Do on the other side what the backend's policy says about a record that was deleted in Odoo."""
        binding = self.ensure_one()
        with alone(binding.backend_id, self._name, part_of(binding), "export") as work:
            outcome = work.component(usage="record.export.deleter").run(binding)
        return succeeded(outcome)

    @job(
        default_channel="root.export",
        retry_pattern=PATIENTLY,
        max_retries=ATTEMPTS,
        identity_key=identity_exact,
        serial_key=key_of_batch("export"),
    )
    def export_batch(self: Any, backend: Any, following: Sequence[str] = ()) -> dict[str, Any]:
        """Enqueue a job for each page of pairs, and of records without a pair; then, when these are over, the
        entities ``following``.

        Called at once, it exports all pages. Returns the number of pages.
        """
        if not self._is_in_job():
            with held(backend, "export", [self._name]), working(backend, self._name, "export") as work:
                return counts(work.component(usage="batch.exporter").run())
        with working(backend, self._name, "export") as work:
            exporter = work.component(usage="batch.exporter")
            size = backend.page_size or 200
            pages = [
                self.browse(part).delayable().export_page(backend) for part in chunked(exporter.pairs(), size)
            ]
            pages += [
                self.browse().delayable().export_new(backend, part)
                for part in chunked(exporter.unbound(), size)
            ]
        after = [
            self.env[name].delayable().export_batch(backend, list(following[1:])) for name in following[:1]
        ]
        if pages or after:
            chain(group(*pages), *after, on_failure="run").delay()
        return {"pages": len(pages)}

    @job(
        default_channel="root.export",
        retry_pattern=PATIENTLY,
        max_retries=ATTEMPTS,
        serial_key=key_of_batch("export"),
    )
    def export_page(self: Any, backend: Any) -> dict[str, Any]:
        """Export the changes of these pairs; what cannot be exported is set aside. Returns the counts."""
        tally = Tally()
        with held(backend, "export", [self._name]), working(backend, self._name, "export") as work:
            tally.add(work.component(usage="record.exporter").run_page(self))
        return counts(tally)

    @job(
        default_channel="root.export",
        retry_pattern=PATIENTLY,
        max_retries=ATTEMPTS,
        serial_key=key_of_batch("export"),
    )
    def export_new(self: Any, backend: Any, odoo_ids: Sequence[int]) -> dict[str, Any]:
        """Create records of Odoo on the other side that have no pair yet. Returns the counts."""
        tally = Tally()
        with held(backend, "export", [self._name]), working(backend, self._name, "export") as work:
            exporter = work.component(usage="batch.exporter")
            open_ids = set(exporter.unbound()) & set(odoo_ids)
            tally.add(work.component(usage="record.exporter").create_page(sorted(open_ids)))
        return counts(tally)


def import_later(backend: Any, entities: Sequence[str] | None = None, force: bool = False) -> Any:
    """Enqueue an import of a backend's entities (None: of all), what others depend on first.

    Return the first job; None when there is nothing to import.
    """
    chosen = chosen_entities(backend, entities, "import")
    if not chosen:
        return None
    return backend.env[chosen[0]].with_delay().import_batch(backend, None, None, force, chosen[1:])


def export_later(backend: Any, entities: Sequence[str] | None = None) -> Any:
    """Enqueue an export of a backend's entities (None: of all); return the first job, None for nothing."""
    chosen = chosen_entities(backend, entities, "export")
    if not chosen:
        return None
    return backend.env[chosen[0]].with_delay().export_batch(backend, chosen[1:])
