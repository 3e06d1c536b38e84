"""SQL databases: SQLite files for one machine, PostgreSQL for many.

How transactions behave is the same on both, close to PostgreSQL's READ COMMITTED: every statement sees what
others had committed when it began. On SQLite that is reached so: until a transaction first writes, its
statements stand alone (no snapshot is held, so nothing can go stale); the first write begins with ``BEGIN
IMMEDIATE``, which waits for its turn. A deferred transaction that upgrades to a writer, the classic source of
"database is locked", never happens. Code that reads in order to write calls :meth:`SqlTransaction.lock`
first.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from isthmus.errors import ConfigurationError
from isthmus.records.dberror import translated, unreachable
from isthmus.records.dialect import Dialect, Postgresql, Sqlite, add_functions

if TYPE_CHECKING:
    from isthmus.clock import Clock
    from isthmus.records.registry import Registry
    from isthmus.records.sqlstore import SqlStore
    from isthmus.records.tables import Tables

#: How long a SQLite writer waits for another one.
BUSY_TIMEOUT_S = 30.0

if TYPE_CHECKING:
    #: Rows of any width.
    Result = sa.CursorResult[*tuple[Any, ...]]

Parameters = dict[str, Any] | Sequence[dict[str, Any]] | None


class SqlDatabase:
    """A database by its URL: ``sqlite:///path/file.sqlite``, ``postgresql://user@host/name``.

    ``sqlite://`` is a private database that is deleted with this object. ``synchronous`` is SQLite's setting:
    "NORMAL" survives the end of the process, "FULL" the end of power too, "OFF" neither. ``busy_timeout_s``
    limits the wait for another writer; ``pool_size`` the connections that are kept open.
    Raises ConfigurationError for a URL that is none of these. Safe to share between threads.
    """

    def __init__(
        self,
        url: str,
        *,
        synchronous: str = "NORMAL",
        busy_timeout_s: float = BUSY_TIMEOUT_S,
        pool_size: int = 10,
    ) -> None:
        parsed = _parsed(url)
        self.url = parsed.render_as_string(hide_password=True).replace("+psycopg", "", 1)
        self._tables: dict[int, tuple[Registry, Tables]] = {}
        self.dialect: Dialect
        if parsed.get_backend_name() == "sqlite":
            if not parsed.database or parsed.database == ":memory:":
                parsed = parsed.set(database=self._private_file())
                synchronous = "OFF"
            self.dialect = Sqlite()
            self.engine = _sqlite_engine(parsed, synchronous, busy_timeout_s, pool_size)
        else:
            self.dialect = Postgresql()
            self.engine = _postgresql_engine(parsed, self.dialect, pool_size)

    def _private_file(self) -> str:
        folder = tempfile.mkdtemp(prefix="isthmus-")
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        return str(Path(folder) / "private.sqlite")

    def transaction(self) -> SqlTransaction:
        """Open a transaction; the connection is taken when it is first used. For one thread."""
        return SqlTransaction(self)

    @contextmanager
    def begin(self) -> Iterator[SqlTransaction]:
        """Run the block in a transaction: commit at its end, roll back when it raises."""
        transaction = self.transaction()
        try:
            yield transaction
            transaction.commit()
        finally:
            transaction.close()

    def store(self, registry: Registry, transaction: SqlTransaction, clock: Clock) -> SqlStore:
        """Return the store of a registry's local models inside a transaction."""
        from isthmus.records.sqlstore import SqlStore

        return SqlStore(registry, self.tables(registry), transaction, clock)

    def tables(self, registry: Registry) -> Tables:
        """Return the tables that a registry's models are kept in; computed once for each registry."""
        from isthmus.records.tables import Tables

        found = self._tables.get(id(registry))
        if found is None:
            found = self._tables[id(registry)] = (registry, Tables(registry))
        return found[1]

    def close(self) -> None:
        """Close the connections that are not in use."""
        self.engine.dispose()

    def __repr__(self) -> str:
        return f"<SqlDatabase {self.url}>"


