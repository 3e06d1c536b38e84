"""The checkpoint of a feed: how far each model of each Odoo was followed, kept in the local database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from isthmus.odoo.feed import id_set
from isthmus.odoo.feed.clocks import Clocks
from isthmus.odoo.feed.row import Row
from isthmus.odoo.feed.window import Window
from isthmus.odoo.feed_records import FEED
from isthmus.records.environment import Environment


@dataclass(frozen=True, slots=True)
class Place:
    """How far a model was followed. ``known``: the ids that are there, None where deletions do not count."""

    window: Window = field(default_factory=Window)
    born: datetime | None = None
    newest: datetime | None = None
    known: frozenset[int] | None = None
    clocks: Clocks | None = None
    swept: datetime | None = None
    looked: datetime | None = None
    delivered: int = 0
    revision: int = 0

    def is_new(self, row: Row) -> bool:
        """Say whether a record was created since; one that was met already was not."""
        if self.known is not None:
            return row.id not in self.known
        if row.id in self.window.seen:
            return False
        return self.born is None or (row.created is not None and row.created >= self.born)

    def after(self, rows: Sequence[Row], delivered: int) -> Place:
        """Return the place once these rows were met, and some of them delivered."""
        newest = max((row.written for row in rows), default=None)
        return replace(
            self,
            window=self.window.with_rows(rows),
            newest=max(filter(None, (self.newest, newest)), default=None),
            known=None if self.known is None else self.known.union(row.id for row in rows),
            delivered=self.delivered + delivered,
        )

    def without(self, gone: Sequence[int], told: int) -> Place:
        """Return the place without records that are gone or cannot be seen any more."""
        left = {id_: mark for id_, mark in self.window.seen.items() if id_ not in set(gone)}
        return replace(
            self,
            window=Window(self.window.floor, left),
            known=None if self.known is None else self.known.difference(gone),
            delivered=self.delivered + told,
        )


def record(env: Environment, odoo: str, model: str) -> Any:
    """Return the record of a cursor; empty when the model is not followed yet."""
    return env[FEED].search([("odoo", "=", odoo), ("model", "=", model)], limit=1)


def load(env: Environment, odoo: str, model: str) -> Place | None:
    """Return how far a model was followed; None when it is not followed yet."""
    found = record(env, odoo, model)
    if not found:
        return None
    return Place(
        window=Window.from_json(found.floor or None, found.seen),
        born=found.born or None,
        newest=found.newest or None,
        known=frozenset(id_set.from_text(found.known or "")) if found.sweeps else None,
        clocks=Clocks.of(found.clocks),
        swept=found.swept or None,
        looked=found.looked or None,
        delivered=found.delivered,
        revision=found.revision,
    )


def save(env: Environment, odoo: str, model: str, place: Place) -> Place:
    """Keep a place in the running transaction; return it as the next save must find it."""
    place = replace(place, looked=env.now, revision=place.revision + 1)
    values = {
        "floor": place.window.floor or False,
        "born": place.born or False,
        "newest": place.newest or False,
        "seen": place.window.to_json(),
        "clocks": place.clocks.to_json() if place.clocks else False,
        "known": id_set.to_text(place.known or ()),
        "sweeps": place.known is not None,
        "swept": place.swept or False,
        "looked": place.looked,
        "delivered": place.delivered,
        "revision": place.revision,
    }
    found = record(env, odoo, model)
    if found:
        found.write(values)
    else:
        env[FEED].create({"odoo": odoo, "model": model, **values})
    return place
