"""A copy of a database that belongs to one process and goes away: for trying out what must not happen."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from isthmus.records.database import SqlDatabase
from isthmus.records.registry import Registry
from isthmus.records.schema import upgrade_schema

#: How many rows are copied at once.
ROWS = 1000


def private_copy(database: SqlDatabase, registry: Registry, leave_empty: Collection[str] = ()) -> SqlDatabase:
    """Return a private SQLite database with the rows of another one, whatever kind that is.

    Nothing is written to the original, and no lock of it is held: who uses it meanwhile is not disturbed.
    ``leave_empty`` names tables whose rows are not copied.
    """
    copy = SqlDatabase("sqlite://", extra=database.extra)
    upgrade_schema(copy, registry)
    tables = [
        table
        for table in database.tables(registry).metadata.tables.values()
        if table.name not in leave_empty and not any(table.name in one.tables for one in database.extra)
    ]
    with database.engine.connect() as source, copy.engine.connect() as target:
        target.exec_driver_sql("PRAGMA foreign_keys = OFF")  # models may refer to each other in circles
        for table in tables:
            _copy_rows(source, target, table)
        target.commit()
        target.exec_driver_sql("PRAGMA foreign_keys = ON")
        source.rollback()
    return copy


def _copy_rows(source: sa.Connection, target: sa.Connection, table: sa.Table) -> None:
    for part in source.execute(sa.select(table)).mappings().partitions(ROWS):
        target.execute(table.insert(), [dict(row) for row in part])
