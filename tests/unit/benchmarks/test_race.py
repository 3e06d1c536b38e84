"""Who took part in the race of job queues, what it came to, and what ours has to reach."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from race.contestant import Contestant, is_reachable, peers
from race.environment import name_of
from race.heat import percentile
from race.standing import AIMS, best_of, figures, medians

OURS = Contestant("Isthmus", "ours.driver", "PostgreSQL", Path("python"), 100, 1, ours=True)
HUNDRED = Contestant("pgqueuer, 100 at a time", "peers.pgqueuer", "PostgreSQL", Path("python"), 100, 1)
TEN = Contestant("pgqueuer, 10 at a time", "peers.pgqueuer", "PostgreSQL", Path("python"), 10, 1)
HUEY = Contestant("Huey", "peers.huey", "SQLite", Path("python"), 1, 1)


def test_the_median_of_three_heats_counts() -> None:
    heats = [{"drain": 10.0, "p99": 3.0}, {"drain": 30.0, "p99": 1.0}, {"drain": 20.0, "p99": 2.0}]
    assert medians(heats) == {"drain": 20.0, "p99": 2.0}


def test_our_targets_are_those_that_the_peers_of_the_same_run_and_engine_set() -> None:
    paces = {OURS: 1_250.0, HUNDRED: 1_000.0, TEN: 9_000.0, HUEY: 5.0}

    ours, *others = figures({one: {"drain": pace} for one, pace in paces.items()})

    assert (ours.target, ours.peer, ours.met) == (
        ">= 1,200 jobs/s",
        "pgqueuer, 100 at a time: 1,000",
        True,
    )
    assert {one.target for one in others} == {None}


def test_limits_on_channels_are_held_against_ours_without_them() -> None:
    limited = replace(OURS, name="Isthmus, limited", setting="limited")
    _, found = figures({OURS: {"drain": 900.0}, limited: {"drain": 599.0}, HUNDRED: {"drain": 1.0}})[:2]
    assert (found.target, found.peer, found.met) == (">= 600 jobs/s", "Isthmus: 900", False)


def test_a_setting_that_no_peer_has_is_held_against_nothing() -> None:
    napping = replace(OURS, setting="nap")
    assert [one.target for one in figures({napping: {"drain": 1.0}, HUNDRED: {"drain": 2.0}})] == [None, None]


def test_the_best_of_all_peers_sets_the_target_where_none_is_named() -> None:
    single = next(aim for aim in AIMS if (aim.value, aim.engine) == ("single", "PostgreSQL"))
    assert best_of(single, {HUNDRED: {"single": 1.0}, TEN: {"single": 2.0}, HUEY: {"single": 3.0}}) == (
        "pgqueuer, 10 at a time",
        2.0,
    )


def test_without_peers_only_the_limits_of_our_own_are_targets() -> None:
    found = {one.name: one.target for one in figures({OURS: {"drain": 1.0, "p99": 2.0}})}
    assert found == {"drain: Isthmus": None, "pick-up p99: Isthmus": "<= 5 ms"}


@pytest.mark.parametrize(("share", "value"), [(0.99, 99.0), (0.5, 50.0), (1.0, 100.0), (0.001, 1.0)])
def test_a_percentile_is_a_value_that_was_measured(share: float, value: float) -> None:
    assert percentile([float(one) for one in range(1, 101)], share) == value


def test_other_requirements_are_installed_into_another_environment() -> None:
    assert name_of(b"huey==1") != name_of(b"huey==2")


def test_peers_that_need_a_broker_stay_out_where_none_is_named_or_none_answers() -> None:
    engines = {one.engine for one in peers(Path("python"), {"ISTHMUS_TEST_REDIS": "redis://127.0.0.1:1/0"})}
    assert engines == {"PostgreSQL", "SQLite"}
    assert not is_reachable("amqp://127.0.0.1:1/")
