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
import tempfile
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa

from isthmus.errors import ConcurrentWriteError
from isthmus.records.dberror import translated, unreachable
from isthmus.records.dialect import Dialect, Postgresql, Sqlite
from isthmus.records.engine import STEP_S, postgresql_engine, read_url, sqlite_engine

if TYPE_CHECKING:
    from isthmus.clock import Clock
    from isthmus.records.registry import Registry
    from isthmus.records.sqlstore import SqlStore
    from isthmus.records.tables import Tables

#: How many statements are held back at most.
DEFERRED = 1000

#: How long a SQLite writer waits for another one.
BUSY_TIMEOUT_S = 30.0

#: What begins a transaction that sees one moment.
SNAPSHOT = {
    "sqlite": "BEGIN",
    "postgresql": "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY",
}

if TYPE_CHECKING:
    #: Rows of any width.
    Result = sa.CursorResult[*tuple[Any, ...]]

Answer = TypeVar("Answer")
Parameters = dict[str, Any] | Sequence[dict[str, Any]] | None


class SqlDatabase:
    """A database by its URL: ``sqlite:///path/file.sqlite``, ``postgresql://user@host/name``.

    ``sqlite://`` is a private database that is deleted with this object. ``synchronous`` is SQLite's setting:
    "NORMAL" survives the end of the process, "FULL" the end of power too, "OFF" neither. ``busy_timeout_s``
    limits the wait for another writer; ``pool_size`` the connections that are kept open; ``extra`` are tables
    of other layers that are kept beside those of the models and upgraded with them.
    Raises ConfigurationError for a URL that is none of these. Safe to share between threads.
    """

    def __init__(
        self,
        url: str,
        *,
        synchronous: str = "NORMAL",
        busy_timeout_s: float = BUSY_TIMEOUT_S,
        pool_size: int = 10,
        extra: Sequence[sa.MetaData] = (),
    ) -> None:
        parsed = read_url(url)
        self.url = parsed.render_as_string(hide_password=True).replace("+psycopg", "", 1)
        self.busy_timeout_s = busy_timeout_s
        self.extra = tuple(extra)
        self._tables: dict[int, tuple[Registry, Tables]] = {}
        self.dialect: Dialect
        if parsed.get_backend_name() == "sqlite":
            if not parsed.database or parsed.database == ":memory:":
                parsed = parsed.set(database=self._private_file())
                synchronous = "OFF"
            self.dialect = Sqlite()
            step_s = min(STEP_S, busy_timeout_s)
            self.engine = sqlite_engine(parsed, synchronous, busy_timeout_s, step_s, pool_size)
        else:
            self.dialect = Postgresql()
            self.engine = postgresql_engine(parsed, self.dialect, pool_size)

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
            found = self._tables[id(registry)] = (registry, Tables(registry, self.extra))
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
        self._hooks: list[Callable[[], object]] = []
        self._deferred: list[tuple[str, tuple[Any, ...]]] = []

    @property
    def connection(self) -> sa.Connection:
        """The connection, opened when first asked for. Raises ConfigurationError when that fails."""
        if self._connection is None:
            try:
                self._connection = self.database.engine.connect()
            except sa.exc.SQLAlchemyError as error:
                raise unreachable(error, self.database.url) from error
        if self._deferred:
            self._catch_up()
        return self._connection

    def read(self, statement: sa.Executable, parameters: Parameters = None) -> Result:
        """Execute a statement that changes nothing. Fetch all of its rows before the next statement."""
        return self._insisting(lambda: self._read(statement, parameters))

    def _read(self, statement: sa.Executable, parameters: Parameters) -> Result:
        with self._translating():
            return self.connection.execute(statement, parameters)

    def change(self, statement: sa.Executable, parameters: Parameters = None) -> Result:
        """Execute a statement that writes, once or (for a list of parameters) once for each."""
        self.lock()
        with self._translating():
            return self.connection.execute(statement, parameters)

    def execute(self, statement: str, parameters: Any = ()) -> Any:
        """Execute a statement by the driver itself: a tuple of parameters, or a list of such tuples.

        Return the driver's cursor. For code that must be fast; it takes the right to write (:meth:`lock`)
        itself where it needs it.
        """
        try:
            return self._execute(statement, parameters)
        except ConcurrentWriteError:
            if self._is_locked:
                raise
            return self._insisting(lambda: self._execute(statement, parameters))

    def _execute(self, statement: str, parameters: Any = ()) -> Any:
        connection = self.connection
        if not connection.in_transaction():
            connection.begin()
        driver: Any = connection.connection.dbapi_connection
        try:
            if isinstance(parameters, list):
                cursor = driver.cursor()
                cursor.executemany(statement, parameters)
                return cursor
            return driver.execute(statement, parameters)
        except self._driver_error as error:
            raise self._translated(error, statement) from error

    def defer(self, statement: str, parameters: tuple[Any, ...]) -> None:
        """Execute a statement by the driver, whose answer nobody waits for, before whatever comes next.

        Errors come with that, or with the commit. Where nothing else is done in the transaction, it is sent
        without BEGIN and COMMIT, since one statement is a transaction by itself.
        """
        if self._deferred and (len(self._deferred) >= DEFERRED or self._deferred[0][0] != statement):
            self._catch_up()
        self._deferred.append((statement, parameters))

    def _catch_up(self) -> None:
        deferred, self._deferred = self._deferred, []
        if deferred:
            self.execute(deferred[0][0], [parameters for _, parameters in deferred])

    def _commit_alone(self) -> bool:
        """Execute the only statement of the transaction as one of its own; False when it is not alone."""
        if len(self._deferred) != 1 or self.dialect.name != "postgresql":
            return False
        (statement, parameters), self._deferred = self._deferred[0], []
        if self.connection.in_transaction():
            self._deferred = [(statement, parameters)]
            return False
        self.alone(statement, parameters)
        return True

    def alone(self, statement: str, parameters: tuple[Any, ...]) -> Any:
        """Execute a statement by the driver as a transaction of its own; return the driver's cursor.

        Only on PostgreSQL, where that saves two answers to wait for, and while no transaction is open.
        """
        connection = self.connection
        driver: Any = connection.connection.dbapi_connection
        try:
            driver.autocommit = True
            cursor = driver.execute(statement, parameters)
            driver.autocommit = False
        except self._driver_error as error:
            found = self._translated(error, statement)
            connection.invalidate(error)  # nobody else gets a connection in this mode
            raise found from error
        return cursor

    @property
    def _driver_error(self) -> type[Exception]:
        kind: type[Exception] = self.database.engine.dialect.loaded_dbapi.Error
        return kind

    def _translated(self, error: Exception, statement: str) -> Exception:
        """Return what an error of the driver is, as if SQLAlchemy had met it."""
        dialect = self.database.engine.dialect
        is_lost = dialect.is_disconnect(error, self.connection.connection.dbapi_connection, None)  # type: ignore[arg-type]
        if is_lost:
            self.connection.invalidate(error)
        wrapped = sa.exc.DBAPIError.instance(
            statement, None, error, self._driver_error, hide_parameters=True, connection_invalidated=is_lost
        )
        assert isinstance(wrapped, sa.exc.SQLAlchemyError)
        return translated(wrapped, self.database.url)

    def own(self, *statements: str) -> None:
        """Keep the connection out of the pool from here on, with settings of its own.

        For long-lived workers. :meth:`close` then really closes it.
        """
        with self._translating():
            self.connection.detach()
            for statement in statements:
                self.connection.exec_driver_sql(statement)
            self.connection.commit()

    def autocommit(self) -> None:
        """Let each statement stand alone from here to :meth:`close`, as VACUUM wants it on PostgreSQL."""
        self.connection.execution_options(isolation_level="AUTOCOMMIT")

    def snapshot(self) -> None:
        """Let all that is read from here to :meth:`close` be of one moment. Only for what writes nothing."""
        self.execute(SNAPSHOT[self.dialect.name])

    def new_ids(self, table: sa.Table, count: int) -> list[int]:
        """Reserve ids for new rows of a table."""
        self.lock()
        with self._translating():
            return self.dialect.new_ids(self.connection, table, count)

    def lock(self) -> None:
        """Become a writer: from here on nobody else writes to a SQLite database. No effect on PostgreSQL."""
        if not self._is_locked:
            if self.dialect.name == "sqlite":
                self._insisting(lambda: self._execute("BEGIN IMMEDIATE"))
            self._is_locked = True

    def _insisting(self, step: Callable[[], Answer]) -> Answer:
        """Take a step that waits for others, again and again until the time is over.

        SQLite waits for a short time only: in between, signals are handled and a job's thread can be
        interrupted. Inside a transaction there is nobody to wait for.
        """
        deadline = time.monotonic() + self.database.busy_timeout_s
        while True:
            try:
                return step()
            except ConcurrentWriteError:
                if self._is_locked or self.dialect.name != "sqlite" or time.monotonic() >= deadline:
                    raise

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
            self._deferred.clear()  # all of it was deferred inside
            if savepoint.is_active:
                savepoint.rollback()
            raise
        with self._translating():
            savepoint.commit()

    def commit(self) -> None:
        """Make everything so far permanent; the transaction can be used further."""
        if not self._commit_alone() and (self._connection is not None or self._deferred):
            with self._translating():
                self.connection.commit()
        self._is_locked = False
        hooks, self._hooks = self._hooks, []
        for hook in hooks:
            hook()

    def on_commit(self, hook: Callable[[], object]) -> None:
        """Call ``hook`` once the next commit has succeeded, at most once for equal hooks; never after a
        rollback. It must not fail, since the data is committed.
        """
        if hook not in self._hooks:
            self._hooks.append(hook)

    @property
    def has_written(self) -> bool:
        """Whether something was written, or a lock was taken, since the last commit."""
        return self._is_locked

    def rollback(self) -> None:
        """Undo everything since the last commit; the transaction can be used further."""
        self._deferred.clear()
        if self._connection is not None:
            with self._translating():
                self._connection.rollback()
        self._is_locked = False
        self._hooks.clear()

    def close(self) -> None:
        """Give the connection back. What was not committed is undone."""
        self._deferred.clear()
        if self._connection is not None:
            connection, self._connection = self._connection, None
            connection.close()
        self._is_locked = False
        self._hooks.clear()

    @contextmanager
    def _translating(self) -> Iterator[None]:
        try:
            yield
        except sa.exc.SQLAlchemyError as error:
            found = translated(error, self.database.url)
            if found is error:
                raise
            raise found from error
