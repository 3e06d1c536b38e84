"""What two clocks showed when a row was read: so that time goes by while nothing is written, for whoever asks
next too.

As long as nothing is written, no row tells how late it is in the database. Since a row told, so much time
went by as the clock of the web server and our own agree on; one of them alone may have been set.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

#: By how much the time that went by is believed less.
DOUBT = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Clocks:
    """When a row was written by the database's clock, and what the other two showed when it was known."""

    written: datetime
    web: datetime
    own: datetime

    @classmethod
    def at(cls, written: datetime | None, web: datetime | None, own: datetime) -> Self | None:
        """Return the clocks of a moment; None where the web server tells none, or the row is ahead of it."""
        if written is None or web is None or written > web + DOUBT:
            return None
        return cls(written, web, own)

    @classmethod
    def of(cls, kept: Any) -> Self | None:
        """Return the clocks that :meth:`to_json` gave; None for nothing."""
        return cls(*map(datetime.fromisoformat, kept)) if kept else None

    def to_json(self) -> list[str]:
        """Return the clocks as a cursor keeps them."""
        return [self.written.isoformat(), self.web.isoformat(), self.own.isoformat()]

    def reached(self, web: datetime | None, own: datetime, answering: timedelta) -> datetime | None:
        """Return a time that the database had reached when it was asked, ``answering`` ago.

        None where the web server tells no time.
        """
        if web is None:
            return None
        elapsed: timedelta = min(web - self.web, own - self.own) - answering - DOUBT
        return self.written + max(elapsed, timedelta())
