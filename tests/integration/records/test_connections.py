"""Connections that rest between transactions: used again, given up when they are old, lost or in the way."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from isthmus.errors import ConcurrentWriteError
from isthmus.records import SqlDatabase
from isthmus.records.connections import Connections
from tests.jobs import until


@pytest.fixture
def database(tmp_path: Path) -> Iterator[SqlDatabase]:
    opened = SqlDatabase(f"sqlite:///{tmp_path}/it.sqlite", pool_size=2)
    yield opened
    opened.close()


def test_the_next_transaction_has_the_connection_of_the_last_one_without_its_transaction(
    database: SqlDatabase,
) -> None:
    connections = database.connections
    one = connections.take()
    connections.give_back(one)
    assert connections.take() is one
    connections.give_back(one)
    transaction = database.transaction()
    transaction.lock()
    assert transaction.connection is one
    transaction.close()
    other = database.transaction()
    assert other.connection is one
    other.lock()  # would wait for itself if something were left open
    other.close()


def test_a_connection_with_settings_of_its_own_rests_for_nobody(database: SqlDatabase) -> None:
    transaction = database.transaction()
    transaction.own("PRAGMA query_only = ON")
    transaction.close()
    with database.begin() as another:
        another.execute("CREATE TABLE it (id integer)")


def test_one_that_has_rested_for_long_is_looked_over_by_the_pool(
    database: SqlDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_over = []
    sa.event.listen(database.engine, "checkout", lambda *about: looked_over.append(about))
    for _ in range(3):
        with database.begin() as transaction:
            transaction.execute("SELECT 1")
    assert len(looked_over) == 1
    monkeypatch.setattr("isthmus.records.connections.TRUSTED_S", -1.0)
    with database.begin() as transaction:
        transaction.execute("SELECT 1")
    assert len(looked_over) == 2


def test_no_more_rest_than_the_pool_keeps_and_none_after_the_end(database: SqlDatabase) -> None:
    taken = [database.connections.take() for _ in range(5)]
    for connection in taken:
        database.connections.give_back(connection)
    assert [connection.closed for connection in taken] == [False, False, True, True, True]
    database.close()
    assert all(connection.closed for connection in taken)


def test_when_one_was_lost_those_beside_it_are_not_trusted(database: SqlDatabase) -> None:
    lost, beside = database.connections.take(), database.connections.take()
    database.connections.give_back(beside)
    lost.invalidate()
    database.connections.give_back(lost)
    assert beside.closed
    assert lost.closed


def test_whoever_waits_for_the_pool_gets_what_is_given_back(tmp_path: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path}/it.sqlite", pool_size=2, max_overflow=0)
    connections = Connections(engine, 2)
    held = [connections.take(), connections.take()]
    got: list[sa.Connection] = []
    waiting = threading.Thread(target=lambda: got.append(connections.take()))
    waiting.start()
    until(lambda: connections.asking)
    connections.give_back(held.pop())
    waiting.join(10)
    assert len(got) == 1
    for connection in (*held, *got):
        connection.close()
    engine.dispose()


def kill_all(url: str) -> None:
    """End all other connections to a database of PostgreSQL."""
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.mark.parametrize("trusted_s", [0.0, 10.0], ids=["asked", "believed"])
@pytest.mark.parametrize("way", ["read", "execute", "lock and change"])
def test_those_that_died_while_they_rested_are_replaced(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch, trusted_s: float, way: str
) -> None:
    monkeypatch.setattr("isthmus.records.connections.TRUSTED_S", trusted_s)
    monkeypatch.setattr("isthmus.records.engine.TRUSTED_S", trusted_s)
    database = SqlDatabase(postgres_url)
    several = [database.transaction() for _ in range(3)]
    for transaction in several:
        transaction.execute("SELECT 1")
    for transaction in several:
        transaction.close()
    kill_all(postgres_url)
    with database.begin() as transaction:
        if way == "execute":
            found = transaction.execute("SELECT 1").fetchone()
        else:
            act = transaction.read if way == "read" else transaction.change
            found = act(sa.text("SELECT 1")).one()
        assert tuple(found) == (1,)
    database.close()


def test_a_statement_alone_is_not_repeated_on_another_connection(postgres_url: str) -> None:
    """It may have been committed before the connection was lost."""
    database = SqlDatabase(postgres_url)
    with database.begin() as transaction:
        transaction.execute("CREATE TABLE it (id integer)")
    with database.begin() as transaction:
        transaction.execute("SELECT 1")
    kill_all(postgres_url)
    transaction = database.transaction()
    transaction.defer("INSERT INTO it (id) VALUES (%s)", (1,))
    with pytest.raises(ConcurrentWriteError):
        transaction.commit()
    transaction.close()
    with database.begin() as transaction:
        assert transaction.execute("SELECT count(*) FROM it").fetchone() == (0,)
    database.close()


def test_a_lock_that_is_lost_is_not_forgotten_about(postgres_url: str) -> None:
    database = SqlDatabase(postgres_url)
    transaction = database.transaction()
    assert transaction.try_advisory_lock("it")
    kill_all(postgres_url)
    with pytest.raises(ConcurrentWriteError):
        transaction.execute("SELECT 1")
    transaction.close()
    database.close()


def test_one_whose_statement_alone_was_interrupted_is_used_by_nobody(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was left in a mode in which each statement commits itself."""

    def interrupt(*about: object) -> None:
        raise KeyboardInterrupt

    database = SqlDatabase(postgres_url)
    with database.begin() as transaction:
        transaction.execute("CREATE TABLE it (id integer)")
    transaction = database.transaction()
    transaction.defer("INSERT INTO it (id) VALUES (%s)", (1,))
    with monkeypatch.context() as patch:
        patch.setattr("psycopg.Connection.execute", interrupt)
        with pytest.raises(KeyboardInterrupt):
            transaction.commit()
    transaction.close()
    transaction = database.transaction()
    transaction.execute("INSERT INTO it (id) VALUES (2)")
    transaction.close()
    with database.begin() as transaction:
        assert transaction.execute("SELECT count(*) FROM it").fetchone() == (0,)
    database.close()


def test_one_that_cannot_roll_back_rests_for_nobody(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*about: object) -> None:
        raise psycopg.ProgrammingError("another command is in progress")

    database = SqlDatabase(postgres_url)
    transaction = database.transaction()
    transaction.execute("SELECT 1")
    with monkeypatch.context() as patch:
        patch.setattr("psycopg.Connection.rollback", refuse)
        transaction.close()
    with database.begin() as transaction:
        assert transaction.execute("SELECT 1").fetchone() == (1,)
    database.close()
