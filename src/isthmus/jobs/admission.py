"""Admission: which of the jobs that are ready may start now. Pure functions of values.

A job may start when every channel on its path, from the root down, has room for it. Since the whole tree is
looked at together, a job that has to wait holds nobody's place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from isthmus.jobs.channel import Channel, path

SECOND = 1_000_000


class Ready(NamedTuple):
    """A job that could start. Sorts as jobs run: by priority, then in the order in which they came."""

    priority: int
    job_id: int
    channel: str


@dataclass(frozen=True, slots=True)
class Situation:
    """What an admission depends on.

    ``running``: number of jobs that run, by channel. ``failed``: channels with a failed job.
    ``ahead``: by channel, the first job (priority, id) that is due later. Both only matter to sequential
    channels.
    """

    channels: Mapping[str, Channel]
    running: Mapping[str, int]
    now: int
    failed: frozenset[str] = frozenset()
    ahead: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    def steps(self, channel: str) -> list[Channel]:
        """Return the channels on a path for which something is set."""
        return [self.channels[step] for step in path(channel) if step in self.channels]

    def used(self) -> Counter[str]:
        """Return how many jobs run in each channel, those below it included."""
        counts: Counter[str] = Counter()
        for channel, number in self.running.items():
            for step in path(channel):
                counts[step] += number
        return counts


@dataclass(frozen=True, slots=True)
class Admitted:
    """The jobs to start, best first; and when the throttled ones of their channels may start again."""

    jobs: list[Ready]
    next_at: dict[str, int]


def room(situation: Situation, channel: str, want: int, used: Mapping[str, int] | None = None) -> int:
    """Return how many jobs of a channel could start at most: a bound for how many to look at."""
    used = situation.used() if used is None else used
    for step in situation.steps(channel):
        if refusal(step, situation, used.get(step.name, 0)):
            return 0
        if step.capacity is not None:
            want = min(want, step.capacity - used.get(step.name, 0))
        if step.sequential or step.throttle_s:
            want = min(want, 1)
    return max(0, want)


def refusal(step: Channel, situation: Situation, used: int) -> str | None:
    """Return why a channel takes no job now, in words that follow its name; None when it has room."""
    if step.paused:
        return "is paused"
    if step.capacity is not None and used >= step.capacity:
        return f"is full ({used} of {step.capacity} running)"
    if step.sequential and used >= 1:
        return "runs one job after the other, and one is running"
    if step.sequential and any(is_within(one, step.name) for one in situation.failed):
        return "runs its jobs in order, and one of them failed"
    if throttled_until(step, situation.now) is not None:
        return f"starts one job every {step.throttle_s:g} s"
    return None


def throttled_until(step: Channel, now: int) -> int | None:
    """Return when a throttled channel may start its next job; None when it may now.

    A moment that is further away than the pause is long comes from a clock that was put back, or a longer
    pause than is set now, and does not count.
    """
    if not step.throttle_s or step.next_at is None:
        return None
    return step.next_at if now < step.next_at <= now + int(step.throttle_s * SECOND) else None


def is_within(channel: str, ancestor: str) -> bool:
    """Tell whether a channel is another one or lies below it."""
    return channel == ancestor or channel.startswith(ancestor + ".")


def overtakes(job: Ready, step: Channel, situation: Situation) -> bool:
    """Tell whether a job would start before one that ranks ahead of it in a sequential channel."""
    return step.sequential and any(
        rank < (job.priority, job.job_id)
        for channel, rank in situation.ahead.items()
        if is_within(channel, step.name)
    )


def admit(ready: Iterable[Ready], situation: Situation, want: int) -> Admitted:
    """Choose at most ``want`` of the jobs, best first, keeping every channel within what is set for it."""
    used = situation.used()
    chosen: list[Ready] = []
    next_at: dict[str, int] = {}
    for job in sorted(ready):
        if len(chosen) >= want:
            break
        steps = situation.steps(job.channel)
        if any(
            step.name in next_at
            or refusal(step, situation, used[step.name])
            or overtakes(job, step, situation)
            for step in steps
        ):
            continue
        chosen.append(job)
        used.update(path(job.channel))
        next_at |= {
            step.name: situation.now + int(step.throttle_s * SECOND) for step in steps if step.throttle_s
        }
    return Admitted(chosen, next_at)
