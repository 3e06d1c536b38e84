"""Search domains: one immutable tree, read by SQL, by Python and by the wire.

A domain is written in Odoo's prefix notation and parsed once::

    domain = Domain.parse(["|", ("name", "ilike", "a%"), ("parent_id.ref", "in", ["x", "y"])])
    domain & Leaf("active", "=", True)
    domain.to_list()        # what a remote Odoo is sent

The nodes are :class:`And`, :class:`Or`, :class:`Not`, :class:`Leaf` and the constants :data:`TRUE` and
:data:`FALSE`. What a leaf *means* on a field is decided in :mod:`isthmus.records.condition`.

Source: Odoo 18 developer documentation, "Search domains".
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar

from isthmus.errors import DomainError

#: Every comparison operator that a term may have.
OPERATORS = (
    "=", "!=", "<", "<=", ">", ">=", "=?", "in", "not in", "like", "not like", "ilike", "not ilike",
    "=like", "not =like", "=ilike", "not =ilike", "child_of", "parent_of", "any", "not any",
)  # fmt: skip

#: Each negative operator with the positive one of which it is the complement.
NEGATIVE = {
    "!=": "=", "not in": "in", "not like": "like", "not ilike": "ilike", "not =like": "=like",
    "not =ilike": "=ilike", "not any": "any",
}  # fmt: skip

_SPELLINGS = {"<>": "!=", "==": "="}
_PATH = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*\Z")
_EXPECTED = "expected (field, operator, value), '&', '|' or '!'"
_SCALARS = (bool, int, float, str, date)


class Domain(ABC):
    """A condition on the records of one model."""

    __slots__ = ()

    @staticmethod
    def parse(terms: Domain | Iterable[Any]) -> Domain:
        """Read prefix notation; terms that no operator joins are joined by ``&``.

        A domain is returned as it is; the empty list is :data:`TRUE`.
        Raises DomainError naming the offending term.
        """
        if isinstance(terms, Domain):
            return terms
        if isinstance(terms, (str, bytes, Mapping)) or not isinstance(terms, Iterable):
            raise DomainError(
                f"A domain is a list of terms, not {terms!r}.", hint=f"{_EXPECTED.capitalize()}."
            )
        return _parse_terms(list(terms))

    @abstractmethod
    def to_list(self) -> list[Any]:
        """Return the prefix notation, made of JSON values only. :data:`TRUE` is ``[]``."""

    @abstractmethod
    def map_leaves(self, change: Callable[[Leaf], Domain]) -> Domain:
        """Return the domain with ``change(leaf)`` for each leaf (sub-domains of ``any`` are left)."""

    @abstractmethod
    def leaves(self) -> tuple[Leaf, ...]:
        """Return every leaf, in writing order (sub-domains of ``any`` are not entered)."""

    def fields(self) -> frozenset[str]:
        """Return the names of the model's own fields that the domain asks: the first step of every path."""
        return frozenset(leaf.steps[0] for leaf in self.leaves())

    def __and__(self, other: Domain) -> Domain:
        return conjunction((self, other)) if isinstance(other, Domain) else NotImplemented

    def __or__(self, other: Domain) -> Domain:
        return disjunction((self, other)) if isinstance(other, Domain) else NotImplemented

    def __invert__(self) -> Domain:
        return Not(self)


@dataclass(frozen=True, slots=True)
class Constant(Domain):
    """All records, or none."""

    value: bool

    def to_list(self) -> list[Any]:
        return [] if self.value else [[0, "=", 1]]

    def map_leaves(self, change: Callable[[Leaf], Domain]) -> Domain:
        return self

    def leaves(self) -> tuple[Leaf, ...]:
        return ()

    def __invert__(self) -> Domain:
        return FALSE if self.value else TRUE


TRUE = Constant(True)
FALSE = Constant(False)


@dataclass(frozen=True, slots=True)
class Leaf(Domain):
    """One term: ``path`` is a field name or dotted path, ``value`` a scalar, a tuple of scalars or a domain.

    The spelling is settled on creation: ``<>`` is ``!=``, ``=`` with a list is ``in``, ``None`` is ``False``.
    """

    path: str
    operator: str
    value: Any

    def __post_init__(self) -> None:
        term = (self.path, self.operator, self.value)
        if not isinstance(self.path, str) or not _PATH.match(self.path):
            raise _refused(term, f"{self.path!r} is not a field name or a dotted path")
        operator = _operator(term, self.operator)
        value = self.value
        if operator in ("=", "!=") and _is_list(value):
            operator = "in" if operator == "=" else "not in"
        object.__setattr__(self, "operator", operator)
        object.__setattr__(self, "value", _value(term, operator, value))

    @property
    def steps(self) -> list[str]:
        """Return the field names along the path."""
        return self.path.split(".")

    def to_list(self) -> list[Any]:
        return [self.to_term()]

    def to_term(self) -> list[Any]:
        """Return ``[path, operator, value]`` made of JSON values."""
        return [self.path, self.operator, _wire_value(self.value)]

    def map_leaves(self, change: Callable[[Leaf], Domain]) -> Domain:
        return change(self)

    def leaves(self) -> tuple[Leaf, ...]:
        return (self,)

    def __str__(self) -> str:
        return repr(tuple(self.to_term()))


@dataclass(frozen=True, slots=True)
class Not(Domain):
    """The records that are not in ``child``."""

    child: Domain

    def to_list(self) -> list[Any]:
        return ["!", *(self.child.to_list() or [[1, "=", 1]])]

    def map_leaves(self, change: Callable[[Leaf], Domain]) -> Domain:
        return ~self.child.map_leaves(change)

    def leaves(self) -> tuple[Leaf, ...]:
        return self.child.leaves()

    def __invert__(self) -> Domain:
        return self.child


