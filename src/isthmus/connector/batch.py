"""Batches: long imports and exports in pages, each committed with its checkpoint."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from isthmus.connector.outcome import Outcome, Tally
from isthmus.connector.synchronizer import Synchronizer
from isthmus.errors import ForbiddenError

#: ``progress(done, total)``: how many records were looked at, and of how many (None: not known).
Progress = Callable[[int, int | None], None]


def silent(done: int, total: int | None) -> None:
    """Report nothing."""


class BatchImporter(Synchronizer):
    """Import everything that the adapter's pages give; a run that was cut off goes on from its checkpoint."""

    _abstract = True
    _name = "connector.batch.importer"
    _inherit = ["connector.synchronizer"]
    _usage = "batch.importer"

    def run(
        self, filters: Any = None, *, force: bool = False, restart: bool = False, progress: Progress = silent
    ) -> Tally:
        """Import page by page and return the tally. ``restart`` forgets where an earlier run was cut off.

        After a run over everything, pairs whose external record was not met are handed to the deleter, once
        the
        other side has confirmed that it no longer has it.
        """
        checkpoint = self.component(usage="checkpoint")
        if restart:
            checkpoint.reset()
        cursor = checkpoint.load()
        whole = cursor is None and filters is None
        importer = self.component(usage="record.importer")
        tally, met = Tally(), set[str]()
        total = self.backend_adapter.count(filters)
        for records, following in self.backend_adapter.pages(filters, cursor):
            for part in chunked(records, self.collection.page_size or 200):
                outcomes = importer.run_page(part, force=force)
                tally.add(outcomes)
                met.update(outcome.external_id for outcome in outcomes if outcome.external_id)
                progress(tally.total, total)
                self.env.commit()  # what is bound is kept, and nobody waits long for the database
            checkpoint.save(following, **tally.as_dict())
            self.env.commit()
        if whole:
            tally.add(self.sweep(met))
        checkpoint.finish(**tally.as_dict())
        self.env.commit()
        return tally

    def sweep(self, met: set[str]) -> Iterator[Outcome]:
        """Yield what became of pairs whose external record was not among those met.

        What the other side does not let us see (a board that the token was taken off) is not gone: it is left
        alone and reported.
        """
        deleter = self.component(usage="record.import.deleter")
        domain = [*self.binder._scope(), ("state", "!=", "deleted")]
        rows = self.model._read_rows(domain, ["external_id"])
        missing = [row["external_id"] for row in rows if row["external_id"] not in met]
        for part in chunked(missing, self.collection.page_size or 200):
            there, hidden = self._look(part)
            for external_id in part:
                if external_id in hidden:
                    yield Outcome("skipped", external_id, reason=hidden[external_id])
                elif external_id not in there:
                    yield deleter.run(external_id)
            self.env.commit()

    def _look(self, external_ids: list[str]) -> tuple[set[str], dict[str, str]]:
        """Return which of the external records are there, and which may not be seen, with the reason."""
        importer = self.component(usage="record.importer")
        try:
            found = self.backend_adapter.read_many(external_ids)
        except ForbiddenError as error:
            if len(external_ids) == 1:
                return set(), {external_ids[0]: f"it may not be seen any more: {error.message}"}
            middle = len(external_ids) // 2
            there, hidden = self._look(external_ids[:middle])
            more_there, more_hidden = self._look(external_ids[middle:])
            return there | more_there, hidden | more_hidden
        return {str(importer.external_id_of(record)) for record in found}, {}


class BatchExporter(Synchronizer):
    """Export what changed in Odoo since the base, over all pairs, and create what has no pair yet."""

    _abstract = True
    _name = "connector.batch.exporter"
    _inherit = ["connector.synchronizer"]
    _usage = "batch.exporter"
    _mapper_usage = "export.mapper"

    def run(self, *, progress: Progress = silent) -> Tally:
        """Export page by page and return the tally."""
        exporter = self.component(usage="record.exporter")
        tally = Tally()
        ids = self.model.search(self.binder._scope(), order="id").ids
        new = self.unbound()
        for part in chunked(ids, self.collection.page_size or 200):
            tally.add(exporter.run_page(self.model.browse(part)))
            progress(tally.total, len(ids) + len(new))
            self.env.commit()
        for part in chunked(new, self.collection.page_size or 200):
            tally.add(exporter.create_page(part))
            progress(tally.total, len(ids) + len(new))
            self.env.commit()
        return tally

    def unbound(self) -> list[int]:
        """Return the ids of records of Odoo that are to be created on the other side. None by default."""
        return []


class DefaultBatchImporter(BatchImporter):
    """Serves every binding model that has no batch importer of its own."""

    _abstract = False
    _name = "connector.batch.importer.default"
    _inherit = ["connector.batch.importer"]


class DefaultBatchExporter(BatchExporter):
    """Serves every binding model that has no batch exporter of its own."""

    _abstract = False
    _name = "connector.batch.exporter.default"
    _inherit = ["connector.batch.exporter"]


def chunked(items: Iterable[Any], size: int) -> Iterator[list[Any]]:
    """Yield the items in lists of at most ``size``."""
    part: list[Any] = []
    for item in items:
        part.append(item)
        if len(part) >= size:
            yield part
            part = []
    if part:
        yield part
