"""How a database differs from the declarations. Source of the comparison: Alembic's autogenerate."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from isthmus.records.codec import encode

if TYPE_CHECKING:
    from isthmus.records.registry import Registry
    from isthmus.records.tables import Tables


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: what is to be done to a table. With ``advice`` it is left to a person and says how."""

    kind: str
    table: str
    subject: str
    advice: str | None = None
    element: Any = field(default=None, repr=False, compare=False)

    @property
    def is_automatic(self) -> bool:
        """Whether ``isthmus db upgrade`` does it."""
        return self.advice is None

    def __str__(self) -> str:
        text = f"{self.kind} {self.table}.{self.subject}" if self.subject else f"{self.kind} {self.table}"
        return f"{text}: {self.advice}" if self.advice else text


class Comparison:
    """The differences between a connection's database and the tables of a registry."""

    def __init__(self, connection: sa.Connection, registry: Registry, tables: Tables) -> None:
        self.connection = connection
        self.registry = registry
        self.metadata = tables.metadata
        self.inspector = sa.inspect(connection)
        self.present = frozenset(self.inspector.get_table_names())

    def changes(self) -> list[Change]:
        """Return every difference, in the order in which they can be applied."""
        missing = [table for table in self.metadata.sorted_tables if table.name not in self.present]
        found = [Change("add table", table.name, "", element=table) for table in missing]
        found += self._compared()
        found += self._missing_checks()
        return _without_orphans(found)

    def _compared(self) -> Iterator[Change]:
        # Imported here, since it takes a third of a second and most commands compare nothing.
        from alembic.autogenerate import compare_metadata
        from alembic.migration import MigrationContext

        common = self.present & set(self.metadata.tables)
        context = MigrationContext.configure(
            self.connection,
            opts={
                "compare_type": True,
                "compare_server_default": False,
                "include_name": lambda name, type_, parents: type_ != "table" or name in common,
                "include_object": lambda item, name, type_, reflected, other: _table_name(item) in common,
            },
        )
        diffs = list(_flat(compare_metadata(context, self.metadata)))
        redone = {item.name for verb, item in _named(diffs) if verb in ("remove_index", "remove_fk")}
        redone &= {item.name for verb, item in _named(diffs) if verb in ("add_index", "add_fk")}
        order = {"add_column": 0, "modify_nullable": 1, "add_fk": 2, "add_index": 3}
        for diff in sorted(diffs, key=lambda one: order.get(one[0], 9)):
            change = self._change(diff, redone)
            if change is not None:
                yield change

    def _change(self, diff: tuple[Any, ...], redone: set[str]) -> Change | None:
        match diff:
            case ("add_column", _, table, column):
                return self._added_column(self.metadata.tables[table].c[column.name])
            case ("remove_column", _, table, column):
                return Change("drop column", table, column.name, self._on_dropped(table, column))
            case ("modify_nullable", _, table, name, _, _, is_nullable):
                return self._changed_null(self.metadata.tables[table].c[name], is_nullable)
            case ("modify_type", _, table, name, _, old, new):
                return Change(
                    "change type", table, name,
                    f"the column is {old} and the field wants {new}. Rename the column, run this again, then "
                    f"copy its values over: nothing converts them by itself.",
                )  # fmt: skip
            case ("add_index", index):
                kind = "replace index" if index.name in redone else "add index"
                return Change(kind, index.table.name, index.name, element=index)
            case ("add_fk", key):
                kind = "replace foreign key" if key.name in redone else "add foreign key"
                return Change(kind, key.table.name, key.name, element=self._declared_key(key))
            case ("remove_index", index) if index.unique and index.name not in redone:
                return self._dropped(index, "index", f"DROP INDEX {index.name}")
            case ("remove_fk" | "remove_constraint", key) if key.name and key.name not in redone:
                return self._dropped(
                    key, "constraint", f"ALTER TABLE {key.table.name} DROP CONSTRAINT {key.name}"
                )
            case _:
                return None

    def _dropped(self, item: Any, word: str, statement: str) -> Change:
        return Change(
            f"drop {word}", item.table.name, item.name,
            f"no declaration asks for it any more, and it still refuses values. To end that: {statement}",
        )  # fmt: skip

    def _declared_key(self, key: sa.ForeignKeyConstraint) -> sa.ForeignKeyConstraint:
        table = self.metadata.tables[key.table.name]
        return next(one for one in table.foreign_key_constraints if one.name == key.name)

    # --- columns ---

    def _added_column(self, column: sa.Column[Any]) -> Change:
        advice = None
        if not column.nullable and self.fill_value(column) is None and self._has_rows(column.table):
            advice = (
                "the field is required, has no constant default, and the table has rows. Give the field a "
                "default; or declare it without required, run this, fill the column, and then require it."
            )
        return Change("add column", column.table.name, column.name, advice, column)

    def fill_value(self, column: sa.Column[Any]) -> Any:
        """Return what existing rows get in a new column: the field's constant default, 0, or None."""
        model = column.table.info.get("model")
        declared = self.registry[model]._declared_fields[column.name] if model else None
        if declared is None:
            return None
        if declared.default is None or callable(declared.default):
            return (
                encode(declared, declared.empty) if declared.type in ("integer", "float", "boolean") else None
            )
        return encode(declared, declared.default)

    def _changed_null(self, column: sa.Column[Any], is_nullable: bool) -> Change:
        table = column.table.name
        if is_nullable:
            return Change("allow empty", table, column.name, element=column)
        empty = self.connection.execute(
            sa.select(sa.func.count()).select_from(column.table).where(column.is_(None))
        ).scalar_one()
        advice = None
        if empty:
            advice = (
                f"the field is required and {empty} row(s) have no value. Fill them first: "
                f"UPDATE {table} SET {column.name} = … WHERE {column.name} IS NULL"
            )
        return Change("forbid empty", table, column.name, advice, column)

    def _on_dropped(self, table: str, column: sa.Column[Any]) -> str:
        text = "no field is kept in it any more, and it is left as it is."
        if not column.nullable:
            text += " It refuses new rows because it may not be empty!"
        return f"{text} When its values are not needed: ALTER TABLE {table} DROP COLUMN {column.name}"

    def _has_rows(self, table: sa.Table) -> bool:
        return (
            self.connection.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).first() is not None
        )

    # --- checks ---

    def _missing_checks(self) -> Iterator[Change]:
        """Alembic does not compare check constraints; theirs are compared by name."""
        for table in self.metadata.sorted_tables:
            if table.name not in self.present:
                continue
            known = {check["name"] for check in self.inspector.get_check_constraints(table.name)}
            for check in table.constraints:
                if isinstance(check, sa.CheckConstraint) and check.name and check.name not in known:
                    yield Change("add check", table.name, str(check.name), element=check)


def _without_orphans(changes: list[Change]) -> list[Change]:
    """Return the changes, indexes and keys on columns that are not added being left with them."""
    refused = {(one.table, one.subject) for one in changes if one.kind == "add column" and one.advice}
    return [
        replace(one, advice="its column is not there yet.")
        if one.advice is None and refused & _columns(one)
        else one
        for one in changes
    ]


def _columns(change: Change) -> set[tuple[str, str]]:
    if not isinstance(change.element, (sa.Index, sa.ForeignKeyConstraint)):
        return set()
    return {(change.table, column.name) for column in change.element.columns}


def _flat(diffs: list[Any]) -> Iterator[tuple[Any, ...]]:
    """Alembic gives the changes of one column as a list within the list."""
    for diff in diffs:
        if isinstance(diff, list):
            yield from diff
        else:
            yield diff


def _named(diffs: list[tuple[Any, ...]]) -> Iterator[tuple[str, Any]]:
    return ((diff[0], diff[1]) for diff in diffs if len(diff) == 2 and getattr(diff[1], "name", None))


def _table_name(item: Any) -> str:
    table = item if isinstance(item, sa.Table) else item.table
    return str(table.name)
