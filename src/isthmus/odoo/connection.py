"""A connection to one Odoo database as one user."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from isthmus.clock import Clock, SystemClock
from isthmus.errors import ConfigurationError, MalformedAnswerError
from isthmus.http import Bucket, HttpClient, Limit, RateLimiter, Timeout, public_url
from isthmus.odoo.jsonrpc import JsonRpc
from isthmus.odoo.protocol import Call, Protocol, Version
from isthmus.telemetry import span

#: Longer than the 120 s after which Odoo kills its worker (limit_time_real): a write that waits for a lock
#: is retried by the server, and giving up first would leave us in doubt.
TIMEOUT = Timeout(connect_s=10, read_s=130, total_s=600)

#: What ``fields_get`` is asked for.
ATTRIBUTES = (
    "type", "string", "relation", "relation_field", "required", "readonly", "selection", "store", "size",
    "groups",
)  # fmt: skip


class OdooConnection:
    """Call methods of models. Safe to share between threads; nothing is sent before the first call.

    ``secret`` is an API key or a password. ``context`` goes with every call (``lang``,
    ``allowed_company_ids``); a call's own context wins. ``calls`` counts the calls by
    ``(model, method)``. With ``debug``, errors keep Odoo's traceback in their details.
    """

    def __init__(
        self,
        url: str,
        database: str,
        login: str,
        secret: str,
        *,
        http: HttpClient | None = None,
        protocol: Protocol | None = None,
        context: Mapping[str, Any] | None = None,
        clock: Clock | None = None,
        debug: bool = False,
    ) -> None:
        for name, value in (("database", database), ("login", login), ("secret", secret)):
            if not value and protocol is None:
                raise ConfigurationError(f"the connection to {public_url(url)} has no {name}", hint="Set it.")
        self.url = public_url(url)
        self.database = database
        self.login = login
        self.clock = clock or SystemClock()
        self.context = dict(context or {})
        self.calls: Counter[tuple[str, str]] = Counter()
        http = http or default_http(url, secret, self.clock)
        self._protocol = protocol or JsonRpc(http, database, login, secret, clock=self.clock, debug=debug)
        self._lock = threading.Lock()
        self._version: Version | None = None
        self._fields: dict[str, dict[str, dict[str, Any]]] = {}

    def __repr__(self) -> str:
        return f"<OdooConnection {self.login}@{self.url} {self.database!r}>"

    def version(self) -> Version:
        """Return the server's version; asked once, without credentials."""
        if self._version is None:
            self._version = self._protocol.version()
        return self._version

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
        are. Any other call that gets no answer raises AmbiguousError. Refusals: :mod:`isthmus.odoo.errors`.
        """
        kwargs = dict(kwargs or {})
        merged = {**self.context, **kwargs.pop("context", {}), **(context or {})}
        if merged:
            kwargs["context"] = merged
        call = Call.of(model, method, ids, args, kwargs, idempotent)
        with self._lock:
            self.calls[model, method] += 1
        with span("odoo.call", model=model, method=method, count=call.size()):
            return self._protocol.execute(call)

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


def default_http(url: str, secret: str, clock: Clock) -> HttpClient:
    """Return the HTTP client for an Odoo.

    Odoo Online has no documented limit; its operators ask for about one call a second and no parallel ones.
    """
    hosted = (urlsplit(url).hostname or "").endswith(".odoo.com")
    limiter = RateLimiter([Bucket("odoo.com", Limit(1, 1, share=1))], clock=clock) if hosted else None
    return HttpClient(
        url,
        timeout=TIMEOUT,
        limiter=limiter,
        connections=1 if hosted else 8,
        secrets=(secret,),
        clock=clock,
    )
