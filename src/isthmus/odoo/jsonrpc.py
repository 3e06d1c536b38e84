"""JSON-RPC at ``/jsonrpc``: spoken by every Odoo from 14 to 21."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Mapping
from typing import Any

from isthmus.clock import Clock
from isthmus.errors import (
    AmbiguousError,
    IsthmusError,
    MalformedAnswerError,
    NotFoundError,
    RejectedError,
    UnauthorizedError,
)
from isthmus.http import HttpClient, Response, redact
from isthmus.odoo.errors import HINTS, Fault, translate
from isthmus.odoo.protocol import Call, Version

PATH = "/jsonrpc"

#: A refused login is not tried again for so long: Odoo locks a login out for a minute after five failures.
LOCKOUT_S = 60.0


class JsonRpc:
    """Call an Odoo through ``execute_kw``. Safe to share between threads."""

    def __init__(
        self, http: HttpClient, database: str, login: str, secret: str, *, clock: Clock, debug: bool = False
    ) -> None:
        self._http = http
        self._database = database
        self._login = login
        self._secret = secret
        self._clock = clock
        self._debug = debug
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._uid: int | None = None
        self._refused_at: float | None = None

    def __repr__(self) -> str:
        return f"<JsonRpc {self._http!r} {self._database!r} {self._login!r}>"

    def version(self) -> Version:
        answer = self._call("common", "version", [], "version", repeatable=True)
        try:
            return Version.parse(str(answer["server_version"]))
        except (TypeError, KeyError, ValueError) as error:
            raise MalformedAnswerError(
                f"{self._http.base_url} answered {answer!r} when asked for its version", hint="Is it an Odoo?"
            ) from error

    def authenticate(self) -> int:
        with self._lock:
            if self._uid is None:
                self._uid = self._sign_in()
            return self._uid

    def _sign_in(self) -> int:
        if self._refused_at is not None and self._clock.monotonic() - self._refused_at < LOCKOUT_S:
            raise self._refusal()
        # An empty environment: with a base_location, Odoo would overwrite its own web.base.url.
        arguments = [self._database, self._login, self._secret, {}]
        uid = self._call("common", "authenticate", arguments, "authenticate", repeatable=True)
        if not isinstance(uid, int) or not uid:
            self._refused_at = self._clock.monotonic()
            raise self._refusal()
        self._refused_at = None
        return int(uid)

    def _refusal(self) -> UnauthorizedError:
        return UnauthorizedError(
            f"Odoo refused the login {self._login!r} on the database {self._database!r}",
            hint=HINTS[UnauthorizedError],
        )

    def execute(self, call: Call) -> Any:
        args, kwargs = call.positional()
        path = [self._database, self.authenticate(), self._secret, call.model, call.method]
        try:
            return self._call("object", "execute_kw", [*path, args, kwargs], call, repeatable=call.repeatable)
        except UnauthorizedError:
            self._uid = None  # the user may be archived or the key revoked: ask before the next call
            raise

    # --- the wire ---

    def _call(self, service: str, method: str, args: list[Any], call: Call | str, *, repeatable: bool) -> Any:
        """Return the result of one call; a method that returns None has no result in the answer."""
        number = next(self._numbers)
        request = {
            "jsonrpc": "2.0",
            "method": "call",
            "id": number,
            "params": {"service": service, "method": method, "args": args},
        }
        response = self._http.post(PATH, json=request, idempotent=repeatable)
        answer = self._envelope(response, number)
        if "error" in answer:
            raise self._fault(answer["error"], call)
        return answer.get("result")

    def _envelope(self, response: Response, number: int) -> Mapping[str, Any]:
        if not response.ok:
            raise self._refused(response)
        answer = response.json()
        if not isinstance(answer, dict) or answer.get("jsonrpc") != "2.0":
            raise MalformedAnswerError(
                f"{response.url} answered JSON that is not JSON-RPC: {response.excerpt()!r}",
                hint="Check that the URL is that of an Odoo.",
            )
        if answer.get("id") not in (number, None):
            raise AmbiguousError(
                f"{response.url} answered call {answer.get('id')!r} instead of {number}",
                hint="Something between here and Odoo mixes answers up.",
            )
        return answer

    def _refused(self, response: Response) -> IsthmusError:
        """Return the error for an HTTP status: it comes from what stands before Odoo, or from a wrong URL."""
        error = response.error()
        assert error is not None
        if isinstance(error, (NotFoundError, RejectedError)) and response.status != 413:
            return MalformedAnswerError(
                error.message, hint="Check that the URL is the base URL of an Odoo.", status=response.status
            )
        return error

    def _fault(self, error: Any, call: Call | str) -> IsthmusError:
        data = error.get("data") if isinstance(error, dict) else None
        said = str(error.get("message", "")) if isinstance(error, dict) else str(error)
        fault = Fault.read(data if isinstance(data, dict) else {}, said)
        masked = Fault(fault.name, self._masked(fault.message), self._masked(fault.debug))
        return translate(masked, call, debug=self._debug)

    def _masked(self, text: str) -> str:
        return redact(text, (self._secret,))