@dataclass(frozen=True, slots=True)
class _Junction(Domain):
    """Two or more children joined by one operator."""

    children: tuple[Domain, ...]
    symbol: ClassVar[str]

    def to_list(self) -> list[Any]:
        terms: list[Any] = [self.symbol] * (len(self.children) - 1)
        for child in self.children:
            terms.extend(child.to_list() or [[1, "=", 1]])
        return terms

    def leaves(self) -> tuple[Leaf, ...]:
        return tuple(leaf for child in self.children for leaf in child.leaves())


@dataclass(frozen=True, slots=True)
class And(_Junction):
    """The records that are in every child."""

    symbol = "&"

    def map_leaves(self, change: Callable[[Leaf], Domain]) -> Domain:
        return conjunction(child.map_leaves(change) for child in self.children)


@dataclass(frozen=True, slots=True)
class Or(_Junction):
    """The records that are in some child."""

    symbol = "|"

    def map_leaves(self, change: Callable[[Leaf], Domain]) -> Domain:
        return disjunction(child.map_leaves(change) for child in self.children)


def conjunction(domains: Iterable[Domain]) -> Domain:
    """Join by "and": flat, without constants. No domains make :data:`TRUE`."""
    children: list[Domain] = []
    for domain in domains:
        if domain == FALSE:
            return FALSE
        if domain != TRUE:
            children.extend(domain.children if isinstance(domain, And) else (domain,))
    return _only_or(And, children, TRUE)


def disjunction(domains: Iterable[Domain]) -> Domain:
    """Join by "or": flat, without constants. No domains make :data:`FALSE`."""
    children: list[Domain] = []
    for domain in domains:
        if domain == TRUE:
            return TRUE
        if domain != FALSE:
            children.extend(domain.children if isinstance(domain, Or) else (domain,))
    return _only_or(Or, children, FALSE)


def _only_or(kind: type[_Junction], children: list[Domain], empty: Domain) -> Domain:
    match children:
        case []:
            return empty
        case [only]:
            return only
        case _:
            return kind(tuple(children))


# --- reading -------------------------------------------------------------------------------------------


def _parse_terms(terms: list[Any]) -> Domain:
    operands: list[Domain] = []
    for position in range(len(terms) - 1, -1, -1):
        term = terms[position]
        if term == "!":
            (child,) = _take(operands, 1, term, position, terms)
            operands.append(~child)
        elif term in ("&", "|"):
            pair = _take(operands, 2, term, position, terms)
            operands.append(conjunction(pair) if term == "&" else disjunction(pair))
        else:
            operands.append(_parse_term(term))
    return conjunction(reversed(operands))


def _take(operands: list[Domain], count: int, symbol: str, position: int, terms: list[Any]) -> list[Domain]:
    if len(operands) < count:
        raise DomainError(
            f"Operator {symbol!r} at position {position} of {terms!r} has {len(operands)} operand(s),"
            f" expected {count}.",
            hint="The notation is prefix: an operator stands before its operands.",
        )
    return [operands.pop() for _ in range(count)]


def _parse_term(term: Any) -> Domain:
    if isinstance(term, Domain):
        return term
    if not isinstance(term, (list, tuple)) or len(term) != 3:
        raise DomainError(f"Invalid domain term {term!r}: {_EXPECTED}.")
    left, operator, right = term
    if isinstance(left, int) and operator in ("=", "==") and isinstance(right, int):
        return TRUE if left == right else FALSE
    return Leaf(left, operator, right)


def _operator(term: Any, operator: Any) -> str:
    if isinstance(operator, str):
        operator = " ".join(operator.lower().split())
        operator = _SPELLINGS.get(operator, operator)
    if operator not in OPERATORS:
        raise _refused(term, f"unknown operator {operator!r}, known are {', '.join(OPERATORS)}")
    return str(operator)


def _value(term: Any, operator: str, value: Any) -> Any:
    if operator in ("any", "not any"):
        return Domain.parse(value)
    if operator in ("in", "not in"):
        return _values(term, value)
    if operator in ("child_of", "parent_of") and _is_list(value):
        return _values(term, value)
    return _scalar(term, value)


def _values(term: Any, value: Any) -> tuple[Any, ...]:
    if _is_list(value):
        return tuple(_scalar(term, item) for item in value)
    if value is None or isinstance(value, int):
        return (_scalar(term, value),)
    raise _refused(term, f"operator {term[1]!r} wants a list of values")


def _scalar(term: Any, value: Any) -> Any:
    if value is None:
        return False
    if not isinstance(value, _SCALARS) or value != value:
        raise _refused(term, f"{value!r} is not a text, number, boolean or date")
    return value


def _is_list(value: Any) -> bool:
    return isinstance(value, Collection) and not isinstance(value, (str, bytes, bytearray, Mapping, Domain))


def _refused(term: Any, reason: str) -> DomainError:
    return DomainError(f"Invalid domain term {term!r}: {reason}.", term=term)


# --- writing -------------------------------------------------------------------------------------------


def _wire_value(value: Any) -> Any:
    match value:
        case Domain():
            return value.to_list()
        case tuple():
            return [_wire_value(item) for item in value]
        case datetime():
            return value.isoformat(sep=" ")
        case date():
            return value.isoformat()
        case _:
            return value
