"""Odoo from outside: connection, errors, and the record store over RPC."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from isthmus.odoo.connection import OdooConnection
    from isthmus.odoo.errors import RemoteConstraintError, RemoteMissingRecordError, UnknownModelError
    from isthmus.odoo.protocol import Call, Protocol
    from isthmus.odoo.store import RpcStore
    from isthmus.odoo.version import Version

__all__ = [
    "Call",
    "OdooConnection",
    "Protocol",
    "RemoteConstraintError",
    "RemoteMissingRecordError",
    "RpcStore",
    "UnknownModelError",
    "Version",
]

_HOMES = {
    "Call": "protocol",
    "OdooConnection": "connection",
    "Protocol": "protocol",
    "RemoteConstraintError": "errors",
    "RemoteMissingRecordError": "errors",
    "RpcStore": "store",
    "UnknownModelError": "errors",
    "Version": "version",
}


def __getattr__(name: str) -> Any:
    # Loaded when first asked for: a worker with nothing to do needs neither HTTP nor the protocols.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
