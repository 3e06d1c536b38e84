"""Channels as the database keeps them: what is set there holds at once on all machines."""

from __future__ import annotations

from collections.abc import Sequence

from isthmus.jobs import tables
from isthmus.jobs.channel import Channel
from isthmus.jobs.channel_config import ChannelSetting
from isthmus.jobs.claiming import CHANNELS, channel_of
from isthmus.jobs.sql import Sql


def channels(sql: Sql) -> dict[str, Channel]:
    """Return the channels for which something is set, by name in order."""
    return {row[0]: channel_of(row) for row in sql.rows(f"{CHANNELS} ORDER BY name")}


def set_channels(sql: Sql, settings: Sequence[ChannelSetting], *, only: bool = False) -> None:
    """Set channels; others keep what is set for them, unless ``only`` these are to be left. Needs the mutex.

    A smaller capacity stops nothing that runs: nothing new starts until there is room. A throttled channel
    that is set again goes on with its pause.
    """
    next_at: dict[str, int] = dict(sql.rows("SELECT name, next_at FROM job_channel"))
    if only:
        sql.run("DELETE FROM job_channel")
    for one in settings:
        sql.run("DELETE FROM job_channel WHERE name = ?", one.name)
        row = (one.name, one.capacity, one.sequential, one.throttle_s, one.paused, next_at.get(one.name))
        sql.insert(tables.channel, [row])


def pause(sql: Sql, names: Sequence[str], paused: bool) -> None:
    """Pause channels, and with them those below, or let them go on. Needs the mutex."""
    for name in names:
        if not sql.run("UPDATE job_channel SET paused = ? WHERE name = ?", paused, name) and paused:
            sql.insert(tables.channel, [(name, None, False, None, True, None)])
        sql.run(
            "DELETE FROM job_channel WHERE name = ? AND capacity IS NULL AND throttle_s IS NULL "
            "AND NOT sequential AND NOT paused",
            name,
        )
