"""Cron: when something is due, by an expression of five fields and a time zone. Pure functions of values."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from cronsim import CronSim, CronSimError


class Schedule(msgspec.Struct, frozen=True):
    """A cron expression, read in a time zone. Make it with :func:`parse`.

    Where a clock is put forward, what would fall into the missing hour happens right after it; where it is
    put back, it happens once. Source: Debian's cron, as cronsim follows it.
    """

    expression: str
    zone: str = "UTC"

    def next_after(self, moment: datetime) -> datetime:
        """Return the first time after a moment; both naive UTC."""
        return _naive(next(CronSim(self.expression, self._local(moment))))

    def last_before(self, moment: datetime) -> datetime:
        """Return the last time at or before a moment; both naive UTC."""
        earlier = next(CronSim(self.expression, self._local(moment), reverse=True))
        following = self.next_after(_naive(earlier))
        return following if following <= moment else _naive(earlier)

    def _local(self, moment: datetime) -> datetime:
        return moment.replace(tzinfo=UTC).astimezone(ZoneInfo(self.zone))

    def __str__(self) -> str:
        return self.expression if self.zone == "UTC" else f"{self.expression} ({self.zone})"


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)


def parse(expression: str, zone: str = "UTC") -> Schedule:
    """Return a schedule. Raises ValueError for an expression or a zone that cannot be read."""
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"{zone!r} is not a time zone; write it as in 'Europe/Zurich'") from error
    try:
        CronSim(expression, datetime(2026, 1, 1, tzinfo=UTC))
    except CronSimError as error:
        raise ValueError(
            f"{expression!r} is not a cron expression: {str(error).lower()}; "
            "write five fields (minute hour day month weekday), as in '*/5 * * * *'"
        ) from error
    return Schedule(expression, zone)
