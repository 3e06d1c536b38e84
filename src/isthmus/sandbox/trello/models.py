"""Where the simulated Trello keeps its objects: the JSON of each, and copies of the keys that queries use."""

from __future__ import annotations

from isthmus import fields, models


class TrelloObject(models.AbstractModel):
    """What all kinds share. ``data`` is the object as Trello would show it with ``fields=all``."""

    _name = "sandbox.trello.object"
    _description = "Trello object"
    _rec_name = "external_id"
    _sql_constraints = [("external_id_uniq", "unique(external_id)", "An identifier is given only once.")]

    external_id = fields.Char(required=True)
    data = fields.Json()


class Board(models.Model):
    _name = "sandbox.trello.board"
    _inherit = "sandbox.trello.object"
    _description = "Trello board"

    short_link = fields.Char(index=True)
    closed = fields.Boolean()


class BoardList(models.Model):
    _name = "sandbox.trello.list"
    _inherit = "sandbox.trello.object"
    _description = "Trello list"
    _order = "pos, external_id"

    board = fields.Char(index=True)
    closed = fields.Boolean()
    pos = fields.Float()


class Card(models.Model):
    _name = "sandbox.trello.card"
    _inherit = "sandbox.trello.object"
    _description = "Trello card"
    _order = "pos, external_id"

    short_link = fields.Char(index=True)
    board = fields.Char(index=True)
    list = fields.Char(index=True)
    closed = fields.Boolean()
    pos = fields.Float()


class Label(models.Model):
    _name = "sandbox.trello.label"
    _inherit = "sandbox.trello.object"
    _description = "Trello label"

    board = fields.Char(index=True)


class Member(models.Model):
    _name = "sandbox.trello.member"
    _inherit = "sandbox.trello.object"
    _description = "Trello member"

    username = fields.Char(index=True)


class Content(models.Model):
    _name = "sandbox.trello.content"
    _description = "Content of an uploaded file"

    attachment = fields.Char(required=True, index=True)
    content = fields.Binary()


class Checklist(models.Model):
    _name = "sandbox.trello.checklist"
    _inherit = "sandbox.trello.object"
    _description = "Trello checklist"
    _order = "pos, external_id"

    board = fields.Char(index=True)
    card = fields.Char(index=True)
    pos = fields.Float()


class CustomField(models.Model):
    _name = "sandbox.trello.custom_field"
    _inherit = "sandbox.trello.object"
    _description = "Trello custom field"
    _order = "pos, external_id"

    board = fields.Char(index=True)
    pos = fields.Float()


class Action(models.Model):
    _name = "sandbox.trello.action"
    _inherit = "sandbox.trello.object"
    _description = "Trello action"
    _order = "date desc, external_id desc"

    type = fields.Char()
    changed = fields.Char(help="The only key of data.old: what an update changed.")
    date = fields.Char(index=True, help="ISO 8601 with milliseconds, so that text order is time order.")
    member = fields.Char(index=True)
    board = fields.Char(index=True)
    list = fields.Char(index=True)
    card = fields.Char(index=True)


class Token(models.Model):
    _name = "sandbox.trello.token"
    _inherit = "sandbox.trello.object"
    _description = "Trello token"

    value = fields.Char(index=True)
    member = fields.Char()


class Webhook(models.Model):
    _name = "sandbox.trello.webhook"
    _inherit = "sandbox.trello.object"
    _description = "Trello webhook"

    token = fields.Char(index=True)
    model = fields.Char(index=True)
