"""Sleeping workers are woken by who enqueues, in this process and in others; a lost call costs a second."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from isthmus.errors import UnreachableError
from isthmus.jobs.doorbell import DatagramBell, NotifyBell, Ringer
from tests.jobs import Background


@pytest.fixture
def datagram() -> Iterator[DatagramBell]:
    bell = DatagramBell()
    yield bell
    bell.close()


def listener(url: str) -> Any:
    return psycopg.connect(url, autocommit=True)


@pytest.fixture
def notify(postgres_url: str) -> Iterator[NotifyBell]:
    bell = NotifyBell(lambda: listener(postgres_url))
    yield bell
    bell.close()


@pytest.mark.parametrize("kind", ["datagram", pytest.param("notify", marks=pytest.mark.postgres)])
def test_a_call_is_heard_before_and_during_sleep_and_once(request: Any, kind: str) -> None:
    bell: Any = request.getfixturevalue(kind)
    assert bell.wait(0.0) is False
    bell.ring()
    bell.ring()
    assert bell.wait(30.0) is True
    assert bell.wait(0.0) is False
    sleeper = Background(lambda: bell.wait(30.0))
    bell.ring()
    assert sleeper.join() is True


def test_a_ringer_calls_all_that_are_there_and_minds_nobody_who_is_not(datagram: DatagramBell) -> None:
    gone = DatagramBell()
    gone.close()
    other = DatagramBell()
    ringer = Ringer(lambda: [gone.port or 0, datagram.port or 0, other.port or 0])
    ringer.ring()
    assert (datagram.wait(30.0), other.wait(30.0)) == (True, True)
    other.close()
    ringer.ring()
    assert datagram.wait(30.0) is True


def test_a_full_buffer_and_a_store_that_is_away_are_no_errors(datagram: DatagramBell) -> None:
    for _ in range(5000):
        datagram.ring()
    assert datagram.wait(0.0) is True
    assert datagram.wait(0.0) is False

    def away() -> list[int]:
        raise UnreachableError("the database is away")

    Ringer(away).ring()


@pytest.mark.postgres
def test_what_others_say_in_their_transaction_is_heard_once_it_commits(
    notify: NotifyBell, postgres_url: str
) -> None:
    with psycopg.connect(postgres_url) as other:
        other.execute("NOTIFY isthmus_jobs")
        assert notify.wait(0.0) is False
        other.commit()
        assert notify.wait(30.0) is True
        other.execute("NOTIFY somebody_else")
        other.commit()
        assert notify.wait(0.05) is False


@pytest.mark.postgres
def test_a_connection_that_broke_counts_as_a_call_and_is_opened_again(
    notify: NotifyBell, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE query LIKE 'LISTEN%%' AND datname = current_database()"
        )
        assert notify.wait(30.0) is True  # a call may have been lost with it
        later = time.monotonic() + 5
        monkeypatch.setattr("isthmus.jobs.doorbell.time.monotonic", lambda: later)
        assert notify.wait(0.0) is False  # listens again
        other.execute("NOTIFY isthmus_jobs")
        assert notify.wait(30.0) is True


def test_a_bell_whose_database_is_away_still_hears_its_own_process() -> None:
    def away() -> Any:
        raise psycopg.OperationalError("refused")

    bell = NotifyBell(away)
    bell.ring()
    assert bell.wait(30.0) is True
    bell.close()
