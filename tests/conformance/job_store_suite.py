"""What every job store must do, as tests to inherit from.

A test module gives a fixture ``jobs`` (a :class:`tests.jobs.Jobs` with empty tables and a still clock) and a
class::

    class TestMyStore(JobStoreSuite): ...

What two open transactions do to each other is only to be had from a store with several writers, and stands in
``job_race_suite.py``.
"""

from __future__ import annotations

import threading
from datetime import timedelta
from functools import partial
from typing import Any

import msgspec
import pytest

from isthmus.errors import JobError
from isthmus.jobs.claim import Ack, Failure, Result
from isthmus.jobs.inspection import counts, list_jobs, show
from isthmus.jobs.retention import forget_old, thin_out
from isthmus.jobs.settlement import LONGEST
from isthmus.jobs.spec import Added, Edge
from isthmus.jobs.state import State
from isthmus.jobs.why import why
from isthmus.jobs.workers import MOST_CRASHES
from tests.jobs import Background, Before, Jobs, job

SECOND = 1_000_000


class Stop(Exception):
    """Ends a transaction before its commit."""


class Enqueueing:
    def test_a_job_is_ready_once_its_transaction_commits(self, jobs: Jobs) -> None:
        with jobs.adding(job("a")):
            pass
        assert jobs.places() == {"a": "ready"}

    def test_a_rollback_leaves_nothing(self, jobs: Jobs) -> None:
        eta = jobs.clock.now() + timedelta(hours=1)
        specs = [job("a"), job("b", eta=eta), job("c", serial_key="k"), job("d", identity="i"), job("e")]
        with pytest.raises(Stop), jobs.adding(*specs, edges=[Edge("a", "e")]):
            raise Stop
        assert jobs.places() == {}
        assert jobs.rows("SELECT * FROM job_identity") == jobs.rows("SELECT * FROM job_edge") == []
        assert jobs.add(job("d", identity="i")) == [Added("d", True)]

    def test_nothing_added_is_nothing_stored(self, jobs: Jobs) -> None:
        assert jobs.add() == []

    @pytest.mark.parametrize("number", [2, 499, 500, 1200])
    def test_many_jobs_are_stored_at_once_in_order(self, jobs: Jobs, number: int) -> None:
        names = [f"{one:05}" for one in range(number)]
        added = jobs.add(*(job(name, timeout_s=30, priority=1) for name in names))
        assert [one.uuid for one in added] == names
        assert all(one.is_new for one in added)
        assert jobs.claimed(number) == names

    def test_all_that_is_said_of_a_job_is_kept(self, jobs: Jobs) -> None:
        said: dict[str, Any] = {
            "odoo": "main", "channel": "root.shop", "priority": 3, "max_retries": 7,
            "description": "Push Ä\n", "identity": "i", "identity_until": "finished",
            "serial_key": "k", "timeout_s": 2.5, "graph": "g",
        }  # fmt: skip
        payload = '{"ids":[1],"args":["ü\\u0000"]}'
        jobs.add(_with(job("a", **said), payload=payload))
        claim = jobs.one()
        assert (claim.uuid, claim.model, claim.method) == ("a", "shop.order", "push")
        assert (claim.odoo, claim.channel, claim.max_retries) == ("main", "root.shop", 7)
        assert (claim.payload, claim.timeout_s, claim.attempt, claim.crashes) == (payload, 2.5, 1, 0)
        info = _shown(jobs, "a")
        assert {name: getattr(info, name) for name in said if name != "identity_until"} == {
            name: value for name, value in said.items() if name != "identity_until"
        }

    @pytest.mark.parametrize("number", [1, 3, 600])
    def test_a_job_with_an_eta_is_not_given_before_it(self, jobs: Jobs, number: int) -> None:
        eta = jobs.clock.now() + timedelta(seconds=60)
        names = [f"{one:03}" for one in range(number)]
        jobs.add(*(job(name, eta=eta) for name in names))
        jobs.clock.advance(59.9)
        assert jobs.claimed() == []
        jobs.clock.advance(0.1)
        assert jobs.claimed(number) == names

    def test_an_eta_of_the_past_is_no_eta(self, jobs: Jobs) -> None:
        jobs.add(job("late", eta=jobs.clock.now() - timedelta(days=400)))
        assert jobs.claimed() == ["late"]

    def test_a_due_job_does_not_overtake_a_more_urgent_one(self, jobs: Jobs) -> None:
        jobs.add(job("due", eta=jobs.clock.now() + timedelta(seconds=1)), job("urgent", priority=5))
        jobs.clock.advance(2)
        assert jobs.claimed() == ["urgent", "due"]

    def test_a_uuid_that_is_stored_already_is_refused_and_nothing_of_it_kept(self, jobs: Jobs) -> None:
        jobs.add(job("a"))
        with pytest.raises(Exception, match="uuid"):
            jobs.add(job("b"), job("a"))
        assert jobs.places() == {"a": "ready"}


def _shown(jobs: Jobs, uuid: str) -> Any:
    with jobs.store.reading() as sql:
        found = show(sql, uuid)
    assert found is not None
    return found


def _with(struct: Any, **values: Any) -> Any:
    """Return a copy with other values."""
    return msgspec.structs.replace(struct, **values)


class Order:
    def test_the_most_urgent_goes_first_then_who_came_first(self, jobs: Jobs) -> None:
        jobs.add(job("c", priority=10), job("d", priority=10), job("a", priority=-1))
        jobs.add(job("b", priority=0))
        jobs.add(job("e", priority=11))
        assert jobs.claimed() == ["a", "b", "c", "d", "e"]

    @pytest.mark.parametrize("channels", ["", "root:50,root.x:50"], ids=["free", "limited"])
    def test_channels_share_one_order(self, jobs: Jobs, channels: str) -> None:
        jobs.channels(channels)
        jobs.add(
            job("d", channel="root.x", priority=2),
            job("a", channel="root.y", priority=1),
            job("b", channel="root.x", priority=1),
            job("c", channel="root", priority=1),
        )
        assert jobs.claimed() == ["a", "b", "c", "d"]

    @pytest.mark.parametrize("channels", ["", "root:50"], ids=["free", "limited"])
    def test_a_claim_takes_the_best_of_all_and_leaves_the_rest(self, jobs: Jobs, channels: str) -> None:
        jobs.channels(channels)
        jobs.add(*(job(f"{one:02}", priority=one % 3) for one in range(9)))
        assert jobs.claimed(4) == ["00", "03", "06", "01"]
        assert jobs.claimed(4) == ["04", "07", "02", "05"]
        assert jobs.claimed(4) == ["08"]

    def test_only_the_jobs_of_some_channels_are_taken_where_that_is_asked(self, jobs: Jobs) -> None:
        for name in ("root", "root.a", "root.a.b", "root.ab", "root.c"):
            jobs.add(job(name, channel=name))
        assert jobs.claimed(only=["root.a", "root.c"]) == ["root.a", "root.a.b", "root.c"]
        assert jobs.claimed() == ["root", "root.ab"]


class Claiming:
    def test_a_job_is_given_once(self, jobs: Jobs) -> None:
        jobs.add(job("a"))
        assert jobs.claimed() == ["a"]
        assert jobs.claimed() == []
        assert jobs.places() == {"a": "lease"}
        assert jobs.state("a") == State.ENQUEUED

    def test_every_claim_has_a_token_of_its_own(self, jobs: Jobs) -> None:
        workers = [jobs.worker(), jobs.worker()]
        jobs.add(*(job(f"{one}") for one in range(9)))
        tokens = [one.token for number in range(6) for one in jobs.claim(2, workers[number % 2])]
        assert len(set(tokens)) == 9

    def test_a_worker_that_is_not_entered_gets_nothing(self, jobs: Jobs) -> None:
        worker = jobs.worker()
        jobs.store.bury(worker)
        jobs.add(job("a"))
        assert jobs.claimed(worker=worker) == []
        assert jobs.places() == {"a": "ready"}

    def test_concurrent_claimers_never_get_the_same_job(self, jobs: Jobs) -> None:
        jobs.add(*(job(f"{one:03}") for one in range(300)))
        workers = [jobs.worker() for _ in range(6)]
        start = threading.Barrier(len(workers))

        def work(worker: int) -> list[str]:
            start.wait()
            found: list[str] = []
            while names := jobs.claimed(7, worker):
                found += names
            return found

        threads = [Background(lambda worker=worker: work(worker)) for worker in workers]
        given = [name for thread in threads for name in thread.join()]
        assert sorted(given) == [f"{one:03}" for one in range(300)]


