"""Transfers: the content of files, from Trello into Odoo and from Odoo to Trello."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

from isthmus.components import Component
from isthmus.errors import MalformedAnswerError, RejectedError
from isthmus.trello.adapter import Record
from isthmus.trello.base import TrelloComponent
from isthmus.trello.client import TrelloClient
from isthmus.trello.form import Form
from isthmus.trello.spool import Spool

#: The longest name that Trello takes. Source: Trello's OpenAPI description.
MAX_NAME = 256

#: What would part the path of a download: Trello has something else in its place.
PARTING = str.maketrans(dict.fromkeys("/\\?#", "_"))

#: Odoo makes large images smaller unless it is told not to. Source: its ir.attachment, 17 to 19.
AS_IT_IS = {"image_no_postprocess": True}


class FileContent(TrelloComponent, Component):
    """Carries the content of files. One is on its way at a time, in a temporary file."""

    _name = "trello.file.content"
    _usage = "file.content"
    _apply_on = "trello.file"

    @property
    def largest(self) -> int | None:
        """How many bytes a file may have; None: any number."""
        megabytes = self.collection.largest_file_mb
        return megabytes * 1024 * 1024 if megabytes else None

    def is_too_large(self, size: int | None) -> bool:
        """Tell whether a file of so many bytes stays where it is."""
        return self.largest is not None and (size or 0) > self.largest

    # --- from Trello into Odoo ---

    @contextmanager
    def of_trello(self, record: Record) -> Iterator[Spool]:
        """Download a file and give its content. Raises MalformedAnswerError for what cannot be it."""
        client: TrelloClient = self.component(usage="backend", model_name=self.collection).connect()
        is_page = "html" in (record.get("mimeType") or "html")
        with Spool(self.largest, is_page=is_page) as content:
            client.download(download_path(record), content)
            told = record.get("bytes")
            if told is not None and told != content.size:
                raise MalformedAnswerError(
                    f"Trello gave {content.size} bytes for {record.get('name')!r}, which has {told}",
                    hint="It was cut off or replaced on its way; the next import tries again.",
                )
            yield content

    def into_odoo(self, identifier: str, values: Mapping[str, Any], content: Spool) -> int:
        """Create the attachment with its content, once however often it is tried; return its id.

        Straight to the store: nobody needs a copy of the content in a cache.
        """
        row = {**values, "datas": content.view()}
        context = {**self.env.context, **AS_IT_IS}
        return int(
            self.env.store("ir.attachment").upsert("ir.attachment", [(identifier, row)], context=context)[0]
        )

    # --- from Odoo to Trello ---

    def to_trello(self, client: TrelloClient, data: Mapping[str, Any]) -> Record:
        """Upload the file that ``data`` tells of (see :class:`FileExportMapper`); return the attachment."""
        with Spool() as content:
            self._read(data, content)
            fields = {"name": data["name"], "mimeType": data["mimeType"], "setCover": "false"}
            form = Form(fields, data["name"], data["mimeType"], content)
            made: Record = client.upload(f"/cards/{data['idCard']}/attachments", form)
            return {**made, "idCard": data["idCard"], "sha1": content.sha1}

    def _read(self, data: Mapping[str, Any], content: Spool) -> None:
        """Read the content from Odoo. Raises RejectedError when it is not what was announced."""
        id_ = data["attachment"]
        rows = self.env.store("ir.attachment").read("ir.attachment", [id_], ["datas"])
        if not rows:
            raise RejectedError(f"the attachment {id_} ({data['name']}) was deleted in Odoo meanwhile")
        content.write(rows[0]["datas"] or b"")
        if content.size != data["bytes"]:
            raise RejectedError(
                f"Odoo gave {content.size} bytes for the attachment {id_} ({data['name']}), "
                f"which has {data['bytes']}",
                hint="It was changed meanwhile, or is missing in Odoo's file store.",
            )


def download_path(record: Record) -> str:
    """Return the path of a file's content."""
    name = str(record.get("fileName") or record.get("name") or "file").translate(PARTING)
    return f"/cards/{record['idCard']}/attachments/{record['id']}/download/{quote(name, safe='')}"
