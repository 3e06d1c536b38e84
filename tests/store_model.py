"""What a job store does, told as simply as possible: everything in memory, one thing after the other."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

SECOND = 1_000_000


@dataclass(eq=False)
class Modelled:
    """A job. ``place``: wait, later, due, lease, done, failed or cancelled."""

    name: str
    number: int
    channel: str
    priority: int
    key: str | None
    identity: str | None
    until: str
    max_retries: int
    run_at: int | None
    place: str = ""
    attempt: int = 0
    crashes: int = 0
    worker: int = 0
    token: int = 0
    begun: bool = False
    stop: bool = False

    @property
    def rank(self) -> tuple[int, int]:
        return self.priority, self.number

    @property
    def is_over(self) -> bool:
        return self.place in ("done", "failed", "cancelled")


@dataclass(eq=False)
class Waits:
    """A child waits for a parent; ``on_failure`` says what becomes of it when that fails."""

    parent: Modelled
    child: Modelled
    on_failure: str
    is_open: bool = True


@dataclass
class Setting:
    """What is set for a channel."""

    capacity: int | None = None
    sequential: bool = False
    throttle_s: int | None = None
    paused: bool = False
    next_at: int | None = None


def path(channel: str) -> list[str]:
    """Return the channels from the root down to this one."""
    return list(itertools.accumulate(channel.split("."), lambda above, name: f"{above}.{name}"))


@dataclass
class Model:
    """The jobs, what joins them, and what is set for channels."""

    jobs: dict[str, Modelled] = field(default_factory=dict)
    edges: list[Waits] = field(default_factory=list)
    channels: dict[str, Setting] = field(default_factory=dict)
    holders: dict[str, Modelled] = field(default_factory=dict)  # by identity
    heads: dict[str, Modelled] = field(default_factory=dict)  # by key: who is next, once that is decided
    freed: set[str] = field(default_factory=set)  # keys at which the next claim looks again
    attached: list[Modelled] = field(default_factory=list)  # children of parents that were there before

    # --- putting in ---

    def add(self, job: Modelled, parents: Sequence[tuple[Modelled, str]], now: int, *, stored: bool) -> str:
        """Store a job; return the name of who has its identity: itself, or a twin."""
        if job.identity:
            twin = self.holders.setdefault(job.identity, job)
            if twin is not job:
                return twin.name
        self.jobs[job.name] = job
        self.edges += [Waits(parent, job, policy) for parent, policy in parents]
        if parents:
            job.place = "wait"
        else:
            self._settle_down(job, now)
        if stored:
            self.attached.append(job)
        return job.name

    def _settle_down(self, job: Modelled, now: int) -> None:
        """Put a job where it waits for its time or its turn."""
        job.token = job.worker = 0
        job.begun = job.stop = False
        if job.run_at is not None and job.run_at > now:
            job.place = "later"
            return
        job.place, job.run_at = "due", None
        self._look_at_key(job)

    def _look_at_key(self, job: Modelled) -> None:
        if job.key:
            self.freed.add(job.key)

    def _take_identity_back(self, job: Modelled) -> None:
        if job.identity:
            self.holders.setdefault(job.identity, job)

    def _let_twins_in(self, job: Modelled) -> None:
        if job.identity and self.holders.get(job.identity) is job:
            del self.holders[job.identity]

    # --- claiming ---

    def claimed(self, want: int, now: int) -> list[Modelled]:
        """Return whom the next claim gives, best first, and note that they start."""
        self._see_to_attached(now)
        for job in self.jobs.values():
            if job.place == "later" and (job.run_at or 0) <= now:
                self._settle_down(job, now)
        self._promote()
        chosen: list[Modelled] = []
        throttled: set[str] = set()
        for job in sorted(self._candidates(), key=lambda one: one.rank):
            steps = [(name, self.channels[name]) for name in path(job.channel) if name in self.channels]
            if len(chosen) >= want or any(
                name in throttled or self._is_closed(name, step, now, job) for name, step in steps
            ):
                continue
            chosen.append(job)
            job.place = "lease"
            for name, step in steps:
                if step.throttle_s:
                    throttled.add(name)
                    step.next_at = now + step.throttle_s * SECOND
        for job in chosen:
            job.attempt += 1
            if job.key:
                del self.heads[job.key]
            if job.until == "started":
                self._let_twins_in(job)
        return chosen

    def _candidates(self) -> Iterator[Modelled]:
        for job in self.jobs.values():
            if job.place == "due" and (job.key is None or self.heads.get(job.key) is job):
                yield job

    def _promote(self) -> None:
        for key in self.freed:
            due = [one for one in self.jobs.values() if one.key == key and one.place == "due"]
            if due and not any(one.key == key and one.place == "lease" for one in self.jobs.values()):
                self.heads[key] = min(due, key=lambda one: one.rank)
        self.freed.clear()

    def _is_closed(self, name: str, step: Setting, now: int, job: Modelled) -> bool:
        below = [one for one in self.jobs.values() if name in path(one.channel)]
        running = sum(one.place == "lease" for one in below)
        is_full = step.capacity is not None and running >= step.capacity
        pauses = (
            step.throttle_s
            and step.next_at is not None
            and now < step.next_at <= now + step.throttle_s * SECOND
        )
        blocked = step.sequential and (
            running > 0
            or any(one.place == "failed" for one in below)
            or any(one.place == "later" and one.rank < job.rank for one in below)
        )
        return bool(step.paused or is_full or pauses or blocked)

    def running(self) -> Counter[str]:
        """Return how many jobs run in each channel, those below included."""
        return Counter(
            name for one in self.jobs.values() if one.place == "lease" for name in path(one.channel)
        )

    # --- ending ---

    def settle(self, job: Modelled, kind: str, after_s: float, now: int) -> None:
        """End the attempt of a job whose lease holds."""
        if kind in ("done", "failed", "cancelled"):
            self._end(job, kind, now)
        elif job.stop:
            self._end(job, "cancelled", now)
        else:
            if kind == "release":
                job.attempt -= 1
            self._take_identity_back(job)
            job.run_at = now + int(after_s * SECOND) if kind == "retry" else None
            is_head = kind == "release" and job.key is not None
            key, job.key = job.key, None if is_head else job.key
            self._settle_down(job, now)
            job.key = key
            if is_head:
                self.heads[str(key)] = job
            else:
                self._look_at_key(job)

    def _end(self, job: Modelled, place: str, now: int) -> None:
        job.place = place
        job.run_at = None
        job.token = job.worker = 0
        job.stop = job.begun = False
        if job.key and self.heads.get(job.key) is job:
            del self.heads[job.key]
        self._look_at_key(job)
        self._let_twins_in(job)
        self._tell_children(job, now)

    def _tell_children(self, parent: Modelled, now: int) -> None:
        doomed, passed = [], []
        for edge in [one for one in self.edges if one.parent is parent and one.is_open]:
            if parent.place == "done" or edge.on_failure == "run":
                edge.is_open = False
                passed.append(edge.child)
            elif edge.on_failure == "cancel":
                doomed.append(edge.child)
            if parent.place == "cancelled" and edge.child not in doomed and self._waits_in_vain(edge.child):
                doomed.append(edge.child)
        for child in passed:
            if child.place == "wait" and not any(one.is_open for one in self.edges if one.child is child):
                self._settle_down(child, now)
        for child in doomed:
            if child.place == "wait":
                self._end(child, "cancelled", now)

    def _waits_in_vain(self, child: Modelled) -> bool:
        edges = [one for one in self.edges if one.child is child]
        return all(one.parent.place == "cancelled" for one in edges) and any(
            one.is_open and one.on_failure != "run" for one in edges
        )

    def _see_to_attached(self, now: int) -> None:
        for child in self.attached:
            for edge in [one for one in self.edges if one.child is child and one.is_open]:
                if edge.parent.is_over:
                    self._tell_children(edge.parent, now)
        self.attached.clear()

    def die(self, worker: int) -> list[Modelled]:
        """Bury a worker; return the jobs that are to be put back or ended by :meth:`put_back`."""
        return [one for one in self.jobs.values() if one.place == "lease" and one.worker == worker]

    def put_back(self, job: Modelled, run_at: int | None, now: int) -> None:
        """Take a job from a worker that died; ``run_at`` is when it is tried again."""
        begun, watched = job.begun, max(1, job.crashes + job.begun)
        if job.stop:
            self._end(job, "cancelled", now)
        elif begun and (watched > 3 or (job.max_retries and job.attempt >= job.max_retries)):
            self._end(job, "failed", now)
        else:
            job.attempt -= not begun
            job.crashes, job.run_at = watched, run_at
            self._take_identity_back(job)
            self._settle_down(job, now)
            self._look_at_key(job)

    # --- handling ---

    def retry(self, job: Modelled, now: int, *, force: bool) -> bool:
        """Let a job run again by hand; say whether that was done."""
        if job.place == "wait" or (job.place == "lease" and not force):
            return False
        self._leave(job)
        self._take_identity_back(job)
        job.attempt = job.crashes = 0
        job.run_at = None
        if any(one.is_open for one in self.edges if one.child is job):
            job.place = "wait"
            job.token = job.worker = 0
            job.begun = job.stop = False
        else:
            self._settle_down(job, now)
        return True

    def _leave(self, job: Modelled) -> None:
        if job.key and self.heads.get(job.key) is job:
            del self.heads[job.key]
        if job.key and job.place in ("due", "lease"):
            self.freed.add(job.key)

    def cancel(self, job: Modelled, now: int) -> bool:
        """Cancel a job by hand; say whether that was done."""
        if job.place in ("done", "cancelled"):
            return False
        if job.place == "lease":
            job.stop = True
        else:
            self._leave(job)
            self._end(job, "cancelled", now)
        return True

    def set_done(self, job: Modelled, now: int) -> bool:
        """Set a job to done by hand; say whether that was done."""
        if job.place == "done":
            return False
        self._leave(job)
        self._end(job, "done", now)
        return True
