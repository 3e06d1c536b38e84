"""Statements that wait: run in their place, undone with their transaction, and one alone needs no BEGIN."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from isthmus.errors import ConcurrentWriteError, ConstraintError
from isthmus.records import SqlDatabase
from isthmus.records.transaction import SqlTransaction

ADD = {"sqlite": "INSERT INTO mark (id) VALUES (?)", "postgresql": "INSERT INTO mark (id) VALUES (%s)"}


@pytest.fixture
def marks(database: SqlDatabase) -> SqlDatabase:
    with database.begin() as transaction:
        transaction.lock()
        transaction.execute("CREATE TABLE mark (id integer PRIMARY KEY)")
    return database


def add(transaction: SqlTransaction, mark: int) -> None:
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
        assert transaction.has_written
    assert found(marks) == [1]


@pytest.mark.parametrize("before", ["lock", "read", "execute"])
def test_a_statement_in_a_transaction_that_has_begun_ends_with_it(marks: SqlDatabase, before: str) -> None:
    transaction = marks.transaction()
    {
        "lock": transaction.lock,
        "read": lambda: transaction.read(sa.text("SELECT 1")),
        "execute": lambda: transaction.execute("SELECT 1"),
    }[before]()
    add(transaction, 1)
    transaction.lock()
    assert found(marks) == []
    transaction.commit()
    transaction.close()
    assert found(marks) == [1]


def test_what_a_connection_needs_to_know_is_told_once_and_by_each(tmp_path: Path) -> None:
    database = SqlDatabase(f"sqlite:///{tmp_path}/marks.sqlite")
    with database.begin() as transaction:
        transaction.execute("CREATE TABLE mark (id integer PRIMARY KEY)")
    before = (
        "CREATE TEMP VIEW twice (id) AS SELECT NULL",
        "CREATE TEMP TRIGGER twice_add INSTEAD OF INSERT ON twice BEGIN "
        "INSERT INTO mark (id) VALUES (new.id); INSERT INTO mark (id) VALUES (-new.id); END",
    )
    one, other = database.transaction(), database.transaction()
    for mark, transaction in enumerate([one, other, one, other], 1):
        transaction.defer("INSERT INTO twice (id) VALUES (?)", (mark,), before)
        transaction.commit()
    for transaction in (one, other):
        transaction.close()
    assert found(database) == [-4, -3, -2, -1, 1, 2, 3, 4]
    database.close()


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


def test_a_transaction_whose_connection_is_lost_commits_nothing_of_its_rest(
    postgres_url: str, server: psycopg.Connection[tuple[int]]
) -> None:
    database = SqlDatabase(postgres_url)
    server.execute("CREATE TABLE mark (id integer PRIMARY KEY)")
    transaction = database.transaction()
    transaction.execute(ADD["postgresql"], (1,))
    server.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    for _ in range(2):
        with pytest.raises(ConcurrentWriteError):
            transaction.execute(ADD["postgresql"], (2,))
    add(transaction, 3)
    with pytest.raises(ConcurrentWriteError):
        transaction.commit()
    transaction.rollback()
    add(transaction, 4)
    transaction.commit()
    transaction.close()
    assert found(database) == [4]
    database.close()
