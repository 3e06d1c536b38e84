"""The right side of a domain term: values as a field can be compared with them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from isthmus.records.fields import Field

Refuse = Callable[[str], NoReturn]

#: The integers that a database holds.
SMALLEST, LARGEST = -(2**63), 2**63 - 1

_DAY_LENGTH = len("2026-01-01")
_WHOLE = ("integer", "many2one", "one2many", "many2many")


@dataclass(frozen=True, slots=True)
class Bound:
    """One side of an inequality: the comparison sign and what to compare with."""

    sign: str
    value: Any


def coerce_values(field: Field, values: Iterable[Any], refuse: Refuse) -> tuple[list[Any], bool]:
    """Return the values that the field may have, each once, none empty; and whether empty was one of them."""
    given = list(values)
    if field.type in _WHOLE and set(map(type, given)) <= {int}:
        return _integers(field, given)
    found: dict[Any, None] = {}
    empty = False
    for value in given:
        one = _coerce(field, value, refuse)
        if one is None:
            continue
        if one is False or one == 0:
            empty = True
        else:
            found[one] = None
    return list(found), empty and field.name != "id"


def _integers(field: Field, values: list[int]) -> tuple[list[int], bool]:
    found = dict.fromkeys(values)
    empty = 0 in found and field.type == "integer" and field.name != "id"
    return [value for value in found if value and SMALLEST <= value <= LARGEST], empty


def _coerce(field: Field, value: Any, refuse: Refuse) -> Any:
    """Return the value in the field's own type, False when empty, None when the field can never have it."""
    if value is False or value == "":
        return False
    match field.type:
        case "integer" | "many2one" | "one2many" | "many2many":
            number = _number(field, value, refuse)
            if number == 0:
                return None if field.relational else False
            fits = math.isfinite(number) and number == int(number) and SMALLEST <= number <= LARGEST
            return int(number) if fits else None
        case "float":
            return _float(_number(field, value, refuse))
        case "boolean":
            return _boolean(value, refuse)
        case "date":
            return _moment(value, refuse).date()
        case "datetime":
            return _moment(value, refuse)
        case _:
            return _text(value, refuse)


def coerce_bound(field: Field, bound: Bound, refuse: Refuse) -> Bound | None:
    """Return the bound in the field's own type, or None when no value of the field can meet it."""
    sign, value = bound.sign, bound.value
    match field.type:
        case "integer" | "many2one":
            if field.type == "many2one" and (value is False or isinstance(value, str)):
                return (
                    None
                    if value is False
                    else refuse("a many2one has the order of its ids: expected a number")
                )
            return _integer_bound(sign, _number(field, value or 0, refuse))
        case "float":
            return Bound(sign, _float(_number(field, value or 0, refuse)))
        case "date":
            return Bound(sign, _moment(value, refuse).date()) if value else None
        case "datetime":
            return _datetime_bound(sign, value, refuse) if value else None
        case _:
            return Bound(sign, "" if value is False else _text(value, refuse))


def _integer_bound(sign: str, number: float) -> Bound | None:
    """Return the bound as ``<=`` or ``>=`` with an integer that a database holds."""
    if math.isinf(number):
        number = math.copysign(2 * LARGEST, number)
    if sign in ("<", "<="):
        highest = math.ceil(number) - 1 if sign == "<" else math.floor(number)
        return Bound("<=", min(highest, LARGEST)) if highest >= SMALLEST else None
    lowest = math.floor(number) + 1 if sign == ">" else math.ceil(number)
    return Bound(">=", max(lowest, SMALLEST)) if lowest <= LARGEST else None


def _datetime_bound(sign: str, value: Any, refuse: Refuse) -> Bound:
    moment = _moment(value, refuse)
    is_day = len(value) <= _DAY_LENGTH if isinstance(value, str) else not isinstance(value, datetime)
    if not is_day or sign in ("<", ">="):
        return Bound(sign, moment)
    if moment.date() == date.max:
        return Bound(sign, datetime.max)
    return Bound(">=" if sign == ">" else "<", moment + timedelta(days=1))


def _number(field: Field, value: Any, refuse: Refuse) -> Any:
    if value is True and field.relational:
        refuse("True is not an id; use ('!=', False) to ask whether the field is set")
    if isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, str) and not field.relational:
        for kind in (int, float):
            try:
                return kind(value)
            except ValueError:
                continue
    return refuse(f"a {field.type} field cannot be compared with {value!r}")


def _float(number: float) -> float:
    try:
        return float(number)
    except OverflowError:
        return math.copysign(math.inf, number)


def _boolean(value: Any, refuse: Refuse) -> bool:
    if value in (0, 1):
        return bool(value)
    return refuse(f"a boolean field cannot be compared with {value!r}")


def _moment(value: Any, refuse: Refuse) -> datetime:
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
    if isinstance(value, date):
        return datetime.combine(value, time.min)
    if isinstance(value, str) and (len(value) == _DAY_LENGTH or value[_DAY_LENGTH : _DAY_LENGTH + 1] == " "):
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            pass
    return refuse(f"{value!r} is not a date, expected '2026-01-01' or '2026-01-01 10:00:00'")


def _text(value: Any, refuse: Refuse) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return refuse(f"expected text, not {value!r}; use ('!=', False) to ask whether the field is set")
    text = str(value)
    if not is_storable(text):
        refuse("no text holds NUL characters or lone surrogates")
    return text


def is_storable(text: str) -> bool:
    """Tell whether a database can hold the text: neither NUL characters nor lone surrogates."""
    if "\0" in text:
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def pattern_of(sign: str, text: str, refuse: Refuse) -> str:
    """Return the pattern of a like operator: ``like`` looks anywhere in a text, ``=like`` at all of it."""
    pattern = _text(text, refuse)
    if not sign.startswith("="):
        pattern = f"%{pattern}%"
    trailing = len(pattern) - len(pattern.rstrip("\\"))
    return pattern + "\\" if trailing % 2 else pattern
