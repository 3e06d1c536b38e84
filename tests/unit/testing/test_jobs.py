"""Jobs in tests: trapped, looked at, performed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from isthmus import fields, models
from isthmus.delay import chain, group, identity_exact
from isthmus.inheritance import capture
from isthmus.testing import JobsTrap, TrialApp, run_jobs_inline, trap_jobs
from tests.still_clock import StillClock

with capture() as SHOP:

    class Order(models.Model):
        _name = "shop.order"

        name = fields.Char()

        def note(self, text: str, then: str = "") -> str:
            self.env["shop.order"].create({"name": text})
            if then:
                self.with_delay().note(then)
            return text

        def export(self, *args: Any, **kwargs: Any) -> None:
            """Export the order."""

        def fail(self) -> None:
            raise KeyError("fail")


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def env(clock: StillClock) -> Iterator[Any]:
    with TrialApp(*SHOP, clock=clock) as app, app.environment() as opened:
        yield opened


@pytest.fixture
def trap() -> Iterator[JobsTrap]:
    with trap_jobs() as opened:
        yield opened


def noted(env: Any) -> list[str]:
    return env["shop.order"].search([]).mapped("name")  # type: ignore[no-any-return]


def test_trapped_jobs_are_looked_at_and_not_run(env: Any, trap: JobsTrap) -> None:
    order = env["shop.order"].browse(1)
    found = order.with_delay(priority=3).note("a")
    assert trap.enqueued_jobs == [found]
    assert noted(env) == []
    [call] = trap.calls
    assert (call.method, call.args, call.kwargs, call.properties) == (order.note, ("a",), {}, {"priority": 3})


def test_jobs_are_counted_in_all_by_method_and_by_records(env: Any, trap: JobsTrap) -> None:
    orders = env["shop.order"].browse([1, 2])
    for order in orders:
        order.with_delay().note("a")
    orders.with_delay().export()
    trap.assert_jobs_count(3)
    trap.assert_jobs_count(2, only=env["shop.order"].note)
    trap.assert_jobs_count(1, only=orders[1].note)
    trap.assert_jobs_count(0, only=orders.note)
    assert trap.jobs_count(only=orders.export) == 1


def test_a_wrong_count_lists_what_was_enqueued(env: Any, trap: JobsTrap) -> None:
    with pytest.raises(AssertionError) as caught:
        trap.assert_jobs_count(1)
    assert str(caught.value) == "expected 1 jobs, found 0\nnothing was enqueued"
    env["shop.order"].browse(1).with_delay(priority=3, eta=timedelta(minutes=1)).export("x", to=[1])
    with pytest.raises(AssertionError) as caught:
        trap.assert_jobs_count(2, only=env["shop.order"].export)
    assert str(caught.value) == (
        "expected 2 jobs of shop.order().export, found 1\nenqueued:\n"
        "  shop.order(1).export('x', to=[1]) with priority=3, eta=datetime.datetime(2026, 11, 22, 12, 1)"
    )


def test_an_enqueued_job_is_found_by_its_call_and_the_named_properties(env: Any, trap: JobsTrap) -> None:
    orders = env["shop.order"].browse([1, 2])
    orders.with_delay(
        priority=3, eta=60, channel="mail", identity_key=identity_exact, description="Send"
    ).export("x", to=[1])
    trap.assert_enqueued_job(orders.export, args=("x",), kwargs={"to": [1]})
    trap.assert_enqueued_job(
        env["shop.order"].browse([2, 1]).export,
        args=["x"],
        kwargs={"to": [1]},
        properties={
            "priority": 3,
            "eta": 60,
            "channel": "root.mail",
            "identity_key": identity_exact,
            "description": "Send",
            "max_retries": 5,
            "timeout": None,
        },
    )
    trap.assert_enqueued_job(
        orders.export,
        args=("x",),
        kwargs={"to": [1]},
        properties={"eta": env.now + timedelta(seconds=60), "channel": "mail"},
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"args": ("y",)},
        {"args": ()},
        {"kwargs": {}},
        {"kwargs": {"to": [1], "more": 1}},
        {"properties": {"priority": 4}},
        {"properties": {"eta": 61}},
        {"properties": {"timeout": 3}},
    ],
    ids=repr,
)
def test_a_job_that_differs_in_anything_is_not_found(env: Any, trap: JobsTrap, wrong: dict[str, Any]) -> None:
    order = env["shop.order"].browse(1)
    order.with_delay(priority=3, eta=60).export("x", to=[1])
    with pytest.raises(AssertionError, match="this job was not enqueued"):
        trap.assert_enqueued_job(order.export, **{"args": ("x",), "kwargs": {"to": [1]}, **wrong})


def test_another_record_or_method_is_not_found(env: Any, trap: JobsTrap) -> None:
    env["shop.order"].browse(1).with_delay().export()
    for method in (
        env["shop.order"].export,
        env["shop.order"].browse([1, 2]).export,
        env["shop.order"].browse(1).note,
    ):
        with pytest.raises(AssertionError):
            trap.assert_enqueued_job(method)


def test_a_failure_lists_what_was_enqueued_with_the_properties_in_question(env: Any, trap: JobsTrap) -> None:
    order = env["shop.order"].browse(1)
    order.with_delay(description="Send").export("x")
    with pytest.raises(AssertionError) as caught:
        trap.assert_enqueued_job(order.export, args=("y",), properties={"priority": 15})
    assert str(caught.value) == (
        "this job was not enqueued:\n"
        "  shop.order(1).export('y') with priority=15\n"
        "enqueued:\n"
        "  shop.order(1).export('x') with priority=10, description='Send'"
    )


def test_an_unknown_property_in_a_test_is_a_mistake_of_the_test(env: Any, trap: JobsTrap) -> None:
    with pytest.raises(ValueError, match="no property 'prio'"):
        trap.assert_enqueued_job(env["shop.order"].export, properties={"prio": 1})


# --- performing ---


def test_lone_jobs_are_performed_by_priority_then_graphs_in_their_order(env: Any, trap: JobsTrap) -> None:
    orders = env["shop.order"]
    a, b, c = (orders.delayable(priority=0).note(letter) for letter in "abc")
    c.on_done(b.on_done(a)).delay()
    first = orders.with_delay(priority=20).note("late")
    orders.with_delay(priority=5).note("early")
    orders.with_delay(priority=5).note("early too")
    trap.perform_enqueued_jobs()
    assert noted(env) == ["early", "early too", "late", "c", "b", "a"]
    assert first.result == "late"
    trap.assert_jobs_count(0)
    assert len(trap.calls) == 6


def test_a_lone_job_that_got_a_child_later_comes_before_it(env: Any, trap: JobsTrap) -> None:
    first = env["shop.order"].with_delay(priority=50).note("first")
    chain(first, env["shop.order"].delayable(priority=1).note("second")).delay()
    trap.perform_enqueued_jobs()
    assert noted(env) == ["first", "second"]


def test_what_a_job_delays_waits_for_the_next_call(env: Any, trap: JobsTrap) -> None:
    env["shop.order"].with_delay().note("a", then="b")
    trap.perform_enqueued_jobs()
    assert noted(env) == ["a"]
    trap.assert_enqueued_job(env["shop.order"].note, args=("b",))
    trap.perform_enqueued_jobs()
    assert noted(env) == ["a", "b"]
    trap.perform_enqueued_jobs()
    assert noted(env) == ["a", "b"]


def test_an_exception_of_a_job_goes_on(env: Any, trap: JobsTrap) -> None:
    env["shop.order"].with_delay().fail()
    with pytest.raises(KeyError, match="fail"):
        trap.perform_enqueued_jobs()


def test_the_join_between_large_groups_is_performed_and_not_counted(env: Any, trap: JobsTrap) -> None:
    many = [env["shop.order"].delayable().note(str(number)) for number in range(60)]
    group(*many[:30]).on_done(group(*many[30:])).delay()
    trap.assert_jobs_count(60)
    assert len(trap.calls) == 60
    trap.perform_enqueued_jobs()
    assert set(noted(env)[:30]) == {str(number) for number in range(30)}


# --- identities ---


def test_a_twin_of_a_waiting_job_is_that_job(env: Any, trap: JobsTrap) -> None:
    first = env["shop.order"].with_delay(identity_key="one").note("a")
    twin = env["shop.order"].with_delay(identity_key="one").note("a")
    assert (twin == first, first.is_new, twin.is_new) == (True, True, False)
    trap.assert_jobs_count(1)
    assert len(trap.calls) == 1


def test_an_identity_is_free_once_its_job_was_performed(env: Any, trap: JobsTrap) -> None:
    for _ in range(2):
        assert env["shop.order"].with_delay(identity_key="one").note("a").is_new
        trap.perform_enqueued_jobs()
    assert noted(env) == ["a", "a"]


def test_an_identity_can_be_taken_for_a_time(env: Any, clock: StillClock, trap: JobsTrap) -> None:
    later = env["shop.order"].with_delay(identity_key="one", identity_until=60)
    assert later.note("a").is_new
    trap.perform_enqueued_jobs()
    clock.advance(59)
    assert not later.note("a").is_new
    clock.advance(1)
    assert later.note("a").is_new


def test_an_identity_can_be_taken_until_the_job_is_finished(env: Any, trap: JobsTrap) -> None:
    later = env["shop.order"].with_delay(identity_key="one", identity_until="finished")
    assert later.note("a").is_new
    assert not later.note("a").is_new
    trap.perform_enqueued_jobs()
    assert later.note("a").is_new


def test_a_child_of_a_twin_waits_for_the_job_that_is_there(env: Any, trap: JobsTrap) -> None:
    orders = env["shop.order"]
    first = orders.with_delay(identity_key="one", priority=99).note("a")
    child = orders.delayable(priority=0).note("b")
    assert chain(orders.delayable(identity_key="one").note("a"), child).delay()[0] == first
    trap.perform_enqueued_jobs()
    assert noted(env) == ["a", "b"]


# --- scope ---


def test_jobs_of_other_threads_are_trapped_too(env: Any, trap: JobsTrap) -> None:
    thread = threading.Thread(target=lambda: env["shop.order"].with_delay().note("a"))
    thread.start()
    thread.join()
    trap.assert_jobs_count(1)


def test_the_innermost_block_decides(env: Any) -> None:
    with trap_jobs() as outer:
        with trap_jobs() as inner:
            env["shop.order"].with_delay().note("a")
        with run_jobs_inline():
            env["shop.order"].with_delay().note("b")
        env["shop.order"].with_delay().note("c")
    assert [[job.args for job in trap.enqueued_jobs] for trap in (inner, outer)] == [[("a",)], [("c",)]]
    assert noted(env) == ["b"]


def test_a_trap_wins_over_the_variable_and_the_context_key_over_a_trap(
    env: Any, trap: JobsTrap, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ISTHMUS_JOBS_NO_DELAY", "1")
    env["shop.order"].with_delay().note("a")
    trap.assert_jobs_count(1)
    env["shop.order"].with_context(queue_job__no_delay=True).with_delay().note("b")
    trap.assert_jobs_count(1)
    assert noted(env) == ["b"]


def test_a_block_ends_with_its_error(env: Any) -> None:
    def broken() -> None:
        with trap_jobs():
            raise KeyError("x")

    with pytest.raises(KeyError, match="x"):
        broken()
    with run_jobs_inline():
        assert env["shop.order"].with_delay().note("a").result == "a"


def test_jobs_are_performed_inside_the_block_of_their_environment() -> None:
    with TrialApp(*SHOP) as app, trap_jobs() as trap:
        with app.environment() as env:
            env["shop.order"].with_delay().note("a")  # type: ignore[attr-defined]
        with pytest.raises(ValueError, match="is run inside the block of its environment"):
            trap.perform_enqueued_jobs()
