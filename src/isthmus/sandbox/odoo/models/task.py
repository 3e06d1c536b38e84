"""Tasks, with what the server decides about stage, state and project."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from isthmus import fields
from isthmus.sandbox.odoo.errors import UserError, ValidationError
from isthmus.sandbox.odoo.models.base import Values
from isthmus.sandbox.odoo.models.mail import Thread

OPEN, CHANGES, APPROVED, DONE = "01_in_progress", "02_changes_requested", "03_approved", "1_done"
CREATED = '<div summary="o_mail_notification"><p>A new task has been created{}.</p></div>'

#: The subtype of the message that the server writes when a task gets a state.
STATE_SUBTYPES = {
    OPEN: "project.mt_task_in_progress",
    CHANGES: "project.mt_task_changes_requested",
    APPROVED: "project.mt_task_approved",
    DONE: "project.mt_task_done",
    "1_canceled": "project.mt_task_canceled",
    "04_waiting_normal": "project.mt_task_waiting",
}


class Task(Thread):
    _name = "project.task"
    _description = "Task"
    _marks_copies = True
    _order = "priority desc, sequence, date_deadline asc, id desc"
    _tracked = {"stage_id": "project.mt_task_stage", "state": None, "name": None, "project_id": None}

    name = fields.Char("Title", required=True, index=True)
    description = fields.Html("Description")
    active = fields.Boolean("Active", default=True, copy=False)
    sequence = fields.Integer("Sequence", default=10)
    priority = fields.Selection([("0", "Low"), ("1", "High")], "Priority", default="0", index=True)
    state = fields.Selection(
        [(OPEN, "In Progress"), (CHANGES, "Changes Requested"), (APPROVED, "Approved"), (DONE, "Done"),
         ("1_canceled", "Cancelled"), ("04_waiting_normal", "Waiting")],
        "State", required=True, default=OPEN, copy=False,
    )  # fmt: skip
    project_id = fields.Many2one("project.project", "Project", index=True)
    stage_id = fields.Many2one("project.task.type", "Stage", ondelete="restrict", index=True)
    tag_ids = fields.Many2many(
        "project.tags", "project_tags_project_task_rel", "project_task_id", "project_tags_id", "Tags"
    )
    user_ids = fields.Many2many("res.users", "project_task_user_rel", "task_id", "user_id", "Assignees")
    partner_id = fields.Many2one("res.partner", "Customer")
    company_id = fields.Many2one("res.company", "Company")
    parent_id = fields.Many2one("project.task", "Parent Task", ondelete="cascade", index=True)
    child_ids = fields.One2many("project.task", "parent_id", "Sub-tasks", copy=False)
    color = fields.Integer("Color Index")
    allocated_hours = fields.Float("Allocated Time")
    date_deadline = fields.Datetime("Deadline", index=True)
    date_assign = fields.Datetime("Assigning Date", readonly=True, copy=False)
    date_end = fields.Datetime("Ending Date", copy=False)
    date_last_stage_update = fields.Datetime("Last Stage Update", readonly=True, copy=False)
    create_date = fields.Datetime("Created On", readonly=True)
    write_date = fields.Datetime("Last Updated On", readonly=True)
    display_in_project = fields.Boolean("Display In Project", default=True, copy=False)
    is_closed = fields.Boolean("Closed state", compute="_compute_is_closed")

    def _compute_is_closed(self: Any) -> None:
        for task in self:
            task.is_closed = task.state in (DONE, "1_canceled")

    # --- creating ---

    def _before_create(self: Any, rows: list[Values]) -> list[Values]:
        stages = self.env["project.task.type"]
        parents = self._projects_of({row["parent_id"] for row in rows if row.get("parent_id")})
        first: dict[int, int | bool] = {}
        for row in rows:
            self._complete_child(row, parents)
            project = row.get("project_id")
            if not project:
                row["stage_id"] = False
                row.setdefault("name", "Untitled to-do")
                row.setdefault("user_ids", [(6, 0, [self.session.uid])])
            elif not row.get("stage_id"):
                if project not in first:
                    first[project] = stages.first_of(project)
                row["stage_id"] = first[project]
            row["date_last_stage_update"] = self.env.now
            if project and is_assigning(row.get("user_ids")):
                row["date_assign"] = self.env.now
        return super()._before_create(rows)

    def _projects_of(self: Any, tasks: set[int]) -> dict[int, int | bool]:
        return {row["id"]: row["project_id"] for row in self.browse(sorted(tasks)).read(["project_id"])}

    def _complete_child(self: Any, row: Values, parents: dict[int, int | bool]) -> None:
        """Settle a sub-task's project: from 19 on its parent's, before that a project is required."""
        parent = row.get("parent_id")
        if not parent:
            return
        if self.session.series >= 19:
            row["project_id"] = row.get("project_id") or parents.get(parent, False)
        if not row.get("project_id"):
            raise private_child()
        row["display_in_project"] = row["project_id"] != parents.get(parent)

    def _creation_messages(self: Any) -> list[Values]:
        subtype = self.subtype("project.mt_task_new")
        names = self.mapped("project_id").shown_names()
        bodies = [
            CREATED.format(f' in the "{names[project]}" project' if project else "")
            for project in (task._neutral("project_id") for task in self)
        ]
        return [{"message_type": "notification", "subtype_id": subtype, "body": body} for body in bodies]

    # --- writing ---

    def _before_write(self: Any, values: Values) -> list[tuple[Any, Values]]:
        self._check_parent(values)
        if "user_ids" in values:
            values["date_assign"] = is_assigning(values["user_ids"]) and self.env.now
        if "stage_id" in values:
            values["date_last_stage_update"] = self.env.now
            values["date_end"] = (
                self.env["project.task.type"].browse(values["stage_id"] or None).fold and self.env.now
            )
        ready = super()._before_write(values)
        if "stage_id" not in values and "project_id" not in values:
            return ready
        return [pair for records, given in ready for pair in records._settled(given)]

    def _settled(self: Any, values: Values) -> list[tuple[Any, Values]]:
        """Split by what follows from a new stage or project: another state, a stage of the new project."""
        by_extra: dict[tuple[tuple[str, Any], ...], list[int]] = {}
        fitting: dict[int | bool, bool] = {}
        project = values.get("project_id")
        for task in self:
            extra: Values = {}
            stage = values.get("stage_id", task._neutral("stage_id"))
            if "project_id" in values and "stage_id" not in values:
                if stage not in fitting:
                    fitting[stage] = bool(project) and project in task.stage_id.project_ids.ids
                if not fitting[stage]:
                    extra["stage_id"] = self.env["project.task.type"].first_of(project) if project else False
            if (
                "stage_id" in {**values, **extra}
                and "state" not in values
                and task.state in (CHANGES, APPROVED)
            ):
                extra["state"] = OPEN
            by_extra.setdefault(tuple(extra.items()), []).append(task.id)
        return [(self.browse(ids), {**values, **dict(extra)}) for extra, ids in by_extra.items()]

    def _check_parent(self: Any, values: Values) -> None:
        parent = values.get("parent_id")
        if parent:
            if parent in self._ids:
                raise UserError("Sorry. You can't set a task as its parent task.")
            above = self.browse(parent)
            while above:
                if above.id in self._ids:
                    raise ValidationError("Error! You cannot create a recursive hierarchy of tasks.")
                above = above.parent_id
        if not parent and "parent_id" in values:
            return
        if (
            "project_id" in values
            and not values["project_id"]
            and (parent or any(task.parent_id for task in self))
        ):
            raise private_child()

    def _tracking_subtype(self: Any, name: str, values: Values) -> str | None:
        return (
            STATE_SUBTYPES.get(values["state"])
            if name == "state"
            else super()._tracking_subtype(name, values)
        )

    # --- copying and deleting ---

    def copied_values(self: Any) -> list[Values]:
        rows = super().copied_values()
        for task, row in zip(self, rows, strict=True):
            if task.child_ids:
                children: Sequence[Values] = task.child_ids.copied_values()
                row["child_ids"] = [(0, 0, {**child, "parent_id": False}) for child in children]
        return rows

    def unlink(self: Any) -> bool:
        """Delete tasks with their sub-tasks."""
        self.check_existence()
        children = (
            self.with_context(active_test=False).search([("parent_id", "in", self.ids)]).with_env(self.env)
        )
        if children - self:
            (children - self).unlink()
        return bool(self.exists() and super(Task, self.exists()).unlink())


def private_child() -> ValidationError:
    """Return the refusal of a sub-task without a project."""
    return ValidationError("The operation cannot be completed: A private task cannot have a parent.")


def is_assigning(commands: Any) -> bool:
    """Tell whether commands on the assignees add somebody."""
    return any(command[0] == 4 or (command[0] == 6 and command[2]) for command in commands or ())
