"""A connection to one Odoo database as one user."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from isthmus.clock import Clock, SystemClock
from isthmus.errors import ConfigurationError, MalformedAnswerError
from isthmus.http import HttpClient, public_url
from isthmus.odoo.choice import AUTO, protocol_for
from isthmus.odoo.login import Login, Renew
from isthmus.odoo.protocol import Call, Protocol
from isthmus.odoo.reach import odoo_http
from isthmus.odoo.version import Version
from isthmus.odoo.wire import Wire
from isthmus.telemetry import span

#: What ``fields_get`` is asked for.
ATTRIBUTES = (
    "type", "string", "relation", "relation_field", "required", "readonly", "selection", "store", "size",
    "groups",
)  # fmt: skip


class OdooConnection:
    """Call methods of models. Safe to share between threads; nothing is sent before the first call.

    ``secret`` is an API key or a password. ``protocol`` is ``auto``, ``json2``, ``jsonrpc``, ``xmlrpc`` or an
    implementation of one; ``http`` carries it (see :func:`isthmus.odoo.reach.odoo_http`). ``context`` goes
    with every call (``lang``, ``allowed_company_ids``); a call's own context wins. ``renew`` gives the secret
    that is valid now, and is asked when this one is refused. ``calls`` counts the calls by ``(model,
    method)``. With ``debug``, errors keep Odoo's traceback in their details.
    """

    def __init__(
        self,
        url: str,
        database: str,
        login: str,
        secret: str,
        *,
        http: HttpClient | None = None,
        protocol: Protocol | str = AUTO,
        context: Mapping[str, Any] | None = None,
        clock: Clock | None = None,
        renew: Renew | None = None,
        debug: bool = False,
    ) -> None:
        for name, value in (("database", database), ("login", login), ("secret", secret)):
            if not value and isinstance(protocol, str):
                raise ConfigurationError(f"the connection to {public_url(url)} has no {name}", hint="Set it.")
        self.url = public_url(url)
        self.database = database
        self.login = login
        self.clock = clock or SystemClock()
        self.context = dict(context or {})
        self.calls: Counter[tuple[str, str]] = Counter()
        self._wire = Wire(http or odoo_http(url, database, secret, clock=self.clock), self.clock)
        if isinstance(protocol, str):
            who = Login(database, login, secret, clock=self.clock, renew=self._hiding(renew))
            protocol = protocol_for(protocol, self._wire, who, debug=debug)
        self._protocol = protocol
        self._lock = threading.Lock()
        self._version: Version | None = None
        self._fields: dict[str, dict[str, dict[str, Any]]] = {}

    def _hiding(self, renew: Renew | None) -> Renew | None:
        """Return ``renew`` with what it gives kept out of messages."""

        def ask() -> str | None:
            fresh = renew() if renew else None
            if fresh:
                self._wire.http.hide(fresh)
            return fresh

        return ask if renew else None

    def __repr__(self) -> str:
        return f"<OdooConnection {self.login}@{self.url} {self.database!r}>"

    def version(self) -> Version:
        """Return the server's version; asked once, without credentials."""
        if self._version is None:
            self._version = self._protocol.version()
        return self._version

    @property
    def protocol(self) -> str:
        """What settings call the protocol that is spoken; ``auto`` has asked the server for it then."""
        return self._protocol.name

    def server_now(self) -> datetime | None:
        """Return the time of the server, naive UTC; up to a second early, never late.

        It is known from the last answer, and asked when there was none. None when the server does not tell.
        """
        return self._wire.server_now()

    def authenticate(self) -> int:
        """Return the id of the connection's user; asked once. Raises UnauthorizedError, never retried."""
        return self._protocol.authenticate()

    def execute(
        self,
        model: str,
        method: str,
        ids: Sequence[int] | None = None,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        *,
        context: Mapping[str, Any] | None = None,
        idempotent: bool | None = None,
    ) -> Any:
        """Call a method and return its result as JSON values (None when it returns nothing).

        ``ids`` are the records to call it on; leave them out for a method of the model (``search``,
        ``create``). Arguments are JSON values, best named (``kwargs``). ``idempotent=True`` says that
        repeating the call does no harm, so that it is tried again after a timeout; reading methods always
        are. Any other call that gets no answer raises AmbiguousError. A method of records that is given no
        ids raises ConfigurationError: Odoo would do nothing and call it a success. Refusals:
        :mod:`isthmus.odoo.errors`.
        """
        kwargs = dict(kwargs or {})
        merged = {**self.context, **kwargs.pop("context", {}), **(context or {})}
        if merged:
            kwargs["context"] = merged
        call = Call.of(model, method, ids, args, kwargs, idempotent)
        call.require_records()
        with self._lock:
            self.calls[model, method] += 1
        with span("odoo.call", model=model, method=method, count=call.size()):
            return self._protocol.execute(call)

    def forget_fields(self, model: str) -> None:
        """Ask for the fields of a model again when they are needed next."""
        self._fields.pop(model, None)

    def fields_get(self, model: str) -> Mapping[str, Mapping[str, Any]]:
        """Return the description of each field of a model, as Odoo gives it; asked once per model.

        Fields that the user may not see are missing. Raises UnknownModelError when Odoo has no such model.
        """
        known = self._fields.get(model)
        if known is None:
            known = self.execute(model, "fields_get", kwargs={"attributes": list(ATTRIBUTES)})
            if not isinstance(known, dict):
                raise MalformedAnswerError(f"Odoo described the fields of {model} as {type(known).__name__}")
            self._fields[model] = known
        return known
