"""Which protocol to speak: the one that is set, or what the server's version and the secret make best."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from isthmus.errors import ConfigurationError
from isthmus.odoo.json2 import VERSION_PATH, Json2, read_version
from isthmus.odoo.jsonrpc import JsonRpc
from isthmus.odoo.login import Login, is_api_key
from isthmus.odoo.protocol import Call, Protocol
from isthmus.odoo.version import Version
from isthmus.odoo.wire import Wire
from isthmus.odoo.xmlrpc import XmlRpc

AUTO = "auto"

#: The protocols by the names that settings give them.
PROTOCOLS: Mapping[str, type[Json2] | type[JsonRpc] | type[XmlRpc]] = {
    "json2": Json2,
    "jsonrpc": JsonRpc,
    "xmlrpc": XmlRpc,
}


def protocol_for(name: str, wire: Wire, login: Login, *, debug: bool = False) -> Protocol:
    """Return the protocol of a name. Raises ConfigurationError for a name that none has."""
    if name == AUTO:
        return Auto(wire, login, debug=debug)
    if name not in PROTOCOLS:
        raise ConfigurationError(
            f"there is no protocol {name!r} to speak to an Odoo", hint=f"Use {AUTO}, {', '.join(PROTOCOLS)}."
        )
    return PROTOCOLS[name](wire, login, debug=debug)


def best(version: Version | None, secret: str) -> str:
    """Return the protocol for a server that says this version where Odoo 19 does (None: it says nothing).

    JSON-2 where it is there and the secret is an API key, since it takes no other; else JSON-RPC, which every
    Odoo up to 21 speaks, though from 19 on it writes a warning into Odoo's log for each call.
    """
    return "json2" if version is not None and version.has("JSON-2") and is_api_key(secret) else "jsonrpc"


class Auto:
    """Speak the protocol that fits best; the server is asked once, before the first call. Safe in threads."""

    def __init__(self, wire: Wire, login: Login, *, debug: bool = False) -> None:
        self._wire = wire
        self._login = login
        self._debug = debug
        self._lock = threading.Lock()
        self._version: Version | None = None
        self._protocol: Protocol | None = None

    def __repr__(self) -> str:
        return f"<Auto {self._protocol or self._wire!r}>"

    @property
    def name(self) -> str:
        return self._chosen().name

    def version(self) -> Version:
        protocol = self._chosen()
        return self._version or protocol.version()

    def authenticate(self) -> int:
        return self._chosen().authenticate()

    def execute(self, call: Call) -> Any:
        return self._chosen().execute(call)

    def _chosen(self) -> Protocol:
        with self._lock:
            if self._protocol is None:
                self._version = read_version(self._wire.get(VERSION_PATH))
                name = best(self._version, self._login.secret)
                self._protocol = PROTOCOLS[name](self._wire, self._login, debug=self._debug)
            return self._protocol
