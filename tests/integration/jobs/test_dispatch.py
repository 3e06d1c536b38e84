"""Jobs that a dispatcher sends and others run: nothing is lost, and nothing runs twice."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from isthmus.jobs import tables
from isthmus.jobs.claim import Claim, Result
from isthmus.jobs.runner import Run
from isthmus.jobs.sqlstore import SqlJobStore
from isthmus.records import SqlDatabase
from isthmus.telemetry import subscribe
from tests.integration.jobs.dispatching import Holding, Later, Yard, job, until


@pytest.fixture(scope="module")
def database(module_database_url: str) -> Iterator[SqlDatabase]:
    """Give a database with job tables, the same one to all tests: each begins with emptying them."""
    opened = SqlDatabase(module_database_url, synchronous="OFF", busy_timeout_s=10)
    tables.metadata.create_all(opened.engine)
    yield opened
    opened.close()


@pytest.fixture
def yard(database: SqlDatabase) -> Iterator[Yard]:
    made = Yard(database)
    yield made
    made.close()


# --- the way of a job ----------------------------------------------------------------------------------


def test_a_job_is_sent_adopted_and_done(yard: Yard) -> None:
    with yard.dispatching():
        yard.add(job("a"))
        job_id, token = yard.post.next()
        assert yard.state("a") == "enqueued"
        assert "sent to Celery by dispatcher" in yard.desk.why("a")
        assert yard.adopter().run(job_id, token) == "done"
    info = yard.desk.show("a")
    assert (info.state, info.attempt, info.result) == ("done", 1, '{"n": 1}')


def test_a_message_that_comes_twice_runs_its_job_once(yard: Yard) -> None:
    ran = []

    def perform(claim: Claim, run: Run) -> Result:
        ran.append(claim.uuid)
        return Result(kind="done")

    with yard.dispatching():
        yard.add(job("a"))
        message = yard.post.next()
        assert [yard.adopter(perform).run(*message) for _ in range(3)] == ["done", "refused", "refused"]
    assert ran == ["a"]


def test_of_many_who_get_the_same_message_at_once_one_runs_the_job(yard: Yard) -> None:
    with yard.dispatching():
        yard.add(job("a"))
        message = yard.post.next()
        adopters = [yard.adopter() for _ in range(6)]
        ends = [one.result() for one in [Later(adopter.run, *message) for adopter in adopters]]
    assert sorted(ends) == ["done", *["refused"] * 5]


def test_a_double_that_comes_while_the_job_runs_is_refused(yard: Yard) -> None:
    body = Holding()
    with yard.dispatching():
        yard.add(job("a"))
        message = yard.post.next()
        first = Later(yard.adopter(body).run, *message)
        assert body.begun.wait(20)
        assert yard.adopter().run(*message) == "refused"
        body.go.set()
        assert first.result() == "done"


def test_a_retry_is_sent_under_a_token_of_its_own(yard: Yard) -> None:
    ends = [Result(kind="retry", after_s=0.0), Result(kind="done")]
    adopter = yard.adopter(lambda claim, run: ends.pop(0))
    with yard.dispatching():
        yard.add(job("a"))
        first = yard.post.next()
        assert adopter.run(*first) == "retry"
        second = yard.post.next()
        assert adopter.run(*first) == "refused"
        assert adopter.run(*second) == "done"
    assert yard.desk.show("a").attempt == 2


# --- limits --------------------------------------------------------------------------------------------


def test_no_more_jobs_are_in_flight_than_may_be(yard: Yard) -> None:
    yard.add(*(job(f"job-{number}") for number in range(5)))
    with yard.dispatching(in_flight=2):
        first, second = yard.post.next(), yard.post.next()
        until(lambda: yard.desk.stats().counts["enqueued"] == 2)
        assert yard.post.messages.empty()
        assert yard.adopter().run(*first) == "done"  # which makes room, and calls the dispatcher
        third = yard.post.next()
        assert third not in (first, second)
        assert yard.desk.stats().counts["enqueued"] == 2


def test_jobs_in_flight_count_in_their_channels(yard: Yard) -> None:
    from isthmus.jobs.channel_config import parse_channels

    yard.desk.set_channels(parse_channels("root:1"))
    yard.add(job("a"), job("b", channel="root.sub"))
    with yard.dispatching():
        message = yard.post.next()
        assert yard.desk.why("b") == "root is full (1 of 1 running)."
        assert yard.adopter().run(*message) == "done"
        assert yard.post.next()[0] != message[0]


def test_a_dispatcher_may_take_the_jobs_of_a_channel_only(yard: Yard) -> None:
    yard.add(job("a"), job("b", channel="root.mail.fast"))
    with yard.dispatching(only=["root.mail"]):
        assert yard.adopter().run(*yard.post.next()) == "done"
        assert yard.state("b") == "done"
    assert yard.state("a") == "pending"


# --- the broker fails ----------------------------------------------------------------------------------


def test_jobs_that_cannot_be_sent_go_back_and_are_sent_when_the_broker_is_there(yard: Yard) -> None:
    told: list[dict[str, Any]] = []
    end = subscribe(lambda name, fields: told.append(fields) if name == "job.broker" else None)
    yard.post.is_away = True
    try:
        with yard.dispatching():
            yard.add(job("a"))
            assert yard.post.refused.wait(20)
            until(lambda: yard.state("a") == "pending")
            yard.post.is_away = False
            assert yard.adopter().run(*yard.post.next()) == "done"
    finally:
        end()
    assert yard.desk.show("a").attempt == 1
    assert told[0]["error"] == "the broker is away"


def test_a_broker_that_goes_away_in_the_middle_costs_no_job(yard: Yard) -> None:
    with yard.dispatching():
        yard.add(job("a"))
        early = yard.post.next()
        yard.post.is_away = True
        yard.add(job("b"))
        assert yard.post.refused.wait(20)
        until(lambda: yard.state("a") == yard.state("b") == "pending")
        assert yard.adopter().run(*early) == "refused"
        yard.post.is_away = False
        assert {yard.adopter().run(*yard.post.next()) for _ in range(2)} == {"done"}
    assert (yard.desk.show("a").attempt, yard.desk.show("b").attempt) == (1, 1)


def test_a_message_that_nobody_takes_up_is_sent_again_and_counts_once(yard: Yard) -> None:
    with yard.dispatching(resend_s=(0.01, 0.02)):
        yard.add(job("a"))
        first, again = yard.post.next(), yard.post.next()
        assert first == again
        assert [yard.adopter().run(*first), yard.adopter().run(*again)] == ["done", "refused"]


# --- the dispatcher dies -------------------------------------------------------------------------------


def test_what_a_dead_dispatcher_sent_goes_back_uncounted_and_late_messages_are_refused(yard: Yard) -> None:
    dead = yard.dispatcher()
    yard.add(job("a"))
    dead._round()  # it claims and sends, and is never heard of again
    message = yard.post.next()
    yard.store.bury(dead.id)
    assert yard.state("a") == "pending"
    assert yard.adopter().run(*message) == "refused"
    with yard.dispatching():
        assert yard.adopter().run(*yard.post.next()) == "done"
    assert yard.desk.show("a").attempt == 1


def test_a_dispatcher_that_was_taken_for_dead_enters_anew(yard: Yard) -> None:
    with yard.dispatching(ttl_s=0.03) as dispatcher:
        first = until(lambda: dispatcher.id)
        yard.store.bury(first)
        until(lambda: dispatcher.id not in (0, first))
        yard.add(job("a"))
        assert yard.adopter().run(*yard.post.next()) == "done"


def test_a_dispatcher_that_ends_gives_back_what_nobody_has_begun(yard: Yard) -> None:
    with yard.dispatching():
        yard.add(job("a"))
        message = yard.post.next()
    assert yard.state("a") == "pending"
    assert yard.desk.show("a").attempt == 0
    assert yard.workers() == []
    assert yard.post.is_closed
    assert yard.adopter().run(*message) == "refused"


def test_a_store_that_is_away_does_not_end_the_dispatcher(database: SqlDatabase) -> None:
    class Flaky(SqlJobStore):
        failures = 3

        def offers(self, worker_id: int) -> Any:
            if self.failures:
                self.failures -= 1
                raise OSError("the database is away")
            return super().offers(worker_id)

    yard = Yard(database)
    yard.store = Flaky(database)
    yard.add(job("a"))
    with yard.dispatching():
        assert yard.adopter().run(*yard.post.next()) == "done"
    yard.close()


# --- who runs it dies ----------------------------------------------------------------------------------


def test_the_job_of_a_worker_that_died_is_tried_again_and_its_late_end_refused(yard: Yard) -> None:
    body = Holding()
    with yard.dispatching():
        yard.add(job("a"))
        dead = yard.adopter(body)
        end = Later(dead.run, *yard.post.next())
        assert body.begun.wait(20)
        yard.store.bury(dead.id)  # as anybody's housekeeping does once it is silent
        message = yard.post.next()
        body.go.set()
        assert end.result() == "lost"
        assert yard.adopter().run(*message) == "done"
    info = yard.desk.show("a")
    assert (info.state, info.attempt) == ("done", 2)


def test_a_worker_that_was_taken_for_dead_interrupts_what_it_runs_and_enters_anew(yard: Yard) -> None:
    body = Holding()
    yard.add(job("a"), job("b"))
    with yard.dispatching():
        adopter = yard.adopter(body, ttl_s=0.0003)
        end = Later(adopter.run, *yard.post.next())
        assert body.begun.wait(20)
        yard.store.bury(first := adopter.id)
        adopter.keep()
        assert end.result() == "lost"
        body.go.set()
        assert adopter.run(*yard.post.next()) == "done"
        assert adopter.id != first


def test_a_worker_that_does_not_know_yet_that_it_was_buried_enters_anew_with_its_next_job(yard: Yard) -> None:
    adopter = yard.adopter()
    yard.add(job("a"), job("b"))
    with yard.dispatching():
        assert adopter.run(*yard.post.next()) == "done"
        yard.store.bury(adopter.id)
        assert adopter.run(*yard.post.next()) == "done"


def test_a_job_that_was_adopted_while_the_answer_got_lost_is_given_back(database: SqlDatabase) -> None:
    class Mute(SqlJobStore):
        is_mute = True

        def adopt(self, *arguments: Any) -> Any:
            claim = super().adopt(*arguments)
            if self.is_mute:
                self.is_mute = False
                raise OSError("the connection broke after the commit")
            return claim

    yard = Yard(database)
    adopter = yard.adopter(store=Mute(database), ttl_s=0.0003)
    yard.add(job("a"))
    with yard.dispatching():
        with pytest.raises(OSError, match="after the commit"):
            adopter.run(*yard.post.next())
        assert yard.state("a") == "started"
        adopter.keep()
        assert adopter.run(*yard.post.next()) == "done"
    assert yard.desk.show("a").attempt == 1
    yard.close()


def test_an_end_is_written_down_once_the_store_is_there_again(database: SqlDatabase) -> None:
    class Flaky(SqlJobStore):
        failures = 2

        def settle_in(self, *arguments: Any) -> Any:
            if self.failures:
                self.failures -= 1
                raise OSError("the database is away")
            return super().settle_in(*arguments)

    yard = Yard(database)
    yard.add(job("a"))
    with yard.dispatching():
        assert yard.adopter(store=Flaky(database)).run(*yard.post.next()) == "done"
    assert yard.state("a") == "done"
    yard.close()


def test_a_worker_that_leaves_interrupts_its_job_and_the_attempt_does_not_count(yard: Yard) -> None:
    body = Holding()
    with yard.dispatching():
        yard.add(job("a"))
        adopter = yard.adopter(body)
        end = Later(adopter.run, *yard.post.next())
        assert body.begun.wait(20)
        adopter.close()
        assert end.result() == "retry"
        body.go.set()
        assert yard.adopter().run(*yard.post.next()) == "done"
    assert yard.desk.show("a").attempt == 1


def test_a_worker_that_is_told_to_stop_interrupts_its_job_with_the_next_look(yard: Yard) -> None:
    body = Holding()
    with yard.dispatching():
        yard.add(job("a"))
        adopter = yard.adopter(body)
        assert adopter.stop() is False
        end = Later(adopter.run, *yard.post.next())
        assert body.begun.wait(20)
        assert adopter.stop() is True
        adopter.keep()
        assert end.result() == "retry"
    assert yard.desk.show("a").attempt == 0


# --- while it runs -------------------------------------------------------------------------------------


def test_progress_is_written_down_while_a_job_runs(yard: Yard) -> None:
    body = Holding()
    with yard.dispatching():
        yard.add(job("a"))
        adopter = yard.adopter(body)
        end = Later(adopter.run, *yard.post.next())
        assert body.begun.wait(20)
        assert body.run is not None
        body.run.report(3, 10)
        adopter.keep()
        info = yard.desk.show("a")
        assert info.progress == {"done": 3, "total": 10, "note": None}
        assert info.state == "started"
        body.go.set()
        assert end.result() == "done"


def test_a_job_that_is_cancelled_while_it_runs_is_interrupted(yard: Yard) -> None:
    body = Holding()
    with yard.dispatching():
        yard.add(job("a"))
        adopter = yard.adopter(body)
        end = Later(adopter.run, *yard.post.next())
        assert body.begun.wait(20)
        yard.desk.cancel(["a"], "Ada")
        adopter.keep()
        assert end.result() == "cancelled"
    assert yard.state("a") == "cancelled"


def test_a_job_that_is_cancelled_before_anybody_begins_it_never_runs(yard: Yard) -> None:
    with yard.dispatching():
        yard.add(job("a"))
        message = yard.post.next()
        yard.desk.cancel(["a"], "Ada")
        assert yard.adopter().run(*message) == "refused"
        until(lambda: yard.state("a") == "cancelled")


def test_a_job_that_takes_too_long_is_interrupted_and_tried_again(yard: Yard) -> None:
    body = Holding()
    with yard.dispatching():
        yard.add(job("a", timeout_s=0.001))
        adopter = yard.adopter(body)
        end = Later(adopter.run, *yard.post.next())
        assert body.begun.wait(20)
        body.go.wait(0.002)
        adopter.keep()
        assert end.result() == "retry"
    info = yard.desk.show("a")
    assert info.attempt == 1
    assert info.reason == "The attempt took longer than the job's timeout of 0.001 s."


def test_a_job_that_does_not_end_when_interrupted_is_given_up_and_its_process_told(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("isthmus.jobs.adopter.GRACE_S", 0.0)
    begun, go, stuck = threading.Event(), threading.Event(), threading.Event()

    def deaf(claim: Claim, run: Run) -> Result:
        begun.set()
        go.wait()  # in C: no interruption arrives before it returns
        return Result(kind="done")

    with yard.dispatching():
        yard.add(job("a", timeout_s=0.001))
        adopter = yard.adopter(deaf, on_stuck=stuck.set)
        end = Later(adopter.run, *yard.post.next())
        assert begun.wait(20)
        until(lambda: adopter.keep() or stuck.is_set())
        assert yard.desk.show("a").reason == "The attempt took longer than the job's timeout of 0.001 s."
        go.set()
        assert end.result() == "lost"
