"""Turns and places, decided on values; what a budget makes of them."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from isthmus.errors import ConfigurationError, RateLimitedError
from isthmus.http.file_turnstile import FileTurnstile
from isthmus.http.turnstile import LONGEST_PAUSE_S, LocalTurnstile, book, postpone
from isthmus.odoo.budget import Allowance, Budget, allowance_for, is_hosted
from isthmus.odoo.reach import Reach, budget_name, odoo_http
from isthmus.telemetry import subscribe
from tests.still_clock import StillClock


@pytest.mark.parametrize(
    ("turn_at", "now", "interval", "next_turn", "wait"),
    [
        (0.0, 50.0, 1.0, 51.0, 0.0),
        (51.0, 50.0, 1.0, 52.0, 1.0),
        (110.0, 50.0, 1.0, 111.0, 60.0),
        (110.1, 50.0, 1.0, 110.1, 60.1),
        (52.0, 50.0, 0.0, 52.0, 2.0),
    ],
)
def test_a_turn_comes_an_interval_after_the_last_one_and_none_is_taken_beyond_patience(
    turn_at: float, now: float, interval: float, next_turn: float, wait: float
) -> None:
    taken, waited = book(turn_at, now, interval, 60.0)
    assert (taken, waited) == (pytest.approx(next_turn), pytest.approx(wait))


def test_a_clock_that_was_set_back_an_hour_costs_a_quarter_of_an_hour_at_most() -> None:
    _, wait = book(3600.0, 0.0, 1.0, 1e9)
    assert wait == LONGEST_PAUSE_S + 1.0


@pytest.mark.parametrize(
    ("turn_at", "seconds", "wanted"),
    [(0.0, 5.0, 105.0), (200.0, 5.0, 200.0), (0.0, 1e9, 1000.0), (0.0, -3.0, 100.0)],
)
def test_a_pause_only_ever_makes_the_wait_longer(turn_at: float, seconds: float, wanted: float) -> None:
    assert postpone(turn_at, 100.0, seconds) == wanted


@pytest.mark.parametrize(
    ("url", "hosted"),
    [
        ("https://acme.odoo.com", True),
        ("https://ACME.odoo.com/", True),
        ("https://acme.dev.odoo.com", True),
        ("https://odoo.com.example", False),
        ("https://notodoo.com", False),
        ("http://localhost:8069", False),
    ],
)
def test_odoo_online_is_asked_once_a_second_and_never_in_parallel_unless_set_otherwise(
    url: str, hosted: bool
) -> None:
    assert is_hosted(url) is hosted
    assert allowance_for(url) == (Allowance(1.0, 1) if hosted else Allowance())
    assert allowance_for(url, rate=5.0) == Allowance(5.0, 1 if hosted else 0)
    assert allowance_for(url, 0.0, 0).is_free


def test_one_odoo_has_one_budget_whoever_works_on_it_and_whatever_the_scheme() -> None:
    assert budget_name("https://me:pw@Acme.odoo.com/", "db") == budget_name("http://acme.odoo.com", "db")
    assert budget_name("http://a:8069", "one") != budget_name("http://a:8069", "two")


def test_calls_start_an_interval_apart() -> None:
    clock = StillClock()
    budget = Budget("odoo", Allowance(rate=2.0), clock=clock)
    starts = []
    for _ in range(4):
        with budget.turn("POST", "/jsonrpc"):
            starts.append(clock.monotonic())
            clock.advance(0.1)
    assert starts == [0.0, 0.5, 1.0, 1.5]


def test_a_free_odoo_is_not_waited_for_but_its_pauses_are() -> None:
    clock = StillClock()
    budget = Budget("odoo", Allowance(), clock=clock)
    for _ in range(5):
        with budget.turn("POST", "/"):
            pass
    assert clock.slept == []
    budget.learn({"Retry-After": "7"})
    with budget.turn("POST", "/"):
        assert clock.slept == [7.0]


@pytest.mark.parametrize("value", ["", "soon", "0", "-5"])
def test_a_retry_after_that_says_nothing_is_no_pause(value: str) -> None:
    clock = StillClock()
    budget = Budget("odoo", Allowance(), clock=clock)
    budget.learn({"Retry-After": value})
    with budget.turn("POST", "/"):
        assert clock.slept == []


def test_a_long_pause_is_an_error_that_says_how_long_and_gives_the_place_back() -> None:
    clock = StillClock()
    budget = Budget("odoo", Allowance(1.0, 1), clock=clock)
    budget.pause(300.0, "POST", "/")
    for _ in range(2):
        with pytest.raises(RateLimitedError, match="lasts 300 s more") as caught, budget.turn("POST", "/"):
            pass
        assert caught.value.wait_s == 300.0
    clock.advance(300.0)
    with budget.turn("POST", "/"):
        pass


def test_no_two_threads_are_inside_at_once_and_a_failing_call_gives_its_place_back() -> None:
    clock, turnstile = StillClock(), LocalTurnstile()
    budgets = [Budget("odoo", Allowance(concurrency=1), turnstile, clock=clock) for _ in range(2)]
    inside, most, guard = [0], [0], threading.Lock()

    def work(budget: Budget) -> None:
        for number in range(20):
            try:
                with budget.turn("POST", "/"):
                    with guard:
                        inside[0] += 1
                        most[0] = max(most[0], inside[0])
                    with guard:
                        inside[0] -= 1
                    if number % 3 == 0:
                        raise ValueError
            except ValueError:
                pass

    threads = [threading.Thread(target=work, args=(budgets[number % 2],)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1]


def test_a_place_that_never_comes_free_is_an_error_in_the_end() -> None:
    clock = StillClock()
    budget = Budget("odoo", Allowance(concurrency=1), clock=clock)
    with budget.turn("POST", "/"):
        with pytest.raises(RateLimitedError, match="kept odoo busy") as caught, budget.turn("POST", "/"):
            pass
    assert "concurrency" in str(caught.value.hint)
    assert sum(clock.slept) > 600


def test_waiting_is_told() -> None:
    clock, events = StillClock(), []
    stop = subscribe(lambda name, fields: events.append((name, fields)))
    budget = Budget("odoo", Allowance(rate=1.0), clock=clock)
    for _ in range(2):
        with budget.turn("POST", "/"):
            pass
    stop()
    assert events == [("http.wait", {"bucket": "odoo", "wait_s": 1.0})]


@pytest.mark.parametrize("wrong", [{"timeout_s": 60}, {"rate": -1.0}, {"concurrency": -1}])
def test_ways_to_reach_an_odoo_that_make_no_sense_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ConfigurationError):
        Reach(**wrong)  # type: ignore[arg-type]


def test_an_odoo_without_limits_is_not_coordinated(tmp_path: Path) -> None:
    turnstile = FileTurnstile(tmp_path / "turns")

    def turn(url: str) -> None:
        limiter = odoo_http(url, "db", "secret", turnstile=turnstile).limiter
        assert limiter is not None
        with limiter.turn("POST", "/"):
            pass

    turn("http://localhost:8069")
    assert not (tmp_path / "turns").exists()
    turn("https://acme.odoo.com")
    assert sorted(file.suffix for file in (tmp_path / "turns").iterdir()) == [".place0", ".turn"]


def test_an_odoo_has_as_many_connections_as_calls_at_once() -> None:
    http = odoo_http("https://acme.odoo.com", "acme", "secret", Reach(concurrency=3))
    assert http._pool.connection_pool_kw["maxsize"] == 3
    assert http._pool.connection_pool_kw["block"] is True
    assert http._timeout.read_s > 120
