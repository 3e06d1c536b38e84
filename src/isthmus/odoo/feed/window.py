"""Which rows are new: the floor below which all is known, and the states seen above it.

``write_date`` is the start of the transaction that wrote, and its rows appear when it commits. So a row may
turn up behind others that were read already. The window from the floor up is read again by every look, and
what was delivered with the same state is passed over.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from isthmus.odoo.feed.row import Row


@dataclass(frozen=True, slots=True)
class Window:
    """An immutable window. ``floor``: None where everything from the beginning is to be read."""

    floor: datetime | None = None
    seen: dict[int, tuple[str, str]] = field(default_factory=dict)

    def fresh(self, rows: Iterable[Row]) -> list[Row]:
        """Return the rows that were not delivered in this state."""
        return [row for row in rows if self.seen.get(row.id) != row.mark]

    def with_rows(self, rows: Iterable[Row]) -> Window:
        """Return the window that has seen these rows too."""
        return Window(self.floor, {**self.seen, **{row.id: row.mark for row in rows}})

    def raised(self, floor: datetime | None) -> Window:
        """Return the window above another floor; it never sinks."""
        if floor is None or (self.floor is not None and floor <= self.floor):
            return self
        least = floor.isoformat(" ")
        return Window(floor, {id_: mark for id_, mark in self.seen.items() if mark[0] >= least})

    # --- as JSON ---

    def to_json(self) -> list[Any]:
        """Return what was seen: ``[second, [[id, digest], …]]`` for each second."""
        seconds: dict[str, list[list[Any]]] = {}
        for id_, (second, digest) in self.seen.items():
            seconds.setdefault(second, []).append([id_, digest])
        return [[second, ids] for second, ids in sorted(seconds.items())]

    @classmethod
    def from_json(cls, floor: datetime | None, seen: Any) -> Window:
        """Return the window of a floor and what :meth:`to_json` gave."""
        return cls(floor, {id_: (second, digest) for second, ids in seen or () for id_, digest in ids})


def floor_after(
    complete_to: datetime | None, now_at_least: datetime | None, overlap: timedelta
) -> datetime | None:
    """Return how high the floor may be: an overlap below what was read, and below the server's time.

    ``complete_to``: everything older was read (None: everything there is). ``now_at_least``: the server's
    clock was not earlier when it was asked. A transaction that is still at work began after the floor, unless
    it has run for longer than the overlap.
    """
    known = [moment for moment in (complete_to, now_at_least) if moment is not None]
    if now_at_least is None or not known:
        return None
    # Odoo is asked in whole seconds, so what was seen in the floor's second is met again.
    return (min(known) - overlap).replace(microsecond=0)
