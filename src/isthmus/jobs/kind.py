"""Kinds of values that JSON does not know, and how each is written as the fields of an object."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, NamedTuple, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

Fields = dict[str, Any]

Moment = TypeVar("Moment", datetime, time)


class Kind(NamedTuple):
    """A kind of value, known by its tag.

    ``encode`` returns the fields of a value, ``decode`` the value of fields; when ``scoped``, both are given
    the scope as a second argument. ``subclasses``: values of derived types are written too, and read as this.
    """

    tag: str
    type: type
    encode: Callable[..., Fields]
    decode: Callable[..., Any]
    subclasses: bool = False
    scoped: bool = False


def built_in() -> Iterator[Kind]:
    """Yield the kinds that every codec knows.

    Dates of derived types (a frozen clock's, say) are written as plain ones: they are equal.
    """
    yield Kind("datetime", datetime, encode_moment, decode_datetime, subclasses=True)
    yield Kind("date", date, lambda one: {"v": one.isoformat()}, lambda of: date.fromisoformat(of["v"]), True)
    yield Kind("time", time, encode_moment, decode_time)
    yield Kind("timedelta", timedelta, encode_timedelta, lambda of: timedelta(*of["v"]))
    yield Kind("bytes", bytes, encode_bytes, lambda of: b64decode(of["v"], validate=True))
    yield Kind("bytearray", bytearray, encode_bytes, lambda of: bytearray(b64decode(of["v"], validate=True)))
    yield Kind("decimal", Decimal, lambda one: {"v": str(one)}, lambda of: Decimal(of["v"]))
    yield Kind("uuid", UUID, lambda one: {"v": str(one)}, lambda of: UUID(of["v"]))


def encode_moment(value: datetime | time) -> Fields:
    """Return a moment in ISO format, with the name of its zone where it has one, and its fold."""
    zone = value.tzinfo.key if isinstance(value.tzinfo, ZoneInfo) else None
    fields: Fields = {"v": (value.replace(tzinfo=None) if zone else value).isoformat()}
    if zone:
        fields["zone"] = zone
    if value.fold:
        fields["fold"] = 1
    return fields


def decode_datetime(fields: Fields) -> datetime:
    """Return the moment of a date."""
    return _placed(datetime.fromisoformat(fields["v"]), fields)


def decode_time(fields: Fields) -> time:
    """Return the time of a day."""
    return _placed(time.fromisoformat(fields["v"]), fields)


def _placed(value: Moment, fields: Fields) -> Moment:
    if "zone" in fields:
        value = value.replace(tzinfo=ZoneInfo(fields["zone"]))
    return value.replace(fold=1) if fields.get("fold") else value


def encode_timedelta(value: timedelta) -> Fields:
    """Return days, seconds and microseconds."""
    return {"v": [value.days, value.seconds, value.microseconds]}


def encode_bytes(value: bytes | bytearray) -> Fields:
    """Return bytes in base 64."""
    return {"v": b64encode(value).decode()}


def encode_text(value: str) -> Fields:
    """Return text that UTF-8 cannot hold (lone surrogates, as in a file name of another encoding)."""
    return encode_bytes(value.encode("utf-8", "surrogatepass"))


def decode_text(fields: Fields) -> str:
    """Return text that UTF-8 cannot hold."""
    return b64decode(fields["v"], validate=True).decode("utf-8", "surrogatepass")