class Settling:
    def test_a_job_that_is_done_is_over_with_its_result(self, jobs: Jobs) -> None:
        jobs.add(job("a"))
        claim = jobs.one()
        began = jobs.store.now()
        jobs.clock.advance(3)
        ack = Ack(claim, Result(kind="done", value='{"n": 0}'), began, jobs.store.now())
        assert jobs.store.settle([ack]) == set()
        info = _shown(jobs, "a")
        assert (info.state, info.result, info.attempt) == (State.DONE, '{"n": 0}', 1)
        assert (info.ended - info.began).total_seconds() == 3

    @pytest.mark.parametrize("value", ["0", '""', "{}", "null", "false"])
    def test_a_falsy_result_is_kept(self, jobs: Jobs, value: str) -> None:
        jobs.add(job("a"))
        jobs.settle(jobs.one(), value=value)
        assert _shown(jobs, "a").result == value

    def test_a_failed_job_keeps_what_went_wrong(self, jobs: Jobs) -> None:
        jobs.add(job("a"))
        failure = Failure("builtins.KeyError", "no 'x'", "Traceback ...")
        jobs.settle(jobs.one(), kind="failed", failure=failure)
        info = _shown(jobs, "a")
        assert (info.state, info.error, info.reason, info.trace) == (
            State.FAILED, "builtins.KeyError", "no 'x'", "Traceback ...",
        )  # fmt: skip

    def test_a_cancelled_job_is_over(self, jobs: Jobs) -> None:
        jobs.add(job("a"))
        jobs.settle(jobs.one(), kind="cancelled", failure=Failure("", "Cancelled while it ran."))
        info = _shown(jobs, "a")
        assert (info.state, info.reason) == (State.CANCELLED, "Cancelled while it ran.")

    def test_a_retry_waits_and_counts_the_attempt(self, jobs: Jobs) -> None:
        jobs.add(job("a"))
        jobs.settle(jobs.one(), kind="retry", after_s=10.0, failure=Failure("E", "busy"))
        assert jobs.claimed() == []
        info = _shown(jobs, "a")
        assert (info.state, info.attempt, info.reason) == (State.PENDING, 1, "busy")
        assert info.eta == jobs.clock.now() + timedelta(seconds=10)
        jobs.clock.advance(10)
        assert jobs.one().attempt == 2

    def test_a_retry_that_does_not_count_gives_the_attempt_back(self, jobs: Jobs) -> None:
        jobs.add(job("a"))
        jobs.settle(jobs.one(), kind="retry", after_s=10.0, counts=False)
        jobs.clock.advance(10)
        assert jobs.one().attempt == 1

    def test_a_retry_after_no_time_is_ready_at_once(self, jobs: Jobs) -> None:
        jobs.add(job("a"))
        jobs.settle(jobs.one(), kind="retry", after_s=0.0)
        assert jobs.one().attempt == 2

    def test_a_released_job_is_as_if_it_had_not_been_claimed(self, jobs: Jobs) -> None:
        jobs.add(job("a"), job("b"))
        jobs.settle(jobs.one(), kind="release")
        claims = jobs.claim()
        assert [(one.uuid, one.attempt, one.crashes) for one in claims] == [("a", 1, 0), ("b", 1, 0)]

    def test_a_mixed_batch_of_ends_is_written_each_as_it_is(self, jobs: Jobs) -> None:
        names = ["done", "failed", "cancelled", "retry", "release"]
        jobs.add(*(job(name) for name in names))
        acks = [Ack(one, Result(kind=one.uuid, after_s=5.0)) for one in jobs.claim()]  # type: ignore[arg-type]
        assert jobs.store.settle(acks) == set()
        assert jobs.places() == {
            "done": "outcome", "failed": "outcome", "cancelled": "outcome", "retry": "scheduled",
            "release": "ready",
        }  # fmt: skip

    @pytest.mark.parametrize("kind", ["done", "failed", "cancelled", "retry", "release"])
    def test_who_lost_the_lease_is_refused(self, jobs: Jobs, kind: str) -> None:
        jobs.add(job("a"), job("b"))
        lost, kept = jobs.claim()
        jobs.retry("a", force=True)
        assert jobs.settle(lost, kept, kind=kind) == {lost.token}
        assert jobs.place("a") == "ready"
        assert jobs.problems() == []

    @pytest.mark.parametrize("kind", ["done", "failed", "cancelled", "retry", "release"])
    def test_an_end_that_is_told_twice_is_refused_the_second_time(self, jobs: Jobs, kind: str) -> None:
        jobs.add(job("a", identity="i", serial_key="k"))
        claim = jobs.one()
        assert jobs.settle(claim, kind=kind, after_s=9.0) == set()
        before = jobs.places()
        assert jobs.settle(claim, kind=kind, after_s=9.0) == {claim.token}
        assert jobs.places() == before
        assert jobs.problems() == []

    @pytest.mark.parametrize("first", ["done", "retry", "release"])
    @pytest.mark.parametrize("second", ["failed", "retry"])
    def test_of_two_ends_in_one_batch_the_first_counts(self, jobs: Jobs, first: Any, second: Any) -> None:
        jobs.add(job("a"))
        claim = jobs.one()
        acks = [Ack(claim, Result(kind=first)), Ack(claim, Result(kind=second, after_s=60.0))]
        jobs.store.settle(acks)
        assert jobs.places() == {"a": "outcome" if first == "done" else "ready"}
        assert jobs.problems() == []

    @pytest.mark.parametrize("old_kind", ["done", "failed", "retry", "release"])
    @pytest.mark.parametrize("new_kind", ["done", "retry"])
    def test_the_end_of_a_lost_run_beside_that_of_the_present_one_is_refused(
        self, jobs: Jobs, old_kind: Any, new_kind: Any
    ) -> None:
        jobs.add(job("a"))
        old = jobs.one()
        jobs.retry("a", force=True)
        new = jobs.one()
        acks = [Ack(old, Result(kind=old_kind, value="1")), Ack(new, Result(kind=new_kind, value="2"))]
        jobs.store.settle(acks)
        assert jobs.places() == {"a": "outcome" if new_kind == "done" else "ready"}
        assert jobs.problems() == []
        if new_kind == "done":
            assert _shown(jobs, "a").result == "2"

    def test_nobody_else_can_end_a_job(self, jobs: Jobs) -> None:
        mine, other = jobs.worker(), jobs.worker()
        jobs.add(job("a"), job("b"))
        (a,), (b,) = jobs.claim(1, mine), jobs.claim(1, other)
        forged = _with(a, token=b.token)
        assert jobs.settle(forged) == {b.token}
        assert jobs.places() == {"a": "lease", "b": "lease"}

    def test_long_results_and_messages_are_cut_in_the_middle(self, jobs: Jobs) -> None:
        jobs.add(job("a"))
        long = "a" * LONGEST + "b" * LONGEST
        jobs.settle(jobs.one(), kind="failed", failure=Failure("E", long, long))
        info = _shown(jobs, "a")
        for text in (info.reason, info.trace):
            assert len(text) < LONGEST + 100
            assert text.startswith("aaa")
            assert text.endswith("bbb")
            assert f"{LONGEST} characters left out" in text

    @pytest.mark.parametrize("kind", ["failed", "retry"])
    def test_a_message_that_a_database_cannot_keep_is_kept_as_far_as_possible(
        self, jobs: Jobs, kind: str
    ) -> None:
        """A file name that is no UTF-8, or a NUL byte of a remote's answer, must not stop the worker."""
        jobs.add(job("a"))
        failure = Failure("E", "nul \0, lone \udce9.", "at \0\udce9")
        assert jobs.settle(jobs.one(), kind=kind, after_s=60.0, failure=failure) == set()
        reason = _shown(jobs, "a").reason
        assert reason.startswith("nul ")
        assert ", lone " in reason


class Identities:
    def test_a_twin_is_refused_until_the_first_has_started(self, jobs: Jobs) -> None:
        assert jobs.add(job("a", identity="i")) == [Added("a", True)]
        assert jobs.add(job("b", identity="i")) == [Added("a", False)]
        jobs.claim()
        assert jobs.add(job("c", identity="i")) == [Added("c", True)]
        assert jobs.add(job("d", identity="i")) == [Added("c", False)]
        assert set(jobs.places()) == {"a", "c"}

    def test_a_twin_is_refused_until_the_first_has_finished(self, jobs: Jobs) -> None:
        jobs.add(job("a", identity="i", identity_until="finished"))
        claim = jobs.one()
        assert jobs.add(job("b", identity="i")) == [Added("a", False)]
        jobs.settle(claim)
        assert jobs.add(job("c", identity="i")) == [Added("c", True)]

    @pytest.mark.parametrize("kind", ["failed", "cancelled"])
    def test_any_end_lets_twins_in(self, jobs: Jobs, kind: str) -> None:
        jobs.add(job("a", identity="i", identity_until="finished"))
        jobs.settle(jobs.one(), kind=kind)
        assert jobs.add(job("b", identity="i")) == [Added("b", True)]

    def test_a_twin_is_refused_for_a_period_whatever_becomes_of_the_first(self, jobs: Jobs) -> None:
        jobs.add(job("a", identity="i", identity_until=60.0))
        jobs.settle(jobs.one())
        jobs.clock.advance(59)
        assert jobs.add(job("b", identity="i", identity_until=60.0)) == [Added("a", False)]
        jobs.clock.advance(1)
        assert jobs.add(job("c", identity="i", identity_until=60.0)) == [Added("c", True)]
        jobs.clock.advance(59)
        assert jobs.add(job("d", identity="i")) == [Added("c", False)]

    @pytest.mark.parametrize("kind", ["retry", "release"])
    @pytest.mark.parametrize("scope", ["started", "finished"])
    def test_a_job_that_waits_again_refuses_twins_again(self, jobs: Jobs, kind: str, scope: Any) -> None:
        jobs.add(job("a", identity="i", identity_until=scope))
        jobs.settle(jobs.one(), kind=kind, after_s=60.0)
        assert jobs.add(job("b", identity="i")) == [Added("a", False)]
        assert jobs.problems() == []

    def test_a_twin_that_was_let_in_meanwhile_stays_the_one(self, jobs: Jobs) -> None:
        jobs.add(job("a", identity="i"))
        claim = jobs.one()
        jobs.add(job("b", identity="i"))
        jobs.settle(claim, kind="retry", after_s=60.0)
        assert jobs.add(job("c", identity="i")) == [Added("b", False)]
        assert jobs.problems() == []

    @pytest.mark.parametrize("scope", ["started", "finished"])
    def test_a_job_retried_by_hand_refuses_twins_for_as_long_as_it_was_to(
        self, jobs: Jobs, scope: Any
    ) -> None:
        jobs.add(job("a", identity="i", identity_until=scope))
        jobs.fail(jobs.one())
        jobs.retry("a")
        assert jobs.add(job("b", identity="i")) == [Added("a", False)]
        jobs.claim()
        added = jobs.add(job("c", identity="i"))
        assert added == [Added("c", True) if scope == "started" else Added("a", False)]
        assert jobs.problems() == []

    def test_a_retry_does_not_prolong_a_period_that_is_over(self, jobs: Jobs) -> None:
        jobs.add(job("a", identity="i", identity_until=60.0))
        claim = jobs.one()
        jobs.clock.advance(61)
        with jobs.store.writing() as sql:
            forget_old(sql, jobs.store.now())
        jobs.settle(claim, kind="retry", after_s=60.0)
        assert jobs.add(job("b", identity="i")) == [Added("b", True)]

    def test_cancelling_by_hand_and_setting_done_let_twins_in(self, jobs: Jobs) -> None:
        jobs.add(job("a", identity="i"), job("b", identity="j"))
        jobs.cancel("a")
        jobs.set_done("b")
        assert jobs.add(job("c", identity="i"), job("d", identity="j")) == [
            Added("c", True),
            Added("d", True),
        ]

    def test_twins_within_one_call_are_one(self, jobs: Jobs) -> None:
        added = jobs.add(job("a", identity="i"), job("b", identity="i"), job("c"))
        assert added == [Added("a", True), Added("a", False), Added("c", True)]
        assert set(jobs.places()) == {"a", "c"}

    def test_an_empty_identity_or_key_is_none(self, jobs: Jobs) -> None:
        assert all(one.is_new for one in jobs.add(job("a", identity=""), job("b", identity="")))
        jobs.add(job("c", serial_key=""), job("d", serial_key=""))
        assert jobs.drain() == ["a", "b", "c", "d"]
        assert jobs.problems() == []

    def test_an_identity_of_a_job_that_is_gone_is_free(self, jobs: Jobs) -> None:
        jobs.add(job("a", identity="i", identity_until=1000.0))
        jobs.settle(jobs.one())
        jobs.clock.advance(100)
        jobs.add(job("newest"))
        with jobs.store.writing() as sql:
            assert thin_out(sql, {"done": 10.0}, jobs.store.now())[0] == 1
        assert jobs.add(job("b", identity="i")) == [Added("b", True)]

    def test_threads_that_enqueue_one_identity_make_one_job(self, jobs: Jobs) -> None:
        start = threading.Barrier(6)

        def enqueue(number: int) -> Added:
            start.wait()
            return jobs.add(job(f"{number}", identity="i"))[0]

        threads = [Background(lambda number=number: enqueue(number)) for number in range(6)]
        added = [thread.join() for thread in threads]
        assert len({one.uuid for one in added}) == 1
        assert sum(one.is_new for one in added) == 1
        assert len(jobs.places()) == 1


