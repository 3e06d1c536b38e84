"""What a domain means, decided once for every reader.

A :class:`Reader` walks a domain over the fields of a model and reduces each leaf to a few primitives. SQL
(:mod:`isthmus.records.sqldomain`) and Python (:mod:`isthmus.records.predicate`) implement the primitives and
therefore cannot disagree on what an operator, an empty value or a dotted path means.

The rules, all of them Odoo's:

* A negative operator is the complement of the positive one: ``!=``, ``not in``, ``not like`` find empty ones.
* Empty text, the number 0 and the boolean False are the same as null.
* A dotted path asks whether *some* record at its end fits: ``("parent_id.name", "!=", "x")`` wants a parent.
* A many2one leads to archived records too, an x2many only to active ones (unless the condition mentions
  ``active``, or ``active_test`` is off); ``("line_ids", "=", False)`` and ids given directly see all of them.
* Text for a relation is looked up in the ``_rec_name`` of the other model.
* A date compared with a datetime field stands for its whole day in ``>`` and ``<=``, otherwise for midnight.

Source: odoo/osv/expression.py of Odoo 16-18; null against 0 and "" as in Odoo 19 (odoo/orm/domains.py).
"""

from __future__ import annotations

import difflib
import operator
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, NoReturn, Protocol, TypeVar

from isthmus.errors import DomainError, FieldError
from isthmus.records.domain import FALSE, NEGATIVE, And, Constant, Domain, Leaf, Not, Or, disjunction
from isthmus.records.fields import Integer
from isthmus.records.operand import Bound, coerce_bound, coerce_values, pattern_of

if TYPE_CHECKING:
    from isthmus.records.fields import Field

Result = TypeVar("Result")

TEXT_TYPES = ("char", "text", "html", "selection")

#: The value that a type treats as null, for the types that have one.
EMPTY: dict[str, Any] = {**dict.fromkeys(TEXT_TYPES, ""), "integer": 0, "float": 0.0, "boolean": False}

COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}

_ID = Integer("Id").bound("id", "")
_LIKES = ("like", "ilike", "=like", "=ilike")
_PRESENCE_ONLY = ("json", "binary", "secret")


class Schema(Protocol):
    """What a reader asks about models."""

    def fields(self, model: str) -> Mapping[str, Field]:
        """Return the fields of a model by name."""
        ...

    def rec_name(self, model: str) -> str:
        """Return the name of the field that names a record."""
        ...

    def inherits(self, model: str) -> Mapping[str, str]:
        """Return the models that a model delegates to, each with the name of its link."""
        ...


class Reader(ABC, Generic[Result]):
    """Turn a domain into something else; subclasses say what the primitives become."""

    def __init__(self, schema: Schema, *, active_test: bool = True) -> None:
        self.schema = schema
        self.active_test = active_test

    def read(self, model: str, domain: Domain) -> Result:
        """Return what the domain becomes. Raises DomainError or FieldError naming the offending term."""
        match domain:
            case Constant(value):
                return self.constant(value)
            case And(children):
                return self.every([self.read(model, child) for child in children])
            case Or(children):
                return self.some([self.read(model, child) for child in children])
            case Not(child):
                return self.opposite(self.read(model, child))
            case Leaf():
                return _LeafReader(self, model, domain).read()
            case _:
                raise TypeError(f"not a domain: {domain!r}")

    # --- primitives ---

    @abstractmethod
    def constant(self, value: bool) -> Result:
        """All records, or none."""

    @abstractmethod
    def every(self, parts: list[Result]) -> Result:
        """The records in all parts."""

    @abstractmethod
    def some(self, parts: list[Result]) -> Result:
        """The records in at least one part."""

    @abstractmethod
    def opposite(self, part: Result) -> Result:
        """The records that are not in the part."""

    @abstractmethod
    def one_of(self, field: Field, values: Sequence[Any], empty: bool) -> Result:
        """The field has one of the values (none of them empty), or is empty when ``empty``."""

    @abstractmethod
    def compare(self, field: Field, sign: str, value: Any, empty: bool) -> Result:
        """The field is not null and compares with the value, or is null when ``empty``."""

    @abstractmethod
    def like(self, field: Field, pattern: str, fold: bool) -> Result:
        """The field's text fits the pattern; upper and lower case are alike when ``fold``."""

    @abstractmethod
    def linked(self, field: Field, ids: Sequence[int] | None) -> Result:
        """An x2many field contains one of the ids; None: contains anything."""

    @abstractmethod
    def related(self, field: Field, domain: Domain) -> Result:
        """Some record that the relational field leads to is in the domain on its comodel."""

    @abstractmethod
    def within(self, model: str, roots: Domain, upwards: bool) -> Result:
        """The record is one of ``roots`` or lies below (or above) one by ``parent_id``."""


