"""The seam between what is asked of an Odoo and the wire on which it is asked.

A :class:`Call` names its arguments, as JSON-2 wants them; a protocol that wants positions finds them in
:data:`POSITIONS`. So the same call fits JSON-RPC, XML-RPC and JSON-2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self
from typing import Protocol as TypingProtocol

from isthmus.errors import ConfigurationError
from isthmus.odoo.version import Version

#: The leading parameters of the methods whose parameters changed names between Odoo 14 and 19, or that some
#: version takes by position only (``create`` looks at ``args[0]``).
POSITIONS: dict[str, tuple[str, ...]] = {
    "create": ("vals_list",),
    "write": ("vals",),
    "read": ("fields",),
    "search": ("domain",),
    "search_read": ("domain", "fields"),
    "search_count": ("domain",),
    "name_search": ("name", "domain"),
    "name_create": ("name",),
    "load": ("fields", "data"),
    "fields_get": ("allfields",),
    "read_group": ("domain", "fields", "groupby"),
    "check_access": ("operation",),
    "check_access_rights": ("operation",),
    "has_access": ("operation",),
    "web_read": ("specification",),
    "default_get": ("fields_list",),
    "export_data": ("fields_to_export",),
}

#: Methods that change nothing, so that repeating them does no harm.
READS = frozenset(
    {
        "check_access_rights",
        "default_get",
        "fields_get",
        "formatted_read_group",
        "has_access",
        "name_search",
        "read",
        "read_group",
        "search",
        "search_count",
        "search_read",
        "web_read",
        "web_search_read",
    }
)


#: Methods of records: without any, Odoo does nothing and calls it a success.
OF_RECORDS = frozenset(
    {
        "action_archive",
        "action_unarchive",
        "copy",
        "export_data",
        "message_post",
        "message_subscribe",
        "message_unsubscribe",
        "read",
        "toggle_active",
        "unlink",
        "web_read",
        "write",
    }
)

#: Methods that make sense on no records: they ask about the model, or make a record.
WITHOUT_RECORDS = READS | {"check_access", "export_data", "onchange", "web_save"}


@dataclass(frozen=True, slots=True)
class Call:
    """A method call on a model.

    ``ids`` are the records it is called on, None for a method of the model itself.
    ``args`` is only filled for methods that :data:`POSITIONS` does not know. ``repeatable`` says that
    calling twice is the same as calling once.
    """

    model: str
    method: str
    ids: tuple[int, ...] | None = None
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    args: tuple[Any, ...] = ()
    repeatable: bool = False

    @classmethod
    def of(
        cls,
        model: str,
        method: str,
        ids: Sequence[int] | None,
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
        repeatable: bool | None = None,
    ) -> Self:
        """Return the call with its positional arguments named where their names are known.

        The first one of a known method of records is its ids, as ``execute_kw`` wants them, when ``ids`` is
        None.
        """
        if ids is None and method in OF_RECORDS and args and isinstance(args[0], (list, tuple)):
            ids, args = args[0], args[1:]
        names = POSITIONS.get(method, ())
        if len(args) > len(names):
            named, left = dict(kwargs), tuple(args)
        else:
            named, left = {**dict(zip(names, args, strict=False)), **kwargs}, ()
        repeatable = method in READS if repeatable is None else repeatable
        return cls(model, method, None if ids is None else tuple(ids), named, left, repeatable)

    def positional(self) -> tuple[list[Any], dict[str, Any]]:
        """Return ``(args, kwargs)`` for ``execute_kw``: the ids first, then what goes by position."""
        args: list[Any] = [] if self.ids is None else [list(self.ids)]
        args.extend(self.args)
        kwargs = dict(self.kwargs)
        for name in POSITIONS.get(self.method, ()):
            if name not in kwargs:
                break
            args.append(kwargs.pop(name))
        return args, kwargs

    def require_records(self) -> None:
        """Raise ConfigurationError when the call would change no record at all, and be called a success."""
        lacks = self.method in OF_RECORDS if self.ids is None else not self.ids
        if lacks and self.method not in WITHOUT_RECORDS:
            raise ConfigurationError(
                f"{self} was called without ids",
                hint="Pass the ids of the records as ids=[…]; nothing was sent.",
            )

    def size(self) -> int:
        """Return how many records or rows the call is about, for telemetry."""
        rows = self.ids if self.ids is not None else self.kwargs.get("data", self.kwargs.get("vals_list"))
        return len(rows) if isinstance(rows, (list, tuple)) else 0

    def __str__(self) -> str:
        return f"{self.model}.{self.method}"


class Protocol(TypingProtocol):
    """One way to speak to an Odoo.

    Errors are those of :mod:`isthmus.odoo.errors` and :mod:`isthmus.http.failure`.
    """

    @property
    def name(self) -> str:
        """What settings call the protocol: ``json2``, ``jsonrpc`` or ``xmlrpc``. May ask the server."""
        ...

    def version(self) -> Version:
        """Return the server's version; no credentials are needed."""
        ...

    def authenticate(self) -> int:
        """Return the id of the user; asks the server once. Raises UnauthorizedError when it refuses."""
        ...

    def execute(self, call: Call) -> Any:
        """Return the result as JSON values; None for a method that returns nothing."""
        ...
