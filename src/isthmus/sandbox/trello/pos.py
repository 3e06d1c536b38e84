"""Positions: a JSON number that orders lists, cards, checklists and their items.

The first item of an empty row gets the base, ``bottom`` is the last plus 16384, ``top`` half of the first.
Source: recorded traffic (65535 -> 81919; a list before one at 65535 got 32767.5); exports since 2025 (2^47).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from isthmus.sandbox.trello.errors import invalid_value

STEP = 16384
CLASSIC_BASE = 65535
CLASSIC_ITEM_BASE = 16384
LARGE_BASE = 140737488355328

Number = int | float


def place(wish: object, siblings: Sequence[Number], base: Number) -> Number:
    """Return the position for ``"top"``, ``"bottom"`` or a positive number among the siblings' positions.

    Raises ApiError 400 for anything else.
    """
    if wish == "bottom":
        return tidy(max(siblings) + STEP) if siblings else base
    if wish == "top":
        return tidy(min(siblings) / 2) if siblings else base
    return number(wish)


def number(value: object) -> Number:
    """Return a positive finite number from a JSON number or its text. Raises ApiError 400."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise invalid_value("pos")
    try:
        found = float(value)
    except ValueError:
        raise invalid_value("pos") from None
    if not math.isfinite(found) or found < 0:
        raise invalid_value("pos")
    return tidy(found)


def tidy(value: Number) -> Number:
    """Return whole numbers as int, so that JSON shows 16384 and not 16384.0."""
    return int(value) if float(value).is_integer() else value
