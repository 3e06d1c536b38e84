"""Files that are attached to cards: uploading and downloading."""

from __future__ import annotations

import mimetypes
from typing import Any
from urllib.parse import quote

from isthmus.sandbox.message import Response
from isthmus.sandbox.trello import files, template
from isthmus.sandbox.trello.call import Call
from isthmus.sandbox.trello.errors import ApiError, invalid_value, not_found
from isthmus.sandbox.trello.multipart import Upload
from isthmus.sandbox.trello.resources.attachments import attach, find, new_link
from isthmus.sandbox.trello.router import route
from isthmus.sandbox.trello.timestamp import iso

Data = dict[str, Any]

#: The longest name of an attachment. Source: Trello's OpenAPI description.
MAX_NAME = 256

#: What a file is without a type. Source: recorded exports.
UNKNOWN = "application/octet-stream"


@route("POST", "/cards/{card}/attachments")
def create(call: Call, card: str) -> Data:
    """Attach the file that a form brings, or a link."""
    data, file = call.state.get("card", card), call.params.raw("file")
    if isinstance(file, Upload):
        made = new_file(call, data, file)
    else:
        made = new_link(call, data, call.params.needed("url"), call.params.text("name"))
    call.state.save("card", data)
    return {**made, "limits": {}}


def new_file(call: Call, card: Data, upload: Upload) -> Data:
    """Attach a file to a card and journal it; the caller saves the card. Raises ApiError 400 and 413."""
    name = call.params.text("name", longest=MAX_NAME) or upload.name
    if not name:
        raise invalid_value("name")
    if len(upload.content) > call.settings.largest_file:
        raise ApiError(413, "File too large")
    id_ = call.new_id()
    made = template.fresh(
        template.ATTACHMENT,
        id=id_,
        bytes=len(upload.content),
        date=iso(call.settings.ticker.now()),
        fileName=files.file_name(name),
        idMember=call.me["id"],
        isUpload=True,
        mimeType=call.params.text("mimeType") or upload.mime or mimetypes.guess_type(name)[0] or UNKNOWN,
        name=name,
        url=files.download_url(card["id"], id_, name),
    )
    files.keep(call.state.env, id_, upload.content)
    attach(call, card, made)
    if call.params.flag("setCover") and made["mimeType"].startswith("image/"):
        card["idAttachmentCover"] = id_
    return made


@route("GET", "/cards/{card}/attachments/{attachment}/download/{name}")
def download(call: Call, card: str, attachment: str, name: str) -> Response:
    """Return the content of a file, whatever name the path ends with."""
    found = find(call.state.get("card", card), attachment)
    if not found["isUpload"]:
        raise not_found()
    shown = quote(files.file_name(found["name"]))
    headers = {
        "Content-Type": found["mimeType"] or UNKNOWN,
        "Content-Disposition": f"attachment; filename*=UTF-8''{shown}",
    }
    return Response(200, headers, files.content_of(call.state.env, found))