class SqlTransaction:
    """A connection from its first statement to :meth:`close`, with what is done on it."""

    def __init__(self, database: SqlDatabase) -> None:
        self.database = database
        self.dialect = database.dialect
        self._connection: sa.Connection | None = None
        self._is_locked = False

    @property
    def connection(self) -> sa.Connection:
        """The connection, opened when first asked for. Raises ConfigurationError when that fails."""
        if self._connection is None:
            try:
                self._connection = self.database.engine.connect()
            except sa.exc.SQLAlchemyError as error:
                raise unreachable(error, self.database.url) from error
        return self._connection

    def read(self, statement: sa.Executable, parameters: Parameters = None) -> Result:
        """Execute a statement that changes nothing. Fetch all of its rows before the next statement."""
        with self._translating():
            return self.connection.execute(statement, parameters)

    def change(self, statement: sa.Executable, parameters: Parameters = None) -> Result:
        """Execute a statement that writes, once or (for a list of parameters) once for each."""
        self.lock()
        with self._translating():
            return self.connection.execute(statement, parameters)

    def new_ids(self, table: sa.Table, count: int) -> list[int]:
        """Reserve ids for new rows of a table."""
        self.lock()
        with self._translating():
            return self.dialect.new_ids(self.connection, table, count)

    def lock(self) -> None:
        """Become a writer: from here on nobody else writes to a SQLite database. No effect on PostgreSQL."""
        if not self._is_locked:
            with self._translating():
                if self.dialect.name == "sqlite":
                    self.connection.exec_driver_sql("BEGIN IMMEDIATE")
            self._is_locked = True

    def try_advisory_lock(self, key: str) -> bool:
        """Lock a name until the end of the transaction; False when another transaction holds it.

        On SQLite there is one writer at a time: becoming it is the lock, waited for as long as any write is.
        """
        self.lock()
        with self._translating():
            return self.dialect.try_advisory_lock(self.connection, key)

    def try_row_locks(self, table: sa.Table, ids: Sequence[int]) -> bool:
        """Lock rows until the end of the transaction; False when another transaction holds one of them."""
        self.lock()
        with self._translating():
            return self.dialect.try_row_locks(self.connection, table, ids)

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undo what the block did when it raises."""
        self.lock()
        with self._translating():
            savepoint = self.connection.begin_nested()
        try:
            yield
        except BaseException:
            if savepoint.is_active:
                savepoint.rollback()
            raise
        with self._translating():
            savepoint.commit()

    def commit(self) -> None:
        """Make everything so far permanent; the transaction can be used further."""
        if self._connection is not None:
            with self._translating():
                self._connection.commit()
        self._is_locked = False

    def rollback(self) -> None:
        """Undo everything since the last commit; the transaction can be used further."""
        if self._connection is not None:
            with self._translating():
                self._connection.rollback()
        self._is_locked = False

    def close(self) -> None:
        """Give the connection back. What was not committed is undone."""
        if self._connection is not None:
            connection, self._connection = self._connection, None
            connection.close()
        self._is_locked = False

    @contextmanager
    def _translating(self) -> Iterator[None]:
        try:
            yield
        except sa.exc.SQLAlchemyError as error:
            found = translated(error, self.database.url)
            if found is error:
                raise
            raise found from error


# --- engines -------------------------------------------------------------------------------------------


def _parsed(url: str) -> sa.URL:
    expected = "Use sqlite:///path/file.sqlite or postgresql://user@host/name."
    try:
        parsed = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        # The URL may hold a password, so it is not repeated.
        raise ConfigurationError("The database URL cannot be read.", hint=expected) from None
    match parsed.drivername:
        case "sqlite":
            return parsed
        case "postgresql" | "postgres" | "postgresql+psycopg":
            return parsed.set(drivername="postgresql+psycopg")
        case other:
            raise ConfigurationError(f"Unknown kind of database {other!r}.", hint=expected)


def _sqlite_engine(url: sa.URL, synchronous: str, busy_timeout_s: float, pool_size: int) -> sa.Engine:
    engine = sa.create_engine(
        url,
        hide_parameters=True,
        pool_size=pool_size,
        max_overflow=-1,
        connect_args={"timeout": busy_timeout_s, "isolation_level": None},
    )

    @sa.event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, record: object) -> None:
        for pragma in ("journal_mode = WAL", f"synchronous = {synchronous}", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}")
        add_functions(connection)

    return engine


def _postgresql_engine(url: sa.URL, dialect: Postgresql, pool_size: int) -> sa.Engine:
    engine = sa.create_engine(
        url,
        hide_parameters=True,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=True,
        connect_args={"application_name": "isthmus"},
    )

    @sa.event.listens_for(engine, "first_connect")
    def learn(connection: Any, record: object) -> None:
        dialect.learn(connection)

    return engine
