"""Which boards are synchronised, as found out a moment ago: work contexts share it, cursors take it along."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

#: For how long they are believed: a watch shares for days, and a cursor may be gone on from much later.
BOARDS_STAND = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class KnownBoards:
    """The ids of the boards that a backend's setting (``wanted``) means, asked at a moment (naive UTC)."""

    ids: list[str]
    wanted: list[str]
    asked_at: datetime

    def holds(self, wanted: Sequence[str] | None, now: datetime) -> bool:
        """Tell whether they may still be believed by a backend with this setting."""
        return self.wanted == list(wanted or ()) and timedelta(0) <= now - self.asked_at < BOARDS_STAND

    def as_cursor(self) -> dict[str, Any]:
        """Return them as a part of a cursor."""
        return {"boards": self.ids, "wanted": self.wanted, "asked_at": self.asked_at.isoformat()}

    @classmethod
    def in_cursor(cls, cursor: Mapping[str, Any] | None) -> Self | None:
        """Return those that a cursor knows; None for one that knows none."""
        if not cursor or "asked_at" not in cursor:
            return None
        return cls(cursor["boards"], cursor["wanted"], datetime.fromisoformat(cursor["asked_at"]))