class SerialKeys:
    def test_of_a_key_one_job_runs_at_a_time_in_order(self, jobs: Jobs) -> None:
        jobs.add(*(job(name, serial_key="k") for name in "abc"), job("other", serial_key="o"))
        first = jobs.claim()
        assert [one.uuid for one in first] == ["a", "other"]
        assert jobs.claimed() == []
        jobs.settle(first[0])
        second = jobs.claim()
        assert [one.uuid for one in second] == ["b"]
        jobs.fail(*second)
        assert jobs.claimed() == ["c"]
        assert jobs.problems() == []

    def test_the_most_urgent_of_a_key_goes_first_even_when_it_came_later(self, jobs: Jobs) -> None:
        jobs.add(job("a", serial_key="k"))
        claim = jobs.one()
        jobs.add(job("b", serial_key="k"))
        jobs.add(job("c", serial_key="k", priority=1))
        jobs.settle(claim)
        assert jobs.drain() == ["c", "b"]

    def test_a_more_urgent_one_overtakes_in_a_channel_that_is_full(self, jobs: Jobs) -> None:
        """What is ready and not yet claimed has no right of its own."""
        jobs.channels("root:1")
        jobs.add(job("first"))
        claim = jobs.one()
        jobs.add(job("a", serial_key="k"))
        assert jobs.claimed() == []
        jobs.add(job("b", serial_key="k", priority=1))
        jobs.settle(claim)
        assert jobs.drain(1) == ["b", "a"]
        assert jobs.problems() == []

    @pytest.mark.parametrize("kind", ["retry", "release"])
    def test_a_job_that_is_tried_again_at_once_keeps_its_place(self, jobs: Jobs, kind: str) -> None:
        jobs.add(*(job(name, serial_key="k") for name in "ab"))
        jobs.settle(jobs.one(), kind=kind)
        assert jobs.claimed() == ["a"]
        assert jobs.problems() == []

    def test_one_that_is_tried_later_lets_the_others_go_first(self, jobs: Jobs) -> None:
        jobs.add(*(job(name, serial_key="k") for name in "abc"))
        jobs.settle(jobs.one(), kind="retry", after_s=60.0)
        claim = jobs.one()
        assert claim.uuid == "b"
        jobs.clock.advance(60)
        assert jobs.claimed() == []
        jobs.settle(claim)
        assert jobs.drain() == ["a", "c"]

    def test_many_jobs_of_many_keys_each_run_in_order(self, jobs: Jobs) -> None:
        specs = [job(f"{one:04}", serial_key=f"k{one % 7}", priority=one % 2) for one in range(700)]
        jobs.add(*specs)
        order = jobs.drain(50)
        assert sorted(order) == [spec.uuid for spec in specs]
        keys = {spec.uuid: spec.serial_key for spec in specs}
        priorities = {spec.uuid: spec.priority for spec in specs}
        for key in set(keys.values()):
            mine = [name for name in order if keys[name] == key]
            assert mine == sorted(mine, key=lambda name: (priorities[name], name))
        assert jobs.problems() == []

    def test_more_keys_than_one_claim_takes_on_are_all_looked_at(self, jobs: Jobs) -> None:
        jobs.add(*(job(f"{one:04}", serial_key=f"{one:04}") for one in range(2300)))
        assert len(jobs.drain(3000)) == 2300

    def test_a_key_spans_channels(self, jobs: Jobs) -> None:
        jobs.add(job("a", serial_key="k", channel="root.x"), job("b", serial_key="k", channel="root.y"))
        claims = jobs.claim()
        assert [one.uuid for one in claims] == ["a"]
        jobs.settle(*claims)
        assert jobs.claimed() == ["b"]

    @pytest.mark.parametrize("act", ["cancel", "set_done"])
    def test_the_next_of_a_key_goes_on_when_the_first_is_taken_away(self, jobs: Jobs, act: str) -> None:
        jobs.add(*(job(name, serial_key="k") for name in "abc"))
        jobs.channels("root:1")
        jobs.add(job("urgent", priority=0))
        claim = jobs.one()
        assert jobs.claimed() == []  # a is ready, and root is full
        getattr(jobs, act)("a")
        jobs.settle(claim)
        assert jobs.drain(1) == ["b", "c"]
        assert jobs.problems() == []

    def test_a_run_that_is_set_done_frees_its_key(self, jobs: Jobs) -> None:
        jobs.add(*(job(name, serial_key="k") for name in "ab"))
        claim = jobs.one()
        jobs.set_done("a")
        assert jobs.claimed() == ["b"]
        assert jobs.settle(claim) == {claim.token}
        assert jobs.problems() == []


