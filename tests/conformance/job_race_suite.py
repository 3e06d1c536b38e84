"""What two open transactions do to each other in a job store that has several writers.

A test module gives a fixture ``jobs`` whose database lets two transactions write at the same time, and a
class::

    class TestMyStore(JobRaceSuite): ...

Every test brings about one order of events, by locks and not by luck.
"""

from __future__ import annotations

import threading
from typing import Any

import pytest

from isthmus.errors import ConcurrentWriteError, JobError
from isthmus.jobs.attachment import look_again
from isthmus.jobs.claim import Ack, Claim, Result
from isthmus.jobs.handling import retry
from isthmus.jobs.retention import thin_out
from isthmus.jobs.spec import Added, Edge
from isthmus.jobs.sql import Sql
from isthmus.jobs.state import State
from isthmus.jobs.workers import bury
from tests.jobs import Background, Before, Jobs, job


def held(jobs: Jobs, table: str, *names: str) -> Any:
    """Return a transaction that holds rows of jobs in a table."""
    transaction: Any = jobs.database.transaction()
    sql = Sql(transaction)
    condition, uuids = sql.among("j.uuid", names)
    found = sql.rows(
        f"SELECT j.id FROM job j JOIN job_{table} t ON t.job_id = j.id WHERE {condition} FOR UPDATE OF t",
        uuids,
    )
    assert len(found) == len(names)
    return transaction


