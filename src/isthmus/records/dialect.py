"""What SQLite and PostgreSQL do differently, in one place."""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from isthmus.records import pattern

if TYPE_CHECKING:
    import sqlite3

    import psycopg

Expression = sa.ColumnElement[Any]

#: Collations whose ``lower()`` knows all of Unicode, best first; "default" may not (locale C).
_FOLDING_COLLATIONS = ("pg_c_utf8", "C.utf8", "C.UTF-8", "en_US.utf8", "und-x-icu")


class Dialect(ABC):
    """How one kind of database says what SQLAlchemy has no common word for."""

    name: ClassVar[str]

    def one_of(self, column: Expression, values: Sequence[Any]) -> Expression:
        """Return ``column IN values`` with a single bound parameter, however many values there are."""
        if len(values) == 1:
            return sa.and_(column == values[0])
        return self.one_of_many(column, values)

    @abstractmethod
    def one_of_many(self, column: Expression, values: Sequence[Any]) -> Expression:
        """Return ``column IN values`` with a single bound parameter."""

    @abstractmethod
    def like(self, column: Expression, wanted: str, fold: bool) -> Expression:
        """Return whether the text fits a pattern; ``fold``: in upper or lower case alike."""

    @abstractmethod
    def insert_missing(self, table: sa.Table) -> sa.Insert:
        """Return an insert that leaves out rows that are there already."""

    @abstractmethod
    def new_ids(self, connection: sa.Connection, table: sa.Table, count: int) -> list[int]:
        """Reserve ids for new rows, in ascending order. The transaction must be a writing one."""

    @abstractmethod
    def try_advisory_lock(self, connection: sa.Connection, key: str) -> bool:
        """Lock a name until the end of the transaction; False when another one holds it."""

    @abstractmethod
    def try_row_locks(self, connection: sa.Connection, table: sa.Table, ids: Sequence[int]) -> bool:
        """Lock rows until the end of the transaction; False when another one holds one of them."""


class Sqlite(Dialect):
    """SQLite 3.35 or later."""

    name = "sqlite"

    def one_of_many(self, column: Expression, values: Sequence[Any]) -> Expression:
        listed = sa.bindparam(None, json.dumps([_sqlite_value(value) for value in values]), sa.Text())
        return column.in_(sa.select(sa.func.json_each(listed).table_valued("value").c.value))

    def like(self, column: Expression, wanted: str, fold: bool) -> Expression:
        if fold:
            return sa.func.isthmus_like(
                pattern.fold(wanted), sa.func.isthmus_fold(column), type_=sa.Boolean()
            )
        return sa.func.isthmus_like(wanted, column, type_=sa.Boolean())

    def insert_missing(self, table: sa.Table) -> sa.Insert:
        return sqlite.insert(table).on_conflict_do_nothing()

    def new_ids(self, connection: sa.Connection, table: sa.Table, count: int) -> list[int]:
        # AUTOINCREMENT keeps the highest id that was ever given; as the only writer we may count on from it.
        last = connection.exec_driver_sql(
            "SELECT seq FROM sqlite_sequence WHERE name = ?", (table.name,)
        ).scalar()
        first = (last or 0) + 1
        return list(range(first, first + count))

    def try_advisory_lock(self, connection: sa.Connection, key: str) -> bool:
        return True  # as the only writer, the transaction holds every lock there is

    def try_row_locks(self, connection: sa.Connection, table: sa.Table, ids: Sequence[int]) -> bool:
        return True


class Postgresql(Dialect):
    """PostgreSQL 12 or later."""

    name = "postgresql"

    def __init__(self) -> None:
        self.folding_collation = "default"

    def learn(self, connection: psycopg.Connection[Any]) -> None:
        """Choose the collation for case folding among those that the server has."""
        found = {name for (name,) in connection.execute("SELECT collname FROM pg_collation").fetchall()}
        connection.rollback()
        self.folding_collation = next((name for name in _FOLDING_COLLATIONS if name in found), "default")

    def one_of_many(self, column: Expression, values: Sequence[Any]) -> Expression:
        kind = postgresql.ARRAY(column.type)
        return sa.and_(column == sa.any_(sa.bindparam(None, list(values), kind)))

    def like(self, column: Expression, wanted: str, fold: bool) -> Expression:
        if not fold:
            return column.like(wanted)
        lowered = sa.func.lower(sa.collate(column, self.folding_collation), type_=sa.Text())
        return lowered.like(pattern.fold(wanted))

    def insert_missing(self, table: sa.Table) -> sa.Insert:
        return postgresql.insert(table).on_conflict_do_nothing()

    def new_ids(self, connection: sa.Connection, table: sa.Table, count: int) -> list[int]:
        found = connection.execute(_NEXT_IDS, {"table": f'"{table.name}"', "count": count}).scalars()
        return list(found)

    def try_advisory_lock(self, connection: sa.Connection, key: str) -> bool:
        digest = hashlib.blake2b(key.encode(), digest_size=8).digest()
        number = int.from_bytes(digest, "big", signed=True)
        return bool(connection.execute(sa.select(sa.func.pg_try_advisory_xact_lock(number))).scalar())

    def try_row_locks(self, connection: sa.Connection, table: sa.Table, ids: Sequence[int]) -> bool:
        wanted = sorted(set(ids))
        rows = sa.select(table.c.id).where(self.one_of(table.c.id, wanted)).order_by(table.c.id)
        there = connection.execute(rows).scalars().all()
        locked = connection.execute(rows.with_for_update(skip_locked=True)).scalars().all()
        return len(locked) == len(there)


_NEXT_IDS = sa.text("SELECT nextval(pg_get_serial_sequence(:table, 'id')) FROM generate_series(1, :count)")


def add_functions(connection: sqlite3.Connection) -> None:
    """Teach a SQLite connection the pattern functions."""
    connection.create_function("isthmus_fold", 1, _fold_or_null, deterministic=True)
    connection.create_function("isthmus_like", 2, _fits_or_null, deterministic=True)


def _fold_or_null(text: str | None) -> str | None:
    return None if text is None else pattern.fold(text)


def _fits_or_null(wanted: str, text: str | None) -> bool | None:
    return None if text is None else pattern.fits(wanted, text)


def _sqlite_value(value: Any) -> Any:
    """Return the value as SQLAlchemy stores it in SQLite."""
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="microseconds")
    return value.isoformat() if isinstance(value, date) else value
