"""The stage of the demo: both sides running, and an installation of Isthmus between them, in a folder that
goes away.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from isthmus.app import App
from isthmus.clock import Clock, SystemClock
from isthmus.config import OdooSettings, Settings
from isthmus.connector.secret import FernetCipher
from isthmus.demo.process import Process
from isthmus.sandbox.odoo import OdooSandbox
from isthmus.sandbox.trello import Limits, TrelloSandbox

#: Methods that change something, for an Odoo whose request log cannot be read.
WRITING = frozenset({"create", "write", "load", "unlink", "copy", "name_create", "message_post"})


@dataclass(frozen=True, slots=True)
class OdooAccess:
    """How to reach a real Odoo."""

    url: str
    database: str
    login: str
    api_key: str

    def __repr__(self) -> str:
        return f"<OdooAccess {self.login}@{self.url} {self.database!r}>"


class Stage:
    """Everything that the demo needs, started on entering and gone on leaving.

    ``board`` is a board export (a file or its parsed JSON); ``odoo`` a real Odoo, or None for the simulated
    one in ``odoo_version`` (17, 18, 19) with ``odoo_apps``. ``database`` is the URL of Isthmus' own database
    (default: a SQLite file), ``clock`` what Isthmus waits by, ``servers_clock`` what the simulated servers
    tell the time by; ``limits`` are those of the simulated Trello (default: the real ones).
    """

    def __init__(
        self,
        board: str | Path | dict[str, Any],
        odoo: OdooAccess | None = None,
        *,
        odoo_version: int = 18,
        odoo_apps: Sequence[str] = (),
        database: str | None = None,
        clock: Clock | None = None,
        servers_clock: Clock | None = None,
        limits: Limits | None = None,
    ) -> None:
        self._board = board
        self._access = odoo
        self._odoo_version = odoo_version
        self._odoo_apps = odoo_apps
        self._database = database
        self._clock = clock or SystemClock()
        self._servers_clock = servers_clock or SystemClock()
        self._limits = limits
        self._exit = ExitStack()
        self.sandbox: OdooSandbox | None = None

    def __enter__(self) -> Self:
        with ExitStack() as starting:
            folder = Path(starting.enter_context(tempfile.TemporaryDirectory(prefix="isthmus-demo-")))
            self.trello = TrelloSandbox(
                key="demo-key", token="demo-token", clock=self._servers_clock, limits=self._limits
            )
            self.board_id = self.trello.load(self._board)
            starting.enter_context(self.trello)
            if self._access is None:
                self.sandbox = starting.enter_context(
                    OdooSandbox(self._odoo_version, clock=self._servers_clock, apps=self._odoo_apps)
                )
            self.app = starting.enter_context(self._installation(folder))
            self._exit = starting.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._exit.__exit__(kind, error, trace)

    def _installation(self, folder: Path) -> App:
        access = self.access
        self._environ = {
            "ISTHMUS_ODOO_MAIN_KEY": access.api_key,
            "ISTHMUS_SECRET_KEY": FernetCipher.new_key(),
        }
        main = OdooSettings(url=access.url, database=access.database, login=access.login)
        settings = Settings(
            database=self._database or Settings().database,
            connectors=("isthmus.trello",),
            odoo={"main": main},
            path=folder / "isthmus.toml",
        )
        assert settings.path is not None
        settings.path.write_text(written(settings), encoding="utf-8")
        app = App(settings, environ=self._environ, clock=self._clock)
        app.upgrade()
        with app.environment() as env:
            env["trello.backend"].create(
                {
                    "name": "demo",
                    "url": self.trello.url,
                    "key": self.trello.key,
                    "token": self.trello.token,
                    "app_secret": self.trello.secret,
                    "boards": [self.board_id],
                }
            )
        return app

    def process(self, *words: str) -> Process:
        """Start ``isthmus`` with these words in a process of its own, over the same installation."""
        assert self.app.settings.path is not None
        return Process(self.app.settings.path, self._environ, *words)

    @property
    def access(self) -> OdooAccess:
        """How to reach the Odoo of this stage."""
        if self.sandbox is None:
            assert self._access is not None
            return self._access
        box = self.sandbox
        return OdooAccess(box.url, box.database, box.login, box.api_key)

    def odoo_writes(self) -> int:
        """Return how many calls so far could have changed something in Odoo.

        Counted by the simulated server's own request log; for a real Odoo by our connection.
        """
        if self.sandbox is not None:
            return self.sandbox.log.count(write=True)
        calls = self.app.connection().calls
        return sum(number for (_, method), number in calls.items() if method in WRITING)

    def trello_writes(self) -> int:
        """Return how many requests so far could have changed something in Trello, by the server's own log."""
        return self.trello.log.count(where=lambda entry: entry.method != "GET")


def written(settings: Settings) -> str:
    """Return a settings file for other processes. It holds no secrets: those are in the environment."""
    main = settings.odoo["main"]
    connectors = ", ".join(map(quoted, settings.connectors or ()))
    return f"""\
database = {quoted(settings.database)}
connectors = [{connectors}]

[odoo.main]
url = {quoted(main.url)}
database = {quoted(main.database)}
login = {quoted(main.login)}
"""


def quoted(text: str) -> str:
    """Return a text as TOML spells it; what JSON escapes, TOML escapes in the same way."""
    return json.dumps(text, ensure_ascii=False)
