"""Trello's identifiers: 24 hexadecimal digits whose first eight are the time of creation.

Several application servers hand them out, so inside one second they are no order of time.
"""

from __future__ import annotations

import random
import re
import string
from calendar import timegm
from datetime import UTC, datetime

ID = re.compile(r"[0-9a-fA-F]{24}")
SHORT_LINK = re.compile(r"[0-9A-Za-z]{8}")
ALPHABET = string.ascii_letters + string.digits


def is_id(text: object) -> bool:
    """Tell whether a value has the form of an identifier."""
    return isinstance(text, str) and ID.fullmatch(text) is not None


def is_short_link(text: str) -> bool:
    """Tell whether a text has the form of a board's or card's short link."""
    return SHORT_LINK.fullmatch(text) is not None


def created_at(id_: str) -> datetime:
    """Return when an object was created (naive UTC, whole seconds)."""
    return datetime.fromtimestamp(int(id_[:8], 16), UTC).replace(tzinfo=None)


def first_id_at(moment: datetime) -> str:
    """Return the smallest identifier of a second: the bound that a date stands for."""
    return f"{max(timegm(moment.timetuple()), 0):08x}" + "0" * 16


class IdFactory:
    """Hand out identifiers and short links. ``seed`` makes a run repeatable."""

    def __init__(self, seed: int | None = None, servers: int = 3) -> None:
        self._random = random.Random(seed)
        self._servers = [self._random.getrandbits(40) for _ in range(servers)]
        self._counters = [self._random.getrandbits(24) for _ in range(servers)]

    def new(self, moment: datetime) -> str:
        """Return an identifier for something created at a moment (naive UTC)."""
        server = self._random.randrange(len(self._servers))
        self._counters[server] = (self._counters[server] + 1) % (1 << 24)
        return f"{timegm(moment.timetuple()):08x}{self._servers[server]:010x}{self._counters[server]:06x}"

    def short_link(self) -> str:
        """Return eight letters and digits."""
        return "".join(self._random.choices(ALPHABET, k=8))
