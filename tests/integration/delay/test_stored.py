"""Delaying into the real queue, on SQLite and PostgreSQL, and running what was stored."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from isthmus import RetryableJobError, fields, models
from isthmus.delay import chain, group, identity_exact, job
from isthmus.errors import JobError
from isthmus.inheritance import capture
from isthmus.jobs.state import State
from isthmus.testing import TrialApp

with capture() as SHOP:

    class Order(models.Model):
        _name = "shop.order"

        name = fields.Char()

        def note(self, text: str, *more: Any) -> list[Any]:
            self.env["shop.order"].create({"name": text})
            return [text, *more]

        def fail(self) -> None:
            self.env["shop.order"].create({"name": "undone"})
            raise KeyError("fail")

        @job(max_retries=2, retry_pattern={1: 0})
        def later(self) -> None:
            raise RetryableJobError("not yet")

        def rename(self, name: str) -> None:
            self.write({"name": name})


@pytest.fixture
def app(database_url: str) -> Iterator[TrialApp]:
    with TrialApp(*SHOP, database_url=database_url) as opened:
        yield opened


def names(app: TrialApp) -> list[str]:
    with app.environment() as env:
        return env["shop.order"].search([], order="id").mapped("name")  # type: ignore[no-any-return]


def states(app: TrialApp, *jobs: Any) -> list[str]:
    return [str(app.desk.show(one.uuid).state) for one in jobs]


def test_a_job_runs_on_its_records_with_its_arguments_once_it_is_committed(app: TrialApp) -> None:
    with app.environment(lang="fr_FR") as env:
        order: Any = env["shop.order"].create({"name": "SO1"})
        order.with_delay().rename("SO2")
        noted = env["shop.order"].with_delay().note("a", Decimal("1.10"), date(2026, 1, 2), order)
        assert order.name == "SO1"
    app.run_jobs()
    assert sorted(names(app)) == ["SO2", "a"]
    shown = app.desk.show(noted.uuid)
    assert (shown.state, shown.attempt) == (State.DONE, 1)
    assert shown.result == (
        '["a",{"$":"decimal","v":"1.10"},{"$":"date","v":"2026-01-02"},'
        '{"$":"records","model":"shop.order","ids":[1]}]'
    )


def test_a_rollback_leaves_nothing_of_a_job(app: TrialApp) -> None:
    def delay_and_fail() -> None:
        with app.environment() as env:
            env["shop.order"].with_delay().note("a")
            chain(env["shop.order"].delayable().note("b"), env["shop.order"].delayable().note("c")).delay()
            raise KeyError("x")

    with pytest.raises(KeyError):
        delay_and_fail()
    app.run_jobs()
    assert (names(app), app.desk.list()) == ([], [])


def test_a_savepoint_that_is_undone_takes_its_jobs_along(app: TrialApp) -> None:
    def delay_and_fail(env: Any) -> None:
        with env.savepoint():
            env["shop.order"].with_delay().note("b")
            raise KeyError("x")

    with app.environment() as env:
        env["shop.order"].with_delay().note("a")
        with pytest.raises(KeyError):
            delay_and_fail(env)
    app.run_jobs()
    assert names(app) == ["a"]


def test_a_failed_job_leaves_nothing_but_its_failure(app: TrialApp) -> None:
    with app.environment() as env:
        failed = env["shop.order"].with_delay().fail()
        given_up = env["shop.order"].with_delay().later()
    app.run_jobs()
    assert names(app) == []
    assert states(app, failed, given_up) == ["failed", "failed"]
    assert app.desk.show(failed.uuid).error == "KeyError"
    assert "given up after 2 attempts of 2 allowed" in (app.desk.show(given_up.uuid).reason or "")


def test_a_graph_runs_in_its_order(app: TrialApp) -> None:
    with app.environment() as env:
        a, b, c, d = (env["shop.order"].delayable().note(letter) for letter in "abcd")
        d.set(priority=0)
        chain(group(a, b), c, d).delay()
    assert states(app, a.job, b.job, c.job, d.job) == ["pending", "pending", *["wait_dependencies"] * 2]
    app.run_jobs()
    assert names(app)[2:] == ["c", "d"]
    assert len({app.desk.show(one.job.uuid).graph for one in (a, b, c, d)}) == 1


def test_a_policy_decides_what_follows_a_failure(app: TrialApp) -> None:
    with app.environment() as env:
        failing = env["shop.order"].delayable().fail()
        waiting, cancelled, running = (env["shop.order"].delayable().note(letter) for letter in "wcr")
        failing.on_done(waiting).on_done(cancelled, on_failure="cancel").on_done(running, on_failure="run")
        failing.delay()
    app.run_jobs()
    assert states(app, waiting.job, cancelled.job, running.job) == ["wait_dependencies", "cancelled", "done"]
    assert names(app) == ["r"]


@pytest.mark.parametrize("last", ["needed", "optional"])
def test_a_job_all_of_whose_parents_are_cancelled_is_too_whichever_was_last(app: TrialApp, last: str) -> None:
    with app.environment() as env:
        needed, optional, child = (env["shop.order"].delayable().note(name) for name in "abc")
        needed.on_done(child)
        optional.on_done(child, on_failure="run")
        chain(group(needed, optional)).delay()
        jobs = {"needed": needed.job.uuid, "optional": optional.job.uuid}
        uuid = child.job.uuid
    first = "optional" if last == "needed" else "needed"
    app.desk.cancel([jobs[first]], "Ada")
    assert app.desk.show(uuid).state == "wait_dependencies"
    app.desk.cancel([jobs[last]], "Ada")
    assert app.desk.show(uuid).state == "cancelled"


def test_large_groups_run_one_after_the_other_through_their_join(app: TrialApp) -> None:
    with app.environment() as env:
        first, second = (
            group(*[env["shop.order"].delayable().note(f"{letter}{number}") for number in range(25)])
            for letter in "ab"
        )
        first.on_done(second).delay()
    app.run_jobs()
    found = names(app)
    assert len(found) == 50
    assert {name[0] for name in found[:25]} == {"a"}


def test_a_twin_is_met_in_the_same_and_in_another_transaction(app: TrialApp) -> None:
    def delay(env: Any) -> Any:
        return env["shop.order"].with_delay(identity_key=identity_exact).note("a")

    with app.environment() as env:
        first, second = delay(env), delay(env)
    with app.environment() as env:
        third = delay(env)
    assert first == second == third
    assert [one.is_new for one in (first, second, third)] == [True, False, False]
    app.run_jobs()
    assert names(app) == ["a"]
    with app.environment() as env:
        assert delay(env).is_new


def test_nodes_of_one_graph_may_be_twins_of_each_other(app: TrialApp) -> None:
    with app.environment() as env:
        a, twin = (env["shop.order"].delayable(identity_key="one").note("a") for _ in range(2))
        last = env["shop.order"].delayable().note("b")
        chain(group(a, twin), last).delay()
        assert a.job == twin.job
    app.run_jobs()
    assert names(app) == ["a", "b"]


def test_a_job_that_is_over_or_waits_is_the_parent_of_a_later_one(app: TrialApp) -> None:
    with app.environment() as env:
        first = env["shop.order"].with_delay().note("a")
    app.run_jobs()
    with app.environment() as env:
        second = chain(first, env["shop.order"].delayable().note("b")).delay()[1]
        third = env["shop.order"].delayable().note("c")
        chain(second, third).delay()
    assert states(app, first) == ["done"]
    app.run_jobs()
    assert names(app) == ["a", "b", "c"]


def test_jobs_of_many_threads_are_all_stored(app: TrialApp) -> None:
    def delay(number: int) -> None:
        with app.environment() as env:
            group(*[env["shop.order"].delayable().note(f"{number}") for _ in range(20)]).delay()

    threads = [threading.Thread(target=delay, args=(number,)) for number in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    app.run_jobs()
    assert len(names(app)) == 80


def test_serial_jobs_run_in_the_order_of_their_priority(app: TrialApp) -> None:
    with app.environment() as env:
        for letter, priority in (("b", 2), ("c", 3), ("a", 1)):
            later = env["shop.order"].with_delay(serial_key=lambda one: one.model_name, priority=priority)
            later.note(letter)
    app.run_jobs()
    assert names(app) == ["a", "b", "c"]


# --- a stored job that is to wait for one more ---


@pytest.mark.parametrize(
    "properties",
    [{}, {"serial_key": "one"}, {"eta": -5, "serial_key": "one"}, {"eta": -5}],
    ids=["ready", "parked", "parked and due", "due"],
)
def test_a_stored_job_waits_for_a_new_one(app: TrialApp, properties: dict[str, Any]) -> None:
    with app.environment() as env:
        second = env["shop.order"].with_delay(priority=0, **properties).note("b")
    with app.environment() as env:
        chain(env["shop.order"].delayable(priority=9).note("a"), second).delay()
    app.run_jobs()
    assert names(app) == ["a", "b"]


def test_a_stored_job_that_waits_waits_for_one_more(app: TrialApp) -> None:
    with app.environment() as env:
        a, c = (env["shop.order"].delayable().note(letter) for letter in "ac")
        chain(a, c).delay()
    with app.environment() as env:
        b = env["shop.order"].delayable().note("b")
        chain(b, c).delay()
    assert app.desk.show(c.job.uuid).waits_for == [a.job.uuid, b.job.uuid]
    app.run_jobs()
    assert names(app) == ["a", "b", "c"]


def test_two_stored_jobs_are_put_in_order(app: TrialApp) -> None:
    with app.environment() as env:
        b = env["shop.order"].delayable(priority=0).note("b")
        a = env["shop.order"].delayable(priority=9).note("a")
        b.delay(), a.delay()
        a.on_done(b).delay()
    app.run_jobs()
    assert names(app) == ["a", "b"]


def test_a_stored_job_with_an_eta_keeps_it_while_it_waits(app: TrialApp) -> None:
    with app.environment() as env:
        second = env["shop.order"].with_delay(eta=3600).note("b")
    with app.environment() as env:
        chain(env["shop.order"].delayable().note("a"), second).delay()
    app.run_jobs()
    assert names(app) == ["a"]
    assert app.desk.show(second.uuid).eta == second.eta


def test_a_stored_job_that_waits_for_one_that_is_over_runs(app: TrialApp) -> None:
    with app.environment() as env:
        first = env["shop.order"].with_delay().note("a")
    app.run_jobs()
    with app.environment() as env:
        second = env["shop.order"].with_delay().note("b")
        chain(first, second).delay()
    app.run_jobs()
    assert names(app) == ["a", "b"]


def test_an_edge_that_is_there_stays_as_it_is(app: TrialApp) -> None:
    with app.environment() as env:
        first, second = chain(*(env["shop.order"].delayable().note(letter) for letter in "ab")).delay()
        first._node, second._node = None, None  # as in another process
        chain(first, second).delay()
    app.run_jobs()
    assert names(app) == ["a", "b"]


def test_a_job_that_is_over_is_past_waiting(app: TrialApp) -> None:
    with app.environment() as env:
        second = env["shop.order"].with_delay().note("b")
    app.run_jobs()
    with app.environment() as env:
        chain(env["shop.order"].delayable().note("a"), second).delay()
    app.run_jobs()
    assert names(app) == ["b", "a"]
    assert states(app, second) == ["done"]


def test_a_job_that_was_rolled_back_is_waited_for_by_nobody(app: TrialApp) -> None:
    def delayed_in_vain() -> Any:
        with app.environment() as env:
            first = env["shop.order"].with_delay().note("a")
            env.rollback()
            return first

    first = delayed_in_vain()
    with app.environment() as env:
        second = env["shop.order"].with_delay().note("b")
        with pytest.raises(JobError, match=r"is not stored \(any more\)"):
            chain(first, second).delay()
