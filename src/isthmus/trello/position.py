"""Positions: Trello's ``pos`` as the whole number by which Odoo sorts."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from typing import Any, TypeVar

Key = TypeVar("Key")

#: Where positions begin on boards made since about 2025. Source: real exports; the classic base is 65535.
NEW_BASE = 2.0**47
#: What is nearer to the new base than this is ordered by how far it is from it, on either side.
NEAR = NEW_BASE / 2
#: So many numbers stand for the positions from one power of two to the next: between 2**29 and 2**30, where
#: the ten thousandth card of a list is, one number stands for 64, and neighbours are 16384 apart.
OCTAVE = 2**23
#: The powers of two below which positions are not told apart, from 0 and from the new base.
LOWEST, NEAREST = -82, -17
#: ``sequence`` is an int4 in Odoo: one half is for each base. The new base is in the middle of its half.
HALF = 2**30


def sequence_of(pos: Any) -> int:
    """Return the ``sequence`` for a ``pos``: a number that grows with it and fits 32 bits.

    Each card's sequence depends on its own position alone, so that moving one card writes one record. What
    is put on top of a list gets half of the lowest position, again and again: that is why small positions,
    and those near the new base, are told apart better. Raises ValueError for what is not a number.
    """
    number = float(pos or 0)
    if not math.isfinite(number):
        raise ValueError(f"{pos!r} is not a position")
    if number < NEAR:
        return min(_steps(number, LOWEST), HALF - 1)
    steps = min(_steps(abs(number - NEW_BASE), NEAREST), HALF // 2 - 1)
    return HALF + HALF // 2 + (steps if number > NEW_BASE else -steps)


def _steps(number: float, lowest: int) -> int:
    """Return how many numbers of 24 binary digits there are from 2 ** ``lowest`` to a positive number."""
    fraction, power = math.frexp(max(number, 2.0**lowest))
    return (power - 1 - lowest) * OCTAVE + int((fraction * 2 - 1) * OCTAVE)


def item_sequence(pos: Any, rank: int) -> int:
    """Return the ``sequence`` for an item at ``pos`` of a card's checklist number ``rank`` (from 0).

    The items of the first checklist come before those of the second; from the sixteenth on they mix.
    """
    return (min(rank, 15) << 27) + (sequence_of(pos) >> 4)


#: What Trello puts between neighbours at the end of a row.
GAP = 16384.0


def places(row: Sequence[tuple[Key, float | None]]) -> dict[Key, float]:
    """Return new positions for as few members of a row as possible, so that they grow along it.

    ``row`` is in the wanted order, each with the position that it has (None: none yet). Whoever keeps its
    position is left out. New ones are spread evenly between those that stay; Trello rebalances by itself.
    Nothing is above position 0, so whoever is there moves; and so do all but one of those that share a
    position, as a card that comes back to a list may do: Trello orders them by their ids.
    """
    staying = _longest_growing([pos or None for _, pos in row])
    found: dict[Key, float] = {}
    start = 0
    for end in (*staying, len(row)):
        moved = row[start:end]
        below = float(row[start - 1][1] or 0) if start else 0.0
        above = row[end][1] if end < len(row) else None
        step = GAP if above is None else (above - below) / (len(moved) + 1)
        for number, (key, _) in enumerate(moved, 1):
            found[key] = below + step * number
        start = end + 1
    return found


def _longest_growing(positions: Sequence[float | None]) -> list[int]:
    """Return the indexes of a longest part that grows, those without a position left out."""
    tails: list[float] = []
    ends: list[int] = []
    before: dict[int, int | None] = {}
    for index, pos in enumerate(positions):
        if pos is None:
            continue
        at = bisect_left(tails, pos)
        before[index] = ends[at - 1] if at else None
        tails[at : at + 1] = [pos]
        ends[at : at + 1] = [index]
    found: list[int] = []
    last = ends[-1] if ends else None
    while last is not None:
        found.append(last)
        last = before[last]
    return found[::-1]
