"""Transactions of SQL databases: what is done on one connection from its first statement to its end.

How they behave is the same on SQLite and PostgreSQL, close to PostgreSQL's READ COMMITTED: every statement
sees what others had committed when it began. On SQLite that is reached so: until a transaction first writes,
its statements stand alone (no snapshot is held, so nothing can go stale); the first write begins with
``BEGIN IMMEDIATE``, which waits for its turn. A deferred transaction that upgrades to a writer, the classic
source of "database is locked", never happens. Code that reads in order to write calls
:meth:`SqlTransaction.lock` first.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa

from isthmus.errors import ConcurrentWriteError, IsthmusError
from isthmus.records.dberror import translated, unreachable

if TYPE_CHECKING:
    from isthmus.records.database import SqlDatabase

    #: Rows of any width.
    Result = sa.CursorResult[*tuple[Any, ...]]

#: How many statements are held back at most.
DEFERRED = 1000

#: What begins a transaction that sees one moment.
SNAPSHOT = {
    "sqlite": "BEGIN",
    "postgresql": "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY",
}

Answer = TypeVar("Answer")
Parameters = dict[str, Any] | Sequence[dict[str, Any]] | None


class SqlTransaction:
    """A connection from its first statement to :meth:`close`, with what is done on it."""

    def __init__(self, database: SqlDatabase) -> None:
        self.database = database
        self.dialect = database.dialect
        self._connection: sa.Connection | None = None
        self._driver: Any = None
        self._lost: Exception | None = None
        self._is_begun = False
        self._is_answered = False
        self._is_reusable = True
        self._is_locked = False
        self._hooks: list[Callable[[], object]] = []
        self._deferred: list[tuple[Any, ...]] = []
        self._statement: tuple[str, tuple[str, ...]] = ("", ())

    @property
    def connection(self) -> sa.Connection:
        """The connection, opened when first asked for. Raises ConfigurationError when that fails."""
        self._is_answered = True  # who knows what is done on it
        return self._ready()

    @property
    def driver(self) -> Any:
        """The driver's connection, in a transaction that :meth:`commit` and :meth:`rollback` end."""
        self._is_answered = True
        return self._ready_driver()

    def _ready(self) -> sa.Connection:
        if self._driver is None:
            self._open()
        if self._deferred:
            self._catch_up()
        assert self._connection is not None
        return self._connection

    def _ready_driver(self) -> Any:
        if self._driver is None or self._deferred:
            self._ready()
        self._is_begun = True
        return self._driver

    def _open(self) -> None:
        if self._lost is not None:  # the rest of a transaction is worth nothing without its beginning
            raise self._lost
        try:
            if self._connection is None:
                self._connection = self.database.connections.take()
            self._driver = self._connection.connection.dbapi_connection
        except sa.exc.SQLAlchemyError as error:
            raise unreachable(error, self.database.url) from error

    def read(self, statement: sa.Executable, parameters: Parameters = None) -> Result:
        """Execute a statement that changes nothing. Fetch all of its rows before the next statement."""
        return self._insisting(lambda: self._by_engine(statement, parameters))

    def change(self, statement: sa.Executable, parameters: Parameters = None) -> Result:
        """Execute a statement that writes, once or (for a list of parameters) once for each."""
        self.lock()
        return self._by_engine(statement, parameters)

    def _by_engine(self, statement: sa.Executable, parameters: Parameters) -> Result:
        def step() -> Result:
            with self._translating():
                return self._ready().execute(statement, parameters)

        return self._on_one_that_lives(step)

    def execute(self, statement: str, parameters: Any = ()) -> Any:
        """Execute a statement by the driver itself: a tuple of parameters, or a list of such tuples.

        Return the driver's cursor. For code that must be fast; it takes the right to write (:meth:`lock`)
        itself where it needs it.
        """
        if self._is_locked or self.dialect.name != "sqlite":
            return self._execute(statement, parameters)
        return self._insisting(lambda: self._execute(statement, parameters))

    def _execute(self, statement: str, parameters: Any) -> Any:
        return self._on_one_that_lives(lambda: self._by_driver(statement, parameters))

    def _by_driver(self, statement: str, parameters: Any) -> Any:
        driver = self._ready_driver()
        try:
            if isinstance(parameters, list):
                cursor = driver.cursor()
                cursor.executemany(statement, parameters)
                return cursor
            return driver.execute(statement, parameters)
        except self._driver_error as error:
            raise self._translated(error, statement) from error

    def _on_one_that_lives(self, step: Callable[[], Answer]) -> Answer:
        """Take a step of the transaction; the first one on another connection if this one turns out to be
        lost: nothing was done on it.
        """
        try:
            answer = step()
        except ConcurrentWriteError:
            if self._is_answered or self._connection is None or not self._connection.invalidated:
                raise
            self.database.connections.give_up(self._connection)
            self._connection = self._driver = self._lost = None
            answer = step()
        self._is_answered = True
        return answer

    def defer(self, statement: str, parameters: tuple[Any, ...], before: tuple[str, ...] = ()) -> None:
        """Execute a statement by the driver, whose answer nobody waits for, before whatever comes next.

        Errors come with that, or with the commit. Where nothing else is done in the transaction, it is sent
        without BEGIN and COMMIT, since one statement is a transaction by itself. ``before`` is what each
        connection has to execute once before it: what makes temporary views and triggers.
        """
        if self._deferred and (len(self._deferred) >= DEFERRED or self._statement != (statement, before)):
            self._catch_up()
        self._statement = (statement, before)
        self._deferred.append(parameters)

    def _catch_up(self) -> None:
        deferred, self._deferred = self._deferred, []
        self.lock()
        self.execute(self._prepared(), deferred)

    def _commit_alone(self) -> bool:
        """Execute the only statement of the transaction as one of its own; False when it is not alone."""
        if len(self._deferred) != 1 or self._is_begun or self._is_locked or self._is_begun_by_engine():
            return False
        (parameters,), self._deferred = self._deferred, []
        statement = self._prepared()
        self._insisting(lambda: self.alone(statement, parameters))
        return True

    def _prepared(self) -> str:
        """Return the deferred statement, of which the connection knows what it needs to."""
        statement, before = self._statement
        if before:
            known = self._ready().info
            if before not in known:
                for one in before:
                    self.alone(one)
                known[before] = True
        return statement

    def _is_begun_by_engine(self) -> bool:
        return self._connection is not None and self._connection.in_transaction()

    def alone(self, statement: str, parameters: tuple[Any, ...] = ()) -> Any:
        """Execute a statement by the driver as a transaction of its own; return the driver's cursor.

        Only while no transaction is open. It saves BEGIN and COMMIT, which on PostgreSQL are two answers to
        wait for.
        """
        if self._driver is None:
            self._open()
        driver = self._driver
        try:
            if self.dialect.name == "sqlite":
                return driver.execute(statement, parameters)
            driver.autocommit = True
            cursor = driver.execute(statement, parameters)
            driver.autocommit = False
        except self._driver_error as error:
            found = self._translated(error, statement)
            self._spoil()
            raise found from error
        except BaseException:  # who waits for the answer was interrupted
            self._spoil()
            raise
        return cursor

    def _spoil(self) -> None:
        """Have nobody get a connection of PostgreSQL that was left in the mode of single statements."""
        if self._connection is not None and self.dialect.name == "postgresql":
            self._connection.invalidate()
            self._driver = None

    @property
    def _driver_error(self) -> type[Exception]:
        kind: type[Exception] = self.database.engine.dialect.loaded_dbapi.Error
        return kind

    def _translated(self, error: Exception, statement: str) -> Exception:
        """Return what an error of the driver is, as if SQLAlchemy had met it."""
        is_lost = self.database.engine.dialect.is_disconnect(error, self._driver, None)  # type: ignore[arg-type]
        if is_lost:
            assert self._connection is not None
            self._connection.invalidate(error)
            self._driver = None
        wrapped = sa.exc.DBAPIError.instance(
            statement, None, error, self._driver_error, hide_parameters=True, connection_invalidated=is_lost
        )
        assert isinstance(wrapped, sa.exc.SQLAlchemyError)
        found = translated(wrapped, self.database.url)
        if is_lost:
            self._lost = found
        return found

    def own(self, *statements: str) -> None:
        """Keep the connection out of the pool from here on, with settings of its own.

        For long-lived workers. :meth:`close` then really closes it.
        """
        self._is_reusable = False
        with self._translating():
            self.connection.detach()
            for statement in statements:
                self.connection.exec_driver_sql(statement)
            self.connection.commit()

    def autocommit(self) -> None:
        """Let each statement stand alone from here to :meth:`close`, as VACUUM wants it on PostgreSQL."""
        self._is_reusable = False
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
        if self._deferred:
            self._catch_up()
        if not self._is_locked:
            if self.dialect.name == "sqlite":
                self._insisting(lambda: self._execute("BEGIN IMMEDIATE", ()))
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
        if not self._deferred or not self._commit_alone():
            if self._deferred or self._lost is not None:
                self._ready()
            self._end("commit")
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
        return self._is_locked or bool(self._deferred)

    def rollback(self) -> None:
        """Undo everything since the last commit; the transaction can be used further."""
        self._deferred.clear()
        self._lost = None
        self._end("rollback")
        self._is_locked = False
        self._hooks.clear()

    def _end(self, how: str) -> None:
        """Commit what is open, or roll it back."""
        if self._is_begun_by_engine():
            with self._translating():
                getattr(self._connection, how)()
        elif self._is_begun and self._driver is not None:
            try:
                getattr(self._driver, how)()
            except self._driver_error as error:
                raise self._translated(error, how.upper()) from error
        self._is_begun = self._is_answered = False

    def close(self) -> None:
        """Give the connection back. What was not committed is undone."""
        self._deferred.clear()
        if self._connection is not None:
            self._part_with(self._connection)
            self._connection = self._driver = self._lost = None
        self._is_begun = self._is_answered = self._is_locked = False
        self._is_reusable = True
        self._hooks.clear()

    def _part_with(self, connection: sa.Connection) -> None:
        if not self._is_reusable:
            connection.close()
            return
        try:
            self._end("rollback")
        except (IsthmusError, sa.exc.SQLAlchemyError):  # it is undone by the end of the connection
            connection.invalidate()
        self.database.connections.give_back(connection)

    @contextmanager
    def _translating(self) -> Iterator[None]:
        try:
            yield
        except sa.exc.SQLAlchemyError as error:
            found = translated(error, self.database.url)
            if found is error:
                raise
            raise found from error
