"""Isthmus: the Odoo Connector rebuilt as a Python package that runs beside Odoo.

The names that a connector is written with are importable from here; each is loaded when first used, so that
``import isthmus`` costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from isthmus.records import api as api
    from isthmus.records import fields as fields
    from isthmus.records import model as models

_HOME = {
    "api": ("isthmus.records.api", None),
    "fields": ("isthmus.records.fields", None),
    "models": ("isthmus.records.model", None),
}

__all__ = ["api", "fields", "models"]


def __getattr__(name: str) -> Any:
    try:
        module_name, attribute = _HOME[name]
    except KeyError:
        raise AttributeError(f"module 'isthmus' has no attribute {name!r}") from None
    module = importlib.import_module(module_name)
    return module if attribute is None else getattr(module, attribute)


def __dir__() -> list[str]:
    return sorted(_HOME)
