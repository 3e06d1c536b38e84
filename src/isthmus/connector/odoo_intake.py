"""What changed in an Odoo since a round last asked: found as the change feed finds it, kept in the cursor.

It is not the feed's own cursor: several backends, each with entities of its own, may follow one Odoo, and
somebody may run the feed beside them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from isthmus.connector.intake import ChangeIntake, Changes
from isthmus.connector.reading import chunked
from isthmus.records.domain import Domain

if TYPE_CHECKING:
    from isthmus.odoo import RpcStore
    from isthmus.odoo.feed.clocks import Clocks
    from isthmus.odoo.feed.source import Source

#: How many ids of pairs one question after deletions names, and how many rows one page has.
CHUNK, PAGE = 20_000, 4000


class OdooIntake(ChangeIntake):
    """Tells which records of Odoo were written or deleted since; everything at first and now and then.

    For entities whose exports depend on nothing but fields of the record itself. What was not to be exported
    and becomes so by something else is not written in Odoo: :attr:`within` says on which pairs that depends.
    """

    _abstract = True
    _name = "connector.odoo.intake"
    _inherit = ["connector.change.intake"]

    #: Where pairs of one of these entities came or went, everything is looked at.
    within: Sequence[str] = ()

    #: Of the model of Odoo, those records that count.
    domain: tuple[Any, ...] = ()

    def changes(self, cursor: Any) -> Changes:
        """Return the ids of the records that were written or deleted since."""
        from isthmus.odoo import RpcStore  # with its HTTP it is loaded where an Odoo is used

        store = self.env.store(self.binder.unwrap_model())
        if not isinstance(store, RpcStore):
            return Changes()
        source, scope = self._source(store), pairs_of(self, self.within)
        if cursor is None or cursor["scope"] != scope or self.is_due(cursor):
            return Changes(None, {**self._baseline(source), "scope": scope, "full": self.env.now.isoformat()})
        ids, place = self._written(source, cursor)
        return Changes([*ids, *self._deleted(store)], {**cursor, **place})

    def _source(self, store: RpcStore) -> Source:
        from isthmus.odoo.feed import Watch
        from isthmus.odoo.feed.feed import OVERLAP
        from isthmus.odoo.feed.server_time import ServerTime
        from isthmus.odoo.feed.source import Source

        sources = self.component(usage="record.exporter").sources
        return Source(
            store, Watch(self.binder.unwrap_model(), self.domain, tuple(sources)), ServerTime(OVERLAP)
        )

    def _baseline(self, source: Source) -> dict[str, Any]:
        """Return a place behind all that is there: it is going to be looked at as a whole."""
        from isthmus.odoo.feed.feed import OVERLAP
        from isthmus.odoo.feed.page import pages
        from isthmus.odoo.feed.window import Window

        newest = source.newest(OVERLAP)
        window = Window(None if newest is None else newest - OVERLAP)
        for page in pages(source.read, window.floor, PAGE) if newest else ():
            window = window.with_rows(page.rows)
        return {**window_data(window), "clock": self._clock(source, newest)}

    def _written(self, source: Source, cursor: Any) -> tuple[list[int], dict[str, Any]]:
        """Return the ids of what was written since, and how far that goes."""
        from isthmus.odoo.feed.clocks import Clocks
        from isthmus.odoo.feed.feed import OVERLAP
        from isthmus.odoo.feed.page import pages
        from isthmus.odoo.feed.window import Window, floor_after

        window = Window.from_json(moment(cursor["floor"]), cursor["seen"])
        known = Clocks.of(cursor["clock"])
        ids: list[int] = []
        newest = known.written if known else None
        for page in pages(source.read, window.floor, PAGE):
            told = [source.time.at_least(source.asked_s), self._elapsed(source, known)]
            at_least = max((one for one in told if one is not None), default=None)
            fresh = window.fresh(page.rows)
            ids += [row.id for row in fresh]
            times = [row.written for row in page.rows] + ([newest] if newest else [])
            newest = max(times, default=None)
            window = window.with_rows(fresh).raised(floor_after(page.complete_to, at_least, OVERLAP))
        later = known is None or (newest is not None and newest > known.written)
        clock = self._clock(source, newest) if later else cursor["clock"]
        return ids, {**window_data(window), "clock": clock}

    def _clock(self, source: Source, newest: datetime | None) -> Any:
        from isthmus.odoo.feed.clocks import Clocks

        clocks = Clocks.at(newest, source.store.connection.server_now(), self.env.now)
        return None if clocks is None else clocks.to_json()

    def _elapsed(self, source: Source, known: Clocks | None) -> datetime | None:
        """Return a time that the database had reached when it was asked; None: not known."""
        if known is None:
            return None
        connection = source.store.connection
        answering = timedelta(seconds=connection.clock.monotonic() - source.asked_s)
        return known.reached(connection.server_now(), self.env.now, answering)

    def _deleted(self, store: RpcStore) -> Iterator[int]:
        """Yield the ids of pairs whose record is gone: counted, and looked for where some are missing."""
        field = self.binder._odoo_field
        rows = self.model._read_rows([*self.binder._scope(), ("state", "!=", "deleted")], [field])
        model, everything = self.binder.unwrap_model(), {"active_test": False}
        for part in chunked(sorted({row[field] for row in rows if row[field]}), CHUNK):
            domain = Domain.parse([("id", "in", part)])
            if store.count(model, domain, context=everything) < len(part):
                yield from sorted({*part} - {*store.search(model, domain, context=everything)})


def window_data(window: Any) -> dict[str, Any]:
    """Return a window as a cursor keeps it."""
    return {"floor": window.floor.isoformat() if window.floor else None, "seen": window.to_json()}


def moment(text: str | None) -> datetime | None:
    """Return the time that a cursor keeps as text."""
    return datetime.fromisoformat(text) if text else None


def pairs_of(component: Any, entities: Sequence[str]) -> list[list[Any]]:
    """Return for each entity how many pairs there are, and which is the newest."""
    found: list[list[Any]] = []
    for entity in entities:
        domain = [("backend_id", "=", component.collection.id), ("state", "!=", "deleted")]
        ids = [row["id"] for row in component.env[entity]._read_rows(domain, ["id"])]
        found.append([entity, len(ids), max(ids, default=0)])
    return found
