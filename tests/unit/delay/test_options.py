"""What a method says of its jobs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from isthmus import models
from isthmus.delay import JobOptions, job, options_of, retry_pattern_of
from isthmus.inheritance import capture


def test_the_options_of_a_method_are_those_of_its_jobs(env: Any, queue: Any) -> None:
    env["shop.order"].with_delay().pay(3.0)
    [spec] = queue.specs
    assert (spec.channel, spec.max_retries, spec.timeout_s) == ("root.shop", 2, 30)


def test_a_stated_property_wins_over_the_method(env: Any, queue: Any) -> None:
    env["shop.order"].with_delay(channel="root", max_retries=9, timeout=1).pay(3.0)
    [spec] = queue.specs
    assert (spec.channel, spec.max_retries, spec.timeout_s) == ("root", 9, 1)


def test_options_are_read_when_a_job_runs(world: Any) -> None:
    assert retry_pattern_of(world.registry, "shop.order", "pay") == {1: 60, 3: (5, 9)}
    assert options_of(world.registry, "shop.order", "pay").max_retries == 2
    assert options_of(world.registry, "shop.order", "bare") == JobOptions()


@pytest.mark.parametrize(
    ("model", "method"),
    [("shop.order", "export"), ("shop.order", "gone"), ("shop.order", "_private"), ("res.partner", "export")],
)
def test_a_method_that_says_nothing_or_is_not_there_has_the_defaults(
    world: Any, model: str, method: str
) -> None:
    assert options_of(world.registry, model, method) == JobOptions()
    assert retry_pattern_of(world.registry, model, method) is None


def test_an_override_keeps_what_the_method_says_unless_it_says_it_anew(make_world: Any) -> None:
    with capture() as classes:

        class More(models.Model):
            _inherit = "shop.order"

            def pay(self, amount: float) -> float:
                return amount

            @job(default_channel="root.exports")
            def export(self, *args: Any, **kwargs: Any) -> Any:
                return None

    registry = make_world(classes).registry
    assert options_of(registry, "shop.order", "pay").channel == "root.shop"
    assert options_of(registry, "shop.order", "export").channel == "root.exports"
    assert options_of(registry, "shop.parcel", "export").channel == "root.exports"
    assert options_of(registry, "shop.parcel", "pay").retry_pattern == {1: 60, 3: (5, 9)}


def test_a_marked_method_is_called_as_ever(env: Any) -> None:
    assert env["shop.order"].pay(3.0) == 3.0


def test_a_method_has_no_delay_of_its_own(env: Any) -> None:
    with pytest.raises(AttributeError, match="with_delay"):
        env["shop.order"].pay.delay(3.0)


@pytest.mark.parametrize("channel", ["shop", "rooted", "root.", "root..a", "", "root.a:2", None])
def test_a_default_channel_starts_at_the_root(channel: Any) -> None:
    with pytest.raises(ValueError, match=r"channel"):
        job(default_channel=channel)


def test_a_retry_pattern_is_checked_when_the_method_is_declared() -> None:
    with pytest.raises(TypeError, match="a retry pattern is a dictionary"):
        job(retry_pattern=[1, 2])  # type: ignore[call-overload]
    with pytest.raises(ValueError, match="retry pattern"):
        job(retry_pattern={0: 1})


def test_limits_are_checked() -> None:
    with pytest.raises(ValueError, match="timeout"):
        job(timeout=-1)
    with pytest.raises(ValueError, match="max_retries"):
        job(max_retries=-1)
    marked: Any = job(timeout=timedelta(minutes=1), max_retries=0)(lambda self: None)
    assert (marked._job_options.timeout_s, marked._job_options.max_retries) == (60, 0)


def test_only_functions_are_marked() -> None:
    with pytest.raises(TypeError, match="@job marks methods of models"):
        job(property(lambda self: 1))  # type: ignore[type-var]


def test_a_method_may_say_what_makes_two_of_its_jobs_the_same(make_world: Any) -> None:
    with capture() as classes:

        class More(models.Model):
            _inherit = "shop.order"

            @job(identity_key="all", identity_until=60, serial_key=lambda one: one.method_name)
            def sweep(self) -> None: ...

    world = make_world(classes)
    with world.environment() as env:
        env["shop.order"].with_delay().sweep()
        env["shop.order"].with_delay(identity_key="mine", identity_until="finished", serial_key="one").sweep()
        env["shop.order"].browse([1, 2]).delayable().sweep().split(1).delay()
    found = [(one.identity, one.identity_until, one.serial_key) for one in world.queue.specs]
    assert found == [
        ("all", 60, "sweep"),
        ("mine", "finished", "one"),
        ("all (split 1/2)", 60, "sweep"),
        ("all (split 2/2)", 60, "sweep"),
    ]