class Dependencies:
    def test_a_child_waits_for_all_of_its_parents(self, jobs: Jobs) -> None:
        jobs.add(job("a"), job("b"), job("c"), edges=[Edge("a", "c"), Edge("b", "c")])
        assert jobs.state("c") == State.WAIT_DEPENDENCIES
        a, b = jobs.claim()
        jobs.settle(a)
        assert jobs.claimed() == []
        jobs.settle(b)
        assert jobs.claimed() == ["c"]

    def test_parents_that_end_in_one_batch_release_the_child(self, jobs: Jobs) -> None:
        jobs.add(job("a"), job("b"), job("c"), edges=[Edge("a", "c"), Edge("b", "c")])
        jobs.settle(*jobs.claim())
        assert jobs.claimed() == ["c"]

    def test_a_chain_runs_in_order_whatever_the_priorities(self, jobs: Jobs) -> None:
        edges = [Edge("a", "b"), Edge("b", "c")]
        jobs.add(job("a", priority=9), job("b", priority=1), job("c", priority=0), edges=edges)
        assert jobs.drain() == ["a", "b", "c"]

    def test_a_wide_graph_is_counted_once_for_each_parent(self, jobs: Jobs) -> None:
        parents, children = [f"p{one:02}" for one in range(40)], [f"c{one:02}" for one in range(40)]
        edges = [Edge(parent, child) for parent in parents for child in children]
        jobs.add(*(job(name) for name in parents + children), edges=edges)
        assert jobs.drain(15) == parents + children
        assert jobs.problems() == []

    def test_an_edge_that_is_named_twice_counts_once(self, jobs: Jobs) -> None:
        jobs.add(job("a"), job("b"), edges=[Edge("a", "b"), Edge("a", "b")])
        assert jobs.drain() == ["a", "b"]

    def test_a_child_with_an_eta_waits_for_it_after_its_parents(self, jobs: Jobs) -> None:
        jobs.add(job("a"), job("b", eta=jobs.clock.now() + timedelta(seconds=60)), edges=[Edge("a", "b")])
        jobs.drain()
        assert jobs.place("b") == "scheduled"
        jobs.clock.advance(60)
        assert jobs.drain() == ["b"]

    def test_a_keyed_child_waits_for_its_key_after_its_parents(self, jobs: Jobs) -> None:
        jobs.add(job("k", serial_key="k"), job("a"), job("b", serial_key="k"), edges=[Edge("a", "b")])
        k, a = jobs.claim()
        jobs.settle(a)
        assert jobs.claimed() == []
        jobs.settle(k)
        assert jobs.claimed() == ["b"]

    def test_a_child_of_a_failed_parent_waits_until_it_is_done_after_all(self, jobs: Jobs) -> None:
        jobs.chain("a", "b")
        jobs.fail(jobs.one())
        assert jobs.claimed() == []
        assert jobs.place("b") == "wait"
        jobs.retry("a")
        assert jobs.drain() == ["a", "b"]

    def test_a_child_goes_on_when_its_failed_parent_is_set_done(self, jobs: Jobs) -> None:
        jobs.chain("a", "b")
        jobs.fail(jobs.one())
        jobs.set_done("a")
        assert jobs.drain() == ["b"]

    @pytest.mark.parametrize("kind", ["failed", "cancelled"])
    def test_a_child_that_is_to_be_cancelled_is_and_so_are_its_children(self, jobs: Jobs, kind: str) -> None:
        jobs.add(
            *(job(name) for name in "abcd"),
            edges=[Edge("a", "b", "cancel"), Edge("b", "c"), Edge("c", "d")],
        )
        jobs.settle(jobs.one(), kind=kind)
        assert [jobs.state(name) for name in "bcd"] == [State.CANCELLED] * 3
        assert jobs.claimed() == []
        assert jobs.problems() == []

    @pytest.mark.parametrize("kind", ["failed", "cancelled"])
    def test_a_child_that_is_to_run_all_the_same_does(self, jobs: Jobs, kind: str) -> None:
        jobs.chain("a", "b", on_failure="run")
        jobs.settle(jobs.one(), kind=kind)
        assert jobs.drain() == ["b"]

    def test_a_child_is_cancelled_once_all_of_its_parents_are(self, jobs: Jobs) -> None:
        jobs.add(job("a"), job("b"), job("c"), edges=[Edge("a", "c"), Edge("b", "c")])
        jobs.cancel("a")
        assert jobs.state("c") == State.WAIT_DEPENDENCIES
        jobs.cancel("b")
        assert jobs.state("c") == State.CANCELLED

    def test_parents_that_are_cancelled_in_one_batch_take_the_child_along(self, jobs: Jobs) -> None:
        jobs.add(job("a"), job("b"), job("c"), edges=[Edge("a", "c"), Edge("b", "c")])
        jobs.settle(*jobs.claim(), kind="cancelled")
        assert jobs.state("c") == State.CANCELLED

    def test_a_child_of_a_done_and_a_cancelled_parent_waits(self, jobs: Jobs) -> None:
        jobs.add(job("a"), job("b"), job("c"), edges=[Edge("a", "c"), Edge("b", "c")])
        a, b = jobs.claim()
        jobs.settle(a)
        jobs.settle(b, kind="cancelled")
        assert jobs.state("c") == State.WAIT_DEPENDENCIES
        jobs.retry("b")
        assert jobs.drain() == ["b", "c"]

    def test_one_edge_that_cancels_beats_others_that_run(self, jobs: Jobs) -> None:
        edges = [Edge("a", "c", "cancel"), Edge("b", "c", "run")]
        jobs.add(job("a"), job("b"), job("c"), edges=edges)
        jobs.fail(*jobs.claim())
        assert jobs.state("c") == State.CANCELLED
        assert jobs.problems() == []

    def test_a_cancelled_child_that_is_retried_waits_for_what_is_not_done(self, jobs: Jobs) -> None:
        jobs.add(job("a"), job("b"), job("c"), edges=[Edge("a", "c"), Edge("b", "c", "cancel")])
        a, b = jobs.claim()
        jobs.settle(b, kind="failed")
        jobs.settle(a)
        assert jobs.retry("c")[0].after == State.WAIT_DEPENDENCIES
        assert jobs.claimed() == []
        jobs.retry("b")
        assert jobs.drain() == ["b", "c"]

    @pytest.mark.parametrize("place", ["ready", "lease", "outcome", "scheduled", "parked", "wait"])
    def test_a_child_can_be_attached_to_a_job_wherever_it_is(self, jobs: Jobs, place: str) -> None:
        eta = jobs.clock.now() + timedelta(seconds=60) if place == "scheduled" else None
        key = "k" if place == "parked" else None
        jobs.add(job("p", serial_key=key))
        p = jobs.one()
        jobs.add(job("a", eta=eta, serial_key=key), edges=[Edge("p", "a")] if place == "wait" else [])
        claims = jobs.claim() if place in ("lease", "outcome") else []
        if place == "outcome":
            jobs.settle(*claims)
        assert jobs.place("a") == place
        jobs.add(job("b"), edges=[Edge("a", "b")])
        assert jobs.claimed() == {"ready": ["a"], "outcome": ["b"]}.get(place, [])
        assert jobs.problems() == []
        jobs.settle(p)
        jobs.settle(*claims)
        jobs.clock.advance(60)
        jobs.drain()
        jobs.retry("a", "b", force=True)
        assert jobs.drain() == ["a", "b"]

    @pytest.mark.parametrize("on_failure", ["wait", "cancel", "run"])
    @pytest.mark.parametrize("end", ["done", "failed", "cancelled"])
    def test_a_child_of_an_ended_parent_is_told_of_its_end_by_the_next_claim(
        self, jobs: Jobs, on_failure: Any, end: str
    ) -> None:
        jobs.add(job("a"))
        jobs.settle(jobs.one(), kind=end)
        jobs.add(job("b"), edges=[Edge("a", "b", on_failure)])
        assert jobs.place("b") == "wait"
        runs = end == "done" or on_failure == "run"
        assert jobs.claimed() == (["b"] if runs else [])
        if not runs:
            is_cancelled = on_failure == "cancel" or end == "cancelled"
            assert jobs.state("b") == (State.CANCELLED if is_cancelled else State.WAIT_DEPENDENCIES)
        assert jobs.problems() == []

    def test_a_job_that_is_not_stored_cannot_be_waited_for(self, jobs: Jobs) -> None:
        with pytest.raises(JobError, match=r"wait for nobody, or .*, which is not stored"):
            jobs.add(job("a"), edges=[Edge("nobody", "a")])
        assert jobs.places() == {}

    @pytest.mark.parametrize("place", ["ready", "scheduled", "parked", "wait"])
    def test_a_stored_job_that_has_not_started_can_be_made_to_wait(self, jobs: Jobs, place: str) -> None:
        jobs.channels("root:3")  # the second look of the claim is under limits, too
        eta = jobs.clock.now() + timedelta(seconds=60) if place == "scheduled" else None
        jobs.add(
            job("p"),
            job("a", eta=eta, serial_key="k" if place == "parked" else None),
            edges=[Edge("p", "a")] if place == "wait" else [],
        )
        jobs.add(job("b"), edges=[Edge("b", "a")])
        p, b = jobs.claim()
        assert (p.uuid, b.uuid, jobs.state("a")) == ("p", "b", State.WAIT_DEPENDENCIES)
        jobs.settle(p)
        assert jobs.claimed() == []
        assert jobs.problems() == []
        jobs.settle(b)
        assert jobs.claimed() == ([] if place == "scheduled" else ["a"])
        jobs.clock.advance(60)
        jobs.claim()
        assert jobs.place("a") == "lease"

    @pytest.mark.parametrize("place", ["lease", "outcome"])
    def test_a_stored_job_that_has_started_is_past_being_made_to_wait(self, jobs: Jobs, place: str) -> None:
        jobs.add(job("a"))
        claim = jobs.one()
        if place == "outcome":
            jobs.settle(claim)
        jobs.add(job("b"), edges=[Edge("b", "a")])
        assert jobs.claimed() == ["b"]
        assert jobs.place("a") == place
        assert jobs.problems() == []

    def test_two_stored_jobs_can_be_put_in_order(self, jobs: Jobs) -> None:
        jobs.add(job("a"), job("b"), job("c", priority=1))
        jobs.add(job("d"), edges=[Edge("b", "a"), Edge("a", "d"), Edge("b", "a")])
        assert jobs.drain() == ["c", "b", "a", "d"]
        assert jobs.problems() == []

    def test_a_parent_that_ends_before_the_next_claim_does_not_release_a_job_that_has_others(
        self, jobs: Jobs
    ) -> None:
        jobs.add(job("p"), job("q"), job("a"), edges=[Edge("p", "a")])
        p, q = jobs.claim()
        jobs.add(job("x"), edges=[Edge("q", "a")])
        jobs.settle(q)
        assert jobs.place("a") == "wait"
        jobs.claimed()
        assert jobs.problems() == []
        jobs.settle(p)
        assert jobs.place("a") == "ready"

    def test_a_child_waits_for_the_twin_of_its_parent(self, jobs: Jobs) -> None:
        jobs.add(job("a", identity="i"))
        added = jobs.add(job("b", identity="i"), job("c"), edges=[Edge("b", "c")])
        assert added == [Added("a", False), Added("c", True)]
        assert jobs.drain() == ["a", "c"]

    def test_a_twin_of_a_child_keeps_its_own_parents(self, jobs: Jobs) -> None:
        jobs.add(job("a", identity="i"))
        jobs.add(job("p"), job("b", identity="i"), job("c"), edges=[Edge("p", "b"), Edge("b", "c")])
        assert jobs.drain() == ["a", "p", "c"]

    def test_a_job_never_waits_for_itself_because_of_twins(self, jobs: Jobs) -> None:
        jobs.add(job("a", identity="i"), job("b", identity="i"), edges=[Edge("a", "b")])
        assert jobs.drain() == ["a"]

    def test_jobs_never_wait_in_a_circle_because_of_twins(self, jobs: Jobs) -> None:
        edges = [Edge("x1", "y"), Edge("y", "x2"), Edge("x2", "z")]
        jobs.add(job("x1", identity="i"), job("y"), job("x2", identity="i"), job("z"), edges=edges)
        assert jobs.drain(1) == ["x1", "y", "z"]
        assert jobs.problems() == []


