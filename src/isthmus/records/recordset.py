"""Recordsets as values: ordered sets of ids of one model, bound to an environment."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from isthmus.errors import FieldError
from isthmus.inheritance import Declarable

if TYPE_CHECKING:
    from isthmus.records.environment import Environment

Self = TypeVar("Self", bound="Recordset")


class Recordset(Declarable):
    """An immutable, ordered set of records.

    ``_prefetch`` holds the ids that came together: a field read on one of them is read for all.
    """

    __slots__ = ("_ids", "_prefetch", "env")

    env: Environment
    _ids: tuple[int, ...]
    _prefetch: Iterable[int]
    _name: ClassVar[str | None] = None

    @classmethod
    def _make(cls: type[Self], env: Environment, ids: tuple[int, ...], prefetch: Iterable[int]) -> Self:
        self = object.__new__(cls)
        object.__setattr__(self, "env", env)
        object.__setattr__(self, "_ids", ids)
        object.__setattr__(self, "_prefetch", prefetch)
        return self

    def browse(self: Self, ids: int | Iterable[int] | None = None) -> Self:
        """Return the records with the given ids, without looking whether they exist."""
        if not ids:
            found: tuple[int, ...] = ()
        elif isinstance(ids, int):
            found = (ids,)
        else:
            found = tuple(dict.fromkeys(ids))
        return self._make(self.env, found, found)

    # --- one and many ---

    @property
    def id(self) -> Any:
        """The id of a single record; False on an empty recordset. Raises ValueError on several."""
        ids = self._ids
        if len(ids) == 1:
            return ids[0]
        if not ids:
            return False
        raise self._not_single()

    @property
    def ids(self) -> list[int]:
        """The ids, in order."""
        return list(self._ids)

    def ensure_one(self: Self) -> Self:
        """Return self when it is one record. Raises ValueError otherwise."""
        if len(self._ids) != 1:
            raise self._not_single()
        return self

    def _not_single(self) -> ValueError:
        return ValueError(f"Expected singleton: {self!r}")

    def __len__(self) -> int:
        return len(self._ids)

    def __bool__(self) -> bool:
        return bool(self._ids)

    def __iter__(self: Self) -> Iterator[Self]:
        if len(self._ids) == 1:
            yield self
            return
        make, env, prefetch = self._make, self.env, self._prefetch
        for id_ in self._ids:
            yield make(env, (id_,), prefetch)

    def __getitem__(self, key: Any) -> Any:
        """Return a slice or the record at a position; with text, the value of a field."""
        if isinstance(key, str):
            return getattr(self, key)
        if isinstance(key, slice):
            return self._make(self.env, self._ids[key], self._prefetch)
        return self._make(self.env, (self._ids[key],), self._prefetch)

    def __contains__(self, item: object) -> bool:
        if isinstance(item, str):
            return item in self._fields  # type: ignore[attr-defined, no-any-return]
        if isinstance(item, Recordset):
            self._same_model(item)
            return set(item._ids) <= set(self._ids)
        return False

    # --- algebra ---

    def _same_model(self, other: Recordset) -> None:
        if self._name != other._name:
            raise TypeError(f"records of {self._name} and {other._name} do not mix: {self!r}, {other!r}")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Recordset):
            return NotImplemented
        return self._name == other._name and set(self._ids) == set(other._ids)

    def __hash__(self) -> int:
        return hash((self._name, frozenset(self._ids)))

    def __or__(self: Self, other: Self) -> Self:
        return self.union(other)

    def __add__(self: Self, other: Self) -> Self:
        """Concatenate; a record that is in both keeps its first place."""
        return self.union(other)

    def __sub__(self: Self, other: Self) -> Self:
        self._same_model(other)
        without = set(other._ids)
        return self._make(self.env, tuple(id_ for id_ in self._ids if id_ not in without), self._prefetch)

    def __and__(self: Self, other: Self) -> Self:
        self._same_model(other)
        within = set(other._ids)
        return self._make(self.env, tuple(id_ for id_ in self._ids if id_ in within), self._prefetch)

    def union(self: Self, *others: Self) -> Self:
        """Return the records of all, each once."""
        for other in others:
            self._same_model(other)
        ids = tuple(dict.fromkeys(id_ for records in (self, *others) for id_ in records._ids))
        return self._make(self.env, ids, ids)

    def __repr__(self) -> str:
        shown = ", ".join(map(str, self._ids[:20])) + (", …" if len(self._ids) > 20 else "")
        return f"{self._name}({shown})"

    # --- environment ---

    def with_env(self: Self, env: Environment) -> Self:
        """Return the same records in another environment."""
        empty = env[self._name or ""]
        return empty._make(env, self._ids, self._ids)  # type: ignore[return-value]

    def with_context(self: Self, context: Mapping[str, Any] | None = None, /, **changes: Any) -> Self:
        """Return the same records under another context: ``context`` replaces it, ``changes`` add to it."""
        base = self.env.context if context is None else context
        return self.with_env(self.env.with_context({**base, **changes}))

    # --- going through ---

    def filtered(self: Self, test: str | Callable[[Any], Any]) -> Self:
        """Return the records for which a function is true, or a field (dotted paths allowed) is not empty."""
        if isinstance(test, str):
            path = test
            kept = [record.id for record in self if any(record._values(path))]
        else:
            kept = [record.id for record in self if test(record)]
        return self._make(self.env, tuple(kept), self._prefetch)

    def mapped(self, what: str | Callable[[Any], Any]) -> Any:
        """Return the value of a field (dotted paths allowed) or of a function for each record.

        Records are joined into one recordset; other values come as a list.
        """
        if callable(what):
            return _joined([what(record) for record in self])
        result: Any = self
        for name in what.split("."):
            field = result._field(name)
            values = [record[name] for record in result]
            result = result.env[field.comodel].browse(()).union(*values) if field.relational else values
        return result

    def _values(self, path: str) -> Sequence[Any]:
        found = self.mapped(path)
        return found if isinstance(found, list) else list(found)

    def sorted(self: Self, key: str | Callable[[Any], Any] | None = None, reverse: bool = False) -> Self:
        """Return the records ordered by a field, by a function, or (None) by the model's own order."""
        if key is None:
            ordered = self.search([("id", "in", self.ids)]).ids  # type: ignore[attr-defined]
            ids = ordered[::-1] if reverse else ordered
        else:
            name = key
            rank = (lambda record: _sortable(record[name])) if isinstance(name, str) else name
            ids = [record.id for record in sorted(self, key=rank, reverse=reverse)]
        return self._make(self.env, tuple(ids), self._prefetch)

    def _field(self, name: str) -> Any:
        raise FieldError(f"{self._name} has no field {name!r}")


def _sortable(value: Any) -> Any:
    """Return a key that orders empty values first and records by their ids."""
    if isinstance(value, Recordset):
        return value._ids
    return (value is not False, value) if not isinstance(value, bool) else (value, value)


def _joined(values: list[Any]) -> Any:
    if values and all(isinstance(value, Recordset) for value in values):
        return values[0].browse(()).union(*values)
    return values
