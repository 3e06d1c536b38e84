"""Adapters speak the interface of the other side.

Errors of the other side are translated here, once, to those of :mod:`isthmus.errors`: not found, rejected
(with its message), unauthorised, rate limited (with the wait), unreachable.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, ClassVar

from isthmus.connector.base import ConnectorComponent
from isthmus.errors import ConfigurationError, NotFoundError


class BackendAdapter(ConnectorComponent):
    """The parent of all adapters."""

    _abstract = True
    _name = "base.backend.adapter"
    _usage = "backend.adapter"

    def _cannot(self, verb: str) -> ConfigurationError:
        return ConfigurationError(
            f"the adapter {self._name} cannot {verb}",
            hint=f"Define {verb}() on it, or do not synchronise in that direction.",
        )


class SearchAdapter(BackendAdapter):
    """The reading half: find and read external records. At least ``search`` and ``read`` must be defined."""

    _abstract = True
    _name = "base.search.adapter"

    #: How many records :meth:`pages` reads at once.
    page_size: ClassVar[int] = 100

    #: Whether :meth:`pages` and :meth:`count` may be asked by another thread, so that the next page is read
    #: while Odoo writes the last one. They must not touch records or components then, which belong to one
    #: thread, but for what :meth:`prepare_reading` has fetched.
    reads_ahead: ClassVar[bool] = False

    def prepare_reading(self) -> None:
        """Fetch what reading needs of records and components (a client, a setting), before a thread reads."""

    def search(self, filters: Any = None) -> list[Any]:
        """Return the external ids that match ``filters`` (None: all)."""
        raise self._cannot("search")

    def read(self, external_id: Any) -> Any:
        """Return one external record. Raises NotFoundError."""
        raise self._cannot("read")

    def read_many(self, external_ids: Iterable[Any]) -> list[Any]:
        """Return the records that exist; here one by one, in fewer calls where the other side can."""
        found = []
        for external_id in external_ids:
            try:
                found.append(self.read(external_id))
            except NotFoundError:
                continue
        return found

    def search_read(self, filters: Any = None) -> list[Any]:
        """Return the records that match ``filters`` (None: all)."""
        return self.read_many(self.search(filters))

    def pages(self, filters: Any = None, cursor: Any = None) -> Iterator[tuple[list[Any], Any]]:
        """Yield ``(records, cursor of what follows)``; given a cursor, go on from there.

        A cursor is any JSON value; None says that nothing follows. Here it is a position in what ``search``
        gives.
        """
        if type(self).search_read is not SearchAdapter.search_read:
            if cursor is None:
                yield self.search_read(filters), None
            return
        ids = self.search(filters)
        for start in range(cursor or 0, len(ids), self.page_size):
            end = start + self.page_size
            yield self.read_many(ids[start:end]), end if end < len(ids) else None

    def count(self, filters: Any = None) -> int | None:
        """Return how many records match, or None where that is not known beforehand."""
        return None


class ExportAdapter(BackendAdapter):
    """The writing half: create, change and delete external records."""

    _abstract = True
    _name = "base.export.adapter"

    def create(self, data: Any) -> Any:
        """Create a record and return it (or its id). Raises AmbiguousError when it may have been created."""
        raise self._cannot("create")

    def write(self, external_id: Any, data: Any) -> Any:
        """Change a record and return it as it is then, or None."""
        return self.update(external_id, data)

    def update(self, external_id: Any, data: Any) -> Any:
        """The same as :meth:`write`; define either."""
        if type(self).write is ExportAdapter.write:
            raise self._cannot("write")
        return self.write(external_id, data)

    def delete(self, external_id: Any) -> Any:
        """Delete a record; one that is gone counts as deleted."""
        raise self._cannot("delete")

    def find_created(self, values: Any, announced: datetime) -> Any:
        """Return the record that an announced create made without an answer, or None when there is none."""
        return None


class CRUDAdapter(SearchAdapter, ExportAdapter):
    """An adapter that reads and writes."""

    _abstract = True
    _name = "base.crud.adapter"
