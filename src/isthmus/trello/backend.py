"""The Trello backend: one Trello account, paired with one Odoo."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from isthmus.components import Component
from isthmus.connector.backend import BackendComponent
from isthmus.errors import ConfigurationError
from isthmus.hints import Hook, digest_of
from isthmus.http import Turnstile
from isthmus.records import api, fields, model
from isthmus.trello.client import TrelloClient
from isthmus.trello.hook import hook_of, identifier_of
from isthmus.trello.webhooks import Webhooks, shown

API_URL = "https://api.trello.com"


class TrelloBackend(model.Model):
    """The account whose boards are synchronised."""

    _name = "trello.backend"
    _inherit = "connector.backend"
    _description = "Trello"

    url = fields.Char("API address", required=True, default=API_URL)
    key = fields.Secret("API key", help="From trello.com/power-ups/admin, tab API Key.")
    token = fields.Secret("Token", help="Made by the member in whose name the connector works.")
    app_secret = fields.Secret(
        "App secret", help="The OAuth secret beside the API key; only webhooks need it."
    )
    webhook_url = fields.Char("Webhooks sent to", readonly=True)
    boards = fields.Json(
        "Boards", help="Ids or short links of the boards to synchronise; empty: all of the member's."
    )
    members = fields.Json(
        "Members",
        help='Who is who, where it cannot be told: {"username in Trello": "login in Odoo"}; "": nobody.',
    )

    checklists = fields.Selection(
        [("subtasks", "Items are subtasks"), ("description", "Items are lines of the description"),
         ("none", "Left alone")],
        "Checklists", required=True, default="subtasks",
    )  # fmt: skip

    custom_fields = fields.Boolean(
        "Custom fields", default=True, help="Keep them in step with properties of tasks (Odoo 17 and later)."
    )

    notes = fields.Boolean("Internal notes", help="Post internal notes on tasks as comments too.")

    largest_file_mb = fields.Integer(
        "Largest file", default=10, help="In MB; larger ones stay where they are. 0: any size."
    )

    _side_by_side = True
    _unasked: ClassVar[tuple[str, ...]] = ("app_secret",)

    def _all_entities(self) -> dict[str, str]:
        known: dict[str, str] = super()._all_entities()  # type: ignore[misc]
        for entity, wanted in (("trello.checkitem", "subtasks"), ("trello.line", "description")):
            if self.checklists != wanted:
                known.pop(entity, None)
        if not self.custom_fields:
            known.pop("trello.value", None)
        return known

    @api.constrains("largest_file_mb")
    def _check_largest_file(self) -> None:
        for backend in self:
            if (backend.largest_file_mb or 0) < 0:
                raise ConfigurationError(
                    f"{backend.name}: largest_file_mb is {backend.largest_file_mb}",
                    hint="Give a number of MB, or 0 for files of any size.",
                )

    def client(self) -> TrelloClient:
        """Return the client for this account. Raises ConfigurationError when key or token are missing."""
        self.ensure_one()
        missing = [name for name in ("key", "token") if not self[name]]
        if missing:
            raise ConfigurationError(
                f"{self.name} has no {' and no '.join(missing)}",
                hint=f"Set it: isthmus backend set {self.name} {' '.join(f'--{name} …' for name in missing)}",
            )
        return TrelloClient(
            self.key.reveal(),
            self.token.reveal(),
            url=self.url,
            identifier=identifier_of(self),
            turnstile=self.env.find_service(Turnstile),
            clock=self.env.clock,
        )

    def account(self) -> str:
        """Return what tells one account and its credentials from others, and none of its secrets."""
        self.ensure_one()
        parts = [
            self.url,
            identifier_of(self),
            *(str(self[name].token) if self[name] else "" for name in ("key", "token")),
        ]
        return digest_of(" ".join(parts))

    # --- webhooks ---

    def hooks(self) -> list[Hook]:
        return [hook_of(self)] if self.app_secret else []

    def webhooks(self) -> list[dict[str, Any]]:
        return [shown(one) for one in Webhooks(self).ours()]

    def install_webhooks(self, url: str) -> None:
        Webhooks(self).install(url)

    def remove_webhooks(self) -> int:
        return Webhooks(self).remove()

    def remarks(self) -> list[str]:
        """Return who of the members is no user of Odoo as far as can be told."""
        domain = [("backend_id", "=", self.id), ("odoo_id", "=", False)]
        found = self.env["trello.member"].search(domain, order="username")
        if not found:
            return []
        named = ", ".join(f"{one.full_name or one.username} (@{one.username})" for one in found)
        example = {found[0].username: "LOGIN"}
        return [
            f"No user of Odoo is known for {named}.",
            f"Say it by: isthmus backend set {self.name} 'members={json.dumps(example)}'",
        ]


class TrelloSession(BackendComponent, Component):
    """Opens the session with Trello and checks it."""

    _name = "trello.session"
    _inherit = "connector.backend"
    _collection = "trello.backend"

    def connect(self) -> TrelloClient:
        """Return the client, made once for each work context and those derived from it.

        Contexts that share something share the client as well, and so its connections, as long as the account
        is the same.
        """
        client: TrelloClient | None = getattr(self.work, "trello", None)
        if client is None:
            shared: dict[Any, Any] = getattr(self.work, "shared", {})
            account = ("trello.client", self.collection.account())
            client = shared.get(account) or self.collection.client()
            shared[account] = self.work.trello = client  # type: ignore[attr-defined]
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