class JobRaceSuite:
    # --- enqueueing ---

    def test_of_two_transactions_with_one_identity_the_second_gets_the_job_of_the_first(
        self, jobs: Jobs
    ) -> None:
        with jobs.adding(job("a", identity="i")):
            second = Background(lambda: jobs.add(job("b", identity="i")))
            jobs.wait_for_a_wait()
        assert second.join() == [Added("a", False)]
        assert set(jobs.places()) == {"a"}

    def test_when_the_first_rolls_back_the_second_makes_the_job(self, jobs: Jobs) -> None:
        first: Any = jobs.database.transaction()
        jobs.store.add(first, [job("a", identity="i")])
        second = Background(lambda: jobs.add(job("b", identity="i")))
        jobs.wait_for_a_wait()
        first.close()
        assert second.join() == [Added("b", True)]

    def test_a_claim_does_not_wait_for_a_transaction_that_enqueues(self, jobs: Jobs) -> None:
        jobs.add(job("a", identity="i", serial_key="k"), job("b"))
        with jobs.adding(
            job("twin", identity="i"), job("c", serial_key="k"), job("d"), edges=[Edge("b", "d")]
        ):
            claims = jobs.claim()
            assert [one.uuid for one in claims] == ["a", "b"]
            jobs.settle(*claims)
            assert jobs.claimed() == []
        assert jobs.claimed() == ["c", "d"]
        assert jobs.problems() == []

    @pytest.mark.parametrize("way", ["retry", "release", "death", "by hand"])
    def test_a_job_that_waits_again_does_not_wait_for_who_enqueues_its_twin(
        self, jobs: Jobs, way: str
    ) -> None:
        worker = jobs.worker()
        jobs.add(job("a", identity="i"))
        (claim,) = jobs.claim(1, worker)
        with jobs.adding(job("b", identity="i")) as added:
            assert added == [Added("b", True)]
            if way == "death":
                jobs.store.bury(worker)
            elif way == "by hand":
                jobs.retry("a", force=True)
            else:
                assert jobs.settle(claim, kind=way) == set()
            assert jobs.place("a") == "ready"
        assert jobs.add(job("c", identity="i")) == [Added("b", False)]

    # --- children attached to stored jobs ---

    @pytest.mark.parametrize("end", ["done", "failed", "cancelled"])
    @pytest.mark.parametrize("on_failure", ["wait", "cancel", "run"])
    def test_a_child_hears_of_a_parent_that_ended_while_it_was_being_stored(
        self, jobs: Jobs, end: str, on_failure: Any
    ) -> None:
        jobs.add(job("a"))
        claim = jobs.one()
        with jobs.adding(job("b"), edges=[Edge("a", "b", on_failure)]):
            jobs.settle(claim, kind=end)
            assert jobs.claimed() == []
        jobs.claim()
        assert jobs.problems() == []
        runs = end == "done" or on_failure == "run"
        waits = end == "failed" and on_failure == "wait"
        assert jobs.place("b") == ("lease" if runs else "wait" if waits else "outcome")

    def test_a_claim_does_not_wait_for_the_end_of_a_parent_that_is_under_way(self, jobs: Jobs) -> None:
        jobs.add(job("a"))
        claim = jobs.one()
        with jobs.store.writing() as sql:
            jobs.store.settle_in(sql, [Ack(claim, Result(kind="done"))])
            jobs.add(job("b"), edges=[Edge("a", "b")])
            assert jobs.claimed() == []
        assert jobs.claimed() == ["b"]
        assert jobs.problems() == []

    def test_a_child_hears_of_a_parent_whose_end_began_before_it_was_stored_and_was_held_up(
        self, jobs: Jobs
    ) -> None:
        """The end of two jobs waits at the first; meanwhile the second gets a child, and a claim looks."""
        jobs.add(job("first"), job("parent"))
        first, parent = jobs.claim()
        holder = held(jobs, "lease", "first")
        ending = Background(lambda: jobs.settle(first, parent))
        jobs.wait_for_a_wait()
        jobs.add(job("child"), edges=[Edge("parent", "child")])
        assert jobs.claimed() == []
        holder.close()
        assert ending.join() == set()
        jobs.claim()
        assert jobs.problems() == []
        assert jobs.place("child") == "lease"

    def test_a_child_hears_of_a_waiting_parent_that_is_being_cancelled(self, jobs: Jobs) -> None:
        jobs.chain("a", "b", on_failure="cancel")
        claim = jobs.one()
        with jobs.store.writing() as sql:
            jobs.store.settle_in(sql, [Ack(claim, Result(kind="failed"))])
            jobs.add(job("c"), edges=[Edge("b", "c")])
            assert jobs.claimed() == []
        assert jobs.claimed() == []
        assert jobs.problems() == []
        assert jobs.state("c") == State.CANCELLED

    def test_a_stored_job_that_gets_a_parent_counts_it_right_whatever_ends_meanwhile(
        self, jobs: Jobs
    ) -> None:
        jobs.add(job("p"), job("q"), job("a"), edges=[Edge("p", "a")])
        p, q = jobs.claim()
        with jobs.adding(job("x"), edges=[Edge("q", "a"), Edge("x", "a")]):
            jobs.settle(p)
            assert jobs.place("a") == "ready"
        (x,) = jobs.claim()
        assert jobs.state("a") == State.WAIT_DEPENDENCIES
        jobs.settle(x)
        assert jobs.claimed() == []
        jobs.settle(q)
        assert jobs.claimed() == ["a"]
        assert jobs.problems() == []

    def test_a_parent_that_ends_between_two_looks_of_a_claim_is_not_counted(self, jobs: Jobs) -> None:
        jobs.add(job("p"), job("q"), job("a"), edges=[Edge("p", "a")])
        p, q = jobs.claim()
        jobs.add(job("x"), edges=[Edge("q", "a")])
        with jobs.store.alone() as sql:
            before = Before(sql.transaction, "FOR UPDATE SKIP LOCKED", lambda: jobs.settle(p))
            look_again(before, jobs.store.now())
        assert jobs.problems() == []
        jobs.settle(q)
        assert jobs.place("a") == "ready"

    def test_two_parents_that_end_at_once_release_their_child_once(self, jobs: Jobs) -> None:
        jobs.add(job("a"), job("b"), job("c"), edges=[Edge("a", "c"), Edge("b", "c")])
        a, b = jobs.claim()
        with jobs.store.writing() as sql:
            jobs.store.settle_in(sql, [Ack(a, Result(kind="done"))])
            other = Background(lambda: jobs.settle(b))
            jobs.wait_for_a_wait()
        assert other.join() == set()
        assert jobs.claimed() == ["c"]

    def test_two_parents_that_are_cancelled_at_once_take_their_child_along(self, jobs: Jobs) -> None:
        jobs.add(job("a"), job("b"), job("c"), edges=[Edge("a", "c"), Edge("b", "c")])
        a, b = jobs.claim()
        with jobs.store.writing() as sql:
            jobs.store.settle_in(sql, [Ack(a, Result(kind="cancelled"))])
            other = Background(lambda: jobs.settle(b, kind="cancelled"))
            jobs.wait_for_a_wait()
        other.join()
        assert jobs.state("c") == State.CANCELLED
        assert jobs.problems() == []

    # --- who ends a job ---

    @pytest.mark.parametrize("act", ["retry", "set_done", "cancel"])
    @pytest.mark.parametrize("end", ["done", "failed", "retry", "release"])
    def test_a_job_that_ends_while_it_is_being_handled_is_in_one_place(
        self, jobs: Jobs, act: str, end: Any
    ) -> None:
        jobs.add(job("a", identity="i", serial_key="k"), job("b"), edges=[Edge("a", "b")])
        claim = jobs.one()
        options = {"force": True} if act == "retry" else {}
        with jobs.store.writing() as sql:
            jobs.store.settle_in(sql, [Ack(claim, Result(kind=end, after_s=60.0))])
            handling = Background(lambda: getattr(jobs, act)("a", **options))
            jobs.wait_for_a_wait()
        (handled,) = handling.join()
        assert jobs.problems() == []
        assert handled.after == jobs.state("a")
        jobs.clock.advance(60)
        jobs.drain()
        assert jobs.problems() == []

    def test_a_waiting_job_that_is_released_while_it_is_being_cancelled_is_in_one_place(
        self, jobs: Jobs
    ) -> None:
        jobs.chain("a", "b")
        claim = jobs.one()
        with jobs.store.writing() as sql:
            jobs.store.settle_in(sql, [Ack(claim, Result(kind="done"))])
            cancelling = Background(lambda: jobs.cancel("b"))
            jobs.wait_for_a_wait()
        cancelling.join()
        assert jobs.state("b") == State.CANCELLED
        assert jobs.problems() == []

    def test_a_burial_beside_the_end_of_a_job_loses_nothing(self, jobs: Jobs) -> None:
        worker = jobs.worker()
        jobs.add(job("a"), job("b"))
        a, b = jobs.claim(2, worker)
        with jobs.store.writing() as sql:
            jobs.store.settle_in(sql, [Ack(a, Result(kind="done"))])
            burial = Background(lambda: jobs.store.bury(worker))
            jobs.wait_for_a_wait()
        assert burial.join() == 1
        assert jobs.places() == {"a": "outcome", "b": "ready"}
        assert jobs.settle(b) == {b.token}

    def test_of_an_end_and_a_burial_that_came_first_the_burial_counts(self, jobs: Jobs) -> None:
        worker = jobs.worker()
        jobs.add(job("a"))
        claims = jobs.claim(1, worker)
        with jobs.store.alone() as sql:
            bury(sql, worker, jobs.store.now())
            ending = Background(lambda: jobs.settle(*claims))
            jobs.wait_for_a_wait()
        assert ending.join() == {claims[0].token}
        assert jobs.places() == {"a": "ready"}

    def test_a_body_that_lost_its_lease_is_refused_inside_its_own_transaction(self, jobs: Jobs) -> None:
        jobs.add(job("a"))
        claim = jobs.one()
        with jobs.database.begin() as body:
            jobs.retry("a", force=True)
            assert jobs.store.settle_in(Sql(body), [Ack(claim, Result(kind="done"))]) == {claim.token}
        assert jobs.places() == {"a": "ready"}

    def test_a_body_that_settles_first_is_waited_for_by_who_takes_its_job(self, jobs: Jobs) -> None:
        jobs.add(job("a"))
        claim = jobs.one()
        with jobs.database.begin() as body:
            assert jobs.store.settle_in(Sql(body), [Ack(claim, Result(kind="done"))]) == set()
            taking = Background(lambda: jobs.retry("a", force=True))
            jobs.wait_for_a_wait()
        (handled,) = taking.join()
        assert handled.before == State.DONE
        assert jobs.problems() == []

    def test_many_who_settle_and_handle_the_same_jobs_at_once_lose_none(self, jobs: Jobs) -> None:
        names = [f"{one:02}" for one in range(40)]
        edges = [Edge(names[one], names[one + 20]) for one in range(20)]
        jobs.add(*(job(name, serial_key=f"{int(name) % 7}") for name in names), edges=edges)
        workers = [jobs.worker() for _ in range(3)]
        start = threading.Barrier(5)

        def work(worker: int) -> None:
            start.wait()
            for number in range(25):
                claims = jobs.claim(4, worker)
                acks = [Ack(one, Result(kind=_kind(one, number))) for one in claims]
                again(lambda acks=acks: jobs.store.settle(acks))

        def handle(act: Any) -> None:
            start.wait()
            for number in range(25):
                again(lambda number=number: act(*names[number % 10 :: 10]))

        threads = [Background(lambda worker=worker: work(worker)) for worker in workers]
        threads += [Background(lambda: handle(lambda *some: jobs.retry(*some, force=True)))]
        threads += [Background(lambda: handle(jobs.cancel))]
        for thread in threads:
            thread.join()
        assert jobs.problems() == []

    # --- retention ---

    def test_what_an_open_transaction_waits_for_is_not_removed(self, jobs: Jobs) -> None:
        jobs.add(job("a"))
        jobs.settle(jobs.one())
        jobs.clock.advance(100)
        with jobs.adding(job("b"), edges=[Edge("a", "b")]):
            assert self.thin(jobs) == 0
        assert jobs.drain() == ["b"]
        jobs.clock.advance(100)
        assert self.thin(jobs) == 2

    def test_what_is_being_removed_cannot_be_waited_for_any_more(self, jobs: Jobs) -> None:
        jobs.add(job("a"))
        jobs.settle(jobs.one())
        jobs.clock.advance(100)
        with jobs.store.writing() as sql:
            assert thin_out(sql, {"done": 10.0}, jobs.store.now())[0] == 1
            adding = Background(lambda: jobs.add(job("b"), edges=[Edge("a", "b")]))
            jobs.wait_for_a_wait()
        with pytest.raises(JobError, match="not stored"):
            adding.join()
        assert jobs.places() == {}

    def test_what_is_being_retried_is_not_removed(self, jobs: Jobs) -> None:
        jobs.add(job("a"))
        jobs.settle(jobs.one())
        jobs.clock.advance(100)
        with jobs.store.alone() as sql:
            retry(sql, ["a"], jobs.store.now())
            thinning = Background(lambda: self.thin(jobs))
            jobs.wait_for_a_wait()
        assert thinning.join() == 0
        assert jobs.drain() == ["a"]

    def thin(self, jobs: Jobs) -> int:
        with jobs.store.writing() as sql:
            return thin_out(sql, {"done": 10.0}, jobs.store.now())[0]


def _kind(claim: Claim, number: int) -> Any:
    return ["done", "retry", "release", "failed"][(claim.id + number) % 4]


def again(act: Any) -> Any:
    """Do something until no other transaction is in its way."""
    for _ in range(20):
        try:
            return act()
        except ConcurrentWriteError:
            continue
    raise AssertionError("refused twenty times")
