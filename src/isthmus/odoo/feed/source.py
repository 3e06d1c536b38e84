"""One watched model as the feed reads it: rows with their stamps, counts and ids, archived ones included."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from isthmus.errors import ConfigurationError, ForbiddenError
from isthmus.odoo.feed.row import STAMPS, Row, row_of
from isthmus.odoo.feed.server_time import ServerTime
from isthmus.odoo.feed.sweep import CHUNK
from isthmus.odoo.feed.watch import Watch
from isthmus.odoo.store import RpcStore
from isthmus.records.domain import Domain

EVERYTHING = {"active_test": False}


@dataclass(slots=True)
class Source:
    """Reads a model, and learns the time of the server from what it reads."""

    store: RpcStore
    watch: Watch
    time: ServerTime
    #: The monotonic second at which the last page was asked for.
    asked_s: float = 0.0
    _plain: bool = field(default=False)

    @property
    def fields(self) -> tuple[str, ...]:
        """What is read beside the stamps."""
        return () if self._plain else self.watch.telling(self.store.fields(self.watch.model))

    def read(self, terms: Sequence[Any], order: str, limit: int) -> list[Row]:
        """Return the rows in a domain. Raises ConfigurationError for a model without ``write_date``."""
        if "write_date" not in self.store.fields(self.watch.model):
            raise ConfigurationError(
                f"{self.watch.model} cannot be followed: it has no write_date",
                hint="Follow the model of its records instead.",
            )
        clock = self.store.connection.clock
        self.asked_s = clock.monotonic()
        try:
            found = self._search_read(terms, order, limit)
        except ForbiddenError:
            if not self.fields or self.watch.fields is not None:
                raise
            self._plain = True  # one of them is for others only; the stamps are for all
            found = self._search_read(terms, order, limit)
        received_s = clock.monotonic()
        names = self.fields
        rows = [row_of(values, names) for values in found if values["write_date"]]
        if rows:
            newest = max(row.written for row in rows)
            self.time.observe(newest, received_s, self.store.connection.server_now())
        return rows

    def _search_read(self, terms: Sequence[Any], order: str, limit: int) -> list[dict[str, Any]]:
        names = [*(name for name in STAMPS if name in self.store.fields(self.watch.model)), *self.fields]
        return self.store.search_read(
            self.watch.model, self._domain(terms), names, limit=limit, order=order, context=EVERYTHING
        )

    def newest(self, trust: timedelta) -> datetime | None:
        """Return the ``write_date`` of the newest row that is not of the future; None when there is none."""
        latest = "write_date desc, id desc"
        rows = self.read([("write_date", "!=", False)], latest, 1)
        web = self.store.connection.server_now()
        if rows and web is not None and rows[0].written > web + trust:
            rows = self.read([("write_date", "<=", web + trust)], latest, 1)
        return rows[0].written if rows else None

    def count(self, first: int, last: int) -> int:
        """Return how many records have an id from first to last."""
        return self.store.count(self.watch.model, self._between(first, last), context=EVERYTHING)

    def find(self, first: int, last: int) -> list[int]:
        """Return the ids from first to last."""
        return self.store.search(self.watch.model, self._between(first, last), order="id", context=EVERYTHING)

    def ids(self) -> set[int]:
        """Return all ids."""
        found: set[int] = set()
        after = 0
        while True:
            domain = self._domain([("id", ">", after)])
            page = self.store.search(self.watch.model, domain, order="id", limit=CHUNK, context=EVERYTHING)
            found.update(page)
            if len(page) < CHUNK:
                return found
            after = page[-1]

    def existing(self, ids: Sequence[int]) -> list[dict[str, Any]]:
        """Return a row for each id that exists. Raises ForbiddenError when one is hidden."""
        return self.store.read(self.watch.model, ids, [], context=EVERYTHING)

    def user(self) -> int | None:
        """Return the id of the connection's user."""
        return self.store.author()

    def _between(self, first: int, last: int) -> Domain:
        return self._domain([("id", ">=", first), ("id", "<=", last)])

    def _domain(self, terms: Sequence[Any]) -> Domain:
        return Domain.parse(list(self.watch.domain)) & Domain.parse(list(terms))