class Channels:
    def test_a_capacity_holds_for_a_channel_and_all_below_it(self, jobs: Jobs) -> None:
        jobs.channels("root.a:3,root.a.b:2")
        for one in range(4):
            jobs.add(job(f"b{one}", channel="root.a.b"), job(f"a{one}", channel="root.a", priority=11))
            jobs.add(job(f"c{one}", channel="root.a.c", priority=12), job(f"d{one}", channel="root.d"))
        assert jobs.claimed() == ["b0", "d0", "b1", "d1", "d2", "d3", "a0"]

    def test_a_place_that_is_freed_is_given_again(self, jobs: Jobs) -> None:
        jobs.channels("root:2")
        jobs.add(*(job(name) for name in "abcd"))
        first = jobs.claim()
        assert jobs.claimed() == []
        jobs.settle(first[1], kind="retry", after_s=60.0)
        assert jobs.claimed() == ["c"]

    def test_a_job_that_has_to_wait_holds_nobodys_place(self, jobs: Jobs) -> None:
        jobs.channels("root:2,root.a:1")
        jobs.add(job("a1", channel="root.a"), job("a2", channel="root.a"), job("b", channel="root.b"))
        assert jobs.claimed() == ["a1", "b"]

    def test_channels_that_are_not_set_obey_the_nearest_that_is(self, jobs: Jobs) -> None:
        jobs.channels("root.edi.foo:1")
        jobs.add(job("a", channel="root.edi.foo.baz"), job("b", channel="root.edi.foo.x.y"))
        jobs.add(job("c", channel="root.edi.food"))
        assert jobs.claimed() == ["a", "c"]

    def test_root_at_nothing_stops_everything(self, jobs: Jobs) -> None:
        jobs.channels("root:0")
        jobs.add(job("a"), job("b", channel="root.x"))
        assert jobs.claimed() == []

    def test_a_capacity_holds_for_all_workers_together(self, jobs: Jobs) -> None:
        jobs.channels("root:3")
        jobs.add(*(job(f"{one}") for one in range(9)))
        workers = [jobs.worker() for _ in range(4)]
        start = threading.Barrier(4)

        def claim(worker: int) -> list[str]:
            start.wait()
            return jobs.claimed(2, worker)

        threads = [Background(lambda worker=worker: claim(worker)) for worker in workers]
        assert len([name for thread in threads for name in thread.join()]) == 3

    def test_a_pause_and_its_end_hold_at_once(self, jobs: Jobs) -> None:
        jobs.add(job("a", channel="root.x.y"), job("b", channel="root.z"))
        jobs.channels("root.x:0:paused")
        assert jobs.claimed() == ["b"]
        jobs.channels("root.x:0")
        assert jobs.claimed() == ["a"]

    def test_a_smaller_capacity_stops_nothing_and_starts_nothing(self, jobs: Jobs) -> None:
        jobs.channels("root:3")
        jobs.add(*(job(name) for name in "abcde"))
        running = jobs.claim()
        jobs.channels("root:1")
        jobs.settle(running[0])
        jobs.settle(running[1])
        assert jobs.claimed() == []
        jobs.settle(running[2])
        assert jobs.claimed() == ["d"]
        jobs.channels("root:2")
        assert jobs.claimed() == ["e"]

    def test_a_sequential_channel_runs_one_job_after_the_other(self, jobs: Jobs) -> None:
        jobs.channels("root.s:1:sequential")
        jobs.add(*(job(name, channel="root.s.below") for name in "abc"))
        assert jobs.drain() == ["a", "b", "c"]

    @pytest.mark.parametrize("way", ["retry", "set_done", "cancel"])
    def test_a_failed_job_blocks_a_sequential_channel_until_somebody_decides(
        self, jobs: Jobs, way: str
    ) -> None:
        jobs.channels("root.s:1:sequential")
        jobs.add(*(job(name, channel="root.s") for name in "ab"), job("other"))
        claims = jobs.claim()
        assert [one.uuid for one in claims] == ["a", "other"]
        jobs.fail(claims[0])
        assert jobs.claimed() == []
        getattr(jobs, way)("a")
        assert jobs.drain() == (["a", "b"] if way == "retry" else ["b"])

    def test_a_failed_job_elsewhere_does_not_block(self, jobs: Jobs) -> None:
        jobs.channels("root.s:1:sequential")
        jobs.add(job("a", channel="root.sx"))
        jobs.fail(jobs.one())
        jobs.add(job("b", channel="root.s"))
        assert jobs.claimed() == ["b"]

    def test_a_later_eta_ahead_blocks_a_sequential_channel(self, jobs: Jobs) -> None:
        jobs.channels("root.s:1:sequential")
        eta = jobs.clock.now() + timedelta(seconds=60)
        jobs.add(job("first", channel="root.s.x", eta=eta), job("second", channel="root.s"))
        jobs.add(job("urgent", channel="root.s.y", priority=1))
        assert jobs.drain() == ["urgent"]
        jobs.clock.advance(60)
        assert jobs.drain() == ["first", "second"]

    def test_a_retried_job_blocks_a_sequential_channel_until_it_is_done(self, jobs: Jobs) -> None:
        jobs.channels("root.s:1:sequential")
        jobs.add(*(job(name, channel="root.s") for name in "ab"))
        jobs.settle(jobs.one(), kind="retry", after_s=60.0)
        assert jobs.claimed() == []
        jobs.clock.advance(60)
        assert jobs.drain() == ["a", "b"]

    def test_a_throttled_channel_starts_one_job_in_so_many_seconds(self, jobs: Jobs) -> None:
        jobs.channels("root.t:0:throttle=10")
        jobs.add(*(job(name, channel="root.t") for name in "abc"), job("other"))
        assert jobs.claimed() == ["a", "other"]
        jobs.clock.advance(9.9)
        assert jobs.claimed() == []
        jobs.clock.advance(0.1)
        assert jobs.claimed() == ["b"]

    def test_a_throttle_forgets_the_time_in_which_nothing_came(self, jobs: Jobs) -> None:
        jobs.channels("root.t:0:throttle=10")
        jobs.add(job("a", channel="root.t"))
        jobs.drain()
        jobs.clock.advance(1000)
        jobs.add(*(job(name, channel="root.t") for name in "bc"))
        assert jobs.claimed() == ["b"]
        jobs.clock.advance(9)
        assert jobs.claimed() == []

    def test_a_throttle_does_not_outlast_a_clock_that_is_put_back(self, jobs: Jobs) -> None:
        jobs.channels("root.t:0:throttle=10")
        jobs.add(*(job(name, channel="root.t") for name in "ab"))
        jobs.claim()
        jobs.clock.advance(-3600)
        assert jobs.claimed() == ["b"]

    def test_a_keyed_job_and_a_channel_that_is_full_wait_for_each_other_only_as_long_as_they_must(
        self, jobs: Jobs
    ) -> None:
        jobs.channels("root.x:1")
        jobs.add(job("x", channel="root.x"), job("a", channel="root.x", serial_key="k"))
        jobs.add(job("b", serial_key="k"))
        (x,) = jobs.claim()
        assert jobs.claimed() == []
        jobs.settle(x)
        assert jobs.drain() == ["a", "b"]


class WakeUps:
    def test_the_next_eta_is_when_to_look_again(self, jobs: Jobs) -> None:
        now = jobs.clock.now()
        jobs.add(job("a", eta=now + timedelta(seconds=60)), job("b", eta=now + timedelta(seconds=30)))
        jobs.claim()
        assert jobs.wake_at == jobs.store.now() + 30 * SECOND

    def test_without_anything_to_wait_for_there_is_no_moment(self, jobs: Jobs) -> None:
        jobs.add(job("a"))
        assert jobs.claimed() == ["a"]
        assert jobs.claimed() == []
        assert jobs.wake_at is None

    def test_a_full_channel_asks_for_no_moment(self, jobs: Jobs) -> None:
        jobs.channels("root:1")
        jobs.add(job("a"), job("b"))
        jobs.claim()
        jobs.claim()
        assert jobs.wake_at is None

    def test_the_end_of_a_throttles_pause_is_a_moment(self, jobs: Jobs) -> None:
        jobs.channels("root.t:0:throttle=10")
        jobs.add(*(job(name, channel="root.t") for name in "ab"))
        jobs.claim()
        jobs.claim()
        assert jobs.wake_at == jobs.store.now() + 10 * SECOND

    def test_a_throttle_is_waited_for_beside_channels_that_have_work(self, jobs: Jobs) -> None:
        jobs.channels("root.t:0:throttle=10,root.u:1")
        jobs.add(*(job(name, channel="root.t") for name in "ab"))
        jobs.claim()
        jobs.add(*(job(name, channel="root.u") for name in "cd"))
        assert jobs.claimed() == ["c"]
        assert jobs.wake_at == jobs.store.now() + 10 * SECOND

    def test_what_is_due_is_given_and_not_waited_for_any_more(self, jobs: Jobs) -> None:
        jobs.channels("root:1")
        jobs.add(job("a"), job("b", eta=jobs.clock.now() + timedelta(seconds=1)))
        jobs.claim()
        jobs.clock.advance(2)
        assert jobs.claimed() == []
        assert jobs.wake_at is None


