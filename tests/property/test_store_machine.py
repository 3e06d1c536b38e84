"""Whatever is done to a job store, in whatever order, it is where the model of it is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from isthmus.jobs.channel_config import ChannelSetting
from isthmus.jobs.channels import pause, set_channels
from isthmus.jobs.claim import Claim, Failure
from isthmus.jobs.spec import Edge, JobSpec
from isthmus.records import SqlDatabase
from tests.jobs import Jobs, emptied, opened
from tests.store_model import Model, Modelled, Setting

CHANNELS = ["root", "root.a", "root.a.x", "root.b"]
TABLES = {"wait": "wait", "scheduled": "later", "parked": "due", "ready": "due", "lease": "lease"}


@pytest.fixture(scope="module")
def shared_database(module_database_url: str) -> Iterator[SqlDatabase]:
    database = opened(module_database_url)
    yield database
    database.close()


def test_the_store_does_what_its_model_does(shared_database: SqlDatabase) -> None:
    is_quick = shared_database.dialect.name == "sqlite"
    run_state_machine_as_test(
        lambda: StoreMachine(shared_database),
        settings=settings(
            max_examples=100 if is_quick else 15,
            stateful_step_count=50,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@st.composite
def new_jobs(draw: Any) -> list[dict[str, Any]]:
    """Return what one call of ``add`` stores: jobs with what they wait for."""
    found = []
    for index in range(draw(st.integers(1, 6))):
        kind = draw(st.sampled_from(["plain", "plain", "key", "identity", "later", "child", "child"]))
        found.append(
            {
                "channel": draw(st.sampled_from(CHANNELS)),
                "priority": draw(st.sampled_from([1, 10, 10])),
                "max_retries": draw(st.sampled_from([0, 2, 5])),
                "key": draw(st.sampled_from("kl")) if kind in ("key", "later") else None,
                "identity": draw(st.sampled_from("ij")) if kind == "identity" else None,
                "until": draw(st.sampled_from(["started", "finished"])),
                "eta_s": draw(st.integers(1, 90)) if kind == "later" else None,
                "parents": draw(
                    st.lists(
                        st.tuples(st.integers(0, 5), st.sampled_from(["wait", "cancel", "run"])), max_size=3
                    )
                )
                if kind == "child" or (kind == "key" and index)
                else [],
            }
        )
    return found


class StoreMachine(RuleBasedStateMachine):
    """A store and its model, to which the same is done."""

    def __init__(self, database: SqlDatabase) -> None:
        super().__init__()
        emptied(database)
        self.jobs = Jobs(database)
        self.model = Model()
        self.names = 0
        self.claims: list[tuple[Claim, Modelled]] = []
        self.workers: list[int] = []

    @property
    def now(self) -> int:
        return self.jobs.store.now()

    @initialize(limits=st.lists(st.sampled_from([None, 1, 2, 3]), min_size=4, max_size=4))
    def enter(self, limits: list[int | None]) -> None:
        self.workers = [self.jobs.worker(), self.jobs.worker()]
        for channel, capacity in zip(CHANNELS, limits, strict=True):
            if capacity is not None:
                self.set_channel(channel, capacity, "", False)

    # --- putting in ---

    @rule(jobs=new_jobs())
    def enqueue(self, jobs: list[dict[str, Any]]) -> None:
        stored = list(self.model.jobs.values())
        here: list[Modelled] = []
        specs: list[JobSpec] = []
        edges: list[Edge] = []
        parents_of: dict[str, list[tuple[Modelled, str]]] = {}
        for one in jobs:
            self.names += 1
            name, eta_s = f"j{self.names:04}", one["eta_s"]
            eta = None if eta_s is None else self.jobs.clock.now() + timedelta(seconds=eta_s)
            job = Modelled(
                name, self.names, one["channel"], one["priority"], one["key"], one["identity"],
                one["until"], one["max_retries"], None if eta_s is None else self.now + eta_s * 1_000_000,
            )  # fmt: skip
            specs.append(
                JobSpec(
                    uuid=name, model="shop.order", method="push", payload="{}", channel=job.channel,
                    priority=job.priority, max_retries=job.max_retries, serial_key=job.key,
                    identity=job.identity, identity_until=job.until, eta=eta,  # type: ignore[arg-type]
                )
            )  # fmt: skip
            # Those of the same call, and those that are stored: without identities, so that none is a twin.
            others = [known for known in [*here, *stored] if known.identity is None]
            chosen = {others[number % len(others)]: policy for number, policy in one["parents"] if others}
            parents_of[name] = list(chosen.items())
            edges += [Edge(parent.name, name, policy) for parent, policy in chosen.items()]  # type: ignore[arg-type]
            here.append(job)
        added = self.jobs.add(*specs, edges=edges)
        expected = {}
        for job in sorted(here, key=lambda one: str(one.identity)):
            is_attached = any(parent in stored for parent, _ in parents_of[job.name])
            expected[job.name] = self.model.add(job, parents_of[job.name], self.now, stored=is_attached)
        assert [one.uuid for one in added] == [expected[job.name] for job in here]

    # --- working ---

    @rule(want=st.sampled_from([1, 2, 3, 20, 20]), which=st.integers(0, 1))
    def claim(self, want: int, which: int) -> None:
        worker = self.workers[which]
        claims = self.jobs.claim(want, worker)
        expected = self.model.claimed(want, self.now)
        assert [one.uuid for one in claims] == [one.name for one in expected]
        for claim, job in zip(claims, expected, strict=True):
            assert (claim.attempt, claim.crashes) == (job.attempt, job.crashes)
            job.worker, job.token = worker, claim.token
            self.claims.append((claim, job))

    @precondition(lambda self: self.claims)
    @rule(
        picks=st.lists(st.integers(0, 50), min_size=1, max_size=3, unique=True),
        kind=st.sampled_from(["done", "done", "failed", "retry", "retry", "release", "cancelled"]),
        after_s=st.sampled_from([0, 10, 100]),
    )
    def settle(self, picks: list[int], kind: str, after_s: int) -> None:
        """Report on claims, those that were lost long ago too."""
        chosen = {one[0].token: one for pick in picks for one in [self.claims[-1 - pick % len(self.claims)]]}
        failure = Failure("ValueError", "no") if kind == "failed" else None
        more = {"after_s": float(after_s)} if kind == "retry" else {}
        lost = self.jobs.settle(*(claim for claim, _ in chosen.values()), kind=kind, failure=failure, **more)
        held = [job for token, (_, job) in chosen.items() if job.token == token]
        assert lost == {token for token, (_, job) in chosen.items() if job.token != token}
        for job in sorted(held, key=lambda one: one.number):
            self.model.settle(job, kind, more.get("after_s", 0.0), self.now)

    @precondition(lambda self: self.claims)
    @rule(pick=st.integers(0, 20))
    def begin(self, pick: int) -> None:
        claim, job = self.claims[-1 - pick % len(self.claims)]
        is_held = self.jobs.store.begin(claim, self.now)
        assert is_held == (job.token == claim.token)
        job.begun = job.begun or is_held

    @rule(which=st.integers(0, 1), has_begun=st.booleans(), longest_s=st.sampled_from([0, 0, 30]))
    def die(self, which: int, has_begun: bool, longest_s: int) -> None:
        """A worker dies, and another is started in its place; time passes until what it ran is due."""
        if has_begun:
            self._begin_all(self.workers[which])
        self.jobs.store.bury(self.workers[which])
        held = self.model.die(self.workers[which])
        run_at: dict[str, int] = dict(
            self.jobs.rows("SELECT j.uuid, s.run_at FROM job_scheduled s JOIN job j ON j.id = s.job_id")
        )
        for job in held:
            at, crashes = run_at.get(job.name), job.crashes
            assert at is None or 2.5 * crashes <= (at - self.now) / 1_000_000 <= 7.5 * crashes
            self.model.put_back(job, at, self.now)
        assert self.jobs.store.beat(self.workers[which]) is False
        self.workers[which] = self.jobs.worker()
        self.jobs.clock.advance(longest_s)

    def _begin_all(self, worker: int) -> None:
        held = [
            (claim, job) for claim, job in self.claims if (job.token, job.worker) == (claim.token, worker)
        ]
        self.jobs.begin(*(claim for claim, _ in held))
        for _, job in held:
            job.begun = True

    # --- handling ---

    @precondition(lambda self: self.model.jobs)
    @rule(pick=st.integers(0, 50), act=st.sampled_from(["retry", "force", "cancel", "done"]))
    def handle(self, pick: int, act: str) -> None:
        job = list(self.model.jobs.values())[pick % len(self.model.jobs)]
        if act == "cancel":
            (handled,), expected = self.jobs.cancel(job.name), self.model.cancel(job, self.now)
        elif act == "done":
            (handled,), expected = self.jobs.set_done(job.name), self.model.set_done(job, self.now)
        else:
            (handled,) = self.jobs.retry(job.name, force=act == "force")
            expected = self.model.retry(job, self.now, force=act == "force")
        assert (handled.refused is None) == expected

    @rule(
        channel=st.sampled_from(CHANNELS),
        capacity=st.sampled_from([None, 1, 1, 2, 5]),
        option=st.sampled_from(["", "", "sequential", "throttle"]),
        paused=st.sampled_from([False, False, False, False, False, True]),
    )
    def set_channel(self, channel: str, capacity: int | None, option: str, paused: bool) -> None:
        before = self.model.channels.get(channel)
        setting = Setting(
            1 if option == "sequential" else capacity,
            option == "sequential",
            30 if option == "throttle" else None,
            paused,
            before.next_at if before else None,
        )
        self.model.channels[channel] = setting
        with self.jobs.store.alone() as sql:
            set_channels(
                sql,
                [
                    ChannelSetting(
                        name=channel, capacity=setting.capacity, sequential=setting.sequential,
                        throttle_s=setting.throttle_s, paused=paused,
                    )
                ],
            )  # fmt: skip

    @rule(channel=st.sampled_from(CHANNELS), paused=st.booleans())
    def pause_channel(self, channel: str, paused: bool) -> None:
        with self.jobs.store.alone() as sql:
            pause(sql, [channel], paused)
        if paused or channel in self.model.channels:
            self.model.channels.setdefault(channel, Setting()).paused = paused

    @rule(seconds=st.sampled_from([1, 20, 60, 1000]))
    def wait(self, seconds: int) -> None:
        self.jobs.clock.advance(seconds)

    @rule(seconds=st.sampled_from([-4000, -45, 45, 4000]))
    def clock_jumps(self, seconds: int) -> None:
        self.jobs.clock.jump(seconds)

    # --- what always holds ---

    @invariant()
    def every_job_is_where_the_model_has_it(self) -> None:
        outcomes = dict(
            self.jobs.rows("SELECT j.uuid, o.state FROM job_outcome o JOIN job j ON j.id = o.job_id")
        )
        found = {
            name: outcomes[name] if table == "outcome" else TABLES.get(table, table)
            for name, table in self.jobs.places().items()
        }
        assert found == {name: job.place for name, job in self.model.jobs.items()}

    @invariant()
    def a_key_is_held_once(self) -> None:
        for table in ("lease", "ready"):
            keys = [row[0] for row in self.jobs.rows(f"SELECT serial_key FROM job_{table}") if row[0]]
            assert len(keys) == len(set(keys))

    def teardown(self) -> None:
        """Once nothing is limited any more, all that waits for nobody is done in the end."""
        try:
            with self.jobs.store.alone() as sql:
                set_channels(sql, [], only=True)
            self.model.channels.clear()
            for worker in self.workers:
                self.jobs.store.bury(worker)
            for _ in range(10):
                self.jobs.clock.advance(100_000)
                self.jobs.drain()
            left = {
                name: place for name, place in self.jobs.places().items() if place not in ("outcome", "wait")
            }
            assert left == {}
            assert self.jobs.rows("SELECT * FROM job_freed") == []
        finally:
            super().teardown()
