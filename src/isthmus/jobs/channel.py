"""Channels: the tree of names in which a job's turn is decided."""

from __future__ import annotations

from functools import lru_cache

import msgspec


class Channel(msgspec.Struct, frozen=True, kw_only=True):
    """What is set for a channel. It holds for the jobs of the channel and of all channels below it.

    ``capacity``: how many jobs run at once (None: no limit). ``sequential``: one after the other in strict
    order, stopping at a job that failed. ``throttle_s``: seconds between two starts. ``next_at``: when a
    throttled channel may start its next job (µs since 1970).
    """

    name: str
    capacity: int | None = None
    sequential: bool = False
    throttle_s: float | None = None
    paused: bool = False
    next_at: int | None = None

    @property
    def limits(self) -> bool:
        """Whether anything is limited at all."""
        return self.capacity is not None or self.sequential or self.throttle_s is not None or self.paused


@lru_cache(maxsize=10_000)
def path(name: str) -> tuple[str, ...]:
    """Return a channel's ancestors from the root down, and itself: ``root.a.b`` has three steps."""
    parts = name.split(".")
    return tuple(".".join(parts[: length + 1]) for length in range(len(parts)))
