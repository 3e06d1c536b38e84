"""Identifiers of jobs: UUIDs of version 7, which sort by the time at which they were made.

Behind the milliseconds 26 bits count within one call of :func:`uuids`, from a random start; the last 48 bits
are random. *Source*: RFC 9562, 5.7 and 6.2.
"""

from __future__ import annotations

import os
import time

#: How many identifiers one call counts through before it takes the next millisecond.
_COUNTED = 2**25


def uuid7() -> str:
    """Return a new identifier."""
    noise = os.urandom(10)
    number = int.from_bytes(noise[:4], "big") % _COUNTED
    moment = f"{time.time_ns() // 1_000_000:012x}"
    tail = f"{0x8000 | number & 0x3FFF:x}-{noise[4:].hex()}"
    return f"{moment[:8]}-{moment[8:]}-7{number >> 14:03x}-{tail}"


def uuids(count: int) -> list[str]:
    """Return new identifiers, in their order."""
    found: list[str] = []
    moment = time.time_ns() // 1_000_000
    while len(found) < count:
        found += _within(moment, min(count - len(found), _COUNTED))
        moment += 1
    return found


def _within(moment: int, count: int) -> list[str]:
    """Return identifiers of one millisecond."""
    noise = os.urandom(4 + 6 * count)
    start = int.from_bytes(noise[:4], "big") % _COUNTED
    digits = noise[4:].hex()
    time_digits = f"{moment:012x}"
    prefix = f"{time_digits[:8]}-{time_digits[8:]}-7"
    numbers = zip(range(start, start + count), range(0, 12 * count, 12), strict=True)
    return [
        f"{prefix}{number >> 14:03x}-{0x8000 | number & 0x3FFF:x}-{digits[at : at + 12]}"
        for number, at in numbers
    ]
