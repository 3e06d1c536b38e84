"""The pairs of Trello: which record of Odoo stands for which of Trello."""

from __future__ import annotations

from isthmus.records import fields, model


class TrelloBinding(model.AbstractModel):
    """What every pair of Trello has."""

    _name = "trello.binding"
    _inherit = "external.binding"

    backend_id = fields.Many2one("trello.backend", "Backend", required=True, ondelete="cascade", index=True)


class TrelloBoard(model.Model):
    """A board and its project."""

    _name = "trello.board"
    _inherit = "trello.binding"
    _inherits = {"project.project": "odoo_id"}
    _description = "Board"

    odoo_id = fields.Many2one("project.project", "Project", required=True, index=True)


class TrelloList(model.Model):
    """A list and its stage."""

    _name = "trello.list"
    _inherit = "trello.binding"
    _inherits = {"project.task.type": "odoo_id"}
    _description = "List"

    odoo_id = fields.Many2one("project.task.type", "Stage", required=True, index=True)


class TrelloLabel(model.Model):
    """A label and its tag."""

    _name = "trello.label"
    _inherit = "trello.binding"
    _inherits = {"project.tags": "odoo_id"}
    _description = "Label"

    odoo_id = fields.Many2one("project.tags", "Tag", required=True, index=True)


class TrelloCard(model.Model):
    """A card and its task."""

    _name = "trello.card"
    _inherit = "trello.binding"
    _inherits = {"project.task": "odoo_id"}
    _description = "Card"

    odoo_id = fields.Many2one("project.task", "Task", required=True, index=True)
