"""One model of one Odoo and how it is followed: baseline, looks, sweeps; each page one local transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from isthmus.errors import ConcurrentWriteError
from isthmus.odoo.feed import cursor
from isthmus.odoo.feed.batch import Batch, Hear
from isthmus.odoo.feed.clocks import Clocks
from isthmus.odoo.feed.cursor import Place
from isthmus.odoo.feed.page import Page, pages
from isthmus.odoo.feed.row import Row
from isthmus.odoo.feed.source import Source
from isthmus.odoo.feed.sweep import compare, confirmed
from isthmus.odoo.feed.window import Window, floor_after
from isthmus.records.environment import Environment
from isthmus.telemetry import emit

#: How often the cursor is kept when there is nothing to deliver.
IDLE_SAVE = timedelta(seconds=60)

#: How many of the records that a sweep finds are read in one call.
FOUND_PAGE = 1000

Open = Callable[[], AbstractContextManager[Environment]]


@dataclass(slots=True)
class Following:
    """Follow one model. ``tell`` hears of each batch once it is committed."""

    odoo: str
    source: Source
    open: Open
    hear: Hear
    overlap: timedelta
    page_size: int
    tell: Callable[[Batch], None] = field(default=lambda batch: None)

    @property
    def model(self) -> str:
        """The model that is followed."""
        return self.source.watch.model

    def place(self) -> Place | None:
        """Return how far the model was followed; None when it is met for the first time."""
        with self.open() as env:
            return cursor.load(env, self.odoo, self.model)

    # --- the first time ---

    def begin(self, from_beginning: bool) -> Place:
        """Keep a first place: before everything, or behind all that is there now."""
        sweeps = self.source.watch.deletions
        if from_beginning:
            return self._keep(Place(known=frozenset() if sweeps else None), Place())
        newest = self.source.newest(self.overlap)
        floor = None if newest is None else newest - self.overlap
        window = Window(floor)
        for page in self._pages(floor):
            window = window.with_rows(page.rows)
        known = frozenset(self.source.ids()) if sweeps else None
        with self.open() as env:
            swept = env.now if sweeps else None
        place = Place(window, floor, newest, known, self._clocks(newest, None), swept)
        return self._keep(place, Place())

    # --- looks ---

    def look(self, place: Place) -> Place:
        """Deliver what was written since; return the new place."""
        if self.source.watch.deletions and place.known is None:
            place = self._keep(replace(place, known=frozenset(self.source.ids())), place)
        told: set[int] = set()
        for page in self._pages(place.window.floor):
            floor = floor_after(page.complete_to, self._now_at_least(place), self.overlap)
            place = self._take(place, page.rows, floor, told)
        if place.window.floor != place.born and place.window.floor is not None:
            place = replace(place, born=place.window.floor)
        return self._keep_if_due(place)

    def _take(self, place: Place, rows: Sequence[Row], floor: datetime | None, told: set[int]) -> Place:
        """Deliver a page and raise the floor, in one transaction; without one when nothing is new."""
        fresh = place.window.fresh(rows)
        new = [row for row in fresh if row.id not in told and place.is_new(row)]
        told.update(row.id for row in new)
        created = {row.id for row in new}
        after = place.after(fresh, len(fresh))
        clocks = self._clocks(after.newest, place.clocks)
        after = replace(after, window=after.window.raised(floor), clocks=clocks)
        if not fresh:
            return after
        written = tuple(row for row in fresh if row.id not in created)
        return self._deliver(place, after, created=tuple(new), written=written)

    # --- the time in the database ---

    def _now_at_least(self, place: Place) -> datetime | None:
        """Return a time that the database had reached when the last page was asked for; None: not known."""
        told = [self.source.time.at_least(self.source.asked_s)]
        if place.clocks is not None:
            connection = self.source.store.connection
            answering = timedelta(seconds=connection.clock.monotonic() - self.source.asked_s)
            told.append(place.clocks.reached(connection.server_now(), connection.clock.now(), answering))
        return max((one for one in told if one is not None), default=None)

    def _clocks(self, newest: datetime | None, known: Clocks | None) -> Clocks | None:
        """Return what the clocks show, where a change is newer than the one that they were kept for."""
        if known is not None and (newest is None or newest <= known.written):
            return known
        connection = self.source.store.connection
        return Clocks.at(newest, connection.server_now(), connection.clock.now()) or known

    # --- deletions ---

    def sweep(self, place: Place) -> Place:
        """Deliver what was deleted, and what was created and missed; return the new place."""
        known = sorted(place.known or ())
        found = compare(known, self.source.count, self.source.find)
        for start in range(0, len(found.unknown), FOUND_PAGE):
            rows = self._rows(found.unknown[start : start + FOUND_PAGE])
            if rows:
                place = self._deliver(place, place.after(rows, len(rows)), created=tuple(rows))
        gone = confirmed(found.gone, self.source.existing)
        if len(gone) < len(found.gone):
            emit("odoo.feed.hidden", odoo=self.odoo, model=self.model, count=len(found.gone) - len(gone))
        with self.open() as env:
            swept = replace(place.without(found.gone, len(gone)), swept=env.now)
        if gone:
            return self._deliver(place, swept, removed=tuple(gone))
        return self._keep(swept, place)

    def _rows(self, ids: Sequence[int]) -> list[Row]:
        """Return the rows of records that a look should have met and did not."""
        return self.source.read([("id", "in", list(ids))], "id", len(ids))

    # --- transactions ---

    def _deliver(
        self,
        place: Place,
        after: Place,
        created: tuple[Row, ...] = (),
        written: tuple[Row, ...] = (),
        removed: tuple[int, ...] = (),
    ) -> Place:
        batch = Batch(
            self.odoo, self.model, self.source.fields, self.source.user(), created, written, removed
        )
        with self.open() as env:
            self._lock(env, place)
            self.hear(env, batch)
            kept = cursor.save(env, self.odoo, self.model, after)
        self.tell(batch)
        return kept

    def _keep(self, after: Place, place: Place) -> Place:
        with self.open() as env:
            self._lock(env, place)
            return cursor.save(env, self.odoo, self.model, after)

    def _keep_if_due(self, place: Place) -> Place:
        """Keep a place that only moved on, once a minute: an idle feed should not write all the time."""
        with self.open() as env:
            if place.looked is None or env.now - place.looked >= IDLE_SAVE:
                self._lock(env, place)
                return cursor.save(env, self.odoo, self.model, place)
        return place

    def _lock(self, env: Environment, place: Place) -> None:
        """Let nobody else deliver meanwhile. Raises ConcurrentWriteError when somebody did."""
        free = env.try_lock(f"feed {self.odoo} {self.model}")
        found = cursor.record(env, self.odoo, self.model)
        if not free or (found.revision if found else 0) != place.revision:
            raise ConcurrentWriteError(
                f"{self.model} of the Odoo {self.odoo!r} is followed by somebody else at the same time",
                hint="Run one feed for each Odoo; the next look goes on from where that one is.",
            )

    def _pages(self, since: datetime | None) -> Iterable[Page]:
        return pages(self.source.read, since, self.page_size)
