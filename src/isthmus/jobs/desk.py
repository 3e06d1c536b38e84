"""The desk: what people ask of jobs and do with them. Each call is a transaction of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from isthmus.errors import JobNotFoundError
from isthmus.jobs import channels, handling, inspection
from isthmus.jobs.channel import Channel
from isthmus.jobs.channel_config import ChannelSetting
from isthmus.jobs.handling import Handled
from isthmus.jobs.inspection import JobInfo
from isthmus.jobs.moment import SECOND
from isthmus.jobs.sqlstore import SqlJobStore
from isthmus.jobs.state import State
from isthmus.jobs.why import why
from isthmus.jobs.workers import Worker, working


class ChannelInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A channel: what is set for it (nothing: None), and how many jobs of its own are in each state."""

    name: str
    setting: Channel | None
    counts: dict[State, int]


class Stats(msgspec.Struct, frozen=True, kw_only=True):
    """All jobs in numbers. ``oldest_s``: for how long the oldest job that could start has been waiting."""

    counts: dict[State, int]
    oldest_s: float | None
    workers: list[Worker]


class JobDesk:
    """Ask about jobs, and handle them."""

    def __init__(self, store: SqlJobStore) -> None:
        self._store = store

    def find(self, uuid: str) -> str:
        """Return the whole uuid of which the beginning is given. Raises JobNotFoundError."""
        return self.show(uuid).uuid

    def show(self, uuid: str) -> JobInfo:
        """Return a job by its uuid, or by a beginning of it that no other has. Raises JobNotFoundError."""
        with self._store.reading() as sql:
            found = inspection.show(sql, uuid)
        if found is None:
            raise JobNotFoundError(
                f"there is no job {uuid!r}, or several begin so",
                hint="`isthmus jobs list` shows those that there are; old ones are removed after a while.",
            )
        return found

    def list(self, **filters: Any) -> list[JobInfo]:
        """Return jobs, newest first. For the filters see :func:`isthmus.jobs.inspection.list_jobs`."""
        with self._store.reading() as sql:
            return inspection.list_jobs(sql, **filters)

    def why(self, uuid: str) -> str:
        """Return in one sentence why a job is not running, or what became of it. Raises JobNotFoundError."""
        with self._store.reading() as sql:
            found = why(sql, self.find(uuid), self._store.now())
        return found or "It has just been removed."

    def retry(self, uuids: Sequence[str], *, force: bool = False) -> Sequence[Handled]:
        """Let jobs run again from their first attempt, now; running ones only with ``force``."""
        with self._store.alone() as sql:
            self._store.call(sql)
            return handling.retry(sql, uuids, self._store.now(), force=force)

    def cancel(self, uuids: Sequence[str], who: str) -> Sequence[Handled]:
        """Cancel jobs, and with them those that wait for nothing but cancelled ones."""
        with self._store.alone() as sql:
            return handling.cancel(sql, uuids, who, self._store.now())

    def set_done(self, uuids: Sequence[str], who: str) -> Sequence[Handled]:
        """Set jobs to done without running them; what waits for them goes on."""
        with self._store.alone() as sql:
            self._store.call(sql)
            return handling.set_done(sql, uuids, who, self._store.now())

    def stats(self) -> Stats:
        """Return all jobs in numbers, and the workers."""
        with self._store.reading() as sql:
            by_channel = inspection.counts(sql)
            oldest = sql.rows(
                "SELECT min(j.created_at) FROM job j WHERE j.id = (SELECT min(job_id) FROM job_ready)"
            )[0][0]
            workers = working(sql)
        totals = {state: sum(states.get(state, 0) for states in by_channel.values()) for state in State}
        waited = None if oldest is None else (self._store.now() - oldest) / SECOND
        return Stats(counts=totals, oldest_s=waited, workers=workers)

    # --- channels ---

    def channels(self) -> Sequence[ChannelInfo]:
        """Return the channels that have jobs or settings, by name."""
        with self._store.reading() as sql:
            known, counted = channels.channels(sql), inspection.counts(sql)
        names = sorted(known.keys() | counted.keys())
        return [
            ChannelInfo(name=name, setting=known.get(name), counts=counted.get(name, {})) for name in names
        ]

    def set_channels(self, settings: Sequence[ChannelSetting], *, only: bool = False) -> None:
        """Set channels; with ``only`` nothing is left set for others."""
        with self._store.alone() as sql:
            channels.set_channels(sql, settings, only=only)
            self._store.call(sql)

    def pause(self, names: Sequence[str], paused: bool = True) -> None:
        """Pause channels, or let them go on."""
        with self._store.alone() as sql:
            channels.pause(sql, names, paused)
            self._store.call(sql)
