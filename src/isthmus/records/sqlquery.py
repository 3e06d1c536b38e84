"""The reading half of the SQL store."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from isthmus.errors import ModelError
from isthmus.records.codec import decoder
from isthmus.records.domain import Domain, Leaf
from isthmus.records.fields import Field, Many2many, One2many
from isthmus.records.modelinfo import ModelInfo
from isthmus.records.order import parse_order
from isthmus.records.sqldomain import SqlReader
from isthmus.records.store import NO_CONTEXT, Context, Values

if TYPE_CHECKING:
    from isthmus.records.registry import Registry
    from isthmus.records.tables import Tables
    from isthmus.records.transaction import SqlTransaction

_IS_ACTIVE = Leaf("active", "=", True)


class SqlQueries:
    """Search and read a registry's local models inside one transaction: one statement for each call."""

    def __init__(self, registry: Registry, tables: Tables, transaction: SqlTransaction) -> None:
        self._registry = registry
        self._tables = tables
        self._transaction = transaction
        self._models: dict[str, ModelInfo] = {}

    # --- what there is ---

    def fields(self, model: str) -> Mapping[str, Field]:
        return self._registry[model]._declared_fields

    def rec_name(self, model: str) -> str:
        """Return the name of the field that names a record."""
        return self._registry[model]._rec_name or "name"

    def inherits(self, model: str) -> Mapping[str, str]:
        """Return the local models that a model delegates to, with the names of the links."""
        inherits = self._registry[model]._inherits
        return {parent: link for parent, link in inherits.items() if parent in self._tables}

    def _model(self, name: str) -> ModelInfo:
        known = self._models.get(name)
        if known is None:
            cls = self._registry[name]
            if name not in self._tables:
                raise ModelError(f"The model {name!r} has no table: it is abstract.")
            known = self._models[name] = ModelInfo(
                name, self._tables.table(name), cls._declared_fields, cls._order
            )
        return known

    # --- reading ---

    def search(
        self,
        model: str,
        domain: Domain,
        *,
        offset: int = 0,
        limit: int | None = None,
        order: str | None = None,
        context: Context = NO_CONTEXT,
    ) -> list[int]:
        table = self._model(model).table
        query = self._query(model, sa.select(table.c.id), domain, offset, limit, order, context)
        return [] if query is None else list(self._transaction.read(query).scalars())

    def search_read(
        self,
        model: str,
        domain: Domain,
        fields: Sequence[str],
        *,
        offset: int = 0,
        limit: int | None = None,
        order: str | None = None,
        context: Context = NO_CONTEXT,
    ) -> list[Values]:
        info = self._model(model)
        plain, links = info.readable(fields)
        columns = sa.select(info.table.c.id, *(info.table.c[field.name] for field in plain))
        query = self._query(model, columns, domain, offset, limit, order, context)
        if query is None:
            return []
        rows = decoder(plain)(self._transaction.read(query).all())
        return self._with_links(rows, links, context)

    def count(self, model: str, domain: Domain, *, context: Context = NO_CONTEXT) -> int:
        table = self._model(model).table
        query = sa.select(sa.func.count()).select_from(table).where(self._where(model, domain, context))
        return int(self._transaction.read(query).scalar_one())

    def read(
        self,
        model: str,
        ids: Sequence[int],
        fields: Sequence[str],
        *,
        context: Context = NO_CONTEXT,
    ) -> list[Values]:
        info = self._model(model)
        plain, links = info.readable(fields)
        if not ids:
            return []
        columns = (info.table.c.id, *(info.table.c[field.name] for field in plain))
        query = sa.select(*columns).where(self._among(info, ids))
        found = {row["id"]: row for row in decoder(plain)(self._transaction.read(query).all())}
        rows = [found[id_] for id_ in dict.fromkeys(ids) if id_ in found]
        return self._with_links(rows, links, context)

    def _query(
        self,
        model: str,
        query: sa.Select[Any],
        domain: Domain,
        offset: int,
        limit: int | None,
        order: str | None,
        context: Context,
    ) -> sa.Select[Any] | None:
        """Return the query; None where no record can be in the domain, and the database need not be asked."""
        order_by = self._order(model, order)
        where = self._where(model, domain, context)
        if isinstance(where, sa.False_):
            return None
        query = query.where(where).order_by(*order_by)
        if limit is not None or offset:
            query = query.limit(limit if limit is not None else 2**62).offset(offset)
        return query

    def _where(self, model: str, domain: Domain, context: Context) -> sa.ColumnElement[Any]:
        active_test = bool(context.get("active_test", True))
        if active_test and "active" in self.fields(model) and "active" not in domain.fields():
            domain = domain & _IS_ACTIVE
        reader = SqlReader(self, self._tables, self._transaction.dialect, active_test=active_test)
        return reader.where(model, domain)

    def _order(self, model: str, order: str | None, table: sa.FromClause | None = None) -> list[Any]:
        info = self._model(model)
        terms = parse_order(order or info.order, model, info.fields, self.rec_name(model))
        source = info.table if table is None else table
        return [term.on(source) for term in terms]

    def _among(self, info: ModelInfo, ids: Sequence[int]) -> sa.ColumnElement[bool]:
        return self._transaction.dialect.one_of(info.table.c.id, list(ids))

    # --- x2many ---

    def _with_links(self, rows: list[Values], links: Sequence[Field], context: Context) -> list[Values]:
        ids = [row["id"] for row in rows]
        for field in links:
            found = self._links(field, ids, context) if ids else {}
            for row in rows:
                row[field.name] = found.get(row["id"], [])
        return rows

    def _links(self, field: Field, ids: list[int], context: Context) -> dict[int, list[int]]:
        """Return the ids behind an x2many by record, in the comodel's order, without archived ones."""
        comodel = str(getattr(field, "comodel", ""))
        one_of = self._transaction.dialect.one_of
        is_local = comodel in self._tables
        if isinstance(field, One2many):
            target: sa.FromClause = self._model(comodel).table
            owner = target.c[field.inverse_name]
            query = sa.select(owner, target.c.id)
        else:
            assert isinstance(field, Many2many)
            links = self._tables.relation(field)
            owner, other = links.c[field.column1], links.c[field.column2]
            query = sa.select(owner, other)
            if is_local:
                target = self._tables.table(comodel).alias()
                query = query.join(target, target.c.id == other)
            else:
                query = query.order_by(other)
        query = query.where(one_of(owner, ids))
        if is_local:
            query = query.order_by(*self._order(comodel, None, target))
            if context.get("active_test", True) and "active" in target.c:
                query = query.where(target.c.active == sa.true())
        grouped: defaultdict[int, list[int]] = defaultdict(list)
        for record_id, linked_id in self._transaction.read(query).all():
            grouped[record_id].append(linked_id)
        return grouped
