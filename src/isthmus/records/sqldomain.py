"""The SQL reader of domains: an expression over the table of a model.

Parts may be null instead of false, which a WHERE takes for the same; :meth:`SqlReader.opposite` makes that
exact. Related records are found by ``IN (SELECT …)``, which either database computes once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.sql import operators

from isthmus.errors import DomainError
from isthmus.records.condition import EMPTY, Reader, Schema
from isthmus.records.dialect import Dialect
from isthmus.records.domain import Domain
from isthmus.records.fields import Many2many, Many2one, One2many

if TYPE_CHECKING:
    from isthmus.records.fields import Field
    from isthmus.records.tables import Tables

Expression = sa.ColumnElement[Any]

#: SQLite's parser nests one level for each OR, and allows 1,000.
_FLAT_LIMIT = 200


class SqlReader(Reader[Expression]):
    """Build expressions for one dialect over the tables of a registry."""

    def __init__(self, schema: Schema, tables: Tables, dialect: Dialect, *, active_test: bool = True) -> None:
        super().__init__(schema, active_test=active_test)
        self.tables = tables
        self.dialect = dialect
        self._from: list[sa.FromClause] = []

    def where(self, model: str, domain: Domain) -> Expression:
        """Return the condition on the model's table."""
        with self._on(self.tables.table(model)):
            return self.read(model, domain)

    @contextmanager
    def _on(self, table: sa.FromClause) -> Iterator[sa.FromClause]:
        self._from.append(table)
        try:
            yield table
        finally:
            self._from.pop()

    def _column(self, field: Field) -> Expression:
        column = self._from[-1].c.get(field.name)
        if column is None:
            raise DomainError(f"{field.model_name}.{field.name} is not stored and cannot be searched.")
        return column

    # --- primitives ---

    def constant(self, value: bool) -> Expression:
        return sa.true() if value else sa.false()

    def every(self, parts: list[Expression]) -> Expression:
        return sa.false() if any(isinstance(part, sa.False_) for part in parts) else _joined(sa.and_, parts)

    def some(self, parts: list[Expression]) -> Expression:
        return _joined(sa.or_, parts)

    def opposite(self, part: Expression) -> Expression:
        if isinstance(part, (sa.True_, sa.False_)) or getattr(part, "operator", None) in _NULL_CHECKS:
            return sa.not_(part)
        return part.is_not(sa.true())

    def one_of(self, field: Field, values: Sequence[Any], empty: bool) -> Expression:
        column = self._column(field)
        parts = [self.dialect.one_of(column, values)] if values else []
        if empty:
            parts.append(column.is_(None))
            if field.type in EMPTY:
                parts.append(column == EMPTY[field.type])
        return self.some(parts) if parts else sa.false()

    def compare(self, field: Field, sign: str, value: Any, empty: bool) -> Expression:
        column = self._column(field)
        holds = column.op(sign, is_comparison=True)(sa.bindparam(None, value, column.type))
        return sa.or_(holds, column.is_(None)) if empty else holds

    def like(self, field: Field, pattern: str, fold: bool) -> Expression:
        column = self._column(field)
        if field.type == "integer":
            column = sa.cast(sa.func.coalesce(column, 0), sa.Text())
            return self.dialect.like(column, pattern, fold)
        return sa.and_(column != "", self.dialect.like(column, pattern, fold))

    def linked(self, field: Field, ids: Sequence[int] | None) -> Expression:
        if isinstance(field, Many2many):
            links = self.tables.relation(field).alias()
            query = sa.select(links.c[field.column1])
            return self._id().in_(
                query if ids is None else query.where(self._is_one_of(links.c[field.column2], ids))
            )
        with self._on(self._comodel_table(field)) as lines:
            inverse = self._inverse(field)
            query = sa.select(inverse).where(inverse.is_not(None))
            query = query if ids is None else query.where(self._is_one_of(lines.c.id, ids))
        return self._id().in_(query)

    def related(self, field: Field, domain: Domain) -> Expression:
        with self._on(self._comodel_table(field)) as target:
            condition = self.read(str(getattr(field, "comodel", "")), domain)
            if isinstance(field, One2many):
                inverse = self._inverse(field)
                query = sa.select(inverse).where(inverse.is_not(None), condition)
            else:
                query = sa.select(target.c.id).where(condition)
        if isinstance(field, Many2many):
            links = self.tables.relation(field).alias()
            query = sa.select(links.c[field.column1]).where(links.c[field.column2].in_(query))
        return (self._column(field) if isinstance(field, Many2one) else self._id()).in_(query)

    def within(self, model: str, roots: Domain, upwards: bool) -> Expression:
        with self._on(self.tables.table(model).alias()) as root:
            tree = sa.select(root.c.id).where(self.read(model, roots)).cte(recursive=True)
        step = self.tables.table(model).alias()
        if upwards:
            found = (
                sa.select(step.c.parent_id)
                .join(tree, tree.c.id == step.c.id)
                .where(step.c.parent_id.is_not(None))
            )
        else:
            found = sa.select(step.c.id).join(tree, tree.c.id == step.c.parent_id)
        tree = tree.union(found)
        return self._id().in_(sa.select(tree.c.id))

    # --- parts ---

    def _id(self) -> Expression:
        return self._from[-1].c.id

    def _is_one_of(self, column: Expression, ids: Sequence[int]) -> Expression:
        return self.dialect.one_of(column, ids)

    def _inverse(self, field: Field) -> Expression:
        name = str(getattr(field, "inverse_name", ""))
        return self._from[-1].c[name]

    def _comodel_table(self, field: Field) -> sa.FromClause:
        comodel = str(getattr(field, "comodel", ""))
        if comodel not in self.tables:
            raise DomainError(
                f"{field.model_name}.{field.name} leads to {comodel!r}, which is not kept in this database.",
                hint="Search there first, then use the ids: (field, 'in', ids).",
            )
        return self.tables.table(comodel).alias()


_NULL_CHECKS = (operators.is_, operators.is_not)


def _joined(join: Callable[..., Expression], parts: list[Expression]) -> Expression:
    """Join parts, in groups where they are many."""
    if len(parts) <= _FLAT_LIMIT:
        return join(*parts)
    groups = [parts[start : start + _FLAT_LIMIT] for start in range(0, len(parts), _FLAT_LIMIT)]
    return _joined(join, [sa.type_coerce(join(*group).self_group(), sa.Boolean()) for group in groups])
