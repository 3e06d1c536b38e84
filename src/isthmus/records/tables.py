"""The tables that models are kept in, as SQLAlchemy describes them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from isthmus.errors import SchemaError
from isthmus.records.fields import Field, Many2many

if TYPE_CHECKING:
    from isthmus.records.model import BaseModel
    from isthmus.records.registry import Registry

#: Whole numbers and ids: 64 bits. SQLite gives ids by itself only to columns that say INTEGER.
WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

#: Text in the order of its characters' numbers, which is the same on every machine and every database.
TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")

COLUMN_TYPES: dict[str, sa.types.TypeEngine[Any]] = {
    **dict.fromkeys(("char", "text", "html", "selection", "secret", "json"), TEXT),
    **dict.fromkeys(("integer", "many2one"), WHOLE),
    "float": sa.Double(),
    "boolean": sa.Boolean(),
    "date": sa.Date(),
    "datetime": sa.DateTime(),
    "binary": sa.LargeBinary(),
}

#: What happens to a row whose target is deleted. To restrict is to do nothing: the foreign key then refuses.
_ONDELETE = {"cascade": "CASCADE", "set null": "SET NULL", "restrict": None}

_UNIQUE = re.compile(r"\s*unique\s*\(([\w\s,]+)\)\s*\Z", re.IGNORECASE)
_CHECK = re.compile(r"\s*check\s*\((.*)\)\s*\Z", re.IGNORECASE | re.DOTALL)

#: PostgreSQL's limit on the length of names, in bytes.
_NAME_LENGTH = 63


class Tables:
    """The tables of a registry's local models."""

    def __init__(self, registry: Registry, extra: Iterable[sa.MetaData] = ()) -> None:
        self.metadata = sa.MetaData()
        self._registry = registry
        self._by_model = {str(model._name): str(model._table) for model in registry.tables()}
        for model in registry.tables():
            self._add(model)
        for model in registry.tables():
            for field in model._declared_fields.values():
                if isinstance(field, Many2many) and field.store:
                    self._add_relation(model, field)
        self.identifiers = self._add_identifiers()
        for other in extra:
            self._add_foreign(other)

    def __contains__(self, model: str) -> bool:
        return model in self._by_model

    def table(self, model: str) -> sa.Table:
        """Return the table of a local model that has one."""
        return self.metadata.tables[self._by_model[model]]

    def relation(self, field: Many2many) -> sa.Table:
        """Return the table with the links of a many2many."""
        return self.metadata.tables[field.relation]

    # --- building ---

    def _add(self, model: type[BaseModel]) -> None:
        name = str(model._table)
        if name in self.metadata.tables:
            other = self.metadata.tables[name].info["model"]
            raise SchemaError(f"The models {other!r} and {model._name!r} have the same table {name!r}.")
        fields = [
            field
            for field in model._declared_fields.values()
            if field.store and field.type in COLUMN_TYPES and field.name != "id"
        ]
        table = sa.Table(
            name,
            self.metadata,
            sa.Column("id", WHOLE, sa.Identity(always=False), primary_key=True),
            *(self._column(name, field) for field in fields),
            sqlite_autoincrement=True,
            info={"model": model._name},
        )
        for constraint in model._sql_constraints:
            _add_constraint(table, model, constraint)
        served = {next(iter(index.columns)).name for index in table.indexes}
        for field in fields:
            if is_looked_up(field) and field.name not in served:
                sa.Index(name_of(name, field.name, "index"), table.c[field.name])

    def _column(self, table: str, field: Field) -> sa.Column[Any]:
        constraints: list[sa.ForeignKey] = []
        if field.type == "many2one":
            constraints += self._foreign_key(
                table, field.name, str(getattr(field, "comodel", "")), _ondelete(field)
            )
        return sa.Column(field.name, COLUMN_TYPES[field.type], *constraints, nullable=not field.required)

    def _foreign_key(
        self, table: str, column: str, comodel: str, ondelete: str | None
    ) -> list[sa.ForeignKey]:
        if comodel not in self._by_model:
            return []
        target = f"{self._by_model[comodel]}.id"
        # Models may refer to each other in circles; use_alter keeps the keys out of the order of the tables.
        return [sa.ForeignKey(target, ondelete=ondelete, name=name_of(table, column, "fkey"), use_alter=True)]

    def _add_relation(self, model: type[BaseModel], field: Many2many) -> None:
        known = self.metadata.tables.get(field.relation)
        if known is not None:
            if "model" in known.info or not {field.column1, field.column2} <= set(known.c.keys()):
                raise SchemaError(
                    f"{field!r} has the relation {field.relation!r}, which is something else already.",
                    hint="Give the field a relation, column1 and column2 of its own.",
                )
            return
        sides = ((field.column1, str(model._name)), (field.column2, field.comodel))
        relation = sa.Table(
            field.relation,
            self.metadata,
            *(
                sa.Column(
                    column,
                    WHOLE,
                    *self._foreign_key(field.relation, column, target, "CASCADE"),
                    primary_key=True,
                    autoincrement=False,
                )
                for column, target in sides
            ),
        )
        sa.Index(name_of(field.relation, field.column2, "index"), relation.c[field.column2])

    def _add_identifiers(self) -> sa.Table:
        table = sa.Table(
            "record_identifier",
            self.metadata,
            sa.Column("model", TEXT, primary_key=True),
            sa.Column("identifier", TEXT, primary_key=True),
            sa.Column("record_id", WHOLE, nullable=False),
        )
        sa.Index(name_of("record_identifier", "record", "index"), table.c.model, table.c.record_id)
        return table

    def _add_foreign(self, other: sa.MetaData) -> None:
        """Take in the tables of another layer. Raises SchemaError when a model has one of their names."""
        for table in other.sorted_tables:
            if table.name in self.metadata.tables:
                model = self.metadata.tables[table.name].info.get("model", "another layer")
                raise SchemaError(
                    f"The model {model!r} has the table {table.name!r}, which the framework needs itself.",
                    hint="Give the model a _table of another name.",
                )
            table.to_metadata(self.metadata)


