"""Uploaded files: those of cards are attachments of their tasks, and the other way round."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any

from isthmus.connector import mapper, verifier
from isthmus.connector.export_page import Item
from isthmus.connector.import_page import Item as ImportItem
from isthmus.connector.mapper import changed_by, mapping, only_create
from isthmus.connector.odoo_side import OdooSide
from isthmus.connector.outcome import Outcome
from isthmus.connector.reading import chunked
from isthmus.connector.rehearsal import Rehearsal
from isthmus.connector.verifier import Difference, Verification
from isthmus.errors import NotFoundError
from isthmus.records import fields
from isthmus.trello.adapter import Record
from isthmus.trello.attachment import AttachmentAdapter, attached
from isthmus.trello.file_content import MAX_NAME, FileContent
from isthmus.trello.part import CardPart, PartBatchExporter, PartImportMapper
from isthmus.trello.refusal import TooLargeError
from isthmus.trello.spool import NOTHING, LargeFileError, too_large
from isthmus.trello.synchronizer import TrelloExporter
from isthmus.trello.task_file import files_of

#: So many files are brought before what is known of them is kept: a run that is cut off brings few twice.
TOGETHER = 20
UNKNOWN = "application/octet-stream"


class File(CardPart):
    """A file that is attached to a card, and that of its task, created in Odoo together with its content.

    The content is not mapped: it comes on a way of its own, and is compared by its SHA-1. Trello cannot
    replace it. A file may be called otherwise in Odoo.
    """

    _name = "trello.file"
    _odoo = "ir.attachment"
    _description = "File"

    after = ("trello.link",)

    class Binding:
        sha1 = fields.Char("SHA-1", help="Of the content, when it was carried over.")

    class Adapter(AttachmentAdapter):
        _fields = ("name", "fileName", "bytes", "mimeType", "isUpload", "isMalicious", "date")
        _uploaded = True

        def read_many(self, external_ids: Iterable[Any]) -> list[Record]:
            """Return the files that exist: those of pairs are on their cards, others may be on any."""
            wanted = {str(one) for one in external_ids}
            domain = [*self.binder._scope(), ("external_id", "in", sorted(wanted))]
            rows = self.model._read_rows(domain, ["external_id", "card"])
            found = self.of_cards(row["card"] for row in rows if row["card"])
            if wanted - {row["external_id"] for row in rows}:
                found = [one for page, _ in self.pages() for one in page] + found
            return list({one["id"]: one for one in found if one["id"] in wanted}.values())

        def create(self, data: Mapping[str, Any]) -> Record:
            return self._content.to_trello(self.client, data)

        def find_created(self, values: Mapping[str, Any], announced: datetime) -> Record | None:
            """Return the file of this name and size that came on the card since; None without card."""
            try:
                card: Any = self.client.get(f"/cards/{values['idCard']}", **self.params)
            except NotFoundError:
                return None
            alike = [one for one in self.mine(attached([card])) if one["bytes"] == values["bytes"]]
            return self.twin(alike, values, announced)

        @property
        def _content(self) -> FileContent:
            content: FileContent = self.component(usage="file.content")
            return content

    class ImportMapper(PartImportMapper):
        @mapping
        @changed_by("name")
        def name(self, record: Mapping[str, Any]) -> dict[str, Any]:
            return {"name": record.get("name") or record.get("fileName") or "file"}

        @mapping
        @changed_by("idCard")
        @only_create
        def attachment(self, record: Mapping[str, Any]) -> dict[str, Any]:
            return {"type": "binary", "res_model": "project.task", "res_id": self.task_of(record)}

    class ExportMapper(mapper.ExportMapper):
        @mapping
        @changed_by("res_id")
        @only_create
        def attachment(self, record: Any) -> dict[str, Any]:
            card = self.links.external("trello.card", record.res_id, wrap=True)
            told = {
                "idCard": card,
                "name": str(record.name)[:MAX_NAME],
                "mimeType": record.mimetype or UNKNOWN,
            }
            return {**told, "bytes": record.file_size or 0, "attachment": record.id}

        @mapping
        @changed_by("checksum")
        def content(self, record: Any) -> dict[str, Any]:
            return {"sha1": record.checksum or NOTHING}

    class Importer(CardPart.Importer):
        def skip_reason(self, record: Mapping[str, Any]) -> str | None:
            if reason := super().skip_reason(record):
                return reason
            if record["id"] in self.links_of_odoo:
                return "it is Trello's copy of what a link from Odoo leads to"
            if record.get("isMalicious"):
                return "Trello takes it for malicious"
            if self.content.is_too_large(record.get("bytes")):
                return too_large(record["bytes"], self.content.largest or 0)
            return None

        def run_page(self, records: Sequence[Mapping[str, Any]], force: bool = False) -> list[Outcome]:
            outcomes: list[Outcome] = []
            for part in chunked(records, TOGETHER):
                outcomes += super().run_page(part, force)
                self.env.commit()
            return outcomes

        @cached_property
        def content(self) -> FileContent:
            """What carries the content."""
            content: FileContent = self.component(usage="file.content")
            return content

        @cached_property
        def links_of_odoo(self) -> frozenset[str]:
            """The attachments that are pairs of links: Trello makes files of some."""
            rows = self.env["trello.link"]._read_rows(
                [("backend_id", "=", self.collection.id)], ["external_id"]
            )
            return frozenset(row["external_id"] for row in rows)

        @cached_property
        def _files(self) -> dict[str, Mapping[str, Any]]:
            """The files that are to be brought."""
            return {}

        @cached_property
        def _brought(self) -> dict[str, str]:
            """The files that were brought, with the SHA-1 of their content."""
            return {}

        @cached_property
        def _left(self) -> dict[str, str]:
            """The files that stay where they are, with the reason."""
            return {}

        def _before_import(self, record: Mapping[str, Any]) -> None:
            self._files[str(record["id"])] = record

        def _import_record(self, external_id: Any, values: dict[str, Any]) -> Any:
            """Create the attachment with its content, in one call that may be repeated."""
            model = self.env["ir.attachment"]
            if self.env.find_service(Rehearsal) is not None:
                return model.create(values)  # what it would be can be told without its content
            identifier = OdooSide(self).identifier(external_id)
            try:
                with self.content.of_trello(self._files[external_id]) as content:
                    id_ = self.content.into_odoo(identifier, values, content)
                    self._brought[external_id] = content.sha1
            except NotFoundError:
                self._left[external_id] = "it was deleted in Trello meanwhile"
                raise
            except LargeFileError as error:
                self._left[external_id] = error.message
                raise
            return model.browse(id_)

        def _write(self, items: list[ImportItem]) -> None:
            super()._write(items)
            for item in items:
                reason = self._left.pop(str(item.external_id), None)
                if reason is not None and item.outcome is not None:
                    item.outcome = Outcome("skipped", str(item.external_id), name=item.name, reason=reason)
            self._files.clear()

        def _binding_values(self, item: ImportItem) -> dict[str, Any]:
            sha1 = self._brought.pop(str(item.external_id), None)
            return {**super()._binding_values(item), **({"sha1": sha1} if sha1 else {})}

    class Exporter(TrelloExporter):
        def skip_reason(self, record: Any) -> str | None:
            content: FileContent = self.component(usage="file.content")
            if content.is_too_large(record.file_size):
                return too_large(record.file_size, content.largest or 0)
            return None

        def pair_values(self, made: Mapping[str, Any]) -> dict[str, Any]:
            return {**super().pair_values(made), "sha1": made.get("sha1")}

        def _find_changes(self, items: list[Item], only: frozenset[str] | None) -> None:
            super()._find_changes(items, only)
            for item in items:
                if item.outcome is None and "checksum" in item.changed:
                    item.outcome = item.told("skipped", "Trello cannot replace the content of a file")

        def _set_aside(self, item: Item, error: Any) -> Outcome:
            """A file that is larger than Trello takes from this account stays where it is."""
            if isinstance(error, TooLargeError):
                return item.told("skipped", error.message)
            return super()._set_aside(item, error)

    class BatchExporter(PartBatchExporter):
        def candidates(self, among: Sequence[Any] = ()) -> list[int]:
            """Return the ids of files of paired tasks, in order; none that are shown inside texts."""
            notes = bool(self.collection.notes)
            return files_of(self.env, set(self.tasks()), self.paired(), notes, among)

    class Verifier(verifier.Verifier):
        ignored = frozenset({"name"})

        def _compare(self, importer: Any, records: Sequence[Mapping[str, Any]], found: Verification) -> None:
            super()._compare(importer, records, found)
            pairs = self.binder.bindings(importer.external_id_of(record) for record in records)
            kept = {one.odoo_id.id: one for one in pairs.values() if one.sha1 and one.state != "deleted"}
            for row in self._odoo_model().browse(list(kept)).read(["name", "checksum"]) if kept else ():
                found.fields += 1
                pair, there = kept[row["id"]], row["checksum"] or NOTHING
                if there != pair.sha1:
                    told = Difference(pair.external_id, row["id"], row["name"], "checksum", there, pair.sha1)
                    found.differences.append(told)
