"""Values as JSON text and back, so that a job's arguments outlive the process that gave them.

What JSON knows stays as it is. Any other value is an object with the key ``$``, which names its kind::

    {"$": "datetime", "v": "2026-11-25T08:00:00"}

A dictionary that has such a key of its own is written as a list of pairs, so that data from outside never
passes for a value of a kind. Nothing is pickled: a kind that nobody registered can be neither written nor
read.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from isthmus.errors import IsthmusError, JobDecodingError, JobEncodingError
from isthmus.jobs.kind import Fields, Kind, built_in, decode_text, encode_text

#: The key that marks an object as a value of a kind.
TAG = "$"

#: How deep values may be nested.
DEEPEST = 100

#: How deep their JSON may be: a value is written as three levels at most. An interpreter may bear more.
DEEPEST_WRITTEN = 3 * DEEPEST + 10

_SMALLEST, _LARGEST = -(2**63), 2**63 - 1
_WRITTEN_BY_JSON = (str, bool, int, float, list, dict, tuple, set, frozenset, type(None))

_to_json = msgspec.json.Encoder().encode
_from_json = msgspec.json.Decoder().decode

#: Where a value is: the place of what holds it, and its index or key there; None and a name at the top.
Place = tuple[Any, Any]


class Codec:
    """Write values as JSON text, and read them again.

    ``decode(encode(value))`` equals ``value``, types included. From the start there are text, numbers
    (integers of any size, ``nan`` and ``inf``), booleans, None, lists, tuples, sets, dictionaries with any
    keys, datetimes, dates and times with their zones, timedeltas, bytes, bytearrays, Decimals and UUIDs.
    """

    def __init__(self) -> None:
        self._by_type: dict[type, Kind | None] = {}
        self._by_tag: dict[str, Kind] = {}
        for kind in built_in():
            self._add(kind)

    def register(
        self,
        tag: str,
        type: type,  # noqa: A002 - as callers say it
        encode: Callable[..., Fields],
        decode: Callable[..., Any],
        *,
        subclasses: bool = False,
        scoped: bool = False,
    ) -> None:
        """Let values of a type be kept.

        ``encode(value)`` returns a dictionary of fields, whose values are encoded in turn; ``decode(fields)``
        returns the value. With ``subclasses`` values of derived types are written too. With ``scoped`` both
        functions are given the scope (see :meth:`encode`) as a second argument. Raises ValueError when the
        tag or the type is taken.
        """
        known = next((one for one in self._by_tag.values() if one.type is type), None)
        if known or tag in self._by_tag or tag in _READERS or type in _WRITTEN_BY_JSON:
            taken = known.tag if known else tag
            raise ValueError(
                f"{type.__qualname__} cannot be registered as {tag!r}: {taken!r} is known already"
            )
        self._add(Kind(tag, type, encode, decode, subclasses, scoped))

    def _add(self, kind: Kind) -> None:
        self._by_tag[kind.tag] = kind
        self._by_type = {one.type: one for one in self._by_tag.values()}

    def encode(self, value: Any, name: str = "value", scope: Any = None) -> str:
        """Return a value as JSON text.

        ``name`` is what messages call it; ``scope`` is what scoped kinds are told. Raises JobEncodingError
        for what cannot be kept, naming its place.
        """
        return text_of(self.pack(value, name, scope))

    def decode(self, text: str | bytes, scope: Any = None) -> Any:
        """Return the value of a JSON text. Raises JobDecodingError when it cannot be read."""
        packed = read(text)
        if not mentions_kinds(text):
            return packed
        try:
            return self.unpack(packed, scope)
        except RecursionError as error:
            raise JobDecodingError("a stored value is nested too deeply") from error

    # --- writing ---

    def pack(self, value: Any, name: str = "value", scope: Any = None) -> Any:
        """Return a value in the terms of JSON: itself where it is plain already. Raises JobEncodingError."""
        if is_plain(value):
            return value
        return self._pack(value, (None, name), scope, DEEPEST)

    def _pack(self, value: Any, place: Place, scope: Any, depth: int) -> Any:
        kind = type(value)
        if kind is str:
            return value if is_text(value) else {TAG: "text", **encode_text(value)}
        if kind is int:
            return value if _SMALLEST <= value <= _LARGEST else {TAG: "int", "v": hex(value)}
        if kind is float:
            return value if math.isfinite(value) else {TAG: "float", "v": repr(value)}
        if kind is bool or value is None:
            return value
        if not depth:
            raise refusal(value, place, "is nested too deeply, or contains itself")
        if kind is list or kind is tuple:
            packed = [self._pack(one, (place, index), scope, depth - 1) for index, one in enumerate(value)]
            return packed if kind is list else {TAG: "tuple", "v": packed}
        if kind is dict:
            return self._pack_dict(value, place, scope, depth - 1)
        if kind is set or kind is frozenset:
            members = [self._pack(one, (place, ...), scope, depth - 1) for one in value]
            return {TAG: kind.__name__, "v": sorted(members, key=_to_json)}
        return self._pack_kind(value, kind, place, scope, depth - 1)

    def _pack_dict(self, value: Mapping[Any, Any], place: Place, scope: Any, depth: int) -> Fields:
        pack = self._pack
        if TAG in value or not all(type(key) is str and is_text(key) for key in value):
            items = [(key, one, (place, key)) for key, one in value.items()]
            pairs = [[pack(key, at, scope, depth), pack(one, at, scope, depth)] for key, one, at in items]
            return {TAG: "dict", "v": pairs}
        return {key: pack(one, (place, key), scope, depth) for key, one in value.items()}

    def _pack_kind(self, value: Any, type_: type, place: Place, scope: Any, depth: int) -> Fields:
        kind = self._kind_of(type_)
        if kind is None:
            raise refusal(value, place, "cannot be kept in a job", self._by_tag)
        try:
            fields = kind.encode(value, scope) if kind.scoped else kind.encode(value)
        except ValueError as error:
            raise refusal(value, place, f"cannot be kept in a job: {error}") from error
        packed = {name: self._pack(one, (place, name), scope, depth) for name, one in fields.items()}
        return {TAG: kind.tag, **packed}

    def _kind_of(self, type_: type) -> Kind | None:
        try:
            return self._by_type[type_]
        except KeyError:
            bases = (self._by_type.get(base) for base in type_.__mro__)
            found = next((kind for kind in bases if kind and kind.subclasses), None)
            self._by_type[type_] = found
            return found

    # --- reading ---

    def unpack(self, packed: Any, scope: Any = None) -> Any:
        """Return the value that :meth:`pack` was given. Raises JobDecodingError."""
        return self._unpack(packed, scope, DEEPEST_WRITTEN)

    def _unpack(self, packed: Any, scope: Any, depth: int) -> Any:
        kind = type(packed)
        if kind is not list and kind is not dict:
            return packed
        if not depth:
            raise JobDecodingError("a stored value is nested too deeply")
        if kind is list:
            return [self._unpack(one, scope, depth - 1) for one in packed]
        fields = {name: self._unpack(one, scope, depth - 1) for name, one in packed.items()}
        if TAG not in fields:
            return fields
        tag = fields.pop(TAG)
        try:
            return self._unpack_kind(tag, fields, scope)
        except IsthmusError:
            raise
        except (ValueError, TypeError, LookupError, ArithmeticError, AttributeError) as error:
            raise JobDecodingError(
                f"a stored {tag} cannot be read: {type(error).__name__}: {error}"
            ) from error

    def _unpack_kind(self, tag: Any, fields: Fields, scope: Any) -> Any:
        if tag in _READERS:
            return _READERS[tag](fields)
        kind = self._by_tag.get(tag)
        if kind is None:
            known = ", ".join(sorted((*_READERS, *self._by_tag)))
            raise JobDecodingError(
                f"a stored value is of the unknown kind {tag!r}; known: {known}",
                hint="Load the package that registers it.",
            )
        return kind.decode(fields, scope) if kind.scoped else kind.decode(fields)


#: What the codec itself writes of values that JSON has no words for.
_READERS: dict[str, Callable[[Fields], Any]] = {
    "dict": lambda of: dict(of["v"]),
    "float": lambda of: float(of["v"]),
    "frozenset": lambda of: frozenset(of["v"]),
    "int": lambda of: int(of["v"], 16),
    "set": lambda of: set(of["v"]),
    "text": decode_text,
    "tuple": lambda of: tuple(of["v"]),
}


def is_plain(value: Any, depth: int = DEEPEST) -> bool:
    """Tell whether a value is JSON already, and reads back as it is. A quick look; most values are."""
    kind = type(value)
    if kind is str:
        return is_text(value)
    if kind is int:
        return bool(_SMALLEST <= value <= _LARGEST)
    if kind is list:
        for one in value if depth else ():
            if not is_plain(one, depth - 1):
                return False
        return depth > 0
    if kind is dict:
        for key, one in value.items() if depth else ():
            if type(key) is not str or key == TAG or not is_text(key) or not is_plain(one, depth - 1):
                return False
        return depth > 0
    return math.isfinite(value) if kind is float else kind is bool or value is None


def is_text(value: str) -> bool:
    """Tell whether UTF-8 can hold a text: not one with lone surrogates."""
    if value.isascii():
        return True
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def mentions_kinds(text: str | bytes) -> bool:
    """Tell whether a JSON text may hold values of kinds; most do not, and need no second look."""
    return f'"{TAG}"' in text if isinstance(text, str) else b'"%s"' % TAG.encode() in text


def text_of(packed: Any) -> str:
    """Return as JSON text what :meth:`Codec.pack` made."""
    return _to_json(packed).decode()


def read(text: str | bytes) -> Any:
    """Return what a JSON text says, for :meth:`Codec.unpack`. Raises JobDecodingError."""
    try:
        return _from_json(text)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise JobDecodingError(f"a stored value is not JSON: {error}") from error


def refusal(value: Any, place: Place, reason: str, known: Iterable[str] = ()) -> JobEncodingError:
    """Return the error for a value that cannot be kept. The value itself may be secret: it is not shown."""
    kind = type(value)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    allowed = (
        f"; allowed are text, numbers, lists, dictionaries, None and {', '.join(known)}" if known else ""
    )
    return JobEncodingError(
        f"{path_of(place)} is a value of type {name}, which {reason}{allowed}",
        hint="Pass an id, text or a dictionary instead, or register the type with the codec.",
    )


def path_of(place: Place) -> str:
    """Return how a place is written: ``args[0].lines[3]``."""
    parent, key = place
    if parent is None:
        return str(key)
    if isinstance(key, str) and key.isidentifier():
        return f"{path_of(parent)}.{key}"
    return f"{path_of(parent)}[{'...' if key is Ellipsis else repr(key)[:60]}]"
