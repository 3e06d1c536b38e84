"""SQL in one spelling for SQLite and PostgreSQL, close to the driver: a job costs a few microseconds here.

Parameters are written ``?``. What the two say differently has a method: membership in a list, insertion of
many rows, row locks.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from functools import lru_cache
from typing import Any, Protocol, TypeVar

import sqlalchemy as sa

from isthmus.jobs import tables

Row = tuple[Any, ...]
Thing = TypeVar("Thing")

#: From how many rows on PostgreSQL takes them faster by COPY than as arrays.
COPY_FROM = 500


class Transaction(Protocol):
    """A database transaction (:class:`isthmus.records.transaction.SqlTransaction`)."""

    dialect: Any
    driver: Any

    def execute(self, statement: str, parameters: Any = ()) -> Any:
        """Execute a statement in the driver's words; return its cursor."""
        ...

    def defer(self, statement: str, parameters: tuple[Any, ...], before: tuple[str, ...] = ()) -> None:
        """Execute a statement before whatever comes next, or with the commit.

        ``before``: what each connection executes once before it.
        """
        ...

    def alone(self, statement: str, parameters: tuple[Any, ...]) -> Any:
        """Execute a statement as a transaction of its own; return its cursor."""
        ...

    def autocommit(self) -> None:
        """Let each statement stand alone."""
        ...

    def own(self, *statements: str) -> None:
        """Keep the connection out of the pool, with settings of its own."""
        ...

    def savepoint(self) -> AbstractContextManager[None]:
        """Undo what the block did when it raises."""
        ...

    def lock(self) -> None:
        """Take the right to write where there is only one."""
        ...

    def on_commit(self, hook: Any) -> None:
        """Call the hook once the transaction has committed."""
        ...

    def commit(self) -> None:
        """Make everything so far permanent."""
        ...

    def rollback(self) -> None:
        """Undo everything since the last commit."""
        ...

    def close(self) -> None:
        """Give the connection back."""
        ...


class Database(Protocol):
    """Where jobs are kept (:class:`isthmus.records.database.SqlDatabase`)."""

    dialect: Any
    engine: Any
    url: str

    def transaction(self) -> Any:
        """Open a transaction (:class:`Transaction`)."""
        ...


class Sql:
    """Statements inside one transaction."""

    __slots__ = ("is_postgresql", "transaction")

    def __init__(self, transaction: Transaction) -> None:
        self.transaction = transaction
        self.is_postgresql = transaction.dialect.name == "postgresql"

    def rows(self, statement: str, *parameters: Any) -> list[Row]:
        """Return all rows that a statement gives."""
        found = self.transaction.execute(spelled(statement, self.is_postgresql), parameters)
        rows: list[Row] = found.fetchall()
        return rows

    def row(self, statement: str, *parameters: Any) -> Row | None:
        """Return the first row that a statement gives, or None."""
        found = self.rows(statement, *parameters)
        return found[0] if found else None

    def run(self, statement: str, *parameters: Any) -> int:
        """Execute a statement; return how many rows it changed."""
        done = self.transaction.execute(spelled(statement, self.is_postgresql), parameters)
        return int(done.rowcount)

    def each(self, statement: str, rows: Sequence[Row]) -> None:
        """Execute a statement once for each row of parameters."""
        if len(rows) == 1:
            self.run(statement, *rows[0])
        elif rows:
            self.transaction.execute(spelled(statement, self.is_postgresql), list(rows))

    def among(self, column: str, values: Sequence[Any]) -> tuple[str, Any]:
        """Return a condition "column is one of the values" with its single parameter."""
        if not values:
            return "CAST(? AS text) IS NULL", ""  # true of no row, whatever the column's type
        if self.is_postgresql:
            kind = "text" if values and isinstance(values[0], str) else "bigint"
            return f"{column} = ANY(CAST(? AS {kind}[]))", array(values)
        return f"{column} IN (SELECT value FROM json_each(?))", json.dumps(list(values))

    def locking(self, statement: str) -> str:
        """Return a SELECT that locks its rows; on SQLite the writer holds all locks anyway."""
        return statement + " FOR UPDATE" if self.is_postgresql else statement

    def insert(self, table: sa.Table, rows: Sequence[Row], *, ignore: bool = False) -> None:
        """Insert rows that have a value for every column, in the order of the columns.

        ``ignore`` leaves out rows that are there already.
        """
        if not rows:
            return
        if not self.is_postgresql:
            self.each(_values(table, ignore), rows)
        elif len(rows) >= COPY_FROM and not ignore:
            self._copy(table, rows)
        else:
            columns = zip(*rows, strict=True)
            self.transaction.execute(_unnest(table, ignore), tuple(map(array, columns)))

    def insert_each(self, table: sa.Table, make: Callable[[Thing], Row], things: Sequence[Thing]) -> None:
        """Insert the row that ``make`` gives for each thing: while more are made, the server stores some."""
        if self.is_postgresql and len(things) >= COPY_FROM:
            self._copy(table, map(make, things))
        else:
            self.insert(table, list(map(make, things)))

    def _copy(self, table: sa.Table, rows: Iterable[Row]) -> None:
        with self.transaction.driver.cursor() as cursor, cursor.copy(_copying(table)) as copy:
            copy.set_types([_copy_type(column) for column in table.columns])
            for row in rows:
                copy.write_row(row)

    def new_job_ids(self, count: int) -> list[int]:
        """Reserve ids for jobs, ascending."""
        if not count:
            return []
        if self.is_postgresql:
            # Where nobody else takes numbers meanwhile, the ends say it all.
            first, last, all_ = self.rows(
                "SELECT min(n), max(n), CASE WHEN max(n) - min(n) >= count(*) THEN array_agg(n) END FROM "
                "(SELECT nextval((SELECT CAST(pg_get_serial_sequence('job', 'id') AS regclass))) AS n "
                "FROM generate_series(1, ?)) s",
                count,
            )[0]
            return sorted(all_) if all_ else list(range(first, last + 1))
        (last,) = self.rows("SELECT max(id) FROM job")[0]
        first = (last or 0) + 1
        return list(range(first, first + count))