class _LeafReader(Generic[Result]):
    """Read one leaf on one model."""

    def __init__(self, reader: Reader[Result], model: str, leaf: Leaf) -> None:
        self.reader = reader
        self.schema = reader.schema
        self.model = model
        self.leaf = leaf
        self.first, _, self.rest = leaf.path.partition(".")

    def read(self) -> Result:
        positive = NEGATIVE.get(self.leaf.operator)
        field = self._field()
        if field is None:
            return self._delegated()
        if self.rest:
            return self._path(field)
        if positive is not None:
            return self.reader.opposite(self._positive(field, positive, self.leaf.value))
        return self._positive(field, self.leaf.operator, self.leaf.value)

    def _field(self) -> Field | None:
        name = self.first
        if name == "id":
            return _ID
        if name == "display_name":
            name = self.schema.rec_name(self.model)
        return self.schema.fields(self.model).get(name)

    def _delegated(self) -> Result:
        """Read the leaf on the model to which this one delegates the field."""
        fields = self.schema.fields(self.model)
        for parent, link in self.schema.inherits(self.model).items():
            if self.first in self.schema.fields(parent) or self.schema.inherits(parent):
                return self.reader.related(fields[link], self.leaf)
        near = difflib.get_close_matches(self.first, fields, n=3)
        raise FieldError(
            f"Invalid domain term {self.leaf}: {self.model} has no field {self.first!r}.",
            hint=f"Did you mean {' or '.join(map(repr, near))}?" if near else None,
        )

    def _path(self, field: Field) -> Result:
        if not field.relational:
            self._refuse(f"{field.name!r} is not a relation")
        leaf = self.leaf
        if self.rest == "id" and field.type == "many2one" and leaf.operator in ("=", "!=", "in", "not in"):
            return self._id_of_link(field)
        return self._related(field, Leaf(self.rest, leaf.operator, leaf.value))

    def _id_of_link(self, field: Field) -> Result:
        """Ask the link itself for its id, so that the other model's store is not needed."""
        reader, sign = self.reader, self.leaf.operator
        ids, _ = coerce_values(field, self._members(), self._refuse)
        found = reader.one_of(field, ids, False)
        if sign not in NEGATIVE:
            return found
        return reader.every([reader.opposite(reader.one_of(field, (), True)), reader.opposite(found)])

    def _members(self) -> tuple[Any, ...]:
        value = self.leaf.value
        return value if isinstance(value, tuple) else (value,)

    def _positive(self, field: Field, sign: str, value: Any) -> Result:
        if sign == "=?":
            return self.reader.constant(True) if value is False else self._positive(field, "=", value)
        if sign in ("=", "in"):
            return self._one_of(field, value if isinstance(value, tuple) else (value,))
        if sign in COMPARISONS:
            return self._compare(field, sign, value)
        if sign in _LIKES:
            return self._like(field, sign, value)
        if sign == "any":
            return self._related(field, value)
        return self._hierarchy(field, sign, value)

    # --- values ---

    def _one_of(self, field: Field, values: tuple[Any, ...]) -> Result:
        if field.relational:
            return self._linked(field, values)
        if field.type in _PRESENCE_ONLY and any(value is not False for value in values):
            self._refuse(f"a {field.type} field can only be compared with False")
        found, empty = coerce_values(field, values, self._refuse)
        return self.reader.one_of(field, found, empty)

    def _linked(self, field: Field, values: tuple[Any, ...]) -> Result:
        reader = self.reader
        names = tuple(value for value in values if isinstance(value, str) and value)
        ids, empty = coerce_values(
            field, [value for value in values if not isinstance(value, str)], self._refuse
        )
        empty = empty or "" in values
        parts: list[Result] = []
        if field.type == "many2one":
            parts.append(reader.one_of(field, ids, empty))
        else:
            if ids:
                parts.append(reader.linked(field, ids))
            if empty:
                parts.append(reader.opposite(reader.linked(field, None)))
        if names:
            parts.append(self._related(field, Leaf(self._rec_name(field), "in", names)))
        return reader.some(parts) if parts else reader.constant(False)

    def _compare(self, field: Field, sign: str, value: Any) -> Result:
        if field.type in ("one2many", "many2many", "boolean", *_PRESENCE_ONLY):
            self._refuse(f"a {field.type} field has no order")
        bound = coerce_bound(field, Bound(sign, value), self._refuse)
        if bound is None:
            return self.reader.constant(False)
        empty = EMPTY.get(field.type) if field.name != "id" else None
        holds_for_null = empty is not None and COMPARISONS[bound.sign](empty, bound.value)
        return self.reader.compare(field, bound.sign, bound.value, holds_for_null)

    def _like(self, field: Field, sign: str, value: Any) -> Result:
        if (isinstance(value, bool) and value) or not isinstance(value, (str, int, float)):
            self._refuse(f"operator {self.leaf.operator!r} wants text")
        if value is False or value == "":
            return self._like_nothing(field, sign)
        if field.relational:
            return self._related(field, Leaf(self._rec_name(field), sign, value))
        if field.type not in TEXT_TYPES and field.type != "integer":
            self._refuse(f"a {field.type} field cannot be compared with a pattern")
        return self.reader.like(field, pattern_of(sign, str(value), self._refuse), "ilike" in sign)

    def _like_nothing(self, field: Field, sign: str) -> Result:
        """Empty text is part of every text; as a whole pattern it fits the empty ones only."""
        if sign.startswith("="):
            return self._one_of(field, (False,))
        return (
            self.reader.opposite(self._one_of(field, (False,)))
            if field.relational
            else self.reader.constant(True)
        )

    # --- relations ---

    def _related(self, field: Field, domain: Domain) -> Result:
        if not field.relational:
            self._refuse(f"{field.name!r} is not a relation")
        if field.type != "many2one":
            domain = self._only_active(field, domain)
        return self.reader.related(field, domain)

    def _only_active(self, field: Field, domain: Domain) -> Domain:
        if not self.reader.active_test or "active" in domain.fields():
            return domain
        return (
            domain & Leaf("active", "=", True)
            if "active" in self.schema.fields(self._comodel(field))
            else domain
        )

    def _hierarchy(self, field: Field, sign: str, value: Any) -> Result:
        # On a model's own parent_id the operator asks about the record itself. Source: tried on Odoo 18 and
        # 19.
        is_own_parent = field.name == "parent_id" and self._comodel(field) == self.model
        if field.relational and not is_own_parent:
            return self.reader.related(field, Leaf("id", sign, value))
        if field.name != "id" and not is_own_parent:
            self._refuse(f"operator {sign!r} wants a relation or 'id'")
        if "parent_id" not in self.schema.fields(self.model):
            self._refuse(f"{self.model} has no field 'parent_id'")
        return self.reader.within(self.model, self._roots(), sign == "parent_of")

    def _roots(self) -> Domain:
        values = self._members()
        names = [value for value in values if isinstance(value, str) and value]
        ids = tuple(value for value in values if not isinstance(value, (str, bool)))
        if not all(isinstance(value, int) for value in ids):
            self._refuse("expected ids or names")
        rec_name = self.schema.rec_name(self.model)
        return disjunction(
            [Leaf("id", "in", ids) if ids else FALSE, *(Leaf(rec_name, "ilike", name) for name in names)]
        )

    def _comodel(self, field: Field) -> str:
        return str(getattr(field, "comodel", ""))

    def _rec_name(self, field: Field) -> str:
        return self.schema.rec_name(self._comodel(field))

    def _refuse(self, reason: str) -> NoReturn:
        raise DomainError(
            f"Invalid domain term {self.leaf} on {self.model}: {reason}.", term=self.leaf.to_term()
        )
