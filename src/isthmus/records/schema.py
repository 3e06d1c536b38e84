"""Bring a database up to the declarations: add what is missing, and say how to do the rest.

Only additions are made (tables, columns, indexes, constraints, and leave to be empty). What would lose data
or refuse rows that are there is left to a person, with the words of what to do. Tables that no model declares
are left alone. All changes are one transaction; several machines may run it at the same time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from isthmus.errors import ConstraintError, SchemaError
from isthmus.records.dberror import translated, unreachable
from isthmus.records.engine import STEP_S
from isthmus.records.fingerprint import fingerprint, read_fingerprint, write_fingerprint
from isthmus.records.rebuild import rebuild
from isthmus.records.schemadiff import Change, Comparison
from isthmus.telemetry import emit

if TYPE_CHECKING:
    from isthmus.records.database import SqlDatabase
    from isthmus.records.registry import Registry
    from isthmus.records.tables import Tables

__all__ = ["Change", "is_current", "pending_changes", "upgrade_schema"]

#: Names the advisory lock under which PostgreSQL schemas are upgraded ("isthmus" as a number).
_LOCK_KEY = int.from_bytes(b"isthmus", "big")

#: What SQLite can only do by making the table anew.
_REBUILDS = ("allow empty", "forbid empty", "add foreign key", "replace foreign key", "add check")


def pending_changes(database: SqlDatabase, registry: Registry) -> list[Change]:
    """Return how the database differs from the declarations; empty when it is up to date.

    Those with ``is_automatic`` are what :func:`upgrade_schema` would do. Nothing is changed.
    """
    with _connection(database) as connection:
        return Comparison(connection, registry, database.tables(registry)).changes()


def upgrade_schema(database: SqlDatabase, registry: Registry) -> list[Change]:
    """Make the automatic changes; return them, and after them those that are left to a person.

    Returns an empty list when there is nothing to do. Raises SchemaError when rows that are there break a new
    constraint; nothing is changed then.
    """
    tables = database.tables(registry)
    with _connection(database) as connection, _exclusively(database, connection):
        upgrade = _SqliteUpgrade if database.dialect.name == "sqlite" else _PostgresqlUpgrade
        done, left = upgrade(connection, registry, tables).run()
        write_fingerprint(connection, fingerprint(tables, connection.dialect))
    for change in done:
        emit("schema.change", table=change.table, change=str(change))
    return [*done, *left]


def is_current(database: SqlDatabase, registry: Registry) -> bool:
    """Tell whether the last upgrade was made with these declarations; blind to changes by hand."""
    tables = database.tables(registry)
    with _connection(database) as connection:
        return read_fingerprint(connection) == fingerprint(tables, connection.dialect)


@contextmanager
def _connection(database: SqlDatabase) -> Iterator[sa.Connection]:
    try:
        connection = database.engine.connect()
    except sa.exc.SQLAlchemyError as error:
        raise unreachable(error, database.url) from error
    with connection, waiting(database, connection):
        try:
            yield connection
        except sa.exc.SQLAlchemyError as error:
            found = translated(error, database.url)
            if found is error:
                raise
            raise found from error


@contextmanager
def waiting(database: SqlDatabase, connection: sa.Connection) -> Iterator[None]:
    """Let a connection wait for other writers in one go while the block runs: nobody tries again here."""
    if database.dialect.name != "sqlite":
        yield
        return
    connection.exec_driver_sql(f"PRAGMA busy_timeout = {int(database.busy_timeout_s * 1000)}")
    try:
        yield
    finally:
        step_s = min(STEP_S, database.busy_timeout_s)
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {int(step_s * 1000)}")


@contextmanager
def _exclusively(database: SqlDatabase, connection: sa.Connection) -> Iterator[None]:
    """Run the block as the only one that changes the schema, in one transaction."""
    if database.dialect.name != "sqlite":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK_KEY)))
        yield
        connection.commit()
        return
    connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
    try:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        yield
        connection.commit()
    finally:
        connection.rollback()
        connection.exec_driver_sql("PRAGMA foreign_keys = ON")


class _Upgrade:
    """The application of changes on one connection."""

    def __init__(self, connection: sa.Connection, registry: Registry, tables: Tables) -> None:
        self.connection = connection
        self.registry = registry
        self.tables = tables

    def run(self) -> tuple[list[Change], list[Change]]:
        """Apply what can be applied; return (done, left to a person)."""
        self.comparison = Comparison(self.connection, self.registry, self.tables)
        changes = self.comparison.changes()
        automatic = [change for change in changes if change.is_automatic]
        self.for_a_person = [change for change in changes if not change.is_automatic]
        new = [change.element for change in automatic if change.kind == "add table"]
        self.tables.metadata.create_all(self.connection, tables=new, checkfirst=False)
        self.apply([change for change in automatic if change.kind != "add table"])
        return automatic, self.for_a_person

    def left(self, table: str) -> dict[str, str]:
        """Return the columns of a table that a change is not made to, with the kind of change."""
        return {change.subject: change.kind for change in self.for_a_person if change.table == table}

    def apply(self, changes: list[Change]) -> None:
        """Apply the changes to tables that exist."""
        for change in changes:
            try:
                self.one(change)
            except sa.exc.IntegrityError as error:
                found = translated(error, change.table)
                reason = found.message if isinstance(found, ConstraintError) else str(error.orig)
                raise SchemaError(
                    f"Cannot {change}: rows that are there break it ({reason}).",
                    hint="Correct these rows first.",
                ) from error

    def one(self, change: Change) -> None:
        """Apply one change."""
        match change.kind:
            case "add column":
                self.add_column(change.element)
            case "add index":
                self.connection.execute(sa.schema.CreateIndex(change.element))
            case "replace index":
                self.connection.execute(sa.schema.DropIndex(change.element))
                self.connection.execute(sa.schema.CreateIndex(change.element))
            case kind:
                raise SchemaError(f"Cannot {change}: nobody knows how to {kind}.")

    def add_column(self, column: sa.Column[Any]) -> None:
        """Add a column, filling rows that are there with the field's constant default."""
        self.alter(column.table, f"ADD COLUMN {self.definition(column)}")
        value = self.comparison.fill_value(column)
        if value is not None:
            self.connection.execute(column.table.update().values({column.name: value}))

    def definition(self, column: sa.Column[Any]) -> str:
        """Return the column as DDL, allowed to be empty."""
        kind = column.type.compile(self.connection.dialect)
        return f"{self.quoted(column.name)} {kind}"

    def alter(self, table: sa.Table, what: str) -> None:
        self.connection.exec_driver_sql(f"ALTER TABLE {self.quoted(table.name)} {what}")

    def quoted(self, name: str) -> str:
        return self.connection.dialect.identifier_preparer.quote(name)


