"""JSON-2 at ``/json/2/<model>/<method>``: Odoo 19 and later, with API keys and named arguments only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from isthmus.errors import (
    ConfigurationError,
    IsthmusError,
    MalformedAnswerError,
    RejectedError,
    RemoteError,
    UnauthorizedError,
)
from isthmus.http import Response
from isthmus.http.retry import PASSING, TOO_MANY
from isthmus.odoo.errors import BAD_ARGUMENTS, Fault, translate
from isthmus.odoo.login import Login, is_api_key
from isthmus.odoo.protocol import Call
from isthmus.odoo.signature import Signature, read_signatures
from isthmus.odoo.version import Version
from isthmus.odoo.wire import Wire, refused

PATH = "/json/2/"
VERSION_PATH = "/json/version"
DOCUMENTATION_PATH = "/doc-bearer/"


class Json2:
    """Call an Odoo by JSON-2. Safe to share between threads."""

    name = "json2"

    def __init__(self, wire: Wire, login: Login, *, debug: bool = False) -> None:
        self._wire = wire
        self._login = login
        self._debug = debug
        self._signatures: dict[str, dict[str, Signature]] = {}

    def __repr__(self) -> str:
        return f"<Json2 {self._wire!r} {self._login!r}>"

    def version(self) -> Version:
        response = self._wire.get(VERSION_PATH)
        version = read_version(response)
        if version is None:
            raise MalformedAnswerError(
                f"{response.url} does not tell a version: {response.status} {response.excerpt()!r}",
                hint="Is it an Odoo 19 or later? For older ones set protocol to jsonrpc.",
            )
        return version

    def authenticate(self) -> int:
        return self._login.user(self._own_id)

    def _own_id(self) -> int | None:
        context = self.execute(Call("res.users", "context_get", repeatable=True))
        uid = context.get("uid") if isinstance(context, Mapping) else None
        return uid if isinstance(uid, int) else None

    def execute(self, call: Call) -> Any:
        call = self._signature(call).name(call) if call.args else call
        try:
            return self._execute(call)
        except RejectedError as error:
            # Nothing was done: this model has other names for the arguments.
            named = self._renamed(call) if error.details.get("name") == BAD_ARGUMENTS else None
            if named is None or named == call:
                raise
            return self._execute(named)

    def _execute(self, call: Call) -> Any:
        secret = self._login.secret
        try:
            self._login.require_open()
            return self._send(call, secret)
        except UnauthorizedError as error:
            if error.status == 403:  # a check of the method's own, not the key
                raise
            if self._login.renewed(secret):
                return self._send(call, self._login.secret)
            if error.status is not None:
                self._login.refusal()
            raise

    def _send(self, call: Call, secret: str) -> Any:
        named = dict(call.kwargs) if call.ids is None else {**call.kwargs, "ids": list(call.ids)}
        path = f"{PATH}{quote(call.model, safe='')}/{quote(call.method, safe='')}"
        response = self._wire.post_json(path, named, self._headers(secret), repeatable=call.repeatable)
        if response.ok:
            return response.json()
        raise self._refusal(response, call, secret)

    def _headers(self, secret: str) -> dict[str, str]:
        if not secret.isascii() or not self._login.database.isascii():
            raise ConfigurationError(
                f"JSON-2 sends key and database {self._login.database!r} in headers, which are ASCII",
                hint="Use an API key, or set protocol to jsonrpc.",
            )
        return {"Authorization": f"Bearer {secret}", "X-Odoo-Database": self._login.database}

    # --- refusals ---

    def _refusal(self, response: Response, call: Call, secret: str) -> IsthmusError:
        fault = read_body(response)
        if fault is None:
            return self._no_json2(response) if response.status == 404 else refused(response)
        error = translate(fault, call, debug=self._debug, mask=self._login.masked)
        if isinstance(error, RemoteError):
            error.status = response.status
        if isinstance(error, UnauthorizedError):
            error.hint = hint_for_key(secret)
        return error

    def _no_json2(self, response: Response) -> IsthmusError:
        """Return the error for a page instead of an answer: there is no such database, or no JSON-2."""
        version = read_version(self._wire.get(VERSION_PATH))
        if version is None:
            return refused(response)
        if version.has("JSON-2"):
            return ConfigurationError(
                f"Odoo has no database {self._login.database!r}",
                hint="Check the name of the database in the settings, and the host name.",
            )
        return ConfigurationError(f"Odoo {version} has no JSON-2", hint="Set protocol to auto or jsonrpc.")

    # --- names of arguments ---

    def _renamed(self, call: Call) -> Call | None:
        """Return the call with the names that Odoo's documentation gives; None when that cannot be read."""
        try:
            return self._signature(call).name(call)
        except RemoteError:
            return None

    def _signature(self, call: Call) -> Signature:
        """Return the signature of a method. Raises RejectedError when it cannot be found out."""
        known = self._signatures.get(call.model)
        if known is None:
            path = f"{DOCUMENTATION_PATH}{quote(call.model, safe='')}.json"
            response = self._wire.get(path, self._headers(self._login.secret))
            known = read_signatures(response.json()) if response.ok and response.is_json else {}
            if known:
                self._signatures[call.model] = known
        if call.method not in known:
            raise RejectedError(
                f"JSON-2 needs the names of the arguments of {call}",
                hint="Pass them by name; or let the user see Odoo's /doc pages, which tell the names.",
            )
        return known[call.method]


def read_version(response: Response) -> Version | None:
    """Return the version that a server of Odoo 19 or later tells; None for any other answer.

    Raises UnreachableError or RateLimitedError when it is out of order, since nothing can be told then. A 500
    is an answer: older servers may fail over an address that they do not have.
    """
    if response.status in PASSING or response.status == TOO_MANY:
        response.require_success()
    if not (response.ok and response.is_json):
        return None
    try:
        told = response.json()
        return Version.parse(str(told["version"]))
    except (MalformedAnswerError, TypeError, LookupError, ValueError):
        return None


def read_body(response: Response) -> Fault | None:
    """Return the exception in the body of a refusal; None when it is not Odoo that speaks."""
    try:
        body = response.json() if response.is_json else None
    except RemoteError:
        return None
    if isinstance(body, Mapping) and isinstance(body.get("name"), str):
        return Fault.read(body)
    return None


def hint_for_key(secret: str) -> str:
    """Return what to do about a refused key."""
    if is_api_key(secret):
        return "The API key is wrong, expired or revoked, or its user is archived: make a new one."
    return "JSON-2 takes an API key, not a password: make a key, or set protocol to jsonrpc."
