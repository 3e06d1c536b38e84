"""Ids found by binders during one mapping call, so that a page costs one query for each relation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from isthmus.connector.binder import external_text
from isthmus.errors import BindingError, MappingError


class Links:
    """Remember which external id belongs to which record, for as long as one mapping call lasts."""

    __slots__ = ("_binder_for", "_external", "_internal")

    def __init__(self, binder_for: Callable[[str], Any]) -> None:
        self._binder_for = binder_for
        self._internal: dict[tuple[str, bool], dict[str, Any]] = {}
        self._external: dict[tuple[str, bool], dict[int, Any]] = {}

    def internal(self, model: str, external_id: Any, *, unwrap: bool) -> int:
        """Return the id of the record bound to an external id. Raises MappingError when there is none.

        ``model`` is the binding model; with ``unwrap`` the id is that of the Odoo record behind the binding.
        """
        known = self._internal.setdefault((model, unwrap), {})
        text = external_text(external_id)
        if text not in known:
            found = self._binder_for(model).to_internal(external_id, unwrap=unwrap)
            known[text] = getattr(found, "id", found) or None
        if known[text] is None:
            raise MappingError(
                f"no {model} is bound to the external id {external_id!r}",
                hint=f"Import that {model} first, or leave the field out.",
            )
        return int(known[text])

    def external(self, model: str, record_id: int, *, wrap: bool) -> Any:
        """Return the external id that a record is bound to. Raises MappingError when it is not bound.

        With ``wrap`` the id is that of the Odoo record behind the binding ``model``.
        """
        known = self._external.setdefault((model, wrap), {})
        if record_id not in known:
            known[record_id] = self._binder_for(model).to_external(record_id, wrap=wrap)
        if known[record_id] is None or known[record_id] is False:
            raise MappingError(
                f"the record {record_id} has no external id as {model}",
                hint=f"Export it as {model} first, or leave the field out.",
            )
        return known[record_id]

    def load_internal(self, model: str, external_ids: Iterable[Any], *, unwrap: bool) -> None:
        """Look up many external ids in one query; those without a record are remembered as unknown."""
        known = self._internal.setdefault((model, unwrap), {})
        wanted = [text for text in dict.fromkeys(_texts(external_ids)) if text not in known]
        if wanted:
            known.update(dict.fromkeys(wanted))
            known.update(self._binder_for(model).to_internal_many(wanted, unwrap=unwrap))

    def load_external(self, model: str, record_ids: Iterable[int], *, wrap: bool) -> None:
        """Look up the external ids of many records in one query; unbound ones are remembered as such."""
        known = self._external.setdefault((model, wrap), {})
        wanted = [one for one in dict.fromkeys(record_ids) if one not in known]
        if wanted:
            known.update(dict.fromkeys(wanted))
            known.update(self._binder_for(model).to_external_many(wanted, wrap=wrap))


def _texts(external_ids: Iterable[Any]) -> Iterator[str]:
    """Yield the texts of external ids; what is none is left out and fails later, with its own record."""
    for external_id in external_ids:
        try:
            yield external_text(external_id)
        except (BindingError, TypeError):
            continue
