"""Open transactions of a job store over PostgreSQL do to each other what they may, and no more."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from isthmus.records import SqlDatabase
from tests.conformance.job_race_suite import JobRaceSuite
from tests.jobs import Jobs, emptied, opened


@pytest.fixture(scope="module")
def shared_database(module_postgres_url: str) -> Iterator[SqlDatabase]:
    """Give one database for the whole module: each test empties its tables."""
    database = opened(module_postgres_url)
    yield database
    database.close()


@pytest.fixture
def jobs(shared_database: SqlDatabase) -> Jobs:
    emptied(shared_database)
    return Jobs(shared_database)


@pytest.mark.postgres
class TestPostgresqlJobStore(JobRaceSuite):
    """Every test of the suite."""
