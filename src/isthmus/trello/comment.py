"""Comments on cards and messages on tasks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from isthmus.components import Component
from isthmus.connector import deleter, mapper
from isthmus.connector.converter import Converter, Through, instant
from isthmus.connector.export_page import Item
from isthmus.connector.mapper import changed_by, mapping, only_create
from isthmus.connector.outcome import Outcome
from isthmus.errors import ForbiddenError
from isthmus.records import fields
from isthmus.trello.adapter import PAGE, Record, TrelloAdapter
from isthmus.trello.base import TrelloComponent
from isthmus.trello.client import path_of
from isthmus.trello.mapper import fitting
from isthmus.trello.markdown import canonical, to_markdown
from isthmus.trello.part import CardPart, PartBatchExporter, PartImportMapper
from isthmus.trello.signature import body_of, said, signed
from isthmus.trello.synchronizer import TrelloExporter

FILTER = {"filter": "commentCard", "member": "false", "memberCreator_fields": "fullName,username"}

comment: Converter = Through(body_of, to_markdown, canonical, name="comment", empty="")


def flat(action: Mapping[str, Any]) -> dict[str, Any]:
    """Return a comment as one record; in Trello it is an action."""
    data, author = action["data"], action.get("memberCreator") or {}
    return {
        "id": action["id"],
        "text": data.get("text") or "",
        "idCard": (data.get("card") or {}).get("id"),
        "date": action["date"],
        "dateLastEdited": data.get("dateLastEdited"),
        "idMemberCreator": action.get("idMemberCreator"),
        "author": author.get("fullName") or author.get("username") or "",
    }


def later(date: str) -> str:
    """Return the next millisecond: windows leave their ends out."""
    moment = datetime.fromisoformat(date) + timedelta(milliseconds=1)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"


class Partners(TrelloComponent, Component):
    """Knows the contacts behind members."""

    _name = "trello.partners"
    _usage = "partners"

    @cached_property
    def of_members(self) -> dict[str, int]:
        """Member -> the contact of the user who it is. Read once for each use."""
        domain = [("backend_id", "=", self.collection.id), ("odoo_id", "!=", False)]
        rows = self.env["trello.member"]._read_rows(domain, ["external_id", "odoo_id"])
        users = self.env["res.users"].browse([row["odoo_id"] for row in rows]).read(["partner_id"])
        partners = {one["id"]: one["partner_id"] for one in users if one["partner_id"]}
        return {
            row["external_id"]: id_of(partners[row["odoo_id"]]) for row in rows if row["odoo_id"] in partners
        }


def id_of(value: Any) -> int:
    """Return the id of a many2one however it was read."""
    return int(value if isinstance(value, int) else value.id if hasattr(value, "id") else value[0])


class Comment(CardPart):
    """A comment on a card and its message, with date and author; nobody gets a mail.

    Who wrote a message stands in the text of the comment where that is not the token's member. Only its
    author may edit a comment; one that the token's member may not delete stays, and its timeline says so.
    """

    _name = "trello.comment"
    _odoo = "mail.message"
    _description = "Comment"

    keeps = {"card": "idCard", "author": "idMemberCreator"}

    class Binding:
        author = fields.Char("Author", help="The id of the member who wrote it; only that one may edit it.")

    class Adapter(TrelloAdapter):
        _path = "/actions"

        def pages(self, filters: Any = None, cursor: Any = None) -> Iterator[tuple[list[Any], Any]]:
            """Yield pages of comments. The cursor holds the board, and the date of the oldest one read."""
            start = self.recall(cursor)
            for board in self.boards_from(start.get("board")):
                before = start["before"] if board == start.get("board") else None
                for records, is_last in self._pages_of(board, before):
                    is_end = is_last and self.behind(board) is None
                    yield records, None if is_end else self.cursor(board=board, before=records[-1]["date"])

        def _pages_of(self, board: str, before: str | None) -> Iterator[tuple[list[Record], bool]]:
            """Yield pages of a board's comments, each with whether it is the last one.

            Dates are the order, and their ends are read twice: ids are none.
            """
            seen: set[str] = set()
            while True:
                window = {"before": later(before)} if before else {}
                found: Any = self.client.get(f"/boards/{board}/actions", limit=PAGE, **FILTER, **window)
                new: list[Record] = [flat(one) for one in found if one["id"] not in seen]
                is_last = len(found) < PAGE or not new
                if new:
                    yield new, is_last
                if is_last:
                    return
                seen = {one["id"] for one in found}
                before = found[-1]["date"]

        def of_board(self, board: str) -> list[Record]:
            return [one for page, _ in self._pages_of(board, None) for one in page]

        def read(self, external_id: Any) -> Record:
            return flat(self.client.get(f"{self._path}/{external_id}", **FILTER))

        def read_many(self, external_ids: Iterable[Any]) -> list[Record]:
            paths = [path_of(f"{self._path}/{external_id}", member="false") for external_id in external_ids]
            return [flat(one) for one in self.client.get_many(paths) if one is not None]

        def create(self, data: Mapping[str, Any]) -> Record:
            return flat(self.client.post(f"/cards/{data['idCard']}/actions/comments", {"text": data["text"]}))

        def write(self, external_id: Any, data: Mapping[str, Any]) -> Record:
            return flat(self.client.put(f"{self._path}/{external_id}", {"text": data["text"]}))

        def find_created(self, values: Mapping[str, Any], announced: datetime) -> Record | None:
            found: Any = self.client.get(f"/cards/{values['idCard']}/actions", limit=PAGE, **FILTER)
            mine = [flat(one) for one in found if one["idMemberCreator"] == self.me]
            return self.twin(mine, values, announced, "text")

    class ImportMapper(PartImportMapper):
        pairs = [("text", "body", comment)]

        @mapping
        @changed_by("idCard", "date", "idMemberCreator")
        @only_create
        def message(self, record: Mapping[str, Any]) -> dict[str, Any]:
            partner = self.partners.of_members.get(record["idMemberCreator"])
            return {
                "model": "project.task",
                "res_id": self.task_of(record),
                "message_type": "comment",
                "subtype_id": self.discussions,
                "date": instant.to_odoo(record["date"]),
                "author_id": partner or False,
                "email_from": False if partner else record.get("author") or False,
            }

        @cached_property
        def partners(self) -> Any:
            """What knows the authors."""
            return self.component(usage="partners")

        @cached_property
        def discussions(self) -> int:
            """The subtype of messages that people write to each other."""
            domain = [("module", "=", "mail"), ("name", "=", "mt_comment")]
            return int(self.env["ir.model.data"].search_fetch(domain, ["res_id"], limit=1).res_id)

    class ExportMapper(mapper.ExportMapper):
        @mapping
        @changed_by("body")
        def text(self, record: Any) -> dict[str, Any]:
            text, author = to_markdown(record.body), record.author_id
            if author and author.id != self.own:
                text = signed(text, str(author.display_name))
            return {"text": fitting(text)}

        @mapping
        @changed_by("res_id")
        @only_create
        def card(self, record: Any) -> dict[str, Any]:
            return {"idCard": self.links.external("trello.card", record.res_id, wrap=True)}

        def comparable_value(self, target: str, value: Any) -> Any:
            return said(value) if target == "text" else super().comparable_value(target, value)

        @cached_property
        def own(self) -> int | None:
            """The contact of the token's member, where that is a user of Odoo."""
            partners: dict[str, int] = self.component(usage="partners").of_members
            return partners.get(self.component(usage="backend.adapter").me)

    class Importer(CardPart.Importer):
        def external_name_of(self, record: Mapping[str, Any]) -> str:
            return " ".join(str(record.get("text") or "").split())

        def external_changed_at(self, record: Mapping[str, Any]) -> datetime | None:
            return instant.to_odoo(record.get("dateLastEdited") or record.get("date")) or None

    class Exporter(TrelloExporter):
        def _find_changes(self, items: list[Item], only: frozenset[str] | None) -> None:
            super()._find_changes(items, only)
            for item in items:
                if item.outcome is None and item.binding.author != self.backend_adapter.me:
                    item.outcome = item.told("skipped", "Trello lets nobody but its author edit a comment")

    class BatchExporter(PartBatchExporter):
        def candidates(self, among: Sequence[Any] = ()) -> list[int]:
            """Return the ids of comments on paired tasks, in order; no notes of the system."""
            wanted = [("model", "=", "project.task"), *self._wanted]
            return self.of_tasks("mail.message", wanted, among)

        def without_pair(self, candidates: list[int]) -> list[int]:
            """Return those that no pair has, none without text."""
            new = super().without_pair(candidates)
            texts = self.env["mail.message"].browse(new).read(["body"]) if new else []
            written = {one["id"] for one in texts if to_markdown(one["body"]).strip()}
            return [id_ for id_ in new if id_ in written]

        @cached_property
        def _wanted(self) -> list[Any]:
            people = [("message_type", "=", "comment")]
            if self.collection.notes:
                return people
            kinds = self.env["mail.message.subtype"].search([("internal", "=", False)])
            return [*people, ("is_internal", "=", False), ("subtype_id", "in", kinds.ids)]

    class ExportDeleter(deleter.ExportDeleter):
        def _apply(self, binding: Any) -> Outcome:
            try:
                return super()._apply(binding)
            except ForbiddenError as error:
                binding.write({"state": "deleted", "synced": False, "last_error": error.message})
                odoo_id = self.binder.unwrap_binding(binding).id
                return Outcome("skipped", binding.external_id, odoo_id, "", error.message)
