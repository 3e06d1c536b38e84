"""Reading what an import goes through: the adapter's pages in portions, ahead of time where it can."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from isthmus.connector.ahead import Ahead

#: Makes records ready, in a thread of its own: what it finds out is remembered by whoever is asked later.
Prepare = Callable[[Sequence[Any]], object]


@dataclass(frozen=True, slots=True)
class Portion:
    """Records of one page. ``following``: the cursor behind the page, of its last part (``is_last``).

    ``total`` is about how many records there are in all, or None.
    """

    records: list[Any]
    following: Any
    is_last: bool
    total: int | None

    @property
    def is_end(self) -> bool:
        """Whether nothing follows."""
        return self.is_last and self.following is None


class Reading:
    """Goes once through the portions of an adapter's pages from a cursor on (None: the beginning).

    An adapter that ``reads_ahead`` is asked at once, and by a thread.
    """

    def __init__(self, adapter: Any, filters: Any, cursor: Any, size: int, prepare: Prepare) -> None:
        self.cursor = cursor
        self._ahead: Ahead[Portion] | None = None
        self._portions: Iterable[Portion] = portions(adapter, filters, cursor, size)
        if reads_ahead(adapter):
            adapter.prepare_reading()
            self._portions = self._ahead = Ahead(prepared(self._portions, prepare))

    def __iter__(self) -> Iterator[Portion]:
        return iter(self._portions)

    def close(self) -> None:
        """Read no more."""
        if self._ahead is not None:
            self._ahead.close()


def reads_ahead(adapter: Any) -> bool:
    """Tell whether another thread may ask an adapter for its pages: not where the adapter does not say so."""
    return bool(getattr(adapter, "reads_ahead", False))


def portions(adapter: Any, filters: Any, cursor: Any, size: int) -> Iterator[Portion]:
    """Yield the portions of an adapter's pages; a page without records goes along with the next one."""
    total = adapter.count(filters)
    empty: Portion | None = None
    for records, following in adapter.pages(filters, cursor):
        *others, last = list(chunked(records, size)) or [[]]
        for one in others:
            yield Portion(one, following, False, total)
        end = Portion(last, following, True, total)
        empty = None if last else end
        if last:
            yield end
    if empty is not None:
        yield empty


def prepared(found: Iterable[Portion], prepare: Prepare) -> Iterator[Portion]:
    """Yield portions whose records were made ready."""
    for portion in found:
        prepare(portion.records)
        yield portion


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
