"""Contacts, their categories, and the company."""

from __future__ import annotations

from typing import Any

from isthmus import fields
from isthmus.sandbox.odoo.errors import UserError, ValidationError
from isthmus.sandbox.odoo.models.base import Base, Values
from isthmus.sandbox.odoo.models.mail import Thread


class Partner(Thread):
    _name = "res.partner"
    _description = "Contact"
    _order = "name, id desc"

    name = fields.Char("Name", index=True)
    complete_name = fields.Char("Complete Name", compute="_compute_complete_name")
    active = fields.Boolean("Active", default=True)
    is_company = fields.Boolean("Is a Company")
    type = fields.Selection(
        [("contact", "Contact"), ("invoice", "Invoice"), ("delivery", "Delivery"), ("other", "Other")],
        "Address Type",
        default="contact",
    )
    parent_id = fields.Many2one("res.partner", "Related Company", index=True)
    child_ids = fields.One2many("res.partner", "parent_id", "Contact")
    category_id = fields.Many2many("res.partner.category", string="Tags", relation="res_partner_category_rel")
    user_ids = fields.One2many("res.users", "partner_id", "Users", copy=False)
    company_id = fields.Many2one("res.company", "Company")
    email = fields.Char("Email")
    phone = fields.Char("Phone")
    website = fields.Char("Website Link")
    ref = fields.Char("Reference")
    vat = fields.Char("Tax ID")
    function = fields.Char("Job Position")
    street = fields.Char("Street")
    street2 = fields.Char("Street2")
    zip = fields.Char("Zip")
    city = fields.Char("City")
    comment = fields.Html("Notes")
    lang = fields.Selection([("en_US", "English (US)")], "Language", default="en_US")
    tz = fields.Char("Timezone")
    color = fields.Integer("Color Index")

    def _before_create(self: Any, rows: list[Values]) -> list[Values]:
        if not all(row.get("name") for row in rows if row.get("type", "contact") == "contact"):
            raise ValidationError("The operation cannot be completed: Contacts require a name")
        return super()._before_create(rows)

    def _before_write(self: Any, values: Values) -> list[tuple[Any, Values]]:
        if "name" in values and values["name"] is False:
            raise ValidationError("The operation cannot be completed: Contacts require a name")
        return super()._before_write(values)

    def unlink(self: Any) -> bool:
        users = self.env["res.users"].search([("partner_id", "in", self.ids)])
        if users:
            names = ", ".join(str(name) for name in users.shown_names().values())
            raise UserError(
                "You cannot delete contacts linked to an active user.\nYou should rather archive them after"
                f" archiving their associated user.\n\nLinked active users : {names}"
            )
        return bool(super().unlink())

    def _compute_complete_name(self: Any) -> None:
        names = self.shown_names()
        for partner in self:
            partner.complete_name = names[partner.id]

    def shown_names(self: Any) -> dict[int, str | bool]:
        rows = self.read(["name", "parent_id"])
        parents = self.browse([row["parent_id"] for row in rows if row["parent_id"]])
        above = parents.shown_names() if parents else {}
        return {row["id"]: _below(above.get(row["parent_id"], False), row["name"]) for row in rows}


def _below(parent: str | bool, name: str | bool) -> str | bool:
    """Return the name of a contact, after that of the company that it belongs to."""
    return f"{parent}, {name or ''}" if parent is not False else name


class PartnerCategory(Base):
    _name = "res.partner.category"
    _description = "Partner Tags"
    _order = "name, id"

    name = fields.Char("Name", required=True)
    color = fields.Integer("Color")
    parent_id = fields.Many2one("res.partner.category", "Category", ondelete="cascade", index=True)
    active = fields.Boolean("Active", default=True)
    partner_ids = fields.Many2many(
        "res.partner", "res_partner_category_rel", "res_partner_category_id", "res_partner_id", "Partners"
    )


class Company(Base):
    _name = "res.company"
    _description = "Companies"
    _order = "name, id"

    name = fields.Char("Company Name", required=True)
    partner_id = fields.Many2one("res.partner", "Partner", required=True, ondelete="restrict")
    active = fields.Boolean("Active", default=True)
