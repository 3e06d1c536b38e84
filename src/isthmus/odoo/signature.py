"""Names for positional arguments, as Odoo's own documentation of a model gives them.

JSON-2 takes named arguments only, and what a parameter is called may differ from app to app. Source: recorded
answers of ``/doc-bearer/<model>.json`` (Odoo 19).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from isthmus.errors import RejectedError
from isthmus.odoo.protocol import POSITIONS, Call


@dataclass(frozen=True, slots=True)
class Signature:
    """The parameters of a method in their order, and whether it is one of records (else of the model)."""

    parameters: tuple[str, ...]
    of_records: bool

    def name(self, call: Call) -> Call:
        """Return the call with every argument under the method's own name for it.

        Raises RejectedError when the call has more positional arguments than the method has parameters.
        """
        args, ids = list(call.args), call.ids
        if args and ids is None and self.of_records:
            first = args.pop(0)
            ids = tuple(first) if isinstance(first, (list, tuple)) else (first,)
        if len(args) > len(self.parameters):
            raise RejectedError(
                f"{call} takes {len(self.parameters)} arguments, not {len(args)}",
                hint=f"It takes {', '.join(self.parameters) or 'none'}.",
            )
        named = {**dict(zip(self.parameters, args, strict=False)), **self._renamed(call)}
        return Call(call.model, call.method, ids, named, (), call.repeatable)

    def _renamed(self, call: Call) -> dict[str, Any]:
        """Return the named arguments; a name that the method does not know gives way to that of its place."""
        usual = POSITIONS.get(call.method, ())
        places = dict(zip(usual, self.parameters, strict=False))
        known = {*self.parameters, "context"}
        return {
            name if name in known else places.get(name, name): value for name, value in call.kwargs.items()
        }


def read_signatures(documentation: Any) -> dict[str, Signature]:
    """Return the signatures of a model's methods; empty when this is no documentation of a model."""
    methods = documentation.get("methods") if isinstance(documentation, Mapping) else None
    if not isinstance(methods, Mapping):
        return {}
    return {
        str(name): Signature(
            tuple(str(one) for one in described.get("parameters") or ()),
            "model" not in (described.get("api") or ()),
        )
        for name, described in methods.items()
        if isinstance(described, Mapping)
    }
