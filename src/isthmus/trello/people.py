"""Who of Trello is who in Odoo, for mappers and exporters."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from isthmus.components import AbstractComponent
from isthmus.trello.base import TrelloComponent


class People(TrelloComponent, AbstractComponent):
    """Knows the members of Trello who are users of Odoo. Read once, for as long as the work lasts."""

    _name = "trello.people"
    _inherit = ["base.trello.connector"]

    @cached_property
    def known_users(self) -> dict[int, str]:
        """The users of Odoo who are members of Trello: id -> id of the member."""
        table = self.env["trello.member"]
        domain = [("backend_id", "=", self.collection.id), ("odoo_id", "!=", False)]
        return {
            row["odoo_id"]: row["external_id"] for row in table._read_rows(domain, ["odoo_id", "external_id"])
        }

    @cached_property
    def known_members(self) -> frozenset[str]:
        """The members of Trello who are users of Odoo."""
        return frozenset(self.known_users.values())

    def user_of(self, member: str | None) -> int | None:
        """Return the user that a member is; None for nobody, and where nobody can tell."""
        return next((user for user, one in self.known_users.items() if one == member), None)

    def member_among(self, users: Iterable[int], had: str | None) -> str | None:
        """Return the one member that stands for users where Trello takes one only.

        That is ``had``, the one it has, as long as it is one of them; else the first of them. Somebody of
        whom Odoo knows nothing stays where none of the users is a member.
        """
        found = [self.known_users[user] for user in sorted(users) if user in self.known_users]
        if had in found or (had and not found and had not in self.known_members):
            return had
        return found[0] if found else None
