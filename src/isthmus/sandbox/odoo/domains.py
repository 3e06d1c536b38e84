"""Search domains that a client sends become domains that records answer; mistakes are named in Odoo's words.

Source: recorded searches (tests/data/odoo-probes), Odoo 18 developer documentation, "Search domains".
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from isthmus.records.domain import OPERATORS
from isthmus.records.fields import Field
from isthmus.sandbox.odoo.errors import ForeignError, database_error, value_error
from isthmus.sandbox.odoo.session import Session
from isthmus.sandbox.odoo.values import INT4, all_fields, text

NOTHING = (0, "=", 1)
_NEGATIVE = {"!=": "=", "<>": "=", "not in": "in", "not like": "like", "not ilike": "ilike"}
_TEXTUAL = frozenset(
    {"=", "!=", "<>", "in", "not in", "like", "not like", "ilike", "not ilike", "=like", "=ilike"}
)
_SECOND = timedelta(seconds=1)

#: The operators that came after 14. Source: asked of Odoo 14 to 19 servers.
_SINCE = {"any": 17, "not any": 17, "not =like": 19, "not =ilike": 19}


class DomainReader:
    """Read the domains of one call."""

    def __init__(self, session: Session) -> None:
        self.series = session.series

    def read(self, records: Any, terms: Any) -> list[Any]:
        """Return the domain for records of a model. Raises a Refusal with the server's own text."""
        if not isinstance(terms, (list, tuple)):
            raise ForeignError("builtins.TypeError", f"Domain() invalid argument type for domain: {terms!r}")
        self._check_shape(terms)
        ready: list[Any] = []
        for term in terms:
            if term in ("&", "|", "!"):
                ready.append(term)
            elif isinstance(term[0], int):
                ready.append(tuple(term))
            else:
                ready.extend(self._leaf(records, tuple(term)))
        return ready

    def _check_shape(self, terms: Any) -> None:
        expected, seen = 1, False
        for term in terms:
            if expected == 0:
                expected = 1
            if term in ("&", "|"):
                expected += 1
            elif term != "!":
                if not isinstance(term, (list, tuple)) or len(term) != 3:
                    raise value_error(
                        f"Domain() invalid item in domain: {term!r}"
                        if self.series >= 19
                        else f"Invalid leaf {term}"
                    )
                expected -= 1
            seen = True
        if seen and expected:
            wrong = (
                "Domain() malformed domain {}"
                if self.series >= 19
                else "Domain {} is syntactically not correct."
            )
            raise value_error(wrong.format(list(terms)))

    def _leaf(self, records: Any, leaf: tuple[Any, Any, Any]) -> list[Any]:
        path, operator, value = leaf
        operator = operator.lower() if isinstance(operator, str) else operator
        if self.series < 17 and isinstance(value, (list, tuple)) and operator in ("any", "not any"):
            raise ForeignError("builtins.TypeError", "unhashable type: 'list'")
        if self.series < _SINCE.get(operator, 0) or (
            operator not in OPERATORS and operator not in ("<>", "==")
        ):
            raise value_error(
                f"Invalid operator in condition {leaf!r}" if self.series >= 19 else f"Invalid leaf {leaf!r}"
            )
        owner, field = self._walk(records, leaf)
        if field.name == "display_name":
            return [(_sibling(path, owner._rec_name), operator, _clean(value))]
        if operator in ("any", "not any"):
            return [(path, operator, self.read(owner.env[field.comodel], value))]  # type: ignore[attr-defined]
        if field.relational and operator in _TEXTUAL and _has_text(value):
            return self._by_name(owner.env[field.comodel], path, operator, value)  # type: ignore[attr-defined]
        if field.type == "datetime":
            return self._moments(path, operator, value)
        if field.relational or field.type == "integer":
            return [self._numbers(path, operator, value)]
        return [(path, operator, _clean(value))]

    def _walk(self, records: Any, leaf: tuple[Any, Any, Any]) -> tuple[Any, Field]:
        """Return the model and the field at the end of a path."""
        owner, field = records, None
        for step in str(leaf[0]).split("."):
            owner = owner.env[field.comodel] if field is not None and field.relational else owner  # type: ignore[attr-defined]
            field = all_fields(owner).get(step)
            if field is None:
                what = "condition" if self.series >= 19 else "leaf"
                raise value_error(f"Invalid field {owner._name}.{step} in {what} {leaf!r}")
        assert field is not None
        return owner, field

    def _by_name(self, target: Any, path: str, operator: str, value: Any) -> list[Any]:
        """Compare a relation with text: the name of the other record is meant."""
        positive = _NEGATIVE.get(operator)
        leaf = (f"{path}.{target._rec_name}", positive or operator, _clean(value))
        return ["!", leaf] if positive else [leaf]

    def _numbers(self, path: str, operator: str, value: Any) -> Any:
        for one in value if isinstance(value, (list, tuple)) else (value,):
            if isinstance(one, int) and not -INT4 <= one < INT4:
                if self.series >= 19:
                    return NOTHING
                raise database_error(
                    "NumericValueOutOfRange",
                    f'value "{one}" is out of range for type integer\nLINE 1: ...\n        ^\n',
                )
        return (path, operator, value)

    # --- datetimes ---

    def _moments(self, path: str, operator: str, value: Any) -> list[Any]:
        if isinstance(value, (list, tuple)):
            moments = [(path, "=", one) for one in value]
            terms: list[Any] = ["|"] * (len(moments) - 1)
            for one in moments:
                terms.extend(self._moments(*one))
            terms = terms or [NOTHING]
            return ["!", *terms] if operator == "not in" else terms
        if not value:
            return [(path, operator, False)]
        moment = self._moment(operator, value)
        return _WHOLE_SECONDS[operator](path, moment) if self.series >= 19 else [(path, operator, moment)]

    def _moment(self, operator: str, value: Any) -> datetime:
        """Return a moment from text; of a mere day its start, or its end where that is meant."""
        try:
            moment = datetime.fromisoformat(str(value)).replace(tzinfo=None)
        except ValueError as error:
            if self.series >= 19:
                raise value_error(f"Invalid term {value!r} in expression date: {value!r}") from error
            message = f'invalid input syntax for type timestamp: "{value}"\nLINE 1: ...\n        ^\n'
            raise database_error("InvalidDatetimeFormat", message) from error
        if len(str(value)) == 10 and operator in (">", "<="):
            return moment.replace(hour=23, minute=59, second=59)
        return moment


