"""Finding what was deleted, which leaves no trace in Odoo: known ids are compared with those that are there.

Up to a chunk of ids is fetched and compared. Of more, ranges are counted, and those with another number than
expected looked into. A range where one record went and another one came unnoticed has the right number: so
each sweep compares one chunk, chosen by chance, whatever its number.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from isthmus.errors import ForbiddenError

#: So many ids are fetched in one call.
CHUNK = 20_000

#: ``count(first, last)`` and ``find(first, last)``: the records that are there with an id from first to last.
Count = Callable[[int, int], int]
Find = Callable[[int, int], Sequence[int]]


@dataclass(slots=True)
class Comparison:
    """Ids that are not found any more, and ids that nobody knew, each in order."""

    gone: list[int] = field(default_factory=list)
    unknown: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Sweep:
    """Compare known ids, in order, with those between the first and the last of them."""

    known: Sequence[int]
    count: Count
    find: Find
    chunk: int = CHUNK
    chosen: int | None = None
    found: Comparison = field(default_factory=Comparison)

    def run(self) -> Comparison:
        """Return what is gone, and what is there and was not known."""
        if self.known:
            if self.chosen is None:
                self.chosen = random.randrange(len(self.known))
            self._look_into(0, len(self.known), None)
        return self.found

    def _look_into(self, start: int, end: int, total: int | None) -> None:
        """Compare the known ids from one position to another; ``total``: how many are there, if counted."""
        first = self.known[start]
        last = self.known[end] - 1 if end < len(self.known) else self.known[-1]
        if end - start <= self.chunk:
            there, expected = set(self.find(first, last)), set(self.known[start:end])
            self.found.gone += sorted(expected - there)
            self.found.unknown += sorted(there - expected)
            return
        total = self.count(first, last) if total is None else total
        middle = (start + end) // 2
        left = None if total == end - start else self.count(first, self.known[middle] - 1)
        right = None if left is None else total - left
        for part_start, part_end, there_are in ((start, middle, left), (middle, end, right)):
            is_chosen = self.chosen is not None and part_start <= self.chosen < part_end
            if is_chosen or (there_are is not None and there_are != part_end - part_start):
                self._look_into(
                    part_start, part_end, part_end - part_start if there_are is None else there_are
                )


def compare(known: Sequence[int], count: Count, find: Find) -> Comparison:
    """Compare known ids, in order, with those between the first and the last of them."""
    return Sweep(known, count, find).run()


def confirmed(ids: Sequence[int], read: Callable[[Sequence[int]], Sequence[Any]]) -> list[int]:
    """Return those of the ids that no longer exist, in order.

    ``read`` gives a row for each that does, and raises ForbiddenError when one exists but may not be seen: a
    record rule that hides records has not deleted them.
    """
    if not ids:
        return []
    try:
        there = {row["id"] for row in read(ids)}
    except ForbiddenError:
        if len(ids) == 1:
            return []
        middle = len(ids) // 2
        return confirmed(ids[:middle], read) + confirmed(ids[middle:], read)
    return [id_ for id_ in ids if id_ not in there]
