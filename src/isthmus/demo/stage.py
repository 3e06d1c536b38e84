"""The stage of the demo: both sides running, and an installation of Isthmus between them, in a folder that
goes away.
"""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from isthmus.app import App
from isthmus.clock import Clock, SystemClock
from isthmus.config import OdooSettings, Settings
from isthmus.connector.secret import FernetCipher
from isthmus.sandbox.odoo import OdooSandbox
from isthmus.sandbox.trello import TrelloSandbox

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
    one in ``odoo_version`` (17, 18, 19). ``database`` is the URL of Isthmus' own database (default: a SQLite
    file), ``clock`` what Isthmus waits by, ``servers_clock`` what the simulated servers tell the time by.
    """

    def __init__(
        self,
        board: str | Path | dict[str, Any],
        odoo: OdooAccess | None = None,
        *,
        odoo_version: int = 18,
        database: str | None = None,
        clock: Clock | None = None,
        servers_clock: Clock | None = None,
    ) -> None:
        self._board = board
        self._access = odoo
        self._odoo_version = odoo_version
        self._database = database
        self._clock = clock or SystemClock()
        self._servers_clock = servers_clock or SystemClock()
        self._exit = ExitStack()
        self.sandbox: OdooSandbox | None = None

    def __enter__(self) -> Self:
        with ExitStack() as starting:
            folder = Path(starting.enter_context(tempfile.TemporaryDirectory(prefix="isthmus-demo-")))
            self.trello = TrelloSandbox(key="demo-key", token="demo-token", clock=self._servers_clock)
            self.board_id = self.trello.load(self._board)
            starting.enter_context(self.trello)
            if self._access is None:
                self.sandbox = starting.enter_context(
                    OdooSandbox(self._odoo_version, clock=self._servers_clock)
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
        environ = {"ISTHMUS_ODOO_MAIN_KEY": access.api_key, "ISTHMUS_SECRET_KEY": FernetCipher.new_key()}
        main = OdooSettings(url=access.url, database=access.database, login=access.login)
        settings = Settings(
            database=self._database or Settings().database,
            connectors=("isthmus.trello",),
            odoo={"main": main},
            path=folder / "isthmus.toml",
        )
        app = App(settings, environ=environ, clock=self._clock)
        app.upgrade()
        with app.environment() as env:
            env["trello.backend"].create(
                {
                    "name": "demo",
                    "url": self.trello.url,
                    "key": self.trello.key,
                    "token": self.trello.token,
                    "boards": [self.board_id],
                }
            )
        return app

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
