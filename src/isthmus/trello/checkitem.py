"""Checklists: every item is a subtask of its card's task."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, ClassVar

from isthmus.connector import mapper, verifier
from isthmus.connector.agreement import Agreement
from isthmus.connector.batch import Progress
from isthmus.connector.converter import Choice, Converter, instant
from isthmus.connector.entity_parts import EntityBatchExporter
from isthmus.connector.export_page import Item as ExportItem
from isthmus.connector.export_page import still_open
from isthmus.connector.import_page import Item as ImportItem
from isthmus.connector.mapper import changed_by, mapping, only_create
from isthmus.connector.modifiers import external_to_m2o
from isthmus.connector.outcome import Tally
from isthmus.errors import NotFoundError
from isthmus.trello import ranker
from isthmus.trello.adapter import Record, TrelloAdapter
from isthmus.trello.client import path_of
from isthmus.trello.mapper import Ranking, done
from isthmus.trello.model import TrelloItem
from isthmus.trello.paired_cards import paired_cards
from isthmus.trello.part import CardPart
from isthmus.trello.people import People
from isthmus.trello.position import item_sequence, places
from isthmus.trello.synchronizer import TrelloExporter

#: What a checklist is called that is made for a subtask.
NEW_CHECKLIST = "Checklist"

ticked: Converter = Choice(
    {"complete": "1_done", "incomplete": "01_in_progress"},
    also={odoo: "incomplete" for odoo, is_done in done.back.items() if not is_done},  # type: ignore[attr-defined]
    otherwise="incomplete",
)


def items_of(checklists: Iterable[Record]) -> Iterator[dict[str, Any]]:
    """Yield the items of checklists, each with its card, and with the rank of its checklist on the card."""
    ranks: dict[str, int] = {}
    for one in sorted(checklists, key=lambda one: (one["pos"], one["id"])):
        rank = ranks[one["idCard"]] = ranks.get(one["idCard"], -1) + 1
        about = {"idCard": one["idCard"], "idBoard": one["idBoard"], "rank": rank, "checklist": one["name"]}
        for item in one.get("checkItems") or ():
            yield {**item, "idChecklist": one["id"], **about}


class CheckItem(CardPart):
    """An item of a checklist and its subtask."""

    _name = "trello.checkitem"
    _odoo = "project.task"
    _description = "Check item"

    pairs = [("name", "name"), ("state", "state", ticked), ("due", "date_deadline", instant)]
    keeps = {"card": "idCard", "checklist": "idChecklist", "checklist_name": "checklist"}

    class Binding:
        _inherit = TrelloItem._name

    class Adapter(TrelloAdapter):
        def of_board(self, board: str) -> list[Record]:
            """Return all items of a board, in one request."""
            return list(items_of(self.client.get(f"/boards/{board}/checklists", checkItems="all")))

        def of_cards(self, cards: Iterable[str]) -> list[Record]:
            """Return all items of some cards, ten cards in a request."""
            paths = [path_of(f"/cards/{card}/checklists") for card in dict.fromkeys(cards)]
            found = [one for one in self.client.get_many(paths) if one is not None]
            return [item for checklists in found for item in items_of(checklists)]

        def read(self, external_id: Any) -> Record:
            for record in self.read_many([external_id]):
                return record
            raise NotFoundError(f"Trello has no check item {external_id}")

        def read_many(self, external_ids: Iterable[Any]) -> list[Record]:
            """Return the items that exist; they are looked for on the cards where they were."""
            wanted = [str(one) for one in external_ids]
            rows = self.model._read_rows([*self.binder._scope(), ("external_id", "in", wanted)], ["card"])
            return [
                one
                for one in self.of_cards(row["card"] for row in rows if row["card"])
                if one["id"] in wanted
            ]

        def create(self, data: Mapping[str, Any]) -> Record:
            """Create an item at the end of a checklist: that of ``idChecklist``, else the first one called
            ``checklist``, else the card's first. One is made where there is none.
            """
            card = data["idCard"]
            there = sorted(
                self.client.get(f"/cards/{card}/checklists"), key=lambda one: (one["pos"], one["id"])
            )
            owner = self._owner(there, data)
            if owner is None:
                name = data.get("checklist") or NEW_CHECKLIST
                owner = self.client.post("/checklists", {"idCard": card, "name": name})
                there.append(owner)
            values = {"name": data["name"], "checked": data.get("state") == "complete"}
            values |= {name: data[name] for name in ("pos", "due", "idMember") if data.get(name)}
            made: Any = self.client.post(f"/checklists/{owner['id']}/checkItems", values)
            about = {"idBoard": owner["idBoard"], "rank": there.index(owner), "checklist": owner["name"]}
            return {**made, "idChecklist": owner["id"], "idCard": card, **about}

        @staticmethod
        def _owner(there: list[Record], data: Mapping[str, Any]) -> Record | None:
            """Return which of a card's checklists gets a new item; None where one is to be made."""
            if given := next((one for one in there if one["id"] == data.get("idChecklist")), None):
                return given
            if named := data.get("checklist"):
                return next((one for one in there if one["name"] == named), None)
            return there[0] if there else None

        def write(self, external_id: Any, data: Mapping[str, Any]) -> Record:
            known = self._known(external_id)
            return {**known, **self.client.put(f"/cards/{known['idCard']}/checkItem/{external_id}", data)}

        def delete(self, external_id: Any) -> None:
            card = (
                self.binder.to_internal(external_id).card or self.component(usage="parting").left[external_id]
            )
            self.client.delete(f"/cards/{card}/checkItem/{external_id}")

        def find_created(self, values: Mapping[str, Any], announced: datetime) -> Record | None:
            return self.twin(self.of_cards([values["idCard"]]), values, announced)

        def _known(self, external_id: Any) -> dict[str, Any]:
            binding = self.binder.to_internal(external_id)
            return {**Agreement.of(binding.base).external, "id": external_id, "idCard": binding.card}

    class ImportMapper(People, mapper.ImportMapper):
        direct = [
            (external_to_m2o("idCard", "trello.card"), "parent_id"),
            (external_to_m2o("idBoard", "trello.board"), "project_id"),
        ]

        @mapping
        @changed_by("pos", "rank")
        def sequence(self, record: Mapping[str, Any]) -> dict[str, Any]:
            return {"sequence": item_sequence(record["pos"], record["rank"])}

        @mapping
        @changed_by("idMember")
        def assignee(self, record: Mapping[str, Any]) -> dict[str, Any]:
            user = self.user_of(record.get("idMember"))
            return {"user_ids": [(6, 0, [user] if user else [])]}

        def comparable_value(self, target: str, value: Any) -> Any:
            """Users who are no members of Trello are no difference."""
            found = super().comparable_value(target, value)
            return [one for one in found if one in self.known_users] if target == "user_ids" else found

    class ExportMapper(People, Ranking):
        @mapping
        @changed_by("user_ids")
        def member(self, record: Any) -> dict[str, Any]:
            rows = self.model._read_rows([*self.binder._scope(), ("odoo_id", "=", record.id)], ["base"])
            had = Agreement.of(rows[0]["base"]).external.get("idMember") if rows else None
            return {"idMember": self.member_among(record.user_ids.ids, had)}

        @mapping
        @changed_by("parent_id")
        @only_create
        def card(self, record: Any) -> dict[str, Any]:
            return {"idCard": self.links.external("trello.card", record.parent_id.id, wrap=True)}

    class Ranker(ranker.Ranker):
        def row_of(self, record: Any) -> int | None:
            return record.parent_id.id or None

        def neighbours(self, row: int) -> list[Any]:
            return [("parent_id", "=", row)]

        def arranged(self, ids: list[int], had: dict[int, float], row: int) -> dict[int, float]:
            domain = [*self.binder._scope(), ("odoo_id", "in", ids)]
            rows = self.model._read_rows(domain, ["odoo_id", "checklist", "base"])
            lists = {one["odoo_id"]: one["checklist"] for one in rows} | self.chosen(ids)
            ranks = {one["checklist"]: Agreement.of(one["base"]).external.get("rank") or 0 for one in rows}
            first = min(ranks, key=lambda one: ranks[one], default=None)
            found: dict[int, float] = {}
            for checklist in ranks or {None: 0}:
                members = [id_ for id_ in ids if lists.get(id_, first) == checklist]
                found |= places([(id_, had.get(id_)) for id_ in members])
            return found

        def chosen(self, ids: list[int]) -> dict[int, str]:
            """Return the checklists that were chosen for records, where a person can choose."""
            return {}

    class Importer(CardPart.Importer):
        paired_suffices = True

        def skip_reason(self, record: Mapping[str, Any]) -> str | None:
            return "its subtask left it" if record["id"] in self._left else super().skip_reason(record)

        def disowned(self) -> frozenset[int]:
            return frozenset(self.component(usage="parting").free())

        @cached_property
        def _left(self) -> dict[str, str]:
            """The items that their subtasks left."""
            found: dict[str, str] = self.component(usage="parting").left
            return found

        def incoming(self, item: ImportItem, data: dict[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
            """The item's member comes in the place of the one before, and others stay; nobody is for all.

            Users who are no members of Trello stay in any case.
            """
            data = super().incoming(item, data, now)
            if "user_ids" in data:
                commands = self._assigned(item, set(now["user_ids"]))
                data = {name: value for name, value in data.items() if name != "user_ids"}
                data |= {"user_ids": commands} if commands else {}
            return data

        def _assigned(self, item: ImportItem, there: set[int]) -> list[tuple[int, int]]:
            """Return the commands that turn the members who are assigned into those that Trello tells of."""
            before = self.mapper.user_of(item.agreement.external.get("idMember"))
            after = self.mapper.user_of(item.record.get("idMember"))
            if after is None and item.binding is not None and "user_ids" not in item.agreement.odoo:
                return []
            gone = there if after is None else {before} & there - {after}
            return [(3, one) for one in sorted(gone)] + ([(4, after)] if after and after not in there else [])

    class Exporter(TrelloExporter):
        settles = frozenset({"sequence"})
        left_until_read: ClassVar[Mapping[str, str]] = {"user_ids": "idMember"}

        def _find_changes(self, items: list[ExportItem], only: frozenset[str] | None) -> None:
            gone = self.component(usage="parting").part(still_open(items))
            super()._find_changes([item for item in items if item not in gone], only)

    class Verifier(verifier.Verifier):
        ignored = frozenset({"project_id"})  # a subtask may be in another project than its task

        def _odoo_rows(
            self, bindings: Sequence[Any], values: Sequence[Mapping[str, Any]]
        ) -> dict[int, dict[str, Any]]:
            rows = super()._odoo_rows(bindings, values)
            for binding, one in zip(bindings, values, strict=True):
                row = rows.get(self.binder.unwrap_binding(binding).id, {})
                member = self.mapper.comparable_value("user_ids", one["user_ids"])
                if member and set(member) <= set(row.get("user_ids") or ()):
                    row["user_ids"] = member
            return rows

    class BatchExporter(EntityBatchExporter):
        def _export(self, ids: list[int], new: list[int], progress: Progress) -> Tally:
            tally = super()._export(ids, new, progress)
            parting = self.component(usage="parting")
            parting.finish(tally)
            if free := parting.free():
                tally.merge(super()._export([], self.unbound_among(free), progress))
                parting.forget(set(free).difference(self.unbound_among(free)))
            return tally

        def candidates(self, among: Sequence[Any] = ()) -> list[int]:
            """Return the ids of subtasks of paired tasks that are no cards, archived ones left out."""
            projects = list(self.component(usage="boards").projects)
            if not projects:
                return []
            domain = [*among, ("project_id", "in", projects), ("parent_id", "!=", False)]
            subtasks = self.env["project.task"].search_fetch(domain, ["parent_id"], order="id")
            paired = paired_cards(self, ["state"], deleted=True)
            parents = {task for task, row in paired.items() if row["state"] != "deleted"}
            return [one.id for one in subtasks if one.id not in paired and one.parent_id.id in parents]
