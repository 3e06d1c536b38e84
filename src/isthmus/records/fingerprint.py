"""The fingerprint of a schema: a quick answer to "is this database up to date?", without comparing it.

An upgrade leaves the fingerprint of the declarations that it applied. Where it is the same as that of the
declarations now loaded, there is nothing to compare, which saves every command a second. What somebody
changes in the database by hand is seen by ``isthmus db check``, which always compares.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import sqlalchemy as sa

if TYPE_CHECKING:
    from isthmus.records.tables import Tables

#: Raised whenever an upgrade does more than before for the same declarations.
VERSION = 1

_metadata = sa.MetaData()
_table = sa.Table(
    "isthmus_schema",
    _metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("fingerprint", sa.String, nullable=False),
)


def fingerprint(tables: Tables, dialect: sa.Dialect) -> str:
    """Return a text that changes with any table, column, index or constraint that is declared."""
    metadata = tables.metadata
    said = [str(VERSION)]
    for table in sorted(metadata.tables.values(), key=lambda one: one.name):
        said.append(str(sa.schema.CreateTable(table).compile(dialect=dialect)))
        said += sorted(str(sa.schema.CreateIndex(index).compile(dialect=dialect)) for index in table.indexes)
    return hashlib.sha256("\n".join(said).encode()).hexdigest()


def read_fingerprint(connection: sa.Connection) -> str | None:
    """Return what the last upgrade left; None when there was none."""
    # In the driver's words: each process asks, and what SQLAlchemy needs to look at a schema stays in memory.
    if not connection.exec_driver_sql(_IS_THERE[connection.dialect.name]).scalar():
        return None
    found: str | None = connection.exec_driver_sql(f"SELECT fingerprint FROM {_table.name}").scalar()
    return found


_IS_THERE = {
    "sqlite": f"SELECT count(*) FROM sqlite_master WHERE name = '{_table.name}'",
    "postgresql": f"SELECT to_regclass('{_table.name}') IS NOT NULL",
}


def write_fingerprint(connection: sa.Connection, text: str) -> None:
    """Leave the fingerprint; joins the transaction of the connection."""
    _metadata.create_all(connection)
    connection.execute(_table.delete())
    connection.execute(_table.insert().values(id=1, fingerprint=text))
