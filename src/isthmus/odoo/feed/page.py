"""Walking through what was written since a moment, by ``(write_date, id)``, in pages.

Odoo tells whole seconds, so "after the last row" cannot be said exactly. A page that is full is cut before
its last second, which the next page begins with. A second that fills a page by itself (one transaction wrote
it all) is walked through by id.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from isthmus.odoo.feed.row import SECOND, Row

#: ``read(terms, order, limit)`` gives rows.
Read = Callable[[Sequence[Any], str, int], list[Row]]

IN_TIME = "write_date, id"


@dataclass(frozen=True, slots=True)
class Page:
    """Rows in order. ``complete_to``: everything older was given by now; None: everything there was."""

    rows: list[Row]
    complete_to: datetime | None = None


def pages(read: Read, since: datetime | None, size: int) -> Iterator[Page]:
    """Yield what was written at a moment or later (None: ever), the oldest first, none left out."""
    while True:
        rows = read(written_since(since), IN_TIME, size)
        if len(rows) < size:
            yield Page(rows)
            return
        last = rows[-1].written
        before = [row for row in rows if row.written < last]
        if before:
            since = last
            yield Page(before, since)
        else:
            yield from _one_second(read, last, size)
            since = last + SECOND


def _one_second(read: Read, second: datetime, size: int) -> Iterator[Page]:
    """Yield the pages of a single second, by id."""
    after, within = 0, [*written_since(second), ("write_date", "<", second + SECOND)]
    while True:
        rows = read([*within, ("id", ">", after)], "id", size)
        if len(rows) < size:
            yield Page(rows, second + SECOND)
            return
        yield Page(rows, second)
        after = rows[-1].id


def written_since(moment: datetime | None) -> list[Any]:
    """Return the terms for records that were written at a moment or later.

    Never ``>``: Odoo 19 makes ``>= next second`` of it, and loses the rest of that second.
    """
    return [("write_date", "!=", False)] if moment is None else [("write_date", ">=", moment)]
