"""The record store over SQL keeps the contract, on SQLite files, private SQLite databases and PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from isthmus.clock import SystemClock
from isthmus.records import Registry, SqlDatabase, upgrade_schema
from tests.conformance.record_store_suite import DECLARED, RecordStoreSuite, StoreCase

REGISTRY = Registry.build(classes=DECLARED)


@pytest.fixture(
    scope="module", params=["file", "private", pytest.param("postgres", marks=pytest.mark.postgres)]
)
def shared_database(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SqlDatabase]:
    """Give one database for the whole module: each test rolls back."""
    if request.param == "postgres":
        url = request.getfixturevalue("module_postgres_url")
    else:
        url = (
            f"sqlite:///{tmp_path_factory.mktemp('store')}/store.sqlite"
            if request.param == "file"
            else "sqlite://"
        )
    database = SqlDatabase(url, synchronous="OFF")
    upgrade_schema(database, REGISTRY)
    yield database
    database.close()


@pytest.fixture
def case(shared_database: SqlDatabase) -> Iterator[StoreCase]:
    transaction = shared_database.transaction()
    yield StoreCase(shared_database.store(REGISTRY, transaction, SystemClock()))
    transaction.rollback()
    transaction.close()


class TestSqlStore(RecordStoreSuite):
    """Every test of the suite."""
