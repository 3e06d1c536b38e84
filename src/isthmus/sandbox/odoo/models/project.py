"""Projects, their stages and the tags."""

from __future__ import annotations

from typing import Any

from isthmus import fields
from isthmus.sandbox.odoo.models.base import Base, Values
from isthmus.sandbox.odoo.models.mail import Thread
from isthmus.sandbox.odoo.rpc import exposed


class Project(Thread):
    _name = "project.project"
    _description = "Project"
    _marks_copies = True
    _order = "sequence, name, id"

    name = fields.Char("Name", required=True)
    description = fields.Html("Description")
    active = fields.Boolean("Active", default=True, copy=False)
    sequence = fields.Integer("Sequence", default=10)
    partner_id = fields.Many2one("res.partner", "Customer")
    company_id = fields.Many2one("res.company", "Company")
    user_id = fields.Many2one("res.users", "Project Manager", default=lambda self: self.session.uid)
    type_ids = fields.Many2many(
        "project.task.type", "project_task_type_rel", "project_id", "type_id", "Tasks Stages"
    )
    task_ids = fields.One2many("project.task", "project_id", "Tasks", copy=False)
    tag_ids = fields.Many2many("project.tags", string="Tags", relation="project_project_project_tags_rel")
    label_tasks = fields.Char("Use Tasks as", default="Tasks")
    color = fields.Integer("Color Index")
    date_start = fields.Date("Start Date", copy=False)
    date = fields.Date("Expiration Date", copy=False)
    privacy_visibility = fields.Selection(
        [("followers", "Invited internal users"), ("employees", "All internal users"),
         ("portal", "Invited portal users and all internal users")],
        "Visibility", required=True, default="portal",
    )  # fmt: skip

    def _before_write(self: Any, values: Values) -> list[tuple[Any, Values]]:
        if "active" in values:
            self._all_tasks().write({"active": values["active"]})
        return super()._before_write(values)

    def unlink(self: Any) -> bool:
        """Delete projects with all of their tasks; the stages stay."""
        self.check_existence()
        if tasks := self._all_tasks():
            tasks.unlink()
        return bool(super().unlink())

    def _all_tasks(self: Any) -> Any:
        tasks = self.env["project.task"].with_context(active_test=False)
        return tasks.search([("project_id", "in", self.ids)]).with_env(self.env)


class Stage(Base):
    _name = "project.task.type"
    _description = "Task Stage"
    _marks_copies = True
    _order = "sequence, id"

    name = fields.Char("Name", required=True)
    active = fields.Boolean("Active", default=True)
    sequence = fields.Integer("Sequence", default=1)
    fold = fields.Boolean("Folded in Kanban", default=False)
    project_ids = fields.Many2many(
        "project.project", "project_task_type_rel", "type_id", "project_id", "Projects"
    )
    user_id = fields.Many2one("res.users", "Stage Owner", index=True)

    def _before_write(self: Any, values: Values) -> list[tuple[Any, Values]]:
        """Archive the tasks of a stage with it; bringing the stage back leaves them."""
        if values.get("active") is False:
            self.env["project.task"].search([("stage_id", "in", self.ids)]).write({"active": False})
        return super()._before_write(values)

    def first_of(self: Any, project: int) -> int | bool:
        """Return the stage that tasks of a project start in; False when the project has none."""
        found = self.search([("project_ids", "in", [project])], order="fold, sequence, id", limit=1)
        return found.id  # type: ignore[no-any-return]


class Tag(Base):
    _name = "project.tags"
    _description = "Project Tags"
    _order = "name"
    _sql_constraints = [("name_uniq", "unique(name)", "A tag with the same name already exists.")]

    name = fields.Char("Name", required=True)
    color = fields.Integer("Color", default=lambda self: 1 + self.search_count([]) % 11)
    project_ids = fields.Many2many(
        "project.project",
        "project_project_project_tags_rel",
        "project_tags_id",
        "project_project_id",
        "Projects",
    )
    task_ids = fields.Many2many(
        "project.task", "project_tags_project_task_rel", "project_tags_id", "project_task_id", "Tasks"
    )

    @exposed(of_records=False, writes=True)
    def name_create(self: Any, name: str) -> list[Any]:
        """Return the tag of that name, whatever its case; a new one when there is none."""
        tag = self.search([("name", "=ilike", name.strip())], limit=1) or self.create({"name": name})
        return [tag.id, tag.name]
