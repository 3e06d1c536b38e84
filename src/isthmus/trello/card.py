"""Cards and tasks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from isthmus.connector import mapper, verifier
from isthmus.connector.converter import Related, instant, opposite
from isthmus.connector.entity_parts import EntityBatchExporter
from isthmus.connector.export_page import Item, still_open
from isthmus.connector.import_page import Item as ImportItem
from isthmus.connector.mapper import convert
from isthmus.connector.outcome import Tally
from isthmus.connector.two_way import Pair, TwoWayMapper
from isthmus.errors import MappingError
from isthmus.records import fields
from isthmus.trello import ranker
from isthmus.trello.adapter import CardAdapter
from isthmus.trello.entity import TrelloEntity
from isthmus.trello.known import Known
from isthmus.trello.labels import LabelsAndTags
from isthmus.trello.mapper import Ranking, described, done
from isthmus.trello.people import People
from isthmus.trello.position import sequence_of
from isthmus.trello.synchronizer import ClosingDeleter, TrelloExporter, TrelloImporter, leave_out
from isthmus.trello.task_list import split


class Card(TrelloEntity):
    """A card and its task; archived ones are included, mirrors and separators are not cards of their own.

    Tasks become cards where their project is a board; the card of one that was deleted is closed. Users who
    are no members of Trello stay assigned, and members of whom Odoo knows nothing stay on the card: neither
    is a difference.
    """

    _name = "trello.card"
    _odoo = "project.task"
    _description = "Card"

    pairs = [
        ("name", "name"),
        ("desc", "description", described),
        ("idBoard", "project_id", Related("trello.board")),
        ("idList", "stage_id", Related("trello.list")),
        ("idLabels", "tag_ids", LabelsAndTags("trello.label")),
        ("idMembers", "user_ids", Known("trello.member")),
        ("due", "date_deadline", instant),
        Pair("start", "planned_date_begin", instant, optional=True),
        ("dueComplete", "state", done),
        ("closed", "active", opposite),
    ]
    after = ("trello.member",)
    needs = {"idBoard": "trello.board", "idList": "trello.list", "idLabels": "trello.label"}

    Adapter = CardAdapter
    ExportDeleter = ClosingDeleter

    class Binding:
        lists = fields.Json("Lists", help="The checklists as the task's description showed them last.")
        values = fields.Json("Values", help="The custom fields as the task's properties held them last.")

    class Pairs(People, TwoWayMapper):
        @cached_property
        def labels(self) -> Any:
            """What knows the labels of all boards, for as long as the work lasts."""
            return self.component(usage="labels")

    class ImportMapper(Pairs, mapper.ImportMapper):
        direct = [(convert("pos", sequence_of), "sequence")]

        def comparable_value(self, target: str, value: Any) -> Any:
            """Users who are no members of Trello are no difference."""
            found = super().comparable_value(target, value)
            return [one for one in found if one in self.known_users] if target == "user_ids" else found

    class ExportMapper(Pairs, Ranking):
        def comparable_value(self, target: str, value: Any) -> Any:
            """Members of whom Odoo knows nothing are no difference."""
            found = super().comparable_value(target, value)
            return [one for one in found if one in self.known_members] if target == "idMembers" else found

    class Importer(TrelloImporter):
        paired_suffices = True

        def skip_reason(self, record: Mapping[str, Any]) -> str | None:
            if record.get("mirrorSourceId"):
                return "it is a mirror of another card"
            if record.get("cardRole") == "separator":
                return "it is a separator"
            return None

        def incoming(self, item: ImportItem, data: dict[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
            """Users who are no members of Trello stay assigned, and checklists stay in the description."""
            data = super().incoming(item, data, now)
            if "description" in data and self.collection.checklists == "description":
                data = {**data, "description": (data["description"] or "") + self._section(item)}
            if "user_ids" not in data:
                return data
            wanted, there = (
                set(self.mapper.comparable_value("user_ids", data["user_ids"])),
                set(now["user_ids"]),
            )
            commands = [(3, one) for one in sorted(there - wanted)] + [
                (4, one) for one in sorted(wanted - there)
            ]
            return {**data, "user_ids": commands}

        def _section(self, item: ImportItem) -> str:
            """Return the lists that a task's description shows now."""
            task = self.env["project.task"].browse(
                item.odoo_id or self.binder.unwrap_binding(item.binding).id
            )
            (row,) = task.with_context(active_test=False).read(["description"]) or [{"description": ""}]
            return split(row["description"]).section

    class Exporter(TrelloExporter):
        settles = frozenset({"sequence", "tag_ids"})
        left_until_read = {"user_ids": "idMembers", "planned_date_begin": "start"}

        def skip_reason(self, record: Any) -> str | None:
            return None if record.project_id else "it has no project"

        def _read(self, items: list[Item]) -> None:
            """Leave alone what is on no board, or would be on no list of it."""
            super()._read(items)
            boards = self.component(usage="boards").projects
            for item in still_open(items):
                task = item.record
                if task.project_id.id not in boards:
                    reason = (
                        f"its project {task.project_id.display_name!r} is no board: its card stays as it is"
                    )
                elif item.binding is None and not task.stage_id:
                    reason = "it is in no stage, and a card is on a list"
                else:
                    continue
                item.name = str(task.display_name)
                item.outcome = item.told("skipped", reason)

        def _map(self, items: list[Item]) -> None:
            self._ensure_labels([item for item in still_open(items) if "tag_ids" in item.changed])
            super()._map(items)

        def _map_new(self, items: list[Item]) -> None:
            self._ensure_labels(still_open(items))
            super()._map_new(items)

        def _ensure_labels(self, items: list[Item]) -> None:
            """Tags are labels of the board that a task is on, also when it moved there."""
            projects = self.component(usage="boards").projects
            wanted = [
                (projects[item.record.project_id.id], tag)
                for item in items
                if item.now["tag_ids"] and item.record.project_id.id in projects
                for tag in item.now["tag_ids"]
            ]
            if wanted:
                self.mapper.labels.ensure(wanted)

        def _find_changes(self, items: list[Item], only: frozenset[str] | None) -> None:
            """Leave out that a task is archived where its project or stage is, and that it is in no stage.

            Odoo archives their tasks, while cards of an archived list stay, and a card is always on a list.
            """
            super()._find_changes(items, only)
            for item in items:
                if "project_id" in item.changed and item.now["tag_ids"]:
                    item.changed |= {"tag_ids"}
                if "active" in item.changed and not item.now["active"] and is_put_away(item.record):
                    leave_out(item, {"active"})
                if "stage_id" in item.changed and not item.record.stage_id:
                    leave_out(item, {"stage_id"})
                elif item.changed & {"project_id", "stage_id"}:  # it is among others there
                    item.changed |= {"sequence"}
                if "description" in item.changed and lists_are_lost(
                    item.binding.lists, item.record.description
                ):
                    item.changed -= {"description"}
                    error = MappingError(
                        f"the checklists of {item.record!r} can no longer be told from its description",
                        hint="Take them out of the description in Odoo: the next round writes them"
                        " at its end.",
                    )
                    item.problem, item.outcome = error, None if item.changed else self._set_aside(item, error)

        def outgoing(self, item: Item, data: dict[str, Any], present: Mapping[str, Any]) -> dict[str, Any]:
            """Members of whom Odoo knows nothing stay on the card.

            Trello puts what comes to a board at the bottom, unless it is told a position: also one to keep.
            """
            if data.keys() & {"idBoard", "idList"} and "pos" in present:
                data = {"pos": present["pos"], **data}
            if "idMembers" not in data:
                return data
            known = self.mapper.known_members
            unknown = [one for one in present.get("idMembers") or () if one not in known]
            return {**data, "idMembers": [*unknown, *data["idMembers"]]}

    class BatchExporter(EntityBatchExporter):
        def run_told(self, odoo_ids: Sequence[int]) -> tuple[Tally, list[int]]:
            """Export these tasks. A round has to follow for checklists in descriptions."""
            tally, left = super().run_told(odoo_ids)
            return tally, list(odoo_ids) if self.collection.checklists == "description" else left

        def domain(self) -> list[Any] | None:
            """Return the domain of the tasks (no subtasks) of boards, archived ones left out."""
            projects = list(self.component(usage="boards").projects)
            return [("project_id", "in", projects), ("parent_id", "=", False)] if projects else None

    class Verifier(verifier.Verifier):
        def _odoo_rows(
            self, bindings: Sequence[Any], values: Sequence[Mapping[str, Any]]
        ) -> dict[int, dict[str, Any]]:
            rows = super()._odoo_rows(bindings, values)
            archived = [id_ for id_, row in rows.items() if row.get("active") is False]
            for task in self._odoo_model().browse(archived):
                if is_put_away(task):
                    del rows[task.id]["active"]
            for row in rows.values():
                if not row.get("stage_id", True):
                    del row["stage_id"]
            return rows

    class Ranker(ranker.Ranker):
        def row_of(self, record: Any) -> int | None:
            return record.stage_id.id or None

        def neighbours(self, row: int) -> list[Any]:
            return [("stage_id", "=", row), ("parent_id", "=", False)]


def lists_are_lost(shown: Any, html: Any) -> bool:
    """Tell whether lists that were shown are among others now, without any mark that they bore."""
    found = split(html) if shown else None
    return found is not None and not found.section and found.has_others


def is_put_away(task: Any) -> bool:
    """Tell whether a task's project or stage is archived."""
    return any(one and not one.active for one in (task.project_id, task.stage_id))