class Deaths:
    def test_a_job_that_had_begun_is_tried_again_and_counted(self, jobs: Jobs) -> None:
        worker = jobs.worker()
        jobs.add(job("a", identity="i"))
        (claim,) = jobs.claim(1, worker)
        jobs.begin(claim)
        assert jobs.store.bury(worker) == 1
        jobs.clock.advance(60)
        again = jobs.one()
        assert (again.attempt, again.crashes) == (2, 1)
        assert jobs.settle(claim) == {claim.token}
        assert jobs.settle(again) == set()
        assert jobs.problems() == []

    def test_a_job_that_had_not_begun_goes_back_uncounted(self, jobs: Jobs) -> None:
        worker = jobs.worker()
        jobs.add(job("a"))
        jobs.claim(1, worker)
        jobs.store.bury(worker)
        assert jobs.one().attempt == 1

    def test_a_job_that_kills_its_workers_ends_and_bystanders_do_not(self, jobs: Jobs) -> None:
        jobs.add(job("poison", max_retries=0), job("bystander", max_retries=0))
        for _ in range(20):
            worker = jobs.worker()
            claims = jobs.claim(2, worker)
            jobs.begin(*(one for one in claims if one.uuid == "poison"))
            jobs.store.bury(worker)
            jobs.clock.advance(3600)
        assert jobs.places() == {"poison": "outcome", "bystander": "ready"}
        info = _shown(jobs, "poison")
        assert (info.state, info.error) == (State.FAILED, "isthmus.errors.WorkerDiedError")
        assert info.attempt == MOST_CRASHES + 1
        assert jobs.one().attempt == 1

    def test_the_attempts_bound_deaths_too(self, jobs: Jobs) -> None:
        jobs.chain("a", "b", max_retries=1, on_failure="cancel", identity=None)
        worker = jobs.worker()
        jobs.begin(*jobs.claim(1, worker))
        jobs.store.bury(worker)
        assert (jobs.state("a"), jobs.state("b")) == (State.FAILED, State.CANCELLED)
        assert jobs.problems() == []

    def test_the_key_of_a_dead_workers_job_is_free_again(self, jobs: Jobs) -> None:
        worker = jobs.worker()
        jobs.add(*(job(name, serial_key="k") for name in "ab"))
        jobs.begin(*jobs.claim(1, worker))
        jobs.store.bury(worker)
        jobs.clock.advance(60)
        assert jobs.drain() == ["a", "b"]
        assert jobs.problems() == []

    def test_a_place_in_a_channel_never_leaks(self, jobs: Jobs) -> None:
        jobs.channels("root:2")
        jobs.add(*(job(name) for name in "abc"))
        worker = jobs.worker()
        jobs.claim(2, worker)
        assert jobs.claimed() == []
        jobs.store.bury(worker)
        assert jobs.claimed() == ["a", "b"]

    def test_a_cancelled_job_stays_cancelled_when_its_worker_dies(self, jobs: Jobs) -> None:
        worker = jobs.worker()
        jobs.chain("a", "b", serial_key="k")
        jobs.begin(*jobs.claim(1, worker))
        jobs.cancel("a")
        jobs.store.bury(worker)
        assert (jobs.state("a"), jobs.state("b")) == (State.CANCELLED, State.CANCELLED)
        assert jobs.problems() == []

    def test_leases_without_a_worker_are_taken_back(self, jobs: Jobs) -> None:
        worker = jobs.worker()
        jobs.add(job("a"))
        jobs.claim(1, worker)
        with jobs.store.writing() as sql:
            sql.run("DELETE FROM job_worker WHERE id = ?", worker)
        assert jobs.store.bury_dead() == 1
        assert jobs.place("a") == "ready"

    def test_a_worker_that_beats_lives_and_one_that_was_buried_is_told_so(self, jobs: Jobs) -> None:
        worker = jobs.worker()
        assert jobs.store.beat(worker)
        assert jobs.store.bury_dead() == 0
        jobs.store.bury(worker)
        assert not jobs.store.beat(worker)

    def test_a_silent_worker_of_another_machine_is_buried_after_its_time(self, jobs: Jobs) -> None:
        worker = _moved(jobs, jobs.worker())
        jobs.add(job("a"))
        jobs.claim(1, worker)
        assert jobs.store.bury_dead() == 0
        jobs.clock.advance(29)
        assert jobs.store.bury_dead() == 0
        jobs.clock.advance(2)
        assert jobs.store.bury_dead() == 1
        assert jobs.place("a") == "ready"

    def test_a_worker_of_another_machine_that_beats_is_never_buried(self, jobs: Jobs) -> None:
        worker = _moved(jobs, jobs.worker())
        jobs.add(job("a"))
        jobs.claim(1, worker)
        for _ in range(20):
            jobs.clock.advance(15)
            jobs.store.beat(worker)
            assert jobs.store.bury_dead() == 0

    def test_a_worker_of_this_machine_whose_process_is_gone_is_buried_at_once(self, jobs: Jobs) -> None:
        worker = jobs.worker()
        with jobs.store.writing() as sql:
            sql.run("UPDATE job_worker SET pid = ? WHERE id = ?", 2**22 + 1, worker)
        jobs.add(job("a"))
        jobs.claim(1, worker)
        assert jobs.store.bury_dead() == 1

    def test_a_worker_of_this_machine_whose_process_runs_is_believed_for_longer(self, jobs: Jobs) -> None:
        worker = jobs.worker()
        jobs.add(job("a"))
        jobs.claim(1, worker)
        jobs.store.bury_dead()
        jobs.clock.advance(120)
        assert jobs.store.bury_dead() == 0
        jobs.clock.advance(1000)
        assert jobs.store.bury_dead() == 1

    @pytest.mark.parametrize("hours", [-1, 1, 24 * 365])
    def test_a_clock_that_jumps_buries_nobody(self, jobs: Jobs, hours: int) -> None:
        here, there = jobs.worker(), _moved(jobs, jobs.worker())
        jobs.add(job("a"), job("b"))
        jobs.claim(1, here)
        jobs.claim(1, there)
        jobs.store.bury_dead()
        jobs.clock.jump(hours * 3600)
        assert jobs.store.bury_dead() == 0
        assert jobs.places() == {"a": "lease", "b": "lease"}


def _moved(jobs: Jobs, worker: int) -> int:
    """Have a worker look like one of another machine."""
    with jobs.store.writing() as sql:
        sql.run("UPDATE job_worker SET machine = 'elsewhere' WHERE id = ?", worker)
    return worker


class Handling:
    @pytest.mark.parametrize("kind", ["done", "failed", "cancelled"])
    def test_a_job_that_is_over_runs_again_from_its_first_attempt(self, jobs: Jobs, kind: str) -> None:
        jobs.add(job("a"))
        jobs.settle(jobs.one(), kind="retry")
        jobs.settle(jobs.one(), kind=kind)
        (handled,) = jobs.retry("a")
        assert (handled.before, handled.after, handled.refused) == (State(kind), State.PENDING, None)
        assert jobs.one().attempt == 1
        assert jobs.problems() == []

    def test_a_job_that_waits_for_its_time_runs_now_when_retried(self, jobs: Jobs) -> None:
        jobs.add(job("a", eta=jobs.clock.now() + timedelta(days=1)))
        jobs.retry("a")
        assert jobs.claimed() == ["a"]

    @pytest.mark.parametrize("act", ["retry", "cancel", "set_done"])
    @pytest.mark.parametrize("place", ["ready", "scheduled", "parked", "wait", "outcome"])
    def test_a_job_can_be_handled_wherever_it_is(self, jobs: Jobs, act: str, place: str) -> None:
        eta = jobs.clock.now() + timedelta(days=1) if place == "scheduled" else None
        key = "k" if place == "parked" else None
        jobs.add(
            job("p"), job("a", eta=eta, serial_key=key), edges=[Edge("p", "a")] if place == "wait" else []
        )
        if place == "outcome":
            _, a = jobs.claim()
            jobs.fail(a)
        assert jobs.place("a") == place
        (handled,) = getattr(jobs, act)("a")
        assert jobs.problems() == []
        assert handled.after == jobs.state("a")
        if act == "retry":
            assert handled.refused == ("it waits for other jobs" if place == "wait" else None)
        else:
            assert handled.after == (State.CANCELLED if act == "cancel" else State.DONE)

    def test_a_running_job_is_not_retried_unless_by_force(self, jobs: Jobs) -> None:
        jobs.add(job("a"))
        claim = jobs.one()
        jobs.begin(claim)
        (handled,) = jobs.retry("a")
        assert handled.refused is not None
        assert "it is running" in handled.refused
        assert jobs.place("a") == "lease"
        (handled,) = jobs.retry("a", force=True)
        assert (handled.before, handled.after) == (State.STARTED, State.PENDING)
        again = jobs.one()
        assert jobs.settle(claim) == {claim.token}
        assert jobs.settle(again) == set()

    def test_a_running_job_that_is_cancelled_is_told_to_stop(self, jobs: Jobs) -> None:
        jobs.add(job("a"), job("b"))
        a, b = jobs.claim()
        jobs.begin(a, b)
        (handled,) = jobs.cancel("a")
        assert (handled.after, handled.note) == (State.STARTED, "it is told to stop")
        assert jobs.store.watch([a, b], []) == {a.token}

    def test_a_running_job_that_ends_before_it_hears_of_its_cancellation_is_done(self, jobs: Jobs) -> None:
        jobs.add(job("a"))
        claim = jobs.one()
        jobs.cancel("a")
        jobs.settle(claim)
        assert jobs.state("a") == State.DONE

    @pytest.mark.parametrize("kind", ["retry", "release"])
    def test_a_cancelled_job_is_not_tried_again(self, jobs: Jobs, kind: str) -> None:
        jobs.add(
            job("a", identity="i", serial_key="k"), job("b"), job("c", serial_key="k"), edges=[Edge("a", "b")]
        )
        claim = jobs.claim(1)[0]
        jobs.cancel("a")
        jobs.settle(claim, kind=kind, after_s=60.0)
        assert (jobs.state("a"), jobs.state("b")) == (State.CANCELLED, State.CANCELLED)
        assert jobs.add(job("d", identity="i")) == [Added("d", True)]
        assert jobs.claimed() == ["c", "d"]
        assert jobs.problems() == []

    def test_a_job_that_is_set_done_runs_nobody_and_lets_its_children_go(self, jobs: Jobs) -> None:
        jobs.chain("a", "b", "c")
        (handled,) = jobs.set_done("a")
        assert handled.after == State.DONE
        assert _shown(jobs, "a").reason == "Manually set to done by Ada."
        assert jobs.drain() == ["b", "c"]

    def test_a_running_job_that_is_set_done_is_taken_from_its_worker(self, jobs: Jobs) -> None:
        jobs.add(job("a"))
        claim = jobs.one()
        jobs.set_done("a")
        assert jobs.settle(claim, kind="failed") == {claim.token}
        assert jobs.state("a") == State.DONE

    def test_cancelling_says_who_did_it_and_takes_the_children_along(self, jobs: Jobs) -> None:
        jobs.chain("a", "b", "c")
        jobs.cancel("a")
        assert _shown(jobs, "a").reason == "Cancelled by Ada."
        assert jobs.state("c") == State.CANCELLED
        assert jobs.problems() == []

    @pytest.mark.parametrize(
        ("act", "kind"), [("cancel", "done"), ("cancel", "cancelled"), ("set_done", "done")]
    )
    def test_what_is_so_already_is_refused(self, jobs: Jobs, act: str, kind: str) -> None:
        jobs.add(job("a"))
        jobs.settle(jobs.one(), kind=kind)
        (handled,) = getattr(jobs, act)("a")
        assert handled.refused == f"it is {kind} already"

    def test_a_job_that_waits_and_is_set_done_is_not_run_by_its_parents(self, jobs: Jobs) -> None:
        jobs.chain("a", "b", "c")
        jobs.set_done("b")
        assert jobs.drain() == ["a", "c"]
        assert jobs.problems() == []

    def test_jobs_that_do_not_exist_are_left_out(self, jobs: Jobs) -> None:
        jobs.add(job("a"))
        assert [one.uuid for one in jobs.retry("nobody", "a")] == ["a"]
        assert jobs.retry() == jobs.cancel() == jobs.set_done() == []

    def test_many_are_handled_at_once(self, jobs: Jobs) -> None:
        jobs.chain("a", "b", "c")
        assert [one.after for one in jobs.cancel("a", "b", "c")] == [State.CANCELLED] * 3
        assert [one.after for one in jobs.retry("a", "b", "c")] == [
            State.PENDING, State.WAIT_DEPENDENCIES, State.WAIT_DEPENDENCIES,
        ]  # fmt: skip
        assert jobs.drain() == ["a", "b", "c"]
        assert jobs.problems() == []


