"""What Odoo 15 and 16 have of their own, where 17 brought something new.

Source: the version differences of project.task, read in Odoo's source.
"""

from __future__ import annotations

from typing import Any

from isthmus import fields, models


class Task(models.Model):
    _inherit = "project.task"
    _absent = frozenset({"state", "allocated_hours", "display_in_project"})

    kanban_state = fields.Selection(
        [("normal", "In Progress"), ("done", "Ready"), ("blocked", "Blocked")],
        "Kanban State", required=True, default="normal", copy=False,
    )  # fmt: skip
    date_deadline = fields.Date("Deadline", index=True, copy=False)
    planned_hours = fields.Float("Initially Planned Hours")
    display_project_id = fields.Many2one("project.project", "Display Project", index=True)

    def _compute_is_closed(self: Any) -> None:
        for task in self:
            task.is_closed = bool(task.stage_id.fold)
