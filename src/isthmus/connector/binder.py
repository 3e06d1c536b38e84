"""Binders find the id of one side from that of the other."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from isthmus.connector.base import ConnectorComponent
from isthmus.errors import BindingError

ExternalId = Any  # text, a number, or a tuple of them


def external_text(external_id: ExternalId) -> str:
    """Return the one text under which an external id is stored: a composite one as a JSON list.

    Raises BindingError for None, False and "" (0 is a valid id).
    """
    if external_id is None or external_id is False or external_id == "":
        raise BindingError(
            f"{external_id!r} is not an external id", hint="0 is one; None, False and '' are not."
        )
    if isinstance(external_id, (tuple, list)):
        return json.dumps(list(external_id), separators=(",", ":"), ensure_ascii=False)
    return str(external_id)


class Binder(ConnectorComponent):
    """Find and keep the pairs of one binding model.

    Every reading has a form for many that costs one query.
    """

    _abstract = True
    _name = "connector.binder"
    _inherit = ["base.connector"]
    _usage = "binder"

    _external_field = "external_id"
    _odoo_field: str | None = "odoo_id"
    _backend_field = "backend_id"
    _sync_date_field = "last_sync_date"

    # --- external to internal ---

    def to_internal(self, external_id: ExternalId, unwrap: bool = False) -> Any:
        """Return the binding (with ``unwrap`` the Odoo record) of an external id; empty when unknown."""
        found = self.to_internal_many([external_id], unwrap=unwrap).get(external_id)
        target = self.env[self.unwrap_model()] if unwrap else self.model
        return target.browse(found or ())

    def to_internal_many(
        self, external_ids: Iterable[ExternalId], unwrap: bool = False
    ) -> dict[ExternalId, int]:
        """Return external id -> id of the binding (with ``unwrap`` of the Odoo record), for those known.

        One query.
        """
        texts = {external_text(one): one for one in external_ids}
        field = self._odoo_field if unwrap and self._odoo_field else "id"
        rows = self._rows(
            [(self._external_field, "in", list(texts))], [self._external_field, field], bool(texts)
        )
        external = self._external_field
        return {texts[row[external]]: row[field] for row in rows if row[field]}

    def bindings(self, external_ids: Iterable[ExternalId]) -> dict[ExternalId, Any]:
        """Return external id -> binding, for those known, ready to be read. One query."""
        texts = {external_text(one): one for one in external_ids}
        if not texts:
            return {}
        found = self._model().search_fetch(
            [*self._scope(), (self._external_field, "in", list(texts))],
            [name for name, field in self.model._fields.items() if field.store and not field.relational]
            + [
                name
                for name in (self._odoo_field, self._backend_field)
                if name and name in self.model._fields
            ],
        )
        return {texts[binding[self._external_field]]: binding for binding in found}

    # --- internal to external ---

    def to_external(self, binding: Any, wrap: bool = False) -> str | None:
        """Return the external id of a binding (with ``wrap``: of an Odoo record), a record or an id; None
        when unbound.
        """
        id_ = binding if isinstance(binding, int) else binding.id
        return self.to_external_many([id_], wrap=wrap).get(id_) if id_ else None

    def to_external_many(self, ids: Iterable[int], wrap: bool = False) -> dict[int, str]:
        """Return id -> external id for those bound; ids are of bindings, with ``wrap`` of Odoo records.

        One query.
        """
        wanted = list(dict.fromkeys(ids))
        field = self._odoo_field if wrap and self._odoo_field else "id"
        rows = self._rows([(field, "in", wanted)], [field, self._external_field], bool(wanted))
        return {row[field]: row[self._external_field] for row in rows if row[self._external_field]}

    def wrap(self, ids: Iterable[int]) -> dict[int, Any]:
        """Return id of the Odoo record -> its binding, for those bound. One query."""
        wanted = list(ids)
        if not wanted or not self._odoo_field:
            return {}
        found = self._model().search_fetch(
            [*self._scope(), (self._odoo_field, "in", wanted)], [self._odoo_field, self._external_field]
        )
        return {binding[self._odoo_field].id: binding for binding in found}

    # --- keeping ---

    def bind(self, external_id: ExternalId, binding: Any) -> None:
        """Write the external id and the date of synchronisation on a binding (a record or an id).

        Repeating it is harmless.

        Raises BindingError naming the binding when the external id is None, False or "".
        """
        record = self.model.browse(binding) if isinstance(binding, int) else binding
        record.ensure_one()
        try:
            text = external_text(external_id)
        except BindingError as error:
            raise BindingError(f"{record!r} cannot be bound: {error.message}", hint=error.hint) from None
        values: dict[str, Any] = {self._external_field: text}
        if self._sync_date_field in self.model._fields:
            values[self._sync_date_field] = self.env.now
        record.write(values)

    def unwrap_binding(self, binding: Any) -> Any:
        """Return the Odoo record of a binding (a record or an id)."""
        record = self.model.browse(binding) if isinstance(binding, int) else binding
        return record[self._odoo_field] if self._odoo_field in self.model._fields else record

    def unwrap_model(self) -> str:
        """Return the name of the Odoo model behind the binding; the binding's own where there is none."""
        field = self.model._fields.get(self._odoo_field or "")
        return str(field.comodel if field is not None else self.model._name)

    def match(self, rows: list[Mapping[str, Any]]) -> dict[int, int]:
        """Return position in ``rows`` -> id of an existing Odoo record that is the same thing by its natural
        key.

        ``rows`` are the mapped values of records about to be created. Nothing by default.
        """
        return {}

    # --- inside ---

    def _model(self) -> Any:
        return self.model.with_context(active_test=False)

    def _scope(self) -> list[Any]:
        if self.collection is None or self._backend_field not in self.model._fields:
            return []
        return [(self._backend_field, "=", self.collection.id)]

    def _rows(self, domain: list[Any], names: list[str], asked: bool) -> list[dict[str, Any]]:
        """Read plain rows without making recordsets of them: binders are asked for thousands of ids."""
        if not asked:
            return []
        model = self._model()
        return model._read_rows([*self._scope(), *domain], [name for name in names if name != "id"])  # type: ignore[no-any-return]


BaseBinder = Binder


class DefaultBinder(Binder):
    """Serves every binding model that has no binder of its own."""

    _abstract = False
    _name = "connector.binder.default"
    _inherit = ["connector.binder"]
