"""Running at once instead of storing, and methods that enqueue themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from isthmus import fields, models
from isthmus.delay import chain, group, job
from isthmus.errors import JobEncodingError
from isthmus.inheritance import capture

with capture() as CLASSES:

    class Log(models.Model):
        _name = "shop.log"

        name = fields.Char()

        def note(self, text: str, then: str = "") -> str:
            self.create({"name": f"{text} in {bool(self.env.context.get('job_uuid'))}"})
            if then:
                self.with_delay().note(then)
            return text.upper()

        def fail(self) -> None:
            raise KeyError("fail")

        @job(auto_delay=True, default_channel="root.auto")
        def announce(self, text: str) -> str:
            return f"announced {text}"

        def announce_job_options(self, text: str) -> dict[str, Any]:
            return {"priority": len(text)}

        @job(auto_delay="announce_later")
        def sometimes(self) -> str:
            return "sometimes"

        def announce_twice(self) -> list[Any]:
            return [self.announce("a"), self.announce("b")]

    class More(models.Model):
        _inherit = "shop.log"

        def announce(self, text: str) -> str:
            return super().announce(text) + "!"  # type: ignore[misc, no-any-return]

    class Child(models.Model):
        _name = "shop.child.log"
        _inherit = "shop.log"

        def announce(self, text: str) -> str:
            return super().announce(text) + "?"  # type: ignore[misc, no-any-return]

    class Loud(models.Model):
        _name = "shop.loud.log"
        _inherit = "shop.log"

        @job
        def announce(self, text: str) -> str:
            return super().announce(text).upper()  # type: ignore[misc, no-any-return]


@pytest.fixture
def world(make_world: Any) -> Any:
    return make_world(CLASSES)


def noted(env: Any) -> list[str]:
    return env["shop.log"].search([]).mapped("name")  # type: ignore[no-any-return]


@pytest.fixture(params=["ISTHMUS_JOBS_NO_DELAY", "QUEUE_JOB__NO_DELAY", "context"])
def at_once(request: pytest.FixtureRequest, world: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Give an environment in which jobs run at once, and that has no queue."""
    context = {"queue_job__no_delay": True} if request.param == "context" else {}
    if not context:
        monkeypatch.setenv(request.param, "1")
    with world.environment(queue=False, **context) as env:
        yield env


def test_a_job_runs_at_once_as_a_worker_would_run_it(at_once: Any) -> None:
    found = at_once["shop.log"].with_delay(eta=3600).note("a")
    assert noted(at_once) == ["a in True"]
    assert (found.result, found.is_new) == ("A", True)


def test_what_a_job_delays_runs_at_once_too(at_once: Any) -> None:
    at_once["shop.log"].with_delay().note("a", then="b")
    assert noted(at_once) == ["a in True", "b in True"]


def test_a_graph_runs_in_its_order(at_once: Any) -> None:
    a, b, c, d = (at_once["shop.log"].delayable().note(letter) for letter in "abcd")
    c.on_done(d)
    jobs = chain(group(b, a), c).delay()
    assert noted(at_once) == ["b in True", "a in True", "c in True", "d in True"]
    assert [one.result for one in jobs] == ["B", "A", "C"]


def test_large_groups_run_through_their_join(at_once: Any) -> None:
    many = [at_once["shop.log"].delayable().note(str(number)) for number in range(60)]
    group(*many[:30]).on_done(group(*many[30:])).delay()
    assert len(noted(at_once)) == 60


def test_an_error_reaches_the_caller_and_ends_the_graph(at_once: Any) -> None:
    logs = at_once["shop.log"]
    with pytest.raises(KeyError, match="fail"):
        chain(logs.delayable().note("a"), logs.delayable().fail(), logs.delayable().note("c")).delay()
    assert noted(at_once) == ["a in True"]


def test_arguments_that_cannot_be_kept_are_refused_all_the_same(at_once: Any) -> None:
    with pytest.raises(JobEncodingError):
        at_once["shop.log"].with_delay().note(object())


def test_a_circle_is_refused_all_the_same(at_once: Any) -> None:
    a, b = (at_once["shop.log"].delayable().note(letter) for letter in "ab")
    a.on_done(b).on_done(b.on_done(a))
    with pytest.raises(ValueError, match=r"in a circle|waits for"):
        group(a, b).delay()
    a._is_silent = b._is_silent = True


def test_one_node_with_the_context_key_makes_the_whole_graph_run_at_once(world: Any) -> None:
    with world.environment() as env:
        logs = env["shop.log"]
        direct = logs.with_context(queue_job__no_delay=True)
        chain(logs.delayable().note("a"), direct.delayable().note("b")).delay()
        assert noted(env) == ["a in True", "b in True"]
    assert world.queue.specs == []


@pytest.mark.parametrize("value", ["", "0", "false", "No"])
def test_a_variable_that_says_no_changes_nothing(
    world: Any, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("ISTHMUS_JOBS_NO_DELAY", value)
    with world.environment() as env:
        env["shop.log"].with_delay().note("a")
    assert len(world.queue.specs) == 1


# --- methods that enqueue themselves ---


def test_calling_an_auto_delayed_method_enqueues_it_with_its_options(world: Any) -> None:
    with world.environment() as env:
        found = env["shop.log"].announce("abc")
        assert (found.method_name, found.priority, found.channel) == ("announce", 3, "root.auto")
    assert len(world.queue.specs) == 1


def test_an_override_is_enqueued_as_a_whole_and_once(world: Any) -> None:
    with world.environment() as env:
        env["shop.child.log"].announce("abc")
        assert [(one.model, one.method) for one in world.queue.specs] == [("shop.child.log", "announce")]
    with world.environment(queue_job__no_delay=True) as env:
        assert env["shop.child.log"].announce("x") == "announced x!?"
        assert env["shop.log"].announce("x") == "announced x!"
        assert env["shop.child.log"].with_delay().announce("x").result == "announced x!?"


def test_an_override_may_take_it_back(world: Any) -> None:
    with world.environment() as env:
        assert env["shop.loud.log"].announce("x") == "ANNOUNCED X!"
    assert world.queue.specs == []


def test_inside_a_job_an_auto_delayed_method_is_called(world: Any) -> None:
    with world.environment(job_uuid="u") as env:
        assert env["shop.log"].announce_twice() == ["announced a!", "announced b!"]
    assert world.queue.specs == []


def test_a_context_key_may_be_needed_for_it(world: Any) -> None:
    with world.environment() as env:
        assert env["shop.log"].sometimes() == "sometimes"
        assert world.queue.specs == []
        env["shop.log"].with_context(announce_later=True).sometimes()
        assert [one.method for one in world.queue.specs] == ["sometimes"]
