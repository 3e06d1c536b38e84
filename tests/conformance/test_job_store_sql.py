"""The job store over SQL keeps the contract, on SQLite files and PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from isthmus.records import SqlDatabase
from tests.conformance.job_store_suite import JobStoreSuite
from tests.jobs import Jobs, emptied, opened


@pytest.fixture(scope="module")
def shared_database(module_database_url: str) -> Iterator[SqlDatabase]:
    """Give one database for the whole module: each test empties its tables."""
    database = opened(module_database_url)
    yield database
    database.close()


@pytest.fixture
def jobs(shared_database: SqlDatabase) -> Jobs:
    emptied(shared_database)
    return Jobs(shared_database)


class TestSqlJobStore(JobStoreSuite):
    """Every test of the suite."""
