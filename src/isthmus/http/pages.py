"""Read a long list page by page, and be able to go on later: paging strategies for REST resources.

A strategy's ``pages(fetch, cursor)`` yields :class:`Page`; ``fetch(params)`` sends one request. A page's
``cursor`` is a JSON value that describes what comes after it: save it, and give it back to go on from there.
It is None on the last page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit

Fetch = Callable[[dict[str, Any]], Any]
Items = list[Any]


@dataclass(frozen=True, slots=True)
class Page:
    """Some items, and the cursor of what follows them (None: nothing does)."""

    items: Items
    cursor: Any = None


class Paging(Protocol):
    """A way in which a remote cuts its lists into pages."""

    def pages(self, fetch: Fetch, cursor: Any = None) -> Iterator[Page]:
        """Yield the pages after ``cursor`` (None: from the start). An empty list gives no page."""
        ...


def _walk(first: Any, read: Callable[[Any], Page]) -> Iterator[Page]:
    """Yield the pages from a cursor on; a page without items is the end and not yielded."""
    cursor = first
    while True:
        page = read(cursor)
        if page.items:
            yield page
        if page.cursor is None:
            return
        cursor = page.cursor


@dataclass(frozen=True, slots=True)
class Whole:
    """The remote gives the whole list at once."""

    def pages(self, fetch: Fetch, cursor: Any = None) -> Iterator[Page]:
        return _walk(cursor, lambda _: Page(list(fetch({}))))


@dataclass(frozen=True, slots=True)
class PageNumber:
    """``page=1&per_page=100``: the cursor is the number of the next page. One not full is the last."""

    size: int = 100
    page_param: str = "page"
    size_param: str = "per_page"
    first: int = 1

    def pages(self, fetch: Fetch, cursor: Any = None) -> Iterator[Page]:
        return _walk(self.first if cursor is None else cursor, lambda number: self._read(fetch, number))

    def _read(self, fetch: Fetch, number: int) -> Page:
        items = list(fetch({self.page_param: number, self.size_param: self.size}))
        return Page(items, number + 1 if len(items) >= self.size else None)


@dataclass(frozen=True, slots=True)
class OffsetLimit:
    """``offset=0&limit=100``: the cursor is the next offset. Rows deleted meanwhile shift the rest."""

    size: int = 100
    offset_param: str = "offset"
    limit_param: str = "limit"

    def pages(self, fetch: Fetch, cursor: Any = None) -> Iterator[Page]:
        return _walk(cursor or 0, lambda offset: self._read(fetch, offset))

    def _read(self, fetch: Fetch, offset: int) -> Page:
        items = list(fetch({self.offset_param: offset, self.limit_param: self.size}))
        return Page(items, offset + len(items) if len(items) >= self.size else None)


@dataclass(frozen=True, slots=True)
class NextCursor:
    """The answer names what comes next: ``{"items": […], "next": "abc"}``, a token or a URL.

    ``items`` and ``next`` are keys of the answer. A token is sent back as ``param``; of a URL, the query is.
    """

    items: str = "items"
    next: str = "next"
    param: str = "cursor"
    size: int = 100
    size_param: str = "limit"

    def pages(self, fetch: Fetch, cursor: Any = None) -> Iterator[Page]:
        return _walk(cursor, lambda token: self._read(fetch, token))

    def _read(self, fetch: Fetch, token: Any) -> Page:
        answer: Mapping[str, Any] = fetch({self.size_param: self.size, **self._params(token)})
        return Page(list(answer.get(self.items) or ()), answer.get(self.next) or None)

    def _params(self, token: Any) -> dict[str, Any]:
        if token is None:
            return {}
        if isinstance(token, str) and token.startswith(("http://", "https://")):
            return dict(parse_qsl(urlsplit(token).query))
        return {self.param: token}


def _by_id(item: Any) -> Any:
    return item["id"]


@dataclass(frozen=True, slots=True)
class BeforeId:
    """``limit=1000&before=<id>``: the newest, then those older than the oldest seen, whose id is the cursor.

    Nothing is missed or seen twice when records come and go meanwhile. The order within a page is free.
    """

    size: int = 1000
    before_param: str = "before"
    size_param: str = "limit"
    key: Callable[[Any], Any] = field(default=_by_id)

    def pages(self, fetch: Fetch, cursor: Any = None) -> Iterator[Page]:
        return _walk(cursor, lambda before: self._read(fetch, before))

    def _read(self, fetch: Fetch, before: Any) -> Page:
        start = {} if before is None else {self.before_param: before}
        items: Sequence[Any] = list(fetch({self.size_param: self.size, **start}))
        oldest = min(map(self.key, items)) if len(items) >= self.size else None
        return Page(list(items), oldest if oldest != before else None)
