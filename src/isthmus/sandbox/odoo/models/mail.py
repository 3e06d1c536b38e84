"""Messages on records: comments that clients post, and what the server notes by itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from isthmus import fields
from isthmus.sandbox.odoo import access
from isthmus.sandbox.odoo.errors import UserError
from isthmus.sandbox.odoo.html import paragraph, sanitised
from isthmus.sandbox.odoo.models.base import Base, Values
from isthmus.sandbox.odoo.rpc import exposed
from isthmus.sandbox.odoo.values import moment

NOTE, DISCUSSION = "mail.mt_note", "mail.mt_comment"


class Subtype(Base):
    _name = "mail.message.subtype"
    _description = "Message subtypes"
    _order = "id"

    name = fields.Char("Message Type", required=True)
    internal = fields.Boolean("Internal Only")
    default = fields.Boolean("Default", default=False)
    res_model = fields.Char("Model")


class Message(Base):
    _name = "mail.message"
    _description = "Message"
    _order = "id desc"
    _rec_name = "record_name"

    model = fields.Char("Related Document Model", index=True)
    res_id = fields.Integer("Related Document ID", index=True)
    record_name = fields.Char("Message Record Name")
    subject = fields.Char("Subject")
    # Required, so that an empty body reads as "" and not as False.
    body = fields.Html("Contents", required=True, default="")
    date = fields.Datetime("Date", default=lambda self: self.env.now)
    message_type = fields.Selection(
        [("comment", "Comment"), ("email", "Incoming Email"), ("email_outgoing", "Outgoing Email"),
         ("notification", "System notification"), ("auto_comment", "Automated Targeted Notification"),
         ("user_notification", "User Specific Notification")],
        "Type", required=True, default="comment",
    )  # fmt: skip
    subtype_id = fields.Many2one("mail.message.subtype", "Subtype")
    author_id = fields.Many2one("res.partner", "Author", default=lambda self: self.author())
    email_from = fields.Char("From")
    parent_id = fields.Many2one("mail.message", "Parent Message")
    child_ids = fields.One2many("mail.message", "parent_id", "Child Messages")
    attachment_ids = fields.Many2many(
        "ir.attachment", string="Attachments", relation="message_attachment_rel"
    )
    is_internal = fields.Boolean("Employee Only")

    def author(self: Any) -> int:
        """Return the partner of the caller."""
        return int(self.env["res.users"].browse(self.session.uid).partner_id.id)


class Thread(Base):
    """What makes a model have messages."""

    _name = "mail.thread"
    _abstract = True

    #: What the server notes when one of these fields changes: the field, and the external id of a subtype
    #: (None: a plain note).
    _tracked: ClassVar[dict[str, str | None]] = {}

    @exposed(writes=True)
    def message_post(
        self: Any,
        *,
        body: str = "",
        subject: str | bool = False,
        message_type: str = "notification",
        subtype_xmlid: str | None = None,
        subtype_id: int | bool = False,
        parent_id: int | bool = False,
        attachment_ids: Sequence[int] = (),
        author_id: int | None = None,
        body_is_html: bool = False,
        date: str | bool = False,
        partner_ids: Sequence[int] = (),
        email_from: str | bool = False,
    ) -> Any:
        """Post a message on one record: its id, or from 19 on a list of it. Nobody is sent a mail."""
        self.ensure_one().check_existence()
        access.check(self, "write")
        access.check_rule(self, "write")
        author = self._author(author_id)
        row = {
            "subject": subject,
            "body": sanitised(body) if body_is_html else paragraph(str(body or "")),
            "message_type": message_type,
            "subtype_id": subtype_id or self.subtype(subtype_xmlid or NOTE),
            "parent_id": parent_id or self._last_message(),
            "author_id": author,
            "email_from": email_from,
            "attachment_ids": [(6, 0, list(attachment_ids))],
        }
        if date:
            row["date"] = moment(date)
        (message,) = self._note([row])
        return [message.id] if self.session.series >= 19 else message.id

    def subtype(self: Any, xmlid: str) -> int | bool:
        """Return the id of a message subtype."""
        return self.env["ir.model.data"].record_of(xmlid)  # type: ignore[no-any-return]

    # --- what the server notes ---

    def _after_create(self: Any, rows: list[Values]) -> None:
        super()._after_create(rows)
        if not self._is_silent("mail_create_nolog"):
            self._note(self._creation_messages())

    def _creation_messages(self: Any) -> list[Values]:
        """Return one message a record, in order."""
        row = {
            "body": f"<p>{self._description} created</p>",
            "subtype_id": self.subtype(NOTE),
            "is_internal": True,
        }
        return [{"message_type": "notification", **row} for _ in self]

    def _before_write(self: Any, values: Values) -> list[tuple[Any, Values]]:
        watched = [name for name in self._tracked if name in values]
        if watched and not self._is_silent("mail_notrack"):
            self._track(watched, values)
        return super()._before_write(values)

    def _track(self: Any, watched: list[str], values: Values) -> None:
        for record in self:
            changed = [name for name in watched if record._neutral(name) != values[name]]
            if changed:
                record._note([record._tracking_message(changed, values)])

    def _tracking_message(self: Any, changed: list[str], values: Values) -> Values:
        for name in changed:
            if xmlid := self._tracking_subtype(name, values):
                return {
                    "message_type": "notification",
                    "subtype_id": self.subtype(xmlid),
                    "parent_id": self._last_message(),
                }
        return {"message_type": "notification", "subtype_id": self.subtype(NOTE), "is_internal": True}

    def _tracking_subtype(self: Any, name: str, values: Values) -> str | None:
        return self._tracked[name]  # type: ignore[no-any-return]

    def _note(self: Any, rows: list[Values]) -> Any:
        """Create one message for each record of the set, in order."""
        if not rows:
            return self.env["mail.message"].browse()
        names = self.shown_names()
        return self.env["mail.message"].create(
            [
                {"model": self._name, "res_id": record.id, "record_name": names.get(record.id, False), **row}
                for record, row in zip(self, rows, strict=True)
            ]
        )

    def _is_silent(self: Any, key: str) -> bool:
        return bool(self.env.context.get("tracking_disable") or self.env.context.get(key))

    def _last_message(self: Any) -> int | bool:
        """Return the message that a new one answers: the latest; before 19 the first of the record."""
        terms = [("model", "=", self._name), ("res_id", "=", self.id)]
        order = "id desc" if self.session.series >= 19 else "id"
        last = self.env["mail.message"].search(terms, limit=1, order=order)
        return last.id  # type: ignore[no-any-return]

    def _author(self: Any, partner: int | None) -> int:
        """Return the author of a message. Before 19 it needs an e-mail address."""
        if partner is None:
            return int(self.env["mail.message"].author())
        if self.session.series < 19 and not self.env["res.partner"].browse(partner).email:
            raise UserError("Unable to send message, please configure the sender's email address.")
        return partner
