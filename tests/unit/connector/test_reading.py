"""Reading: pages become parts, and pages without records cost none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from isthmus.connector.reading import Reading


class Pages:
    """An adapter of a few pages."""

    def __init__(self, *pages: list[int], ahead: bool) -> None:
        self.reads_ahead = ahead
        self.found = pages
        self.is_prepared = False

    def prepare_reading(self) -> None:
        self.is_prepared = True

    def count(self, filters: Any) -> int:
        return sum(map(len, self.found))

    def pages(self, filters: Any, cursor: Any) -> Iterator[tuple[list[int], int]]:
        for number, page in enumerate(self.found[cursor or 0 :], (cursor or 0) + 1):
            yield page, number


@pytest.fixture(params=[False, True], ids=["as asked", "ahead"])
def ahead(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def read(adapter: Pages, cursor: int | None = None) -> list[tuple[list[int], int | None, bool]]:
    reading = Reading(adapter, None, cursor, 2, prepare=lambda records: None)
    return [(part.records, part.following if part.is_last else None, part.is_last) for part in reading]


def test_a_page_is_cut_into_parts_and_its_cursor_comes_with_the_last(ahead: bool) -> None:
    adapter = Pages([1, 2, 3], [4], ahead=ahead)
    assert read(adapter) == [([1, 2], None, False), ([3], 1, True), ([4], 2, True)]
    assert read(adapter, 1) == [([4], 2, True)]
    assert adapter.is_prepared == ahead


def test_pages_without_records_go_along_with_others(ahead: bool) -> None:
    assert read(Pages([], [], [1], [], [2], [], [], ahead=ahead)) == [
        ([1], 3, True),
        ([2], 5, True),
        ([], 7, True),
    ]
    assert read(Pages(ahead=ahead)) == []


def test_records_are_made_ready_only_where_they_are_read_ahead(ahead: bool) -> None:
    ready: list[int] = []
    reading = Reading(Pages([1, 2, 3], ahead=ahead), None, None, 2, prepare=ready.extend)
    assert [part.total for part in reading] == [3, 3]
    assert ready == ([1, 2, 3] if ahead else [])
