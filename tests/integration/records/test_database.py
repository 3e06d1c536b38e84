"""Databases: transactions of several threads, errors in our words, and nothing of the password."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from isthmus.clock import SystemClock
from isthmus.errors import (
    ConcurrentWriteError,
    ConfigurationError,
    ConstraintError,
    RecordError,
    SchemaError,
)
from isthmus.records import Domain, SqlDatabase, open_environment, upgrade_schema
from isthmus.records.domain import TRUE
from tests.integration.records.shelf import BOOK, LOAN, REGISTRY, SHELF, open_store


@pytest.fixture
def shelves(database: SqlDatabase) -> SqlDatabase:
    upgrade_schema(database, REGISTRY)
    return database


def book_ids(database: SqlDatabase) -> list[int]:
    with open_store(database) as store:
        return store.search(BOOK, TRUE)


# --- transactions --------------------------------------------------------------------------------------


def test_what_is_committed_stays_and_what_is_not_is_gone(shelves: SqlDatabase) -> None:
    with open_store(shelves) as store:
        (kept,) = store.create(BOOK, [{}])
    with pytest.raises(ZeroDivisionError), open_store(shelves) as store:
        1 // (store.create(BOOK, [{}])[0] - kept - 1)
    assert book_ids(shelves) == [kept]


def test_a_commit_in_the_middle_keeps_what_came_before(shelves: SqlDatabase) -> None:
    transaction = shelves.transaction()
    store = shelves.store(REGISTRY, transaction, SystemClock())
    (kept,) = store.create(BOOK, [{}])
    transaction.commit()
    store.create(BOOK, [{}])
    transaction.rollback()
    (also,) = store.create(BOOK, [{}])
    transaction.commit()
    transaction.close()
    assert book_ids(shelves) == [kept, also]


def test_a_savepoint_takes_back_only_its_own_block(shelves: SqlDatabase) -> None:
    with open_environment(REGISTRY, shelves) as env:
        books = env[BOOK]
        kept = books.create({"name": "kept"})

        def create_and_fail() -> None:
            books.create({"name": "gone"})
            env[SHELF].create([{"name": "A"}, {"name": "A"}])

        with pytest.raises(ConstraintError), env.savepoint():
            create_and_fail()
        with env.savepoint():
            also = books.create({"name": "also"})
        assert books.search([]) == kept + also


def test_others_see_nothing_before_the_commit_and_all_of_it_after(shelves: SqlDatabase) -> None:
    with open_store(shelves) as writer:
        (id_,) = writer.create(BOOK, [{}])
        assert book_ids(shelves) == []
    assert book_ids(shelves) == [id_]


def test_a_transaction_that_only_read_sees_what_others_committed_meanwhile(shelves: SqlDatabase) -> None:
    with open_store(shelves) as reader:
        assert reader.search(BOOK, TRUE) == []
        with open_store(shelves) as writer:
            (id_,) = writer.create(BOOK, [{}])
        assert reader.search(BOOK, TRUE) == [id_]
        reader.write(BOOK, [id_], {"pages": 3})  # no stale snapshot to upgrade
    with open_store(shelves) as store:
        assert store.read(BOOK, [id_], ["pages"]) == [{"id": id_, "pages": 3}]


def test_many_threads_write_and_none_of_their_work_is_lost(shelves: SqlDatabase) -> None:
    with open_store(shelves) as store:
        (id_,) = store.create(BOOK, [{"pages": 0}])

    def count_up(number: int) -> None:
        with shelves.begin() as transaction:
            store = shelves.store(REGISTRY, transaction, SystemClock())
            transaction.lock()
            table = shelves.tables(REGISTRY).table(BOOK)
            locked = sa.select(table.c.pages).where(table.c.id == id_).with_for_update()
            pages = transaction.read(locked).scalar_one()
            store.write(BOOK, [id_], {"pages": pages + 1})
            store.create(BOOK, [{"name": f"by {number}"}])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(count_up, range(40)))
    with open_store(shelves) as store:
        assert store.read(BOOK, [id_], ["pages"]) == [{"id": id_, "pages": 40}]
        assert store.count(BOOK, TRUE) == 41


def test_threads_that_upsert_one_identifier_make_one_record(shelves: SqlDatabase) -> None:
    start = threading.Barrier(6)

    def upsert(number: int) -> int | None:
        start.wait()
        try:
            with open_store(shelves) as store:
                return store.upsert(BOOK, [("x.shared", {"pages": number})])[0]
        except ConcurrentWriteError:
            return None

    with ThreadPoolExecutor(6) as pool:
        found = {id_ for id_ in pool.map(upsert, range(6)) if id_ is not None}
    assert len(found) == 1
    assert book_ids(shelves) == list(found)


def test_threads_that_add_the_same_link_do_not_hinder_each_other(shelves: SqlDatabase) -> None:
    with open_store(shelves) as store:
        first, second = store.create(BOOK, [{}, {}])
    start = threading.Barrier(4)

    def link(_: int) -> None:
        with open_store(shelves) as store:
            start.wait()
            store.write_each(BOOK, [(first, {"similar_ids": [(4, second)]})])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(link, range(4)))
    with open_store(shelves) as store:
        assert store.read(BOOK, [first], ["similar_ids"]) == [{"id": first, "similar_ids": [second]}]


# --- errors --------------------------------------------------------------------------------------------


def test_a_busy_sqlite_file_is_a_retryable_error(sqlite_url: str) -> None:
    first, second = SqlDatabase(sqlite_url), SqlDatabase(sqlite_url, busy_timeout_s=0.01)
    upgrade_schema(first, REGISTRY)
    with open_store(first) as store:
        store.create(BOOK, [{}])
        with pytest.raises(ConcurrentWriteError) as busy, open_store(second) as other:
            other.create(BOOK, [{}])
    assert busy.value.retryable
    with open_store(second) as other:
        other.create(BOOK, [{}])


@pytest.mark.postgres
def test_a_deadlock_is_a_retryable_error(postgres_url: str) -> None:
    database = SqlDatabase(postgres_url)
    upgrade_schema(database, REGISTRY)
    with open_store(database) as store:
        first, second = store.create(BOOK, [{}, {}])
    both_hold_one = threading.Barrier(2)

    def write(ids: tuple[int, int]) -> str:
        try:
            with open_store(database) as store:
                store.write(BOOK, ids[:1], {"pages": 1})
                both_hold_one.wait()
                store.write(BOOK, ids[1:], {"pages": 1})
        except ConcurrentWriteError as error:
            return "retryable" if error.retryable else "final"
        return "done"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(write, [(first, second), (second, first)])) == ["done", "retryable"]
    database.close()


@pytest.mark.postgres
def test_a_connection_that_breaks_is_a_retryable_error_and_the_next_one_works(postgres_url: str) -> None:
    database = SqlDatabase(postgres_url)
    upgrade_schema(database, REGISTRY)
    end_others = sa.text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )

    def lose_the_connection() -> None:
        with open_store(database) as store:
            store.create(BOOK, [{}])
            with SqlDatabase(postgres_url).begin() as other:
                other.read(end_others).all()
            store.create(BOOK, [{}])

    with pytest.raises(ConcurrentWriteError):
        lose_the_connection()
    assert book_ids(database) == []
    database.close()


@pytest.mark.postgres
def test_a_statement_after_a_failed_one_says_how_to_go_on(postgres_url: str) -> None:
    database = SqlDatabase(postgres_url)
    upgrade_schema(database, REGISTRY)

    def go_on_after_a_failure() -> None:
        with open_store(database) as store:
            with pytest.raises(ConstraintError):
                store.create(BOOK, [{"shelf_id": 999}])
            store.count(BOOK, TRUE)

    with pytest.raises(RecordError, match="savepoint"):
        go_on_after_a_failure()
    database.close()


def test_a_missing_table_says_to_upgrade(database: SqlDatabase) -> None:
    with pytest.raises(SchemaError, match="isthmus db upgrade"), open_store(database) as store:
        store.search(BOOK, TRUE)
    with pytest.raises(SchemaError, match="isthmus db upgrade"), open_store(database) as store:
        store.create(BOOK, [{}])


def test_a_missing_column_says_to_upgrade(shelves: SqlDatabase) -> None:
    with shelves.begin() as transaction:
        transaction.change(sa.text("ALTER TABLE test_book DROP COLUMN pages"))
    with pytest.raises(SchemaError, match="isthmus db upgrade"), open_store(shelves) as store:
        store.search(BOOK, Domain.parse([("pages", "=", 1)]))
    with pytest.raises(SchemaError, match="isthmus db upgrade"), open_store(shelves) as store:
        store.create(BOOK, [{"pages": 1}])


@pytest.mark.parametrize("url", ["mysql://u:geheim@h/d", "geheim", "postgresql://u:geheim@h:port/d", ""])
def test_a_url_that_is_none_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ConfigurationError, match=r"sqlite:///path/file\.sqlite") as refused:
        SqlDatabase(url)
    assert "geheim" not in str(refused.value)


def test_the_password_is_shown_nowhere() -> None:
    database = SqlDatabase("postgres://someone:geheim@127.0.0.1:1/nothing")
    with pytest.raises(ConfigurationError, match="Cannot open the database postgresql://someone") as refused:
        upgrade_schema(database, REGISTRY)
    assert "geheim" not in f"{database!r} {database.url} {refused.value} {refused.value.__cause__}"


def broken_file(folder: Path) -> str:
    (folder / "file.sqlite").write_text("this is no database, but it is long enough to look like one" * 40)
    return f"sqlite:///{folder}/file.sqlite"


def missing_folder(folder: Path) -> str:
    return f"sqlite:///{folder}/nowhere/file.sqlite"


def folder_itself(folder: Path) -> str:
    return f"sqlite:///{folder}"


@pytest.mark.parametrize(
    "url_in", [broken_file, missing_folder, folder_itself], ids=lambda make: make.__name__
)
def test_a_file_that_is_no_database_is_a_configuration_error(
    tmp_path: Path, url_in: Callable[[Path], str]
) -> None:
    database = SqlDatabase(url_in(tmp_path))
    with pytest.raises(ConfigurationError, match=r"\.sqlite|sqlite:///"):
        upgrade_schema(database, REGISTRY)
    with pytest.raises(ConfigurationError), open_store(database) as store:
        store.create(BOOK, [{}])


# --- settings ------------------------------------------------------------------------------------------


def test_sqlite_files_are_in_wal_mode_with_foreign_keys(sqlite_url: str, tmp_path: Path) -> None:
    with SqlDatabase(sqlite_url, synchronous="FULL").begin() as transaction:
        settings = {
            name: transaction.read(sa.text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "foreign_keys", "synchronous")
        }
    assert settings == {"journal_mode": "wal", "foreign_keys": 1, "synchronous": 2}


def test_a_private_database_disappears_with_its_object() -> None:
    database = SqlDatabase("sqlite://")
    upgrade_schema(database, REGISTRY)
    file = Path(str(database.engine.url.database))
    assert file.exists()
    database.close()
    del database
    assert not file.parent.exists()


def test_two_private_databases_know_nothing_of_each_other() -> None:
    first, second = SqlDatabase("sqlite://"), SqlDatabase("sqlite:///:memory:")
    for database in (first, second):
        upgrade_schema(database, REGISTRY)
    with open_store(first) as store:
        store.create(BOOK, [{}])
    assert book_ids(second) == []


def test_a_file_from_elsewhere_is_read_as_it_is(tmp_path: Path) -> None:
    """The schema is plain: other programs read and write the same file."""
    database = SqlDatabase(f"sqlite:///{tmp_path}/shared.sqlite")
    upgrade_schema(database, REGISTRY)
    with sqlite3.connect(tmp_path / "shared.sqlite") as connection:
        connection.execute(
            "INSERT INTO test_book (name, data, read_at) VALUES ('x', '[1]', '2026-01-02 03:04:05')"
        )
    with open_store(database) as store:
        (row,) = store.search_read(
            BOOK, Domain.parse([("read_at", ">", "2026-01-02")]) | TRUE, ["data", "pages"]
        )
    assert row == {"id": 1, "data": [1], "pages": 0}


def test_transactions_of_a_loan_and_its_book_are_one(shelves: SqlDatabase) -> None:
    with open_environment(REGISTRY, shelves) as env:
        loan: Any = env[LOAN].create({"name": "Delegated", "reader": "Ann"})
        assert loan.book_id.name == "Delegated"
    with pytest.raises(ConstraintError), open_environment(REGISTRY, shelves) as env:
        env[LOAN].create({"name": "Never", "reader": False})
    with open_store(shelves) as store:
        assert store.count(BOOK, TRUE) == 1


def test_those_who_open_a_new_sqlite_file_at_the_same_moment_all_may(tmp_path: Path) -> None:
    for number in range(20):
        databases = [SqlDatabase(f"sqlite:///{tmp_path}/{number}.sqlite") for _ in range(4)]
        together = threading.Barrier(len(databases))

        def write(database: SqlDatabase, together: threading.Barrier = together) -> None:
            together.wait()
            with database.begin() as transaction:
                transaction.lock()
                transaction.execute("CREATE TABLE IF NOT EXISTS note (text TEXT)")

        with ThreadPoolExecutor(len(databases)) as pool:
            list(pool.map(write, databases))
