"""Give a SQLite table a new definition.

SQLite cannot add a constraint to a table, nor change whether a column may be empty: the table is made anew,
the rows are copied, the new one takes the old one's name. Foreign keys must be off meanwhile, or dropping the
old table would delete what refers to it.

Source: https://www.sqlite.org/lang_altertable.html#otheralter
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from isthmus.errors import SchemaError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


def rebuild(
    connection: sa.Connection, table: sa.Table, fill: Mapping[str, Any], left: Mapping[str, str]
) -> None:
    """Rebuild a table as it is declared now; columns that are declared no more are kept, allowed to be empty.

    ``fill`` holds the values that existing rows get in columns that are new; ``left`` names columns with the
    kind of change that is not to be made to them ("add column", "forbid empty", "change type").
    The connection must have foreign keys off and be inside a writing transaction. Raises SchemaError when the
    rows break a foreign key of the new table.
    """
    old_columns = {column["name"]: column for column in sa.inspect(connection).get_columns(table.name)}
    old_indexes = _foreign_indexes(connection, table)
    made = _declared(table, f"isthmus_new_{table.name}", left, old_columns)
    for name, column in old_columns.items():
        if name not in table.c:
            made.append_column(sa.Column(name, column["type"], nullable=True))
    last_id = _last_id(connection, table.name)
    connection.execute(sa.schema.CreateTable(made))
    kept = [column.name for column in made.columns if column.name in old_columns]
    _copy_rows(connection, table, made, kept, fill)
    connection.execute(sa.schema.DropTable(table))
    connection.exec_driver_sql(f"ALTER TABLE {_quoted(made.name)} RENAME TO {_quoted(table.name)}")
    if last_id is not None:
        connection.exec_driver_sql("DELETE FROM sqlite_sequence WHERE name = ?", (table.name,))
        connection.exec_driver_sql(
            "INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (table.name, last_id)
        )
    for index in table.indexes:
        if all(column.name in made.c for column in index.columns):
            connection.execute(sa.schema.CreateIndex(index))
    for statement in old_indexes:
        connection.exec_driver_sql(statement)
    _check_links(connection, table.name)


def _declared(
    table: sa.Table, name: str, left: Mapping[str, str], old_columns: Mapping[str, Mapping[str, Any]]
) -> sa.Table:
    """Return the declared table under another name, among copies of the tables that it refers to."""
    metadata = sa.MetaData()
    for other in table.metadata.tables.values():
        other.to_metadata(metadata)
    columns = []
    for column in table.columns:
        kind = left.get(column.name)
        if kind != "add column":
            type_ = old_columns[column.name]["type"] if kind == "change type" else column.type
            nullable = column.nullable or kind == "forbid empty"
            keys = [
                sa.ForeignKey(f"{_target(key)}.id", ondelete=key.ondelete, name=key.name)
                for key in column.foreign_keys
            ]
            columns.append(
                sa.Column(column.name, type_, *keys, nullable=nullable, primary_key=column.primary_key)
            )
    checks = [
        sa.CheckConstraint(check.sqltext, name=check.name)
        for check in table.constraints
        if isinstance(check, sa.CheckConstraint)
    ]
    return sa.Table(name, metadata, *columns, *checks, sqlite_autoincrement=True)


def _target(key: sa.ForeignKey) -> str:
    return str(key.column.table.name)


def _copy_rows(
    connection: sa.Connection, table: sa.Table, made: sa.Table, names: list[str], fill: Mapping[str, Any]
) -> None:
    old = sa.table(table.name, *(sa.column(name) for name in names))
    values = [sa.literal(value, made.c[name].type) for name, value in fill.items()]
    rows = sa.select(*(old.c[name] for name in names), *values)
    connection.execute(made.insert().from_select([*names, *fill], rows, include_defaults=False))


def _foreign_indexes(connection: sa.Connection, table: sa.Table) -> list[str]:
    """Return the definitions of indexes that somebody else made on the table."""
    ours = {index.name for index in table.indexes}
    found = connection.exec_driver_sql(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL",
        (table.name,),
    )
    return [sql for name, sql in found.all() if name not in ours]


def _last_id(connection: sa.Connection, name: str) -> int | None:
    found = connection.exec_driver_sql("SELECT seq FROM sqlite_sequence WHERE name = ?", (name,))
    return found.scalar()


def _check_links(connection: sa.Connection, name: str) -> None:
    broken = connection.exec_driver_sql(f"PRAGMA foreign_key_check({_quoted(name)})").all()
    if broken:
        raise SchemaError(
            f"{len(broken)} row(s) of {name} link to records of {broken[0][2]} that do not exist.",
            hint=f"Delete or correct the rows first; the first one has the id {broken[0][1]}.",
        )


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
