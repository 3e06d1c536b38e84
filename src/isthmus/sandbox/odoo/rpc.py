"""Which methods a client may call, and how arguments are bound to them.

A method is of one of two kinds: of the *model* (``search``: all arguments are its own) or of *records*
(``write``: the first positional argument, or ``ids`` in JSON-2, names the records).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from isthmus.sandbox.odoo.errors import AccessError, ForeignError, HttpError, python_error

Function = TypeVar("Function", bound=Callable[..., Any])

#: Public names that are not for clients; before 18 only ``_names`` were. Source: asked of an Odoo 19.
PRIVATE = frozenset({
    "browse", "check_access", "exists", "filtered", "filtered_domain", "flush_model", "flush_recordset",
    "invalidate_model", "mapped", "search_fetch", "sorted", "sudo", "with_company", "with_context",
    "with_env", "with_user",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Method:
    """A method that clients may call. ``writes`` tells whether it can change anything."""

    name: str
    function: Callable[..., Any]
    of_records: bool
    writes: bool
    first_series: int = 14
    last_series: int = 99

    def bind_named(self, model: str, ids: Any, named: Mapping[str, Any]) -> tuple[Any, ...]:
        """Check JSON-2's named arguments; returns the positional record ids. Raises HttpError (422)."""
        if ids and not self.of_records:
            raise _unprocessable(f"cannot call {model}.{self.name} with ids")
        try:
            inspect.signature(self.function).bind(None, **named)
        except TypeError as error:
            raise _unprocessable(str(error)) from error
        return (ids or [],) if self.of_records else ()

    def call(self, records: Any, args: Sequence[Any], named: Mapping[str, Any]) -> Any:
        """Call the method; a wrong number of arguments is a TypeError on the wire."""
        try:
            inspect.signature(self.function).bind(records, *args, **named)
        except TypeError:
            try:
                self.function(records, *args, **named)
            except TypeError as error:
                raise python_error(error) from error
        return self.function(records, *args, **named)


def exposed(
    *, writes: bool = False, of_records: bool = True, since: int = 14, until: int = 99
) -> Callable[[Function], Function]:
    """Mark a method of a model as callable by clients."""

    def mark(function: Function) -> Function:
        function._rpc = Method(function.__name__, function, of_records, writes, since, until)  # type: ignore[attr-defined]
        return function

    return mark


def find_method(owner: type, generic: Mapping[str, Method], name: str, series: int) -> Method | None:
    """Return the method that a client means: the model's own, else the one that every model has."""
    own = getattr(getattr(owner, name, None), "_rpc", None)
    if own is not None:
        found = Method(
            name, getattr(owner, name), own.of_records, own.writes, own.first_series, own.last_series
        )
    else:
        known = generic.get(name)
        if known is None:
            return None
        found = known
    return found if found.first_series <= series <= found.last_series else None


def check_public(model: str, name: str, series: int) -> None:
    """Raise AccessError when the name is not for clients."""
    if name.startswith("_") or (name in PRIVATE and series >= 18):
        raise AccessError(f"Private methods (such as '{model}.{name}') cannot be called remotely.")


def split_ids(args: Sequence[Any], series: int) -> tuple[tuple[int, ...], Sequence[Any]]:
    """Take the record ids off the positional arguments. Raises the server's IndexError without any."""
    if not args:
        raise ForeignError("builtins.IndexError", f"{'list' if series >= 19 else 'tuple'} index out of range")
    return as_ids(args[0]), args[1:]


def as_ids(value: Any) -> tuple[int, ...]:
    """Return record ids from an id, a list of ids, or nothing."""
    if not value:
        return ()
    ids = tuple(value) if isinstance(value, Iterable) and not isinstance(value, str) else (value,)
    for one in ids:
        if not isinstance(one, int):
            text = f'invalid input syntax for type integer: "{one}"\n'
            raise ForeignError("psycopg2.errors.InvalidTextRepresentation", text)
    return tuple(dict.fromkeys(ids))


def _unprocessable(message: str) -> HttpError:
    return HttpError("UnprocessableEntity", 422, message)
