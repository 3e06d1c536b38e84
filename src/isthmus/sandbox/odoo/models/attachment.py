"""Files and links on records."""

from __future__ import annotations

import hashlib
import mimetypes
from typing import Any

from isthmus import fields
from isthmus.sandbox.odoo.models.base import Base, Values

_MAGIC = (
    (b"\x89PNG", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"%PDF", "application/pdf"),
)


class Attachment(Base):
    _name = "ir.attachment"
    _description = "Attachment"
    _order = "id desc"

    name = fields.Char("Name", required=True)
    description = fields.Text("Description")
    res_model = fields.Char("Resource Model", index=True)
    res_field = fields.Char("Resource Field")
    res_id = fields.Integer("Resource ID")
    type = fields.Selection([("url", "URL"), ("binary", "File")], "Type", required=True, default="binary")
    url = fields.Char("Url")
    public = fields.Boolean("Is public document")
    datas = fields.Binary("File Content (base64)")
    raw = fields.Binary("File Content (raw)", compute="_compute_raw")
    checksum = fields.Char("Checksum/SHA1", readonly=True)
    mimetype = fields.Char("Mime Type", readonly=True)
    file_size = fields.Integer("File Size", readonly=True)
    store_fname = fields.Char("Stored Filename", readonly=True)
    access_token = fields.Char("Access Token")

    def _compute_raw(self: Any) -> None:
        for attachment in self:
            attachment.raw = attachment.datas

    def _before_create(self: Any, rows: list[Values]) -> list[Values]:
        return [{**row, **described(row.get("datas") or b"", row)} for row in rows]

    def _before_write(self: Any, values: Values) -> list[tuple[Any, Values]]:
        if "datas" in values:
            values |= described(values["datas"] or b"", values)
        return [(self, values)]


def described(data: bytes, row: Values) -> Values:
    """Return what the server works out about a file: checksum, size, type, where it is stored."""
    if row.get("type") == "url":
        return {"mimetype": "application/octet-stream"}
    if not data:  # Odoo keeps no content then, and so there is nothing to sum up
        return {
            "checksum": False,
            "file_size": 0,
            "mimetype": row.get("mimetype") or guessed(data, str(row.get("name") or "")),
            "store_fname": False,
        }
    checksum = hashlib.sha1(data, usedforsecurity=False).hexdigest()
    return {
        "checksum": checksum,
        "file_size": len(data),
        "mimetype": row.get("mimetype") or guessed(data, str(row.get("name") or "")),
        "store_fname": f"{checksum[:2]}/{checksum}",
    }


def guessed(data: bytes, name: str) -> str:
    """Return the type of a file from its name, else from its content."""
    by_name = mimetypes.guess_type(name)[0]
    if by_name:
        return by_name
    for start, kind in _MAGIC:
        if data.startswith(start):
            return kind
    try:
        data.decode()
    except UnicodeDecodeError:
        return "application/octet-stream"
    return "text/plain"
