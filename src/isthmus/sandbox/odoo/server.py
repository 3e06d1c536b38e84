"""The simulated Odoo as a server: state in a database, protocols over HTTP.

::

    with OdooSandbox(version=18) as odoo:
        connection = connect(odoo.url, odoo.database, odoo.login, odoo.password)
    odoo.log.count(write=True)      # how many requests could have changed something
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from email.utils import format_datetime
from types import TracebackType
from typing import Any, Self

from isthmus.clock import Clock, SystemClock
from isthmus.errors import ConfigurationError
from isthmus.records import Registry, SqlDatabase, open_environment, upgrade_schema
from isthmus.records.environment import Environment
from isthmus.sandbox.odoo import documentation, json2, jsonrpc, pages, xmlrpc
from isthmus.sandbox.odoo.auth import Doorkeeper
from isthmus.sandbox.odoo.dispatch import Call, execute, execute_named
from isthmus.sandbox.odoo.errors import AccessDenied, ForeignError, python_error
from isthmus.sandbox.odoo.models.user import groups_of
from isthmus.sandbox.odoo.seed import seed
from isthmus.sandbox.odoo.session import NOBODY, SUPERUSER, Session
from isthmus.sandbox.odoo.transaction_clock import TransactionClock
from isthmus.sandbox.server import Faults, HttpServer, Request, RequestLog, Response

#: What each major version says of itself.
VERSIONS = {14: "14.0", 15: "15.0", 16: "16.0", 17: "17.0", 18: "18.0-20250702", 19: "19.0"}

#: Applications that an Odoo may have or not.
APPS = ("project_enterprise",)

#: What each major version has of its own, on top of what all have.
_PACKAGES = {
    14: ("series18", "series17", "series16", "series14"),
    15: ("series18", "series17", "series16", "series15"),
    16: ("series18", "series17", "series16"),
    17: ("series18", "series17", "properties", "automation"),
    18: ("series18", "properties", "automation"),
    19: ("series19", "properties", "automation"),
}


class OdooSandbox:
    """A small Odoo with the project application, on loopback.

    ``version`` is 14 to 19; ``database_url`` keeps the state (in memory by default); without ``api_key``
    one is made; ``apps`` are installed on top: "project_enterprise".

    Requests are served one after the other. ``log`` has an entry for each, whose ``facts`` tell ``model``,
    ``call``, ``records`` (how many it was about), ``write`` and, when it was refused, ``error``.
    """

    def __init__(
        self,
        version: int = 18,
        database_url: str = "sqlite://",
        database: str = "sandbox",
        login: str = "admin",
        password: str = "admin",
        api_key: str | None = None,
        clock: Clock | None = None,
        apps: Sequence[str] = (),
    ) -> None:
        if unknown := [one for one in apps if one not in APPS]:
            raise ConfigurationError(
                f"the sandbox has no application {unknown[0]!r}: it knows {', '.join(APPS)}",
                hint="Choose one of these, or none.",
            )
        if version not in VERSIONS:
            raise ConfigurationError(
                f"the sandbox cannot be Odoo {version}: it knows {', '.join(map(str, VERSIONS))}",
                hint="Choose one of these versions.",
            )
        self.version = version
        self.database = database
        self.login = login
        self.password = password
        self.api_key = api_key or secrets.token_hex(20)
        self.store = SqlDatabase(database_url)
        self._clock = clock or SystemClock()
        self._lock = threading.Lock()
        self._doorkeeper = Doorkeeper(self._clock)
        packages = ["models", *_PACKAGES[version], *apps]
        self._registry = Registry.build([f"{__package__}.{one}" for one in packages])
        self._server = HttpServer(self.answer)
        upgrade_schema(self.store, self._registry)
        with self.environment(NOBODY) as env:
            seed(env, login, password, self.api_key)

    # --- life ---

    @property
    def url(self) -> str:
        """The base URL, without a slash at the end."""
        return self._server.url

    @property
    def log(self) -> RequestLog:
        """What was asked and answered."""
        return self._server.log

    @property
    def faults(self) -> Faults:
        """What shall go wrong on the network."""
        return self._server.faults

    def start(self, port: int = 0) -> str:
        """Listen on a port (0: any free one) and return the base URL."""
        return self._server.start(port)

    def stop(self) -> None:
        """Stop listening; the state stays."""
        self._server.stop()

    def come_to_rest(self, seconds: float = 30.0) -> bool:
        """Wait until every request that was sent has been acted on; return False when that takes longer."""
        return self._server.come_to_rest(seconds)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @contextmanager
    def environment(self, uid: int = SUPERUSER, started: datetime | None = None) -> Iterator[Environment]:
        """Open a transaction on the server's own records, by default as the user that may do anything.

        ``started`` is when it began, if not now: what it writes carries that time and can be seen once the
        block ends, as with a transaction that took long.
        """
        with self._lock:
            groups = frozenset[str]()
            if uid > SUPERUSER:
                with self._open(SUPERUSER) as env:
                    groups = groups_of(env, uid)
            with self._open(uid, groups, started) as env:
                yield env

    def _open(
        self, uid: int, groups: frozenset[str] = frozenset(), started: datetime | None = None
    ) -> AbstractContextManager[Environment]:
        services: dict[type, Any] = {Session: Session(uid, self.version, groups)}
        clock = TransactionClock(self._clock, started)
        return open_environment(self._registry, self.store, services=services, clock=clock)

    # --- requests ---

    def answer(self, request: Request) -> Response:
        """Answer one HTTP request, and say what time it is here."""
        response = self._answer(request)
        response.headers["Date"] = format_datetime(self._clock.now().replace(tzinfo=UTC), usegmt=True)
        return response

    def _answer(self, request: Request) -> Response:
        path = request.path
        if path == "/jsonrpc":
            return jsonrpc.answer(request, self.version, lambda *call: self._serve(request, *call))
        if path.startswith("/xmlrpc/"):
            return xmlrpc.answer(request, lambda *call: self._serve(request, *call))
        if path == "/web/webclient/version_info":
            return jsonrpc.json_response({"jsonrpc": "2.0", "id": None, "result": self.about()})
        if self.version >= 19:
            return self._answer_19(request)
        return pages.login() if path == "/json/version" else pages.not_found()

    def _answer_19(self, request: Request) -> Response:
        if request.path in ("/web/version", "/json/version"):
            about = self.about()
            version = {"version_info": about["server_version_info"], "version": about["server_version"]}
            return jsonrpc.json_response(version)
        if request.headers.get("x-odoo-database", self.database) != self.database:
            return pages.no_database()
        if request.path.startswith(json2.PREFIX):
            return json2.answer(request, self.version, lambda *call: self._serve_named(request, *call))
        if request.path.startswith(documentation.PREFIX):
            return documentation.answer(request, self.version, lambda *call: self._describe(request, *call))
        if request.path.startswith("/doc/"):
            return json2.without_session(request, self.version)
        return pages.not_found()

    def about(self) -> dict[str, Any]:
        """Return what ``common.version`` tells."""
        return {
            "server_version": VERSIONS[self.version],
            "server_version_info": [self.version, 0, 0, "final", 0, ""],
            "server_serie": f"{self.version}.0",
            "protocol_version": 1,
        }

    def _serve(self, request: Request, service: str, method: str, args: Sequence[Any]) -> Any:
        request.facts |= {"service": service, "call": method, "write": False}
        match service, method:
            case "common", "version":
                return self.about()
            case "common", ("login" | "authenticate"):
                return self._authenticated(request, *args[:3])
            case "common", _:
                raise ForeignError("builtins.Exception", f"Method not found: {method}")
            case "db", "list":
                return [self.database]
            case "db", "server_version":
                return VERSIONS[self.version]
            case "db", "db_exist":
                return args[0] == self.database
            case "object", ("execute" | "execute_kw"):
                return self._executed(request, method, args)
            case "object", _:
                raise ForeignError("builtins.NameError", f"Method not available {method}")
        raise ForeignError("builtins.KeyError", service)

    def _authenticated(self, request: Request, database: Any = "", login: Any = "", secret: Any = "") -> Any:
        """Return the user's id, or False."""
        self._check_database(database)
        with self.environment() as env:
            try:
                return self._doorkeeper.login(env, _address(request), login, secret)
            except AccessDenied:
                return False

    def _executed(self, request: Request, method: str, args: Sequence[Any]) -> Any:
        try:
            database, who, secret, model, name, *rest = args
            uid = int(who)
        except (TypeError, ValueError) as error:
            raise python_error(error) from error
        self._check_database(database)
        with self.environment() as env:
            self._doorkeeper.check(env, _address(request), uid, secret)
        positional: Sequence[Any] = rest
        named: dict[str, Any] = {}
        if method == "execute_kw":
            positional = rest[0] if rest else []
            named = rest[1] if len(rest) > 1 and rest[1] else {}
        call = Call(model, name, positional, named, request.facts)
        return self._done(call, uid, execute)

    def _serve_named(self, request: Request, key: str, model: str, method: str, named: dict[str, Any]) -> Any:
        uid = self._owner(key)
        return self._done(Call(model, method, (), named, request.facts), uid, execute_named)

    def _describe(self, request: Request, key: str, model: str) -> Any:
        request.facts |= {"model": model, "write": False}
        with self.environment(self._owner(key)) as env:
            return documentation.described(env, model)

    def _owner(self, key: str) -> int:
        """Return the user of an API key. Raises HttpError (401)."""
        with self.environment() as env:
            uid = env["res.users.apikeys"].user_of(key)
        if not uid:
            raise json2.invalid_key()
        return int(uid)

    def _done(self, call: Call, uid: int, how: Callable[[Environment, Call], Any]) -> Any:
        call.facts |= {"model": call.model, "call": call.method, "write": False, "records": 0}
        with self.environment(uid) as env:
            return how(env, call)

    def _check_database(self, name: Any) -> None:
        if name != self.database:
            where = 'connection to server at "127.0.0.1", port 5432 failed'
            message = f'{where}: FATAL:  database "{name}" does not exist\n'
            raise ForeignError("psycopg2.OperationalError", message)


def _address(request: Request) -> str:
    return request.headers.get("x-forwarded-for", "127.0.0.1")
