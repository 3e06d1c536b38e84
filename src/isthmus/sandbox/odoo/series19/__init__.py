"""What Odoo 19 has of its own."""

from __future__ import annotations

from typing import Any

from isthmus import fields, models


class User(models.Model):
    _inherit = "res.users"

    GROUPS = "group_ids"

    group_ids = fields.Many2many("res.groups", "res_groups_users_rel", "uid", "gid", "Groups")


class Project(models.Model):
    _inherit = "project.project"
    _restricted = {"stage_id": "Use Stages on Project"}


class Task(models.Model):
    _inherit = "project.task"

    priority = fields.Selection(
        [("0", "Low priority"), ("1", "Medium priority"), ("2", "High priority"), ("3", "Urgent")], "Priority"
    )
    date_deadline = fields.Datetime("Deadline", copy=False)
    display_in_project = fields.Boolean("Display In Project", readonly=True)
    is_template = fields.Boolean("Is Template", copy=False)


class Message(models.Model):
    _inherit = "mail.message"

    def shown_names(self: Any) -> dict[int, str | bool]:
        return dict.fromkeys(self.ids, False)
