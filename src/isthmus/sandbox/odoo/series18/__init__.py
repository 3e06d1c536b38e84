"""What Odoo 17 and 18 have of their own."""

from __future__ import annotations

from isthmus import fields, models


class User(models.Model):
    _inherit = "res.users"

    GROUPS = "groups_id"

    groups_id = fields.Many2many("res.groups", "res_groups_users_rel", "uid", "gid", "Groups")
