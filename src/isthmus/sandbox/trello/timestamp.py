"""Instants as Trello writes and reads them: ISO 8601, UTC, milliseconds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from isthmus.clock import Clock

MILLISECOND = timedelta(milliseconds=1)


def iso(moment: datetime) -> str:
    """Return a naive UTC datetime as ``2026-02-17T14:49:52.340Z``."""
    return moment.isoformat(timespec="milliseconds") + "Z"


def epoch_ms(moment: datetime) -> int:
    """Return a naive UTC datetime as milliseconds since 1970."""
    return (moment - datetime(1970, 1, 1)) // MILLISECOND


def parse(text: str) -> datetime:
    """Return the naive UTC datetime of an ISO 8601 text (``UTC`` may follow). Raises ValueError."""
    moment = datetime.fromisoformat(text.removesuffix("UTC").strip())
    if moment.tzinfo is not None:
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


class Ticker:
    """Tell the time so that no two changes have the same millisecond.

    Source: in fourteen exports no date repeats within one board at millisecond level.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = datetime.min

    def next(self) -> datetime:
        """Return the current time, at least one millisecond after the last answer."""
        now = self._clock.now()
        now = now.replace(microsecond=now.microsecond // 1000 * 1000)
        self._last = max(now, self._last + MILLISECOND) if self._last > datetime.min else now
        return self._last

    def now(self) -> datetime:
        """Return the clock's time without counting a change."""
        return self._clock.now()
