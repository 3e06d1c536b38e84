"""Domains in the words that an older Odoo understands.

``any`` came with 17 and is right since 18, ``not =like`` and ``not =ilike`` came with 19. To an Odoo that
does not know them the same is said otherwise: the records that ``any`` means are searched first, and their
ids stand in its place. Before 19 ``!`` loses the records without a value where SQL knows no answer
(``=like``, ``child_of``, a path over a relation that is empty): there an opposite stands in its place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from isthmus.odoo.version import Version
from isthmus.records.domain import And, Domain, Leaf, Not, Or, conjunction, disjunction
from isthmus.records.fields import Field, One2many

#: Returns the ids of the records of a model in a domain, in a context.
Search = Callable[[str, Domain, Mapping[str, object]], list[int]]

#: Returns the fields of a model.
Fields = Callable[[str], Mapping[str, Field]]

_ANY = {"any": "in", "not any": "not in"}
_NOT_LIKE = {"not =like": "=like", "not =ilike": "=ilike"}
_OPPOSITE = {
    "any": "not any",
    "not any": "any",
    "in": "not in",
    "not in": "in",
    "=like": "not =like",
    "=ilike": "not =ilike",
    **_NOT_LIKE,
}
_HIERARCHY = frozenset({"child_of", "parent_of"})


def opposite(leaf: Leaf) -> Domain:
    """Return all that a leaf leaves out, the empty included, without ``!`` where an opposite word exists."""
    first, _, rest = leaf.path.partition(".")
    if rest:
        return Leaf(first, "not any", Leaf(rest, leaf.operator, leaf.value))
    if leaf.operator in _OPPOSITE:
        return Leaf(leaf.path, _OPPOSITE[leaf.operator], leaf.value)
    return Not(leaf)


def _has_zero(leaf: Leaf) -> bool:
    """Tell whether a leaf looks for the number 0 among others: Odoo 14 and 15 take it for no value there."""
    values = leaf.value if leaf.operator in ("in", "not in") else ()
    return any(value == 0 and not isinstance(value, bool) for value in values)


def _zero_apart(leaf: Leaf) -> Domain:
    others = Leaf(leaf.path, leaf.operator, [one for one in leaf.value if isinstance(one, bool) or one != 0])
    zero = Leaf(leaf.path, "=" if leaf.operator == "in" else "!=", 0)
    return zero | others if leaf.operator == "in" else zero & others


def _is_hard(domain: Domain) -> bool:
    """Tell whether a domain has something that not every Odoo takes as it is meant."""
    match domain:
        case Leaf():
            return domain.operator in _ANY or domain.operator in _NOT_LIKE or _has_zero(domain)
        case Not():
            return True
        case And(children=children) | Or(children=children):
            return any(map(_is_hard, children))
    return False


class Dialect:
    """What one Odoo understands; its ``version`` is asked only when a domain has a word that is not old."""

    def __init__(self, version: Callable[[], Version], fields: Fields, search: Search) -> None:
        self._version = version
        self._fields = fields
        self._search = search

    def spoken(self, model: str, domain: Domain, context: Mapping[str, object]) -> Domain:
        """Return a domain of the same meaning; unchanged when this Odoo knows its words."""
        if not _is_hard(domain) or self._version().has("exact domains"):
            return domain
        return self._say(model, domain, context, negated=False)

    def _say(self, model: str, domain: Domain, context: Mapping[str, object], *, negated: bool) -> Domain:
        """Return the domain, or its opposite, without ``!`` before what older Odoos would take wrongly."""
        match domain:
            case Not(child=child):
                return self._say(model, child, context, negated=not negated)
            case And(children=children) | Or(children=children):
                said = [self._say(model, child, context, negated=negated) for child in children]
                return conjunction(said) if isinstance(domain, And) is not negated else disjunction(said)
            case Leaf():
                if negated and self._leads_elsewhere(model, domain):
                    return Leaf(domain.path, "=", False) | Not(domain)
                return self._leaf(model, opposite(domain) if negated else domain, context)
        return ~domain if negated else domain

    def _leaf(self, model: str, domain: Domain, context: Mapping[str, object]) -> Domain:
        if isinstance(domain, Leaf) and domain.operator in _ANY:
            return self._any(model, domain, context)
        if isinstance(domain, Leaf) and domain.operator in _NOT_LIKE:
            return self._not_like(model, domain, context)
        if isinstance(domain, Leaf) and _has_zero(domain) and not self._version().has("zero in a list"):
            return _zero_apart(domain)
        return domain

    def _leads_elsewhere(self, model: str, leaf: Leaf) -> bool:
        """Tell whether a leaf asks for the hierarchy of another model, in which the empty have no place."""
        field = self._fields(model).get(leaf.path)
        return leaf.operator in _HIERARCHY and field is not None and field.comodel not in ("", model)

    def _any(self, model: str, leaf: Leaf, context: Mapping[str, object]) -> Domain:
        field = self._end(model, leaf.steps)
        if field is None or not field.comodel:
            return leaf
        if self._version().has("any in domains"):
            inner = self._say(field.comodel, leaf.value, context, negated=False)
            return Leaf(leaf.path, leaf.operator, inner)
        found = self._search(field.comodel, self._meant(field, leaf.value), context)
        return Leaf(leaf.path, _ANY[leaf.operator], found)

    def _meant(self, field: Field, domain: Domain) -> Domain:
        """Return the domain of the records at the other end of a field."""
        if field.type == "many2one" and "active" in self._fields(field.comodel):
            # Odoo looks through a many2one at archived records too, and only through this one.
            return domain & (Leaf("active", "=", True) | Leaf("active", "=", False))
        if isinstance(field, One2many) and field.inverse_name:
            # Without: Odoo 14 finds nothing outside lines of which one belongs to no record (SQL's NOT IN).
            return domain & Leaf(field.inverse_name, "!=", False)
        return domain

    def _not_like(self, model: str, leaf: Leaf, context: Mapping[str, object]) -> Domain:
        """A relation on the way must lead somewhere; an empty text is not like anything."""
        first, _, rest = leaf.path.partition(".")
        if rest:
            inner = Leaf(rest, leaf.operator, leaf.value)
            return self._leaf(model, Leaf(first, "any", inner), context)
        return Leaf(leaf.path, "=", False) | Not(Leaf(leaf.path, _NOT_LIKE[leaf.operator], leaf.value))

    def _end(self, model: str, steps: Sequence[str]) -> Field | None:
        """Return the field at the end of a path; None where the path leads nowhere that is known."""
        field = None
        for step in steps:
            field = self._fields(model).get(step)
            if field is None or not field.comodel:
                return field
            model = field.comodel
        return field
