"""The Trello backend: one Trello account, paired with one Odoo."""

from __future__ import annotations

from typing import Any, ClassVar

from isthmus.components import Component
from isthmus.connector.backend import BackendComponent
from isthmus.errors import ConfigurationError
from isthmus.records import fields, model
from isthmus.trello.client import TrelloClient

API_URL = "https://api.trello.com"


class TrelloBackend(model.Model):
    """The account whose boards are synchronised."""

    _name = "trello.backend"
    _inherit = "connector.backend"
    _description = "Trello"

    url = fields.Char("API address", required=True, default=API_URL)
    key = fields.Secret("API key", help="From trello.com/power-ups/admin, tab API Key.")
    token = fields.Secret("Token", help="Made by the member in whose name the connector works.")
    boards = fields.Json(
        "Boards", help="Ids or short links of the boards to synchronise; empty: all of the member's."
    )

    _entities: ClassVar[dict[str, str]] = {
        "trello.board": "import",
        "trello.list": "import",
        "trello.label": "import",
        "trello.card": "both",
    }

    def client(self) -> TrelloClient:
        """Return the client for this account. Raises ConfigurationError when key or token are missing."""
        self.ensure_one()
        missing = [name for name in ("key", "token") if not self[name]]
        if missing:
            raise ConfigurationError(
                f"{self.name} has no {' and no '.join(missing)}",
                hint=f"Set it: isthmus backend set {self.name} {' '.join(f'--{name} …' for name in missing)}",
            )
        return TrelloClient(self.key.reveal(), self.token.reveal(), url=self.url, clock=self.env.clock)


class TrelloSession(BackendComponent, Component):
    """Opens the session with Trello and checks it."""

    _name = "trello.session"
    _inherit = "connector.backend"
    _collection = "trello.backend"

    def connect(self) -> TrelloClient:
        """Return the client, made once for each work context and those derived from it."""
        client: TrelloClient | None = getattr(self.work, "trello", None)
        if client is None:
            client = self.collection.client()
            self.work.trello = client  # type: ignore[attr-defined]
        return client

    def check(self) -> str:
        """Return who the token belongs to and how many boards it reaches.

        Raises UnauthorizedError and others.
        """
        client = self.connect()
        member: Any = client.get("/members/me", fields="username,fullName")
        boards: Any = client.get("/members/me/boards", filter="open", fields="name")
        number = f"{len(boards)} open board{'' if len(boards) == 1 else 's'}"
        name = member["fullName"] or member["username"]
        return f"Trello answers as {name} (@{member['username']}) with {number}."