def array(values: Iterable[Any]) -> str:
    """Return values (numbers, truth values, texts, None) as PostgreSQL writes an array.

    Source: PostgreSQL manual, 8.15.6. The driver does the same more slowly, for any type.
    """
    return "{" + ",".join(map(_element, values)) + "}"


def _element(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return str(value)


@lru_cache(maxsize=1000)
def spelled(statement: str, is_postgresql: bool) -> str:
    """Return a statement with the driver's placeholders."""
    return statement.replace("%", "%%").replace("?", "%s") if is_postgresql else statement


@lru_cache(maxsize=100)
def _values(table: sa.Table, ignore: bool) -> str:
    names = [column.name for column in table.columns]
    verb = "INSERT OR IGNORE" if ignore else "INSERT"
    return f"{verb} INTO {table.name} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"


@lru_cache(maxsize=100)
def _unnest(table: sa.Table, ignore: bool) -> str:
    names = [column.name for column in table.columns]
    arrays = ", ".join(f"%s::{_array_type(column)}[]" for column in table.columns)
    suffix = " ON CONFLICT DO NOTHING" if ignore else ""
    return f"INSERT INTO {table.name} ({', '.join(names)}) SELECT * FROM unnest({arrays}){suffix}"


def _copying(table: sa.Table) -> str:
    names = ", ".join(column.name for column in table.columns)
    return f"COPY {table.name} ({names}) FROM STDIN (FORMAT BINARY)"


def _array_type(column: sa.Column[Any]) -> str:
    match column.type:
        case sa.Boolean():
            return "boolean"
        case sa.Double():
            return "float8"
        case sa.Integer():
            return "bigint"
        case _:
            return "text"


def _copy_type(column: sa.Column[Any]) -> str:
    return {"boolean": "bool", "bigint": "int8"}.get(kind := _array_type(column), kind)


def job_row(id_: int, spec: Any, created_at: int) -> Row:
    """Return the row of a job in the order of its columns."""
    until, for_s = _term(spec.identity_until) if spec.identity else (None, None)
    return (
        id_, spec.uuid, spec.model, spec.method, spec.payload, spec.odoo, spec.channel, spec.priority,
        spec.max_retries, spec.description, spec.identity or None, until, for_s,
        spec.serial_key or None, spec.timeout_s, spec.graph, created_at,
    )  # fmt: skip


def _term(until: str | float) -> tuple[str, float | None]:
    """Return what is kept of how long an identity holds: the word, and the seconds where there are some."""
    return (until, None) if isinstance(until, str) else ("for", float(until))


assert len(tables.job.columns) == 17, "job_row() names every column of the table"
