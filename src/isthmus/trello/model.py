"""The parents of the pairs of Trello, and the records that only this side has."""

from __future__ import annotations

from isthmus.records import fields, model


class TrelloBinding(model.AbstractModel):
    """What every pair of Trello has."""

    _name = "trello.binding"
    _inherit = "external.binding"

    backend_id = fields.Many2one("trello.backend", "Backend", required=True, ondelete="cascade")


class PartBinding(model.AbstractModel):
    """What every pair of a part of a card has."""

    _name = "trello.part.binding"
    _inherit = "trello.binding"

    card = fields.Char("Card", index=True, help="The id of its card.")


class TrelloItem(model.AbstractModel):
    """What every pair of an item of a checklist has."""

    _name = "trello.item"
    _inherit = "trello.part.binding"

    checklist = fields.Char("Checklist", help="The id of the item's checklist.")
    checklist_name = fields.Char("Name of the checklist")


class TaskLine(model.Model):
    """A line of a checklist in the description of a task: what is to stand there, or what a person wrote.

    Odoo has no records for such lines; these are its side of the pairs.
    """

    _name = "trello.task.line"
    _description = "Line of a description"
    _order = "sequence, id"

    task_id = fields.Many2one("project.task", "Task", required=True, index=True)
    name = fields.Char("Text", required=True)
    done = fields.Boolean("Ticked")
    active = fields.Boolean("Active", default=True)
    removed = fields.Boolean("Removed", help="A person took it out; its pair still refers to it.")
    sequence = fields.Integer("Sequence")
    checklist = fields.Char("Checklist", help="The id of its checklist; empty: a new one of this name.")
    checklist_name = fields.Char("Name of the checklist")
