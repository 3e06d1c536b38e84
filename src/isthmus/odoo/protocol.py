"""The seam between what is asked of an Odoo and the wire on which it is asked.

A :class:`Call` names its arguments, as JSON-2 wants them; a protocol that wants positions finds them in
:data:`POSITIONS`. So the same call fits JSON-RPC, XML-RPC and JSON-2.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self
from typing import Protocol as TypingProtocol

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
    "check_access_rights": ("operation",),
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
        """Return the call with its positional arguments named where their names are known."""
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

    def size(self) -> int:
        """Return how many records or rows the call is about, for telemetry."""
        rows = self.ids if self.ids is not None else self.kwargs.get("data", self.kwargs.get("vals_list"))
        return len(rows) if isinstance(rows, (list, tuple)) else 0

    def __str__(self) -> str:
        return f"{self.model}.{self.method}"


@dataclass(frozen=True, slots=True)
class Version:
    """The version of an Odoo server: ``text`` as it says it, such as "18.0-20250702" or "saas~18.4"."""

    text: str
    major: int
    minor: int = 0

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the series out of a version text. Raises ValueError when there is none."""
        found = re.search(r"(\d+)(?:\.(\d+))?", text)
        if found is None:
            raise ValueError(f"no version in {text!r}")
        return cls(text, int(found[1]), int(found[2] or 0))

    def __str__(self) -> str:
        return self.text


class Protocol(TypingProtocol):
    """One way to speak to an Odoo.

    Errors are those of :mod:`isthmus.odoo.errors` and :mod:`isthmus.http.failure`.
    """

    def version(self) -> Version:
        """Return the server's version; no credentials are needed."""
        ...

    def authenticate(self) -> int:
        """Return the id of the user; asks the server once. Raises UnauthorizedError when it refuses."""
        ...

    def execute(self, call: Call) -> Any:
        """Return the result as JSON values; None for a method that returns nothing."""
        ...
