"""What Odoo 14 has of its own: a task has one assignee."""

from __future__ import annotations

from isthmus import fields, models


class Task(models.Model):
    _inherit = "project.task"
    _absent = frozenset(
        {"state", "allocated_hours", "display_in_project", "display_project_id", "user_ids", "is_closed"}
    )

    user_id = fields.Many2one("res.users", "Assigned to", default=lambda self: self.session.uid, index=True)