#: Odoo 19 compares whole seconds where 18 compares the microseconds that are stored.
_WHOLE_SECONDS: dict[str, Callable[[str, datetime], list[Any]]] = {
    ">": lambda path, at: [(path, ">=", at.replace(microsecond=0) + _SECOND)],
    ">=": lambda path, at: [(path, ">=", at.replace(microsecond=0))],
    "<": lambda path, at: [(path, "<", at.replace(microsecond=0))],
    "<=": lambda path, at: [(path, "<", at.replace(microsecond=0) + _SECOND)],
    "=": lambda path, at: [
        "&",
        (path, ">=", at.replace(microsecond=0)),
        (path, "<", at.replace(microsecond=0) + _SECOND),
    ],
    "!=": lambda path, at: [
        "!",
        "&",
        (path, ">=", at.replace(microsecond=0)),
        (path, "<", at.replace(microsecond=0) + _SECOND),
    ],
}


def _sibling(path: str, name: str) -> str:
    """Return the path with its last step replaced."""
    return ".".join([*path.split(".")[:-1], name])


def _has_text(value: Any) -> bool:
    values = value if isinstance(value, (list, tuple)) else (value,)
    return any(isinstance(one, str) for one in values)


def _clean(value: Any) -> Any:
    """Return the value; text with a NUL character is refused as the database does."""
    for one in value if isinstance(value, (list, tuple)) else (value,):
        if isinstance(one, str):
            text(one)
    return value
