"""What the change feed keeps in the local database. Apart from the feed, which not every process needs."""

from __future__ import annotations

from isthmus.records import fields, model

FEED, WEBHOOK = "odoo.feed", "odoo.webhook"

#: What a webhook tells of.
CHANGED, DELETED = "changed", "deleted"


class FeedCursor(model.Model):
    """How far the changes of one model of one Odoo were taken in."""

    _name = FEED
    _description = "Change feed"
    _order = "odoo, model"

    odoo = fields.Char("Odoo", required=True, help="The instance in the settings.")
    model = fields.Char("Model", required=True)
    floor = fields.Datetime("Known up to", help="Everything older was delivered; by Odoo's clock.")
    born = fields.Datetime("Old before", help="What was created earlier is not new.")
    newest = fields.Datetime("Newest change", help="By Odoo's clock.")
    seen = fields.Json("Seen above the floor")
    clocks = fields.Json(
        "Clocks", help="When the newest change was known: in Odoo, its web server, and here."
    )
    known = fields.Text("Known ids", help="As ranges; empty where deletions are not looked for.")
    sweeps = fields.Boolean("Finds deletions", default=False)
    swept = fields.Datetime("Deletions looked for")
    looked = fields.Datetime("Looked")
    delivered = fields.Integer("Delivered", default=0)
    revision = fields.Integer("Revision", default=0)

    _sql_constraints = [("model_uniq", "unique(odoo, model)", "This model is followed already.")]


class Webhook(model.Model):
    """An automation rule of an Odoo that sends hints here."""

    _name = WEBHOOK
    _description = "Webhook"
    _order = "odoo, model, kind"

    odoo = fields.Char("Odoo", required=True, help="The instance in the settings.")
    model = fields.Char("Model", required=True)
    kind = fields.Selection(
        [(CHANGED, "Created or changed"), (DELETED, "Deleted")], "Tells of", required=True
    )
    url = fields.Char("Address", required=True, help="Without its secret.")
    digest = fields.Char("Digest", required=True, help="SHA-256 of the secret, which is kept in Odoo alone.")
    rule = fields.Integer("Rule", help="The id of the automation rule in Odoo.")
    action = fields.Integer("Action", help="The id of its server action in Odoo.")

    _sql_constraints = [("kind_uniq", "unique(odoo, model, kind)", "This webhook is installed already.")]
