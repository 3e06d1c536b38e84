"""Statements that wait: run in their place, undone with their transaction, and one alone needs no BEGIN."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from isthmus.errors import ConcurrentWriteError, ConstraintError
from isthmus.records import SqlDatabase
from isthmus.records.database import SqlTransaction

ADD = {"sqlite": "INSERT INTO mark (id) VALUES (?)", "postgresql": "INSERT INTO mark (id) VALUES (%s)"}


@pytest.fixture
def marks(database: SqlDatabase) -> SqlDatabase:
    with database.begin() as transaction:
        transaction.lock()
        transaction.execute("CREATE TABLE mark (id integer PRIMARY KEY)")
    return database


def add(transaction: SqlTransaction, mark: int) -> None:
    transaction.lock()
    transaction.defer(ADD[transaction.dialect.name], (mark,))


def add_and_fail(transaction: SqlTransaction, mark: int) -> None:
    add(transaction, mark)
    raise ZeroDivisionError


def found(database: SqlDatabase) -> list[int]:
    with database.begin() as transaction:
        return [row[0] for row in transaction.execute("SELECT id FROM mark ORDER BY id").fetchall()]


def test_what_was_deferred_is_seen_by_what_comes_next_and_by_others_after_the_commit(
    marks: SqlDatabase,
) -> None:
    with marks.begin() as transaction:
        add(transaction, 1)
        add(transaction, 2)
        assert transaction.execute("SELECT count(*) FROM mark").fetchone()[0] == 2
        assert found(marks) == []
        add(transaction, 3)
    assert found(marks) == [1, 2, 3]


def test_one_statement_alone_is_committed(marks: SqlDatabase) -> None:
    with marks.begin() as transaction:
        add(transaction, 1)
    assert found(marks) == [1]


def test_what_was_deferred_is_undone_with_its_transaction(marks: SqlDatabase) -> None:
    with pytest.raises(ZeroDivisionError), marks.begin() as transaction:
        add_and_fail(transaction, 1)
    transaction = marks.transaction()
    add(transaction, 2)
    transaction.rollback()
    add(transaction, 3)
    transaction.commit()
    transaction.close()
    assert found(marks) == [3]


def test_a_savepoint_takes_back_what_was_deferred_inside_it_alone(marks: SqlDatabase) -> None:
    with marks.begin() as transaction:
        add(transaction, 1)
        with pytest.raises(ZeroDivisionError), transaction.savepoint():
            add_and_fail(transaction, 2)
        with transaction.savepoint():
            add(transaction, 3)
    assert found(marks) == [1, 3]


def test_a_statement_alone_that_is_refused_leaves_the_pool_usable(marks: SqlDatabase) -> None:
    with marks.begin() as transaction:
        add(transaction, 1)
    for _ in range(2):
        with pytest.raises(ConstraintError), marks.begin() as transaction:
            add(transaction, 1)
    with marks.begin() as transaction:
        add(transaction, 2)
        add(transaction, 3)
    assert found(marks) == [1, 2, 3]


@pytest.fixture
def server(postgres_url: str) -> Iterator[psycopg.Connection[tuple[int]]]:
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        yield connection


def test_a_connection_that_is_lost_with_a_statement_alone_is_replaced(
    postgres_url: str, server: psycopg.Connection[tuple[int]]
) -> None:
    database = SqlDatabase(postgres_url, pool_size=1)
    server.execute("CREATE TABLE mark (id integer PRIMARY KEY)")
    with database.begin() as transaction:
        add(transaction, 1)
    transaction = database.transaction()
    transaction.execute("SELECT 1")
    transaction.commit()
    server.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    add(transaction, 2)
    with pytest.raises(ConcurrentWriteError):
        transaction.commit()
    transaction.close()
    with database.begin() as transaction:
        add(transaction, 3)
    assert found(database) == [1, 3]
    database.close()
