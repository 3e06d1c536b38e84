"""Changes of several fields at once, journalled one by one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from isthmus.sandbox.trello.call import Call
from isthmus.sandbox.trello.errors import no_route

Data = dict[str, Any]
Reader = Callable[[Call, Data], Any]


def read_changes(call: Call, thing: Data, readers: Mapping[str, Reader]) -> Data:
    """Return the new value of each given field that differs, in the order of ``readers``."""
    asked = {name: read(call, thing) for name, read in readers.items() if name in call.params}
    return {name: value for name, value in asked.items() if value != thing.get(name)}


def single_field(call: Call, field: str, readers: Mapping[str, Reader]) -> None:
    """Turn ``PUT /things/{id}/{field}?value=x`` into the parameters of ``PUT /things/{id}``.

    Raises ApiError 404 for a field that cannot be written.
    """
    if field not in readers:
        raise no_route(call.method, call.path)
    call.params.values[field] = call.params.raw("value")


def text(name: str) -> Reader:
    """Read a text that may be empty."""
    return lambda call, thing: call.params.text(name) or ""


def name_text(name: str = "name") -> Reader:
    """Read a text that may not be empty."""
    return lambda call, thing: call.params.needed(name)


def flag(name: str) -> Reader:
    """Read a boolean."""
    return lambda call, thing: call.params.flag(name)


def moment(name: str) -> Reader:
    """Read an instant; null or empty text clears it."""
    return lambda call, thing: call.params.moment(name)


def ids(name: str) -> Reader:
    """Read a set of identifiers that replaces the old one."""
    return lambda call, thing: call.params.ids(name)
