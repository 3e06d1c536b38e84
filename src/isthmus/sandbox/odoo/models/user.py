"""Groups, users, API keys: who may call."""

from __future__ import annotations

from typing import Any

from isthmus import fields
from isthmus.sandbox.odoo.errors import AccessDenied, UserError
from isthmus.sandbox.odoo.models.base import Base, Values
from isthmus.sandbox.odoo.rpc import exposed
from isthmus.sandbox.odoo.secrets import digest, new_key
from isthmus.sandbox.odoo.values import moment

#: How many keys of one user may be made by the API. Source: Odoo's ``base.programmatic_api_keys_limit``.
MOST_KEYS = 10


class Group(Base):
    _name = "res.groups"
    _description = "Access Groups"
    _order = "id"

    name = fields.Char("Name", required=True)
    full_name = fields.Char("Group Name", readonly=True)


class User(Base):
    _name = "res.users"
    _description = "User"
    _inherits = {"res.partner": "partner_id"}
    _order = "id"
    _masked = frozenset({"password"})
    _sql_constraints = [("login_key", "unique(login)", "You can not have two users with the same login!")]

    partner_id = fields.Many2one("res.partner", "Related Partner", required=True, ondelete="restrict")
    login = fields.Char("Login", required=True)
    password = fields.Char("Password", copy=False)
    active = fields.Boolean("Active", default=True)
    company_id = fields.Many2one("res.company", "Company", required=True, default=1, ondelete="restrict")
    company_ids = fields.Many2many("res.company", string="Companies", relation="res_company_users_rel")
    share = fields.Boolean("Share User", readonly=True)

    def _before_create(self: Any, rows: list[Values]) -> list[Values]:
        return [hashed({"company_ids": [(6, 0, [1])], **row}) for row in rows]

    def _before_write(self: Any, values: Values) -> list[tuple[Any, Values]]:
        if values.get("active") is False and self.session.uid in self._ids:
            raise UserError("You cannot deactivate the user you're currently logged in as.")
        return [(self, hashed(values))]

    def unlink(self: Any) -> bool:
        if 1 in self._ids:
            raise UserError(
                "You can not remove the admin user as it is used internally for resources created by Odoo"
                " (updates, module installation, ...)"
            )
        if 2 in self._ids:
            raise UserError(
                "You cannot delete the admin user because it is utilized in various places (such as security"
                " configurations,...). Instead, archive it."
            )
        return bool(super().unlink())

    def shown_names(self: Any) -> dict[int, str | bool]:
        links = {row["id"]: row["partner_id"] for row in self.read(["partner_id"])}
        names = self.env["res.partner"].browse(list(links.values())).shown_names()
        return {user: names.get(partner, False) for user, partner in links.items()}

    @exposed(of_records=False)
    def context_get(self: Any) -> Values:
        """Return the caller's own context."""
        user = self.browse(self.session.uid)
        return {"lang": user.lang, "tz": user.tz, "uid": user.id}

    @exposed()
    def has_group(self: Any, group_ext_id: str) -> bool:
        """Tell whether the user is in a group."""
        return group_ext_id in groups_of(self.env, self.id or self.session.uid)


class ApiKey(Base):
    _name = "res.users.apikeys"
    _description = "Users API Keys"
    _masked = frozenset({"secret"})

    name = fields.Char("Description", required=True)
    user_id = fields.Many2one("res.users", "User", required=True, ondelete="cascade", index=True)
    scope = fields.Char("Scope", readonly=True)
    index = fields.Char("Index", readonly=True)
    secret = fields.Char("Key", required=True)
    expiration_date = fields.Datetime("Expiration Date", readonly=True)

    def keep(self: Any, key: str, user: int, name: str, scope: Any = False, expires: Any = False) -> Any:
        """Remember a key; only its digest is kept."""
        row = {"name": name, "user_id": user, "scope": scope, "index": key[:8], "secret": digest(key)}
        return self.create({**row, "expiration_date": expires})

    @exposed(of_records=False, writes=True, since=19)
    def generate(self: Any, key: str, scope: Any, name: str, expiration_date: Any) -> str:
        """Return a new key for the caller, who shows a valid one."""
        self._check_management()
        live = ["|", ("expiration_date", "=", False), ("expiration_date", ">=", self.env.now)]
        if self.search_count([("user_id", "=", self.session.uid), *live]) >= MOST_KEYS:
            raise UserError(f"Limit of {MOST_KEYS} API keys is reached for programmatic creation")
        if self.user_of(key) != self.session.uid:
            raise UserError("The provided API key is invalid or does not belong to the current user.")
        expires = moment(expiration_date)
        if expires and expires < self.env.now:
            raise UserError("You cannot set an expiration date in the past.")
        made = new_key()
        self.keep(made, self.session.uid, name, scope, expires)
        return made

    @exposed(of_records=False, writes=True, since=19)
    def revoke(self: Any, key: str) -> bool:
        """Make a key useless."""
        self._check_management()
        if not self.user_of(key):
            raise AccessDenied("The provided API key is invalid.")
        return bool(self._known(key).unlink())

    def _check_management(self: Any) -> None:
        """Refuse callers who are no administrators; there is no parameter here that lets others in."""
        if not self.session.is_superuser and "base.group_system" not in self.session.groups:
            raise UserError("Programmatic API keys are not enabled")

    def user_of(self: Any, key: str) -> int | bool:
        """Return the active user whose valid key this is; False when there is none."""
        found = self._known(key)
        if not found or not found.user_id.active:
            return False
        expires = found.expiration_date
        return False if expires and expires < self.env.now else int(found.user_id.id)

    def _known(self: Any, key: str) -> Any:
        return self.search([("index", "=", key[:8]), ("secret", "=", digest(key))], limit=1)


def hashed(values: Values) -> Values:
    """Return the values with the digest of a password in its place."""
    if values.get("password"):
        return {**values, "password": digest(values["password"])}
    return values


def groups_of(env: Any, uid: int) -> frozenset[str]:
    """Return the external ids of a user's groups."""
    user = env["res.users"].browse(uid)
    ids = user[user.GROUPS].ids
    rows = env["ir.model.data"].search([("model", "=", "res.groups"), ("res_id", "in", ids)])
    return frozenset(row.complete_name for row in rows)
