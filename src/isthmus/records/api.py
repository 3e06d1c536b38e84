"""Method decorators with Odoo's names.

``model`` marks a method that does not look at the records of ``self``; ``depends`` names the fields that a
computed field is made of (its cached value is forgotten when one of them is written); ``constrains`` runs a
method after a create or write that touches one of the named fields.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

Method = TypeVar("Method", bound=Callable[..., Any])


def model(method: Method) -> Method:
    """Mark a method of the model as such, not of particular records.

    A ``create`` marked so takes one dict of values; called with a list, it runs once for each.
    Source: odoo.api.model does the same for ``create``.
    """
    if method.__name__ != "create":
        return method

    @functools.wraps(method)
    def create(self: Any, values: Any) -> Any:
        if isinstance(values, Mapping):
            return method(self, values)
        return self.browse([record.id for one in values for record in method(self, one)])

    return create  # type: ignore[return-value]


def model_create_multi(method: Method) -> Method:
    """Mark a ``create`` that takes a list of values; a single dict is wrapped in a list."""

    @functools.wraps(method)
    def create(self: Any, values: Any) -> Any:
        return method(self, [values] if isinstance(values, Mapping) else values)

    return create  # type: ignore[return-value]


def depends(*names: str) -> Callable[[Method], Method]:
    """Name the fields (dotted paths allowed) that a compute method reads."""

    def mark(method: Method) -> Method:
        method._depends = names  # type: ignore[attr-defined]
        return method

    return mark


def constrains(*names: str) -> Callable[[Method], Method]:
    """Run the method after a create or write of a named field; it raises ConstraintError to refuse."""

    def mark(method: Method) -> Method:
        method._constrains = names  # type: ignore[attr-defined]
        return method

    return mark
