"""Positions: Trello's ``pos`` as the whole number by which Odoo sorts."""

from __future__ import annotations

import math
from typing import Any

#: Where positions begin on boards made since about 2025. Source: real exports; the classic base is 65535.
NEW_BASE = 2.0**47
#: How much of ``pos`` one step of ``sequence`` stands for: neighbours made by Trello are 16384 or more apart.
STEP = 64.0
#: ``sequence`` is an int4 in Odoo; one half for each base.
HALF = 2**30


def sequence_of(pos: Any) -> int:
    """Return the ``sequence`` for a ``pos``: a number that grows with it and fits 32 bits.

    Each card's sequence depends on its own position alone, so that moving one card writes one record.
    Raises ValueError for what is not a number.
    """
    number = float(pos or 0)
    if not math.isfinite(number):
        raise ValueError(f"{pos!r} is not a position")
    if number < NEW_BASE:
        return int(min(max(number, 0.0) / STEP, HALF - 1))
    return int(HALF + min((number - NEW_BASE) / STEP, HALF - 1))
