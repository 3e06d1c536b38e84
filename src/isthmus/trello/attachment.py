"""Attachments of cards, and links among them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, ClassVar

from isthmus.components import AbstractComponent
from isthmus.connector import mapper
from isthmus.connector.mapper import changed_by, mapping, only_create
from isthmus.errors import NotFoundError
from isthmus.trello.adapter import CardAdapter, Record, TrelloAdapter
from isthmus.trello.client import path_of
from isthmus.trello.part import CardPart, PartBatchExporter, PartImportMapper


def attached(cards: Iterable[Record]) -> list[Record]:
    """Return the attachments of cards, each with its card."""
    return [{**one, "idCard": card["id"]} for card in cards for one in card.get("attachments") or ()]


class AttachmentAdapter(TrelloAdapter, AbstractComponent):
    """Links or files. Trello finds them through their cards, and tells those of a thousand cards at once."""

    _name = "trello.attachment.adapter"
    _inherit = ["trello.adapter"]

    #: Whether these attachments are files, not links.
    _uploaded: ClassVar[bool] = False

    @property
    def params(self) -> Mapping[str, Any]:
        """What is asked of cards."""
        return {"fields": "id", "attachments": "true", "attachment_fields": self._fields}

    @cached_property
    def cards(self) -> CardAdapter:
        """The adapter of the cards that they are on."""
        found: CardAdapter = self.component(usage="backend.adapter", model_name="trello.card")
        return found

    def prepare_reading(self) -> None:
        self.cards.prepare_reading()
        super().prepare_reading()

    def pages(self, filters: Any = None, cursor: Any = None) -> Iterator[tuple[list[Record], Any]]:
        """Yield the attachments of pages of cards; the cursor is that of the cards."""
        for records, following in self.cards.pages_with(self.params, cursor):
            yield self.mine(attached(records)), following

    def mine(self, attachments: Iterable[Record]) -> list[Record]:
        """Return those attachments that are of this kind."""
        return [one for one in attachments if bool(one.get("isUpload")) == self._uploaded]

    def read(self, external_id: Any) -> Record:
        for record in self.read_many([external_id]):
            return record
        raise NotFoundError(f"Trello has no attachment {external_id}")

    def read_many(self, external_ids: Iterable[Any]) -> list[Record]:
        """Return the attachments that exist; they are looked for on the cards where they were."""
        wanted = [str(one) for one in external_ids]
        rows = self.model._read_rows([*self.binder._scope(), ("external_id", "in", wanted)], ["card"])
        found = self.of_cards(row["card"] for row in rows if row["card"])
        return [one for one in found if one["id"] in wanted]

    def of_cards(self, cards: Iterable[str]) -> list[Record]:
        """Return the attachments of this kind on some cards, ten cards in a request."""
        paths = [path_of(f"/cards/{card}", **self.params) for card in dict.fromkeys(cards)]
        return self.mine(attached(card for card in self.client.get_many(paths) if card is not None))

    def delete(self, external_id: Any) -> None:
        card = self.binder.to_internal(external_id).card
        self.client.delete(f"/cards/{card}/attachments/{external_id}")


class Link(CardPart):
    """A link that is attached to a card, and that of its task, an attachment that holds no file.

    Trello does not change one that is there, so that it may be called otherwise in Odoo.
    """

    _name = "trello.link"
    _odoo = "ir.attachment"
    _description = "Link"

    class Adapter(AttachmentAdapter):
        _fields = ("name", "url", "isUpload", "date")

        def create(self, data: Mapping[str, Any]) -> Record:
            made = self.client.post(
                f"/cards/{data['idCard']}/attachments", {"url": data["url"], "name": data["name"]}
            )
            return {**made, "idCard": data["idCard"]}

        def find_created(self, values: Mapping[str, Any], announced: datetime) -> Record | None:
            card: Any = self.client.get(f"/cards/{values['idCard']}", **self.params)
            return self.twin(attached([card]), values, announced, "url")

    class ImportMapper(PartImportMapper):
        direct = [("name", "name"), ("url", "url")]

        @mapping
        @changed_by("idCard")
        @only_create
        def attachment(self, record: Mapping[str, Any]) -> dict[str, Any]:
            return {"type": "url", "res_model": "project.task", "res_id": self.task_of(record)}

    class ExportMapper(mapper.ExportMapper):
        @mapping
        @changed_by("res_id")
        @only_create
        def attachment(self, record: Any) -> dict[str, Any]:
            card = self.links.external("trello.card", record.res_id, wrap=True)
            return {"idCard": card, "url": record.url, "name": record.name or record.url}

    class Verifier:
        ignored = frozenset({"name", "url"})

    class BatchExporter(PartBatchExporter):
        def candidates(self, among: Sequence[Any] = ()) -> list[int]:
            """Return the ids of web links on paired tasks, in order."""
            links = [("res_model", "=", "project.task"), ("type", "=", "url"), ("url", "=like", "http%")]
            return self.of_tasks("ir.attachment", links, among)
