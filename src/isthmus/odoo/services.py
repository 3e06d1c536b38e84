"""The services ``common`` and ``object``: the same calls, sent as JSON-RPC or as XML-RPC."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from isthmus.errors import IsthmusError, MalformedAnswerError, UnauthorizedError
from isthmus.odoo.errors import Fault, translate
from isthmus.odoo.login import Login
from isthmus.odoo.protocol import Call
from isthmus.odoo.version import Version
from isthmus.odoo.wire import Wire


class ServiceRpc(ABC):
    """Call an Odoo through ``execute_kw``. Safe to share between threads."""

    name: str

    def __init__(self, wire: Wire, login: Login, *, debug: bool = False) -> None:
        self._wire = wire
        self._login = login
        self._debug = debug

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._wire!r} {self._login!r}>"

    def version(self) -> Version:
        answer = self._call("common", "version", [], "version", repeatable=True)
        try:
            return Version.parse(str(answer["server_version"]))
        except (TypeError, KeyError, ValueError) as error:
            raise MalformedAnswerError(
                f"{self._wire.url} answered {answer!r} when asked for its version", hint="Is it an Odoo?"
            ) from error

    def authenticate(self) -> int:
        secret = self._login.secret
        try:
            return self._login.user(self._sign_in)
        except UnauthorizedError:
            if not self._login.renewed(secret):
                raise
            return self._login.user(self._sign_in)

    def _sign_in(self) -> int | None:
        # An empty environment: with a base_location, Odoo would overwrite its own web.base.url.
        who = [self._login.database, self._login.name, self._login.secret, {}]
        uid = self._call("common", "authenticate", who, "authenticate", repeatable=True)
        return uid if isinstance(uid, int) and uid else None

    def execute(self, call: Call) -> Any:
        secret = self._login.secret
        try:
            return self._execute(call)
        except UnauthorizedError:
            self._login.forget()
            if not self._login.renewed(secret):
                raise
            return self._execute(call)  # the first try was turned away at the door: nothing was done

    def _execute(self, call: Call) -> Any:
        args, kwargs = call.positional()
        uid = self.authenticate()
        who = [self._login.database, uid, self._login.secret]
        request = [*who, call.model, call.method, args, kwargs]
        return self._call("object", "execute_kw", request, call, repeatable=call.repeatable)

    def _refusal(self, fault: Fault, call: Call | str) -> IsthmusError:
        """Return the error for what Odoo reports, without secrets."""
        return translate(fault, call, debug=self._debug, mask=self._login.masked)

    @abstractmethod
    def _call(self, service: str, method: str, args: list[Any], call: Call | str, *, repeatable: bool) -> Any:
        """Return the result of one call; None for a method that returns nothing."""
