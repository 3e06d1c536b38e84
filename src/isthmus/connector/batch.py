"""Batches: long imports and exports in pages, each committed with its checkpoint."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from functools import partial
from typing import Any, ClassVar

from isthmus.connector.brake import TAKING
from isthmus.connector.census import LIMIT, census
from isthmus.connector.outcome import Outcome, Tally
from isthmus.connector.reading import Reading, chunked, reads_ahead
from isthmus.connector.synchronizer import Synchronizer
from isthmus.errors import BrakeError, ForbiddenError

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

    #: Entities whose pairs this one writes to. It begins when they are over, while others that need them may
    #: begin when they are paired.
    rewrites: ClassVar[Sequence[str]] = ()

    #: What :meth:`begin` has begun to read.
    _begun: Reading | None = None
    #: Whether those were let go who wait for the entity: all of it is paired, and no pair is to go.
    _let_go = False

    def know_author(self) -> None:
        """Ask Odoo early who we are there."""
        self.env.store(self.binder.unwrap_model()).author()

    def know_fields(self) -> None:
        """Ask Odoo early what fields it has, for whoever has to wait."""
        _ = self.env[self.binder.unwrap_model()]._fields

    def begin(self, *, restart: bool = False) -> None:
        """Begin to read what :meth:`run` without filters goes through, where the adapter reads ahead.

        For whoever has something else to do before; :meth:`close` gives it up.
        """
        if self._begun is None and reads_ahead(self.backend_adapter):
            self._begun = self._read(None, restart)

    def close(self) -> None:
        """Give up what was begun to be read."""
        if self._begun is not None:
            self._begun.close()

    def _read(self, filters: Any, restart: bool) -> Reading:
        cursor = None if restart else self.component(usage="checkpoint").load()
        prepare = self.component(usage="record.importer").preparation()
        return Reading(self.backend_adapter, filters, cursor, self.collection.page_size or 200, prepare)

    def run(
        self, filters: Any = None, *, force: bool = False, restart: bool = False, progress: Progress = silent
    ) -> Tally:
        """Import page by page and return the tally. ``restart`` forgets where an earlier run was cut off.

        After a run over everything, pairs whose external record was not met are handed to the deleter, once
        the other side has confirmed that it no longer has it.
        """
        checkpoint = self.component(usage="checkpoint")
        if restart:
            checkpoint.reset()
        reading = self._begun if self._begun and filters is None else self._read(filters, restart)
        self._begun = None
        whole = reading.cursor is None and filters is None
        importer = self.component(usage="record.importer")
        before = {} if reading.cursor is None else checkpoint.counts()
        tally, met, is_over, self._let_go = Tally(), set[str](), False, False
        with closing(reading):
            for portion in reading:
                if portion.is_end and importer.paired_suffices:
                    importer.when_paired = partial(self._when_paired, met if whole else None)
                outcomes = importer.run_page(portion.records, force=force) if portion.records else []
                tally.add(outcomes)
                met.update(outcome.external_id for outcome in outcomes if outcome.external_id)
                done = sum(before.values()) + tally.total
                progress(
                    done, None if portion.total is None else max(done, portion.total)
                )  # some only guess it
                is_over = portion.is_end and (self._let_go or not (whole and self._unmet(met)))
                if is_over:
                    checkpoint.finish(**added(before, tally))
                elif portion.is_last:
                    checkpoint.save(portion.following, **added(before, tally))
                self.env.commit()  # what is bound is kept, and nobody waits long for the database
                if portion.is_last:
                    self.between_pages()
        if is_over:
            return tally
        if whole:
            try:
                tally.add(self.sweep(met))
            except BrakeError:  # all else is done: the next run begins anew, and finds the deletions again
                self.env.rollback()
                checkpoint.finish(**tally.as_dict())
                self.env.commit()
                raise
        checkpoint.finish(**added(before, tally))
        self.env.commit()
        return tally

    def _when_paired(self, met: set[str] | None, last: set[str]) -> None:
        """Let those go on who wait for the entity, unless pairs that were not met have to be looked at first.

        ``met`` are the external ids of the pages before the last one; None where not all pages are seen.
        """
        let_go = getattr(self.work, "let_go", None)
        if let_go is not None and (met is None or not self._unmet(met | last)):
            self._let_go = True
            let_go()

    def run_some(self, external_ids: Sequence[str], *, progress: Progress = silent) -> Tally:
        """Import the records of these ids and return the tally; pairs of those that are gone are handed to
        the deleter.
        """
        tally, missing = Tally(), list[str]()
        for part in chunked(external_ids, self.collection.page_size or 200):
            missing += self._import_part(part, self.backend_adapter.read_many(part), tally)
            progress(tally.total, len(external_ids))  # renews the lease, or forbids to commit
            self.env.commit()
            self.between_pages()
        self._take_away(missing, tally)
        return tally

    def run_told(self, names: Sequence[str]) -> tuple[Tally, list[str]]:
        """Import what hints name; return the tally, and the names that are left to the next round.

        Names are external ids, unless the connector's hints name something else. What :meth:`is_ours` denies
        is left.
        """
        importer = self.component(usage="record.importer")
        tally, missing, left = Tally(), list[str](), list[str]()
        for part in chunked(names, self.collection.page_size or 200):
            found = self.backend_adapter.read_many(part)
            left += [str(importer.external_id_of(record)) for record in found if not self.is_ours(record)]
            wanted = [name for name in part if name not in left]
            missing += self._import_part(wanted, [one for one in found if self.is_ours(one)], tally)
            self.env.commit()
            self.between_pages()
        self._take_away(missing, tally)
        return tally, left

    def is_ours(self, record: Mapping[str, Any]) -> bool:
        """Tell whether a record that a hint named may be imported without a round. Any may, here."""
        return True

    def _import_part(
        self, external_ids: Sequence[str], found: Sequence[Mapping[str, Any]], tally: Tally
    ) -> list[str]:
        """Import what was found of these ids; return those of which nothing was found."""
        importer = self.component(usage="record.importer")
        tally.add(importer.run_page(found))
        there = {str(importer.external_id_of(record)) for record in found}
        return [external_id for external_id in external_ids if external_id not in there]

    def _take_away(self, missing: list[str], tally: Tally) -> None:
        """Hand pairs of ids of which nothing was found to the deleter, and commit."""
        paired = self.binder.to_internal_many(missing)
        deleter = self.component(usage="record.import.deleter")
        tally.add(self.remove([one for one in missing if one in paired], deleter))
        self.env.commit()

    def run_step(
        self, filters: Any = None, cursor: Any = None, *, force: bool = False
    ) -> tuple[Tally, Any, int]:
        """Import one page of the adapter's, from a cursor (None: the first); return the tally, the cursor of
        what follows (None behind the last page), and the census of the pairs that it met.

        For a job per page: whoever calls keeps the cursor, and adds up the censuses for :meth:`sweep_all`.
        """
        importer = self.component(usage="record.importer")
        tally, met = Tally(), 0
        for records, following in self.backend_adapter.pages(filters, cursor):
            for part in chunked(records, self.collection.page_size or 200):
                outcomes = importer.run_page(part, force=force)
                tally.add(outcomes)
                paired = self.binder.to_internal_many(
                    {one.external_id for one in outcomes if one.external_id}
                )
                met = (met + census(str(external_id) for external_id in paired)) % LIMIT
                self.env.commit()
            return tally, following, met
        return tally, None, met

    def sweep_all(self, met: int | None = None) -> Tally:
        """Hand pairs to the deleter whose external record is not among all that the other side has.

        ``met`` is the census of the pairs that all pages together met (None: not known): where it is that of
        all pairs, none is missing, and the other side need not be searched once more.
        """
        tally = Tally()
        if met is None or met != census(self._paired()):
            tally.add(self.sweep({str(external_id) for external_id in self.backend_adapter.search()}))
        return tally

    def _paired(self) -> list[str]:
        """Return the external ids of the pairs that a sweep looks at."""
        domain = [*self.binder._scope(), ("state", "!=", "deleted")]
        return [row["external_id"] for row in self.model._read_rows(domain, ["external_id"])]

    def sweep(self, met: set[str]) -> Iterator[Outcome]:
        """Yield what became of pairs whose external record was not among those met.

        What the other side does not let us see (a board that the token was taken off) is not gone: it is left
        alone and reported.
        """
        deleter = self.component(usage="record.import.deleter")
        yield from self.remove(self._unmet(met), deleter)

    def _unmet(self, met: set[str]) -> list[str]:
        return [one for one in self._paired() if one not in met]

    def remove(self, missing: list[str], deleter: Any) -> Iterator[Outcome]:
        """Hand to the deleter what the other side confirms to be gone; yield what became of each.

        All are looked for before the first one is deleted, so that a brake can stop it.
        """
        parts = list(chunked(missing, self.collection.page_size or 200))
        looked = [self._look(part) for part in parts]
        if self.collection.import_deletion in TAKING:
            self.brake(
                sum(
                    external_id not in there and external_id not in hidden
                    for part, (there, hidden) in zip(parts, looked, strict=True)
                    for external_id in part
                )
            )
        for part, (there, hidden) in zip(parts, looked, strict=True):
            for external_id in part:
                if external_id in hidden:
                    yield Outcome("skipped", external_id, reason=hidden[external_id])
                elif external_id not in there:
                    outcome = deleter.run(external_id)
                    self.planned([outcome])
                    yield outcome
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
        return self._export(self.pairs(), self.unbound(), progress)

    def run_some(self, odoo_ids: Sequence[int], *, progress: Progress = silent) -> Tally:
        """Export these records of Odoo, in pairs or to be paired, and return the tally."""
        pairs = self.binder.wrap(odoo_ids)
        others = [id_ for id_ in odoo_ids if id_ not in pairs]
        new = self.unbound_among(others) if others else []
        return self._export([binding.id for binding in pairs.values()], new, progress)

    def run_told(self, odoo_ids: Sequence[int]) -> tuple[Tally, list[int]]:
        """Export what hints name; return the tally, and the ids that are left to the next round: none."""
        return self.run_some(odoo_ids), []

    def _export(self, ids: list[int], new: list[int], progress: Progress) -> Tally:
        exporter = self.component(usage="record.exporter")
        tally = Tally()
        for part in chunked(ids, self.collection.page_size or 200):
            tally.add(exporter.run_page(self.model.browse(part)))
            progress(tally.total, len(ids) + len(new))
            self.env.commit()
            self.between_pages()
        for part in chunked(new, self.collection.page_size or 200):
            tally.add(exporter.create_page(part))
            progress(tally.total, len(ids) + len(new))
            self.env.commit()
            self.between_pages()
        return tally

    def pairs(self) -> list[int]:
        """Return the ids of all pairs of the backend, in order."""
        return list(self.model.search(self.binder._scope(), order="id").ids)

    def unbound(self) -> list[int]:
        """Return the ids of records of Odoo that are to be created on the other side. None by default."""
        return []

    def unbound_among(self, odoo_ids: Sequence[int]) -> list[int]:
        """Return those of :meth:`unbound` that are among these. Override it to ask Odoo for less."""
        wanted = set(odoo_ids)
        return [id_ for id_ in self.unbound() if id_ in wanted]


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


def added(before: Mapping[str, int], tally: Tally) -> dict[str, int]:
    """Return the counts of a run that was cut off and of the one that went on from there."""
    return {kind: number + before.get(kind, 0) for kind, number in tally.as_dict().items()}
