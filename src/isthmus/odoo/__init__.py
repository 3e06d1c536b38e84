"""Odoo from outside: connection, errors, and the record store over RPC."""

from isthmus.odoo.connection import OdooConnection
from isthmus.odoo.errors import RemoteConstraintError, RemoteMissingRecordError, UnknownModelError
from isthmus.odoo.protocol import Call, Protocol, Version
from isthmus.odoo.store import RpcStore

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