class Inspection:
    def test_counts_are_by_channel_and_state(self, jobs: Jobs) -> None:
        _one_of_each(jobs)
        with jobs.store.reading() as sql:
            assert counts(sql) == {
                "root": {State.WAIT_DEPENDENCIES: 1, State.PENDING: 3, State.ENQUEUED: 1, State.STARTED: 1},
                "root.over": {State.DONE: 1, State.FAILED: 1, State.CANCELLED: 1},
            }

    def test_jobs_are_listed_newest_first(self, jobs: Jobs) -> None:
        names = _one_of_each(jobs)
        with jobs.store.reading() as sql:
            assert [one.uuid for one in list_jobs(sql)] == names[::-1]
            assert [one.uuid for one in list_jobs(sql, limit=2)] == names[:-3:-1]

    @pytest.mark.parametrize("state", State)
    def test_a_list_of_one_state_has_all_of_it_and_nothing_else(self, jobs: Jobs, state: State) -> None:
        _one_of_each(jobs)
        expected = {State.PENDING: {"scheduled", "parked", "ready"}}.get(state, {state.value})
        with jobs.store.reading() as sql:
            found = list_jobs(sql, states=[state])
        assert {one.uuid for one in found} == expected
        assert {one.state for one in found} == {state}

    def test_a_list_of_several_states_has_each(self, jobs: Jobs) -> None:
        _one_of_each(jobs)
        with jobs.store.reading() as sql:
            states = [State.DONE, State.STARTED, State.ENQUEUED, State.FAILED]
            assert {one.state for one in list_jobs(sql, states=states)} == set(states)

    def test_a_job_that_moves_while_jobs_are_listed_is_listed_once(self, jobs: Jobs) -> None:
        jobs.add(job("moving"))
        claims = jobs.claim()
        with jobs.store.reading() as sql:
            give_back = partial(jobs.settle, *claims, kind="release")
            found = list_jobs(Before(sql.transaction, "JOIN job_lease ", give_back))
        assert [one.uuid for one in found] == ["moving"]
        assert jobs.place("moving") == "ready"

    def test_a_list_is_of_a_channel_with_those_below_it(self, jobs: Jobs) -> None:
        jobs.add(*(job(name, channel=name) for name in ("root", "root.a", "root.a.b", "root.ab")))
        with jobs.store.reading() as sql:
            assert [one.uuid for one in list_jobs(sql, channel="root.a")] == ["root.a.b", "root.a"]
            assert len(list_jobs(sql, channel="root")) == 4

    def test_a_list_is_of_a_call_a_graph_or_uuids(self, jobs: Jobs) -> None:
        jobs.add(job("a", graph="g"), _with(job("b"), method="pull"), _with(job("c"), model="shop"))
        with jobs.store.reading() as sql:
            assert [one.uuid for one in list_jobs(sql, call="shop.order")] == ["b", "a"]
            assert [one.uuid for one in list_jobs(sql, call="shop.order.pull")] == ["b"]
            assert [one.uuid for one in list_jobs(sql, graph="g")] == ["a"]
            assert [one.uuid for one in list_jobs(sql, uuids=["c", "a", "nobody"])] == ["c", "a"]
            assert list_jobs(sql, uuids=[]) == []

    def test_one_is_shown_by_the_beginning_of_its_uuid(self, jobs: Jobs) -> None:
        jobs.add(job("abc-1"), job("abd-2"), edges=[Edge("abc-1", "abd-2")])
        with jobs.store.reading() as sql:
            assert show(sql, "ab") is show(sql, "x") is None
            first, second = show(sql, "abc"), show(sql, "abd-2")
        assert first is not None
        assert second is not None
        assert (first.uuid, first.is_waited_for_by, first.call) == ("abc-1", ["abd-2"], "shop.order.push")
        assert second.waits_for == ["abc-1"]

    def test_a_job_is_shown_whose_uuid_is_the_beginning_of_another(self, jobs: Jobs) -> None:
        jobs.add(job("ab"), job("abc"))
        assert _shown(jobs, "ab").uuid == "ab"

    def test_a_running_job_shows_how_far_it_is(self, jobs: Jobs) -> None:
        jobs.add(job("a"))
        claim = jobs.one()
        jobs.store.watch([claim], [(claim, jobs.store.now(), '{"done": 3, "total": 4, "note": null}')])
        jobs.store.watch([claim], [(claim, jobs.store.now(), None)])
        info = _shown(jobs, "a")
        assert info.state == State.STARTED
        assert info.progress == {"done": 3, "total": 4, "note": None}
        assert info.began == jobs.clock.now()


def _one_of_each(jobs: Jobs) -> list[str]:
    """Make a job of each state (pending: of each table) that is called by it; return them in order."""
    jobs.add(*(job(name, channel="root.over") for name in ("done", "failed", "cancelled")))
    for claim in jobs.claim():
        jobs.settle(claim, kind=claim.uuid)
    jobs.add(job("started", serial_key="k"), job("enqueued"))
    jobs.begin(jobs.claim()[0])
    later = jobs.clock.now() + timedelta(days=1)
    jobs.add(job("scheduled", eta=later), job("parked", serial_key="k"), job("ready"))
    jobs.add(job("wait_dependencies"), edges=[Edge("started", "wait_dependencies")])
    return [
        "done", "failed", "cancelled", "started", "enqueued", "scheduled", "parked", "ready",
        "wait_dependencies",
    ]  # fmt: skip


