"""Values that a transaction has read, by model and id, in the stores' neutral form."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

Row = dict[str, Any]


class Cache:
    """Rows of field values. What a transaction writes is forgotten here and read again when asked for."""

    __slots__ = ("_lists", "_rows")

    def __init__(self) -> None:
        self._rows: dict[str, dict[int, Row]] = {}
        self._lists: dict[str, dict[int, Row]] = {}  # x2many values: forgotten more often than the rest

    def rows(self, model: str) -> dict[int, Row]:
        """Return the cached rows of a model: id -> field name -> value. The caller may add to it."""
        rows = self._rows.get(model)
        if rows is None:
            rows = self._rows[model] = {}
        return rows

    def lists(self, model: str) -> dict[int, Row]:
        """Return the cached x2many values of a model: id -> field name -> ids."""
        lists = self._lists.get(model)
        if lists is None:
            lists = self._lists[model] = {}
        return lists

    def forget(self, model: str, ids: Iterable[int]) -> None:
        """Forget all values of the given records, and every list: it may have contained them."""
        rows = self._rows.get(model, {})
        for id_ in ids:
            rows.pop(id_, None)
        self._lists.clear()

    def clear(self) -> None:
        """Forget everything."""
        self._rows.clear()
        self._lists.clear()