def _ondelete(field: Field) -> str | None:
    ondelete = str(getattr(field, "ondelete", "set null"))
    return None if field.required and ondelete == "set null" else _ONDELETE[ondelete]


def is_looked_up(field: Field) -> bool:
    """Tell whether a field wants an index: as it says itself, else a many2one does."""
    return field.type == "many2one" if field.index is None else field.index


def _add_constraint(table: sa.Table, model: type[BaseModel], constraint: tuple[str, str, str]) -> None:
    name, definition, _ = constraint
    if found := _UNIQUE.match(definition):
        columns = [part.strip() for part in found[1].split(",")]
        _check_columns(table, model, constraint, columns)
        sa.Index(name_of(table.name, name), *(table.c[column] for column in columns), unique=True)
    elif found := _CHECK.match(definition):
        table.append_constraint(
            sa.CheckConstraint(sa.text(found[1].replace(":", "\\:")), name_of(table.name, name))
        )
    else:
        raise SchemaError(
            f"The constraint {name!r} of {model._name} cannot be read: {definition!r}.",
            hint="Write unique(field, …) or check(SQL expression).",
        )


def _check_columns(
    table: sa.Table, model: type[BaseModel], constraint: tuple[str, str, str], columns: Iterable[str]
) -> None:
    for column in columns:
        if column not in table.c:
            raise SchemaError(
                f"The constraint {constraint[0]!r} of {model._name} names no column: {column!r}."
            )


def name_of(*parts: str) -> str:
    """Return the name of an index or constraint, shortened where a database wants it shorter."""
    name = "_".join(parts)
    if len(name.encode()) <= _NAME_LENGTH:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{name.encode()[: _NAME_LENGTH - 9].decode(errors='ignore')}_{digest}"