class Why:
    """Each situation has a sentence."""

    def test_nobody_works(self, jobs: Jobs) -> None:
        jobs.add(job("a"), job("b"))
        assert self.why(jobs, "a") == "No worker is running."
        assert self.why(jobs, "b") == "No worker is running; 1 job is ahead of it."

    def test_nobody_takes_its_channel(self, jobs: Jobs) -> None:
        jobs.worker(only=["root.b", "root.a.x"])
        jobs.add(job("a", channel="root.a"), job("b", channel="root.a"), job("c", channel="root.a.x.y"))
        said = "No worker takes jobs of root.a: those that run take root.a.x, root.b only"
        assert self.why(jobs, "a") == f"{said}."
        assert self.why(jobs, "b") == f"{said}; 1 job is ahead of it."
        assert self.why(jobs, "c") == "A worker is about to claim it."  # nobody takes those before it
        jobs.worker()
        assert self.why(jobs, "a") == "A worker is about to claim it."

    def test_nobody_takes_the_channel_of_the_first_of_its_key(self, jobs: Jobs) -> None:
        jobs.worker(only=["root.b"])
        jobs.add(job("a", channel="root.a", serial_key="k"))
        assert self.why(jobs, "a").startswith("No worker takes jobs of root.a:")

    def test_it_is_about_to_start(self, jobs: Jobs) -> None:
        jobs.worker()
        jobs.add(job("a"))
        assert self.why(jobs, "a") == "A worker is about to claim it."

    def test_others_are_ahead(self, jobs: Jobs) -> None:
        jobs.worker()
        jobs.add(*(job(name) for name in "abc"))
        assert self.why(jobs, "c") == "2 jobs are ahead of it, and all threads of the workers are busy."

    def test_jobs_of_channels_that_are_held_are_not_ahead(self, jobs: Jobs) -> None:
        jobs.worker()
        jobs.channels("root.x:0:paused")
        jobs.add(job("a", channel="root.x"), job("b"))
        assert self.why(jobs, "b") == "A worker is about to claim it."

    def test_its_channel_or_one_above_is_full(self, jobs: Jobs) -> None:
        jobs.channels("root.x:1")
        jobs.add(*(job(name, channel="root.x.y") for name in "ab"))
        jobs.claim()
        assert self.why(jobs, "b") == "root.x is full (1 of 1 running)."

    def test_its_channel_is_paused(self, jobs: Jobs) -> None:
        jobs.channels("root.x:0:throttle=60:paused")
        jobs.add(job("a", channel="root.x"))
        assert self.why(jobs, "a") == "root.x is paused."

    def test_its_channel_is_throttled(self, jobs: Jobs) -> None:
        jobs.channels("root.x:0:throttle=60")
        jobs.add(*(job(name, channel="root.x") for name in "ab"))
        jobs.drain()
        jobs.clock.advance(20)
        assert self.why(jobs, "b") == "root.x starts one job every 60 s; the next one in 40 s."

    def test_its_throttled_channel_is_paused(self, jobs: Jobs) -> None:
        jobs.channels("root.x:0:throttle=60")
        jobs.add(*(job(name, channel="root.x") for name in "ab"))
        jobs.drain()
        with jobs.store.alone() as sql:
            sql.run("UPDATE job_channel SET paused = TRUE")
        assert self.why(jobs, "b") == "root.x is paused."

    def test_its_channel_is_sequential_and_one_failed(self, jobs: Jobs) -> None:
        jobs.channels("root.x:1:sequential")
        jobs.add(*(job(name, channel="root.x") for name in "ab"))
        jobs.fail(jobs.one())
        assert self.why(jobs, "b") == "root.x runs its jobs in order, and one of them failed."

    def test_its_channel_is_sequential_and_one_is_due_later(self, jobs: Jobs) -> None:
        jobs.channels("root.x:1:sequential")
        eta = jobs.clock.now() + timedelta(hours=1)
        jobs.add(job("a", channel="root.x", eta=eta), job("b", channel="root.x"))
        assert self.why(jobs, "b") == "root.x runs its jobs in order, and one that goes first is due later."

    def test_it_is_due_later(self, jobs: Jobs) -> None:
        jobs.add(job("a", eta=jobs.clock.now() + timedelta(minutes=5)))
        assert self.why(jobs, "a") == "It is due at 2026-11-22 12:05:00 UTC, in 5 min."

    def test_it_is_tried_again_later(self, jobs: Jobs) -> None:
        jobs.add(job("a"))
        jobs.settle(jobs.one(), kind="retry", after_s=60.0, failure=Failure("E", "the shop is closed"))
        assert self.why(jobs, "a") == (
            "Attempt 1 did not succeed (the shop is closed), and it is tried again at "
            "2026-11-22 12:01:00 UTC, in 60 s."
        )

    def test_its_key_is_busy(self, jobs: Jobs) -> None:
        jobs.add(*(job(name, serial_key="k") for name in "ab"))
        jobs.one()
        assert self.why(jobs, "b") == "a has the same serial key 'k' and is running."

    def test_another_of_its_key_is_next(self, jobs: Jobs) -> None:
        jobs.add(*(job(name, serial_key="k") for name in "abc"))
        jobs.worker()
        assert self.why(jobs, "a") == "A worker is about to claim it."
        assert self.why(jobs, "b") == "a has the same serial key 'k' and goes first."
        jobs.channels("root:0")
        jobs.claim()
        assert self.why(jobs, "b") == "a has the same serial key 'k' and is next."

    def test_it_waits_for_others(self, jobs: Jobs) -> None:
        jobs.chain("a", "b")
        assert self.why(jobs, "b") == "It waits for a (shop.order.push, pending)."
        jobs.fail(jobs.one())
        assert self.why(jobs, "b") == (
            "It waits for a (shop.order.push, failed); it goes on when that is retried and done, or set done."
        )

    def test_it_waits_for_many(self, jobs: Jobs) -> None:
        names = "abcde"
        jobs.add(*(job(name) for name in names), job("z"), edges=[Edge(name, "z") for name in names])
        said = self.why(jobs, "z")
        assert said.startswith("It waits for ")
        assert said.endswith(" and 2 more.")

    def test_it_is_claimed_or_running(self, jobs: Jobs) -> None:
        jobs.add(job("a"))
        claim = jobs.one()
        assert self.why(jobs, "a").startswith("It is claimed by worker ")
        jobs.store.watch([claim], [(claim, jobs.store.now(), '{"done": 3, "total": 4, "note": null}')])
        said = self.why(jobs, "a")
        assert said.startswith("It has been running since 2026-11-22 12:00:00 UTC in worker ")
        assert said.endswith("; 3 of 4 done.")

    def test_it_is_over(self, jobs: Jobs) -> None:
        jobs.add(*(job(name) for name in ("done", "failed", "cancelled")))
        done, failed = jobs.claim(2)
        jobs.settle(done)
        jobs.fail(failed)
        jobs.cancel("cancelled")
        assert self.why(jobs, "done") == "It is done since 2026-11-22 12:00:00 UTC."
        assert self.why(jobs, "failed") == "It failed at 2026-11-22 12:00:00 UTC, in attempt 1: no such order"
        assert self.why(jobs, "cancelled") == (
            "It is cancelled since 2026-11-22 12:00:00 UTC: Cancelled by Ada."
        )

    def test_there_is_no_such_job(self, jobs: Jobs) -> None:
        with jobs.store.reading() as sql:
            assert why(sql, "nobody", jobs.store.now()) is None

    def why(self, jobs: Jobs, uuid: str) -> str:
        with jobs.store.reading() as sql:
            said = why(sql, uuid, jobs.store.now())
        assert said is not None
        return said


class Retention:
    KEPT = {"done": 10.0, "cancelled": 20.0, "failed": 30.0}

    def thin(self, jobs: Jobs, after: int = 0) -> tuple[int, int | None]:
        with jobs.store.writing() as sql:
            return thin_out(sql, self.KEPT, jobs.store.now(), after)

    def test_each_state_is_kept_for_its_time(self, jobs: Jobs) -> None:
        _one_of_each(jobs)
        jobs.clock.advance(10)
        assert self.thin(jobs) == (0, None)
        for state in ("done", "cancelled", "failed"):
            assert state in jobs.places()
            jobs.clock.advance(1)
            assert self.thin(jobs) == (1, None)
            assert state not in jobs.places()
            jobs.clock.advance(9)
        jobs.clock.advance(1e6)
        assert self.thin(jobs) == (0, None)
        assert len(jobs.places()) == 6

    def test_a_job_that_others_wait_for_stays(self, jobs: Jobs) -> None:
        jobs.chain("a", "b", on_failure="wait")
        jobs.fail(jobs.one())
        jobs.clock.advance(1000)
        assert self.thin(jobs) == (0, None)
        jobs.set_done("b")
        jobs.clock.advance(1000)
        jobs.add(job("newest"))
        assert self.thin(jobs)[0] >= 1

    def test_nothing_of_a_removed_job_is_left(self, jobs: Jobs) -> None:
        jobs.chain("a", "b", "c")
        jobs.drain()
        jobs.clock.advance(11)
        jobs.add(job("newest"))
        assert self.thin(jobs) == (3, None)
        assert jobs.rows("SELECT uuid FROM job") == [("newest",)]
        for table in ("job_outcome", "job_edge"):
            assert jobs.rows(f"SELECT * FROM {table}") == []

    def test_many_are_removed_step_by_step(self, jobs: Jobs) -> None:
        jobs.add(*(job(f"{one:04}") for one in range(2500)))
        jobs.drain(3000)
        jobs.clock.advance(11)
        jobs.add(job("newest"))
        removed, after = self.thin(jobs)
        steps = [removed]
        while after is not None:
            removed, after = self.thin(jobs, after)
            steps.append(removed)
        assert sum(steps) == 2500
        assert max(steps) <= 1000
        assert jobs.places().keys() == {"newest"}

    def test_a_state_without_a_time_is_kept_for_ever(self, jobs: Jobs) -> None:
        jobs.add(job("a"))
        jobs.settle(jobs.one())
        jobs.clock.advance(1e9)
        with jobs.store.writing() as sql:
            assert thin_out(sql, {}, jobs.store.now()) == (0, None)

    def test_a_number_of_a_job_is_never_given_again(self, jobs: Jobs) -> None:
        """Ids are in tokens' company: a late result must never meet a newer job of the same number."""
        jobs.add(job("a"))
        old = jobs.one()
        jobs.settle(old)
        jobs.clock.advance(11)
        self.thin(jobs)
        jobs.add(job("b"))
        jobs.add(job("c"), job("d"))
        assert min(one.id for one in jobs.claim()) > old.id


class JobStoreSuite(
    Enqueueing,
    Order,
    Claiming,
    Settling,
    Identities,
    SerialKeys,
    Dependencies,
    Channels,
    WakeUps,
    Deaths,
    Handling,
    Inspection,
    Why,
    Retention,
):
    """Every test of the suite; a fixture of the module gives ``jobs``."""
