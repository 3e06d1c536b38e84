"""Reading what an import goes through: the adapter's pages in parts, ahead of time where the adapter can."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from isthmus.connector.ahead import Ahead

#: Makes records ready, in a thread of its own: what it finds out is remembered by whoever is asked later.
Prepare = Callable[[Sequence[Any]], object]


@dataclass(frozen=True, slots=True)
class Part:
    """Records of one page. ``following``: the cursor behind the page, of its last part (``is_last``).

    ``total`` is about how many records there are in all, or None.
    """

    records: list[Any]
    following: Any
    is_last: bool
    total: int | None


class Reading:
    """Goes once through the parts of an adapter's pages from a cursor on (None: the beginning).

    An adapter that ``reads_ahead`` is asked at once, and by a thread.
    """

    def __init__(self, adapter: Any, filters: Any, cursor: Any, size: int, prepare: Prepare) -> None:
        self.cursor = cursor
        self._ahead: Ahead[Part] | None = None
        self._parts: Iterable[Part] = parts(adapter, filters, cursor, size)
        if reads_ahead(adapter):
            adapter.prepare_reading()
            self._parts = self._ahead = Ahead(prepared(self._parts, prepare))

    def __iter__(self) -> Iterator[Part]:
        return iter(self._parts)

    def close(self) -> None:
        """Read no more."""
        if self._ahead is not None:
            self._ahead.close()


def reads_ahead(adapter: Any) -> bool:
    """Tell whether another thread may ask an adapter for its pages: not where the adapter does not say so."""
    return bool(getattr(adapter, "reads_ahead", False))


def parts(adapter: Any, filters: Any, cursor: Any, size: int) -> Iterator[Part]:
    """Yield the parts of an adapter's pages; pages without records go along with the next that has some."""
    total = adapter.count(filters)
    empty: Part | None = None
    for records, following in adapter.pages(filters, cursor):
        *others, last = list(chunked(records, size)) or [[]]
        for one in others:
            yield Part(one, following, False, total)
        end = Part(last, following, True, total)
        empty = None if last else end
        if last:
            yield end
    if empty is not None:
        yield empty


def prepared(found: Iterable[Part], prepare: Prepare) -> Iterator[Part]:
    """Yield parts whose records were made ready."""
    for part in found:
        prepare(part.records)
        yield part


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
