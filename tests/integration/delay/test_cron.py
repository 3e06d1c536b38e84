"""Crons on SQLite and PostgreSQL: each time counts once, on whatever machines there are."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from isthmus import cron, job, models
from isthmus.delay.cron import Clockwork, crons
from isthmus.errors import ConfigurationError
from isthmus.inheritance import capture
from isthmus.jobs.retention import forget_old
from isthmus.jobs.state import State
from isthmus.records import Registry
from isthmus.testing import TrialApp
from tests.jobs import Background
from tests.still_clock import StillClock

with capture() as SHOP:

    class Order(models.Model):
        _name = "shop.order"

        @cron("0 * * * *")
        @job(default_channel="root.cron", max_retries=2)
        def tidy(self) -> None: ...

        @cron("30 * * * *", overlap=True, odoo="shop")
        def count(self) -> None: ...

    class Later(models.Model):
        _inherit = "shop.order"

        def tidy(self) -> None: ...


START = datetime(2026, 11, 22, 11, 45)


@pytest.fixture
def clock() -> StillClock:
    return StillClock(START)


@pytest.fixture
def app(database_url: str, clock: StillClock) -> Iterator[TrialApp]:
    with TrialApp(*SHOP, database_url=database_url, clock=clock) as opened:
        yield opened


@pytest.fixture
def clockwork(app: TrialApp) -> Clockwork:
    """Give a clockwork that knows its crons since 11:45."""
    made = Clockwork(app.jobs, app.registry, {"shop"}.__contains__)
    assert made.tick() is not None
    return made


def waiting(app: TrialApp) -> list[str]:
    return [one.call for one in reversed(app.desk.list(states=[State.PENDING]))]


def test_each_time_gives_one_job_however_many_machines_there_are(
    app: TrialApp, clockwork: Clockwork, clock: StillClock
) -> None:
    machines = [clockwork, *(Clockwork(app.jobs, app.registry, bool) for _ in range(3))]
    for hour in range(1, 4):
        clock.advance(3600)
        together = threading.Barrier(len(machines))

        def tick(one: Clockwork, together: threading.Barrier = together) -> None:
            together.wait(30)
            one.tick()
            one.tick()

        for thread in [Background(lambda one=one: tick(one)) for one in machines]:  # type: ignore[misc]
            thread.join()
        assert len(waiting(app)) == 2
        app.run_jobs()
        assert app.desk.stats().counts["done"] == 2 * hour
    with app.jobs.reading() as sql:
        assert sql.rows("SELECT name, count(*) FROM job_tick GROUP BY name ORDER BY name") == [
            ("shop.order.count", 3),
            ("shop.order.tidy", 3),
        ]


def test_a_time_is_left_out_while_the_last_job_waits_or_runs_unless_they_may_overlap(
    app: TrialApp, clockwork: Clockwork, clock: StillClock
) -> None:
    for _ in range(3):
        clock.advance(3600)
        clockwork.tick()
    assert waiting(app).count("shop.order.tidy") == 1
    assert waiting(app).count("shop.order.count") == 3


def test_the_job_is_what_the_method_says(app: TrialApp, clockwork: Clockwork, clock: StillClock) -> None:
    clock.advance(3600)
    clockwork.tick()
    by_call = {one.call: one for one in app.desk.list()}
    tidy, count = by_call["shop.order.tidy"], by_call["shop.order.count"]
    assert (tidy.channel, tidy.max_retries, tidy.odoo) == ("root.cron", 2, None)
    assert (count.channel, count.max_retries, count.odoo) == ("root", 5, "shop")


def test_a_paused_cron_rests_and_makes_up_for_nothing(
    app: TrialApp, clockwork: Clockwork, clock: StillClock
) -> None:
    clockwork.pause("shop.order.tidy", True)
    clock.advance(7200)
    clockwork.tick()
    assert waiting(app) == ["shop.order.count"]
    clockwork.pause("shop.order.tidy", False)
    clockwork.tick()
    assert "shop.order.tidy" not in waiting(app)
    clock.advance(3600)
    clockwork.tick()
    assert waiting(app).count("shop.order.tidy") == 1


def test_of_the_times_that_were_missed_the_last_is_made_up_for(
    app: TrialApp, clockwork: Clockwork, clock: StillClock
) -> None:
    clock.advance(10 * 3600)
    clockwork.tick()
    assert sorted(waiting(app)) == ["shop.order.count", "shop.order.tidy"]
    states = clockwork.states()
    assert {name: one.last for name, one in states.items()} == {
        "shop.order.count": app.jobs.now() - 15 * 60 * 1_000_000,
        "shop.order.tidy": app.jobs.now() - 45 * 60 * 1_000_000,
    }


def test_a_time_of_long_ago_is_not_due_again_when_old_ticks_are_forgotten(
    database_url: str, clock: StillClock
) -> None:
    with capture() as declared:

        class Yearly(models.Model):
            _name = "shop.yearly"

            @cron("0 0 1 1 *")
            def greet(self) -> None: ...

    with TrialApp(*declared, database_url=database_url, clock=clock) as app:
        clockwork = Clockwork(app.jobs, app.registry, bool)
        clockwork.tick()
        for _ in range(26):
            clock.advance(15 * 86_400)
            clockwork.tick()
            app.run_jobs()
            with app.jobs.writing() as sql:
                forget_old(sql, app.jobs.now())
        assert app.desk.stats().counts["done"] == 1
        with app.jobs.reading() as sql:
            assert sql.rows("SELECT count(*) FROM job_tick") == [(1,)]


def test_a_clock_that_is_put_back_repeats_nothing(
    app: TrialApp, clockwork: Clockwork, clock: StillClock
) -> None:
    clock.advance(3600)
    clockwork.tick()
    app.run_jobs()
    clock.jump(-7200)
    for _ in range(2):
        clock.advance(3600)
        clockwork.tick()
    assert waiting(app) == []
    clock.advance(3600)
    clockwork.tick()
    assert len(waiting(app)) == 2


def test_a_cron_run_by_hand_does_not_double_the_job_of_a_tick(
    app: TrialApp, clockwork: Clockwork, clock: StillClock
) -> None:
    uuid = clockwork.run_now("shop.order.tidy")
    clock.advance(900)
    clockwork.tick()
    assert [one.uuid for one in app.desk.list(call="shop.order.tidy")] == [uuid]
    with pytest.raises(ConfigurationError, match=r"no cron .*; known: shop"):
        clockwork.run_now("shop.order.tiny")


def test_the_newest_word_on_a_method_counts() -> None:
    with capture() as declared:

        class Again(models.Model):
            _inherit = "shop.order"

            @cron("5 5 * * *", zone="Asia/Kolkata")
            def tidy(self) -> None: ...

    registry = Registry.build(["isthmus.delay"], classes=[*SHOP, *declared])
    found = {one.name: str(one.schedule) for one in crons(registry)}
    assert found == {"shop.order.count": "30 * * * *", "shop.order.tidy": "5 5 * * * (Asia/Kolkata)"}


@pytest.mark.parametrize("what", [property(lambda self: 1), 5, Order])
def test_only_a_method_is_a_cron(what: Any) -> None:
    with pytest.raises(TypeError, match="@cron marks methods of models"):
        cron("* * * * *")(what)