class _PostgresqlUpgrade(_Upgrade):
    def add_column(self, column: sa.Column[Any]) -> None:
        super().add_column(column)
        if not column.nullable:
            self.alter(column.table, f"ALTER COLUMN {self.quoted(column.name)} SET NOT NULL")

    def one(self, change: Change) -> None:
        match change.kind:
            case "allow empty" | "forbid empty":
                verb = "DROP" if change.kind == "allow empty" else "SET"
                self.alter(
                    change.element.table, f"ALTER COLUMN {self.quoted(change.subject)} {verb} NOT NULL"
                )
            case "replace foreign key":
                self.alter(change.element.table, f"DROP CONSTRAINT {self.quoted(change.subject)}")
                self.connection.execute(sa.schema.AddConstraint(change.element))
            case "add foreign key" | "add check":
                self.connection.execute(sa.schema.AddConstraint(change.element))
            case _:
                super().one(change)


class _SqliteUpgrade(_Upgrade):
    def apply(self, changes: list[Change]) -> None:
        by_table: defaultdict[str, list[Change]] = defaultdict(list)
        for change in changes:
            by_table[change.table].append(change)
        for name, own in by_table.items():
            if any(map(_needs_rebuild, own)):
                added = [change.element for change in own if change.kind == "add column"]
                fill = {column.name: self.comparison.fill_value(column) for column in added}
                self._rebuild(self.tables.metadata.tables[name], own, fill)
            else:
                super().apply(own)

    def _rebuild(self, table: sa.Table, changes: list[Change], fill: dict[str, Any]) -> None:
        try:
            rebuild(self.connection, table, fill, self.left(table.name))
        except sa.exc.IntegrityError as error:
            wanted = "; ".join(map(str, changes))
            raise SchemaError(
                f"Cannot {wanted}: rows that are there break it ({error.orig}).",
                hint="Correct these rows first.",
            ) from error


def _needs_rebuild(change: Change) -> bool:
    if change.kind == "add column":
        return not change.element.nullable or bool(change.element.foreign_keys)
    return change.kind in _REBUILDS
