"""Searching: domains as the user writes them become domains that one store can answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from isthmus.errors import DomainError
from isthmus.records.access import Access
from isthmus.records.domain import Domain, Leaf
from isthmus.records.predicate import predicate

ACTIVE = Leaf("active", "=", True)


class Search(Access):
    """The part of a recordset that searches."""

    __slots__ = ()

    def search(
        self: Any, domain: Any = (), offset: int = 0, limit: int | None = None, order: str | None = None
    ) -> Any:
        """Return the records in a domain, in ``order`` (the model's ``_order`` by default).

        Archived records (``active`` false) are left out unless the domain names ``active`` or the context has
        ``active_test=False``. Raises DomainError for an invalid domain, FieldError for an unknown field.
        """
        model = self._name
        resolved = self._resolve(domain)
        ids = self.env.store(model).search(
            model, resolved, offset=offset, limit=limit, order=order, context=self.env.context
        )
        return self.browse(ids)

    def search_fetch(
        self: Any,
        domain: Any,
        field_names: Sequence[str],
        offset: int = 0,
        limit: int | None = None,
        order: str | None = None,
    ) -> Any:
        """Search and read fields of the model itself in one query; the values are there when the records are
        used.
        """
        model = self._name
        fields = [self._own_field(name) for name in field_names if name != "id"]
        rows = self._read_rows(
            domain, [field.name for field in fields], offset=offset, limit=limit, order=order
        )
        listed = [field.name for field in fields if field.type in ("one2many", "many2many")]
        cached = self.env.cache.rows(model)
        lists = self.env.cache.lists(model)
        for row in rows:
            if listed:
                lists.setdefault(row["id"], {}).update((name, row.pop(name)) for name in listed)
            cached.setdefault(row["id"], {}).update(row)
        return self.browse([row["id"] for row in rows])

    def _read_rows(self: Any, domain: Any, names: list[str], **paging: Any) -> list[dict[str, Any]]:
        """Return plain rows (neutral values, with ``id``) of the records in a domain, past the cache."""
        store = self.env.store(self._name)
        found: list[dict[str, Any]] = store.search_read(
            self._name, self._resolve(domain), names, context=self.env.context, **paging
        )
        return found

    def search_count(self: Any, domain: Any = ()) -> int:
        """Return how many records are in a domain."""
        model = self._name
        return int(self.env.store(model).count(model, self._resolve(domain), context=self.env.context))

    def filtered_domain(self: Any, domain: Any) -> Any:
        """Return the records of the set that are in a domain, in order."""
        test = predicate(Domain.parse(domain), self)
        return self._make(self.env, tuple(record.id for record in self if test(record)), self._prefetch)

    # --- resolving ---

    def _own_field(self: Any, name: str) -> Any:
        field = self._fields.get(name)
        if field is None:
            raise self._no_field(name)
        return field

    def _resolve(self: Any, domain: Any) -> Domain:
        """Return the domain as the model's own store can answer it: delegation and other stores resolved."""
        parsed = Domain.parse(domain)
        if not self.env.registry.is_local(self._name):
            return parsed.map_leaves(self._resolve_remote_leaf)
        resolved = parsed.map_leaves(self._resolve_leaf)
        hides = self.env.context.get("active_test", True) and "active" in self._fields
        return resolved & ACTIVE if hides and "active" not in parsed.fields() else resolved

    def _resolve_leaf(self: Any, leaf: Leaf) -> Domain:
        head, _, rest = leaf.path.partition(".")
        field = self._fields.get(head)
        if field is None:
            link = self._delegate(head)
            if link is None:
                raise self._no_field(head)
            delegated: Domain = self._resolve_leaf(Leaf(f"{link}.{leaf.path}", leaf.operator, leaf.value))
            return delegated
        if head == "display_name":
            named: Domain = self._resolve_leaf(Leaf(self._rec_name, leaf.operator, leaf.value))
            return named
        if field.compute is not None:
            raise DomainError(
                f"{self._name}.{head} is computed and cannot be searched", hint="Use filtered()."
            )
        if field.relational and not self._same_store(field.comodel):
            elsewhere: Domain = self._resolve_elsewhere(leaf, head, rest, field)
            return elsewhere
        if rest and not field.relational:
            raise DomainError(
                f"{leaf.path!r}: {self._name}.{head} is not a relation", hint="Remove what follows it."
            )
        return leaf

    def _resolve_elsewhere(self: Any, leaf: Leaf, head: str, rest: str, field: Any) -> Domain:
        """Answer the part of a term that another store holds by a search there."""
        is_name = isinstance(leaf.value, str) and leaf.value
        if not rest and not is_name and leaf.operator not in ("any", "not any"):
            return leaf  # ids are kept here; that other store need not even be there
        target = self.env[field.comodel].with_context(active_test=False)
        if rest:
            ids = target.search([(rest, leaf.operator, leaf.value)]).ids
            return Leaf(head, "in", ids)
        if leaf.operator in ("any", "not any"):
            ids = target.search(leaf.value).ids
            return Leaf(head, "in" if leaf.operator == "any" else "not in", ids)
        operator = leaf.operator.removeprefix("not ").replace("!=", "=")
        ids = target.search([("display_name", operator, leaf.value)]).ids
        return Leaf(head, "in" if operator == leaf.operator else "not in", ids)

    def _resolve_remote_leaf(self: Any, leaf: Leaf) -> Domain:
        head = leaf.steps[0]
        field = self._declared_fields.get(head)
        if field is not None and field.compute is not None and head != "display_name":
            raise DomainError(
                f"{self._name}.{head} is computed and cannot be searched", hint="Use filtered()."
            )
        return leaf

    def _same_store(self: Any, model: str) -> bool:
        registry = self.env.registry
        return bool(registry.is_local(model) == registry.is_local(self._name))
