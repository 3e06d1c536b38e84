"""Checklists in descriptions: every item is a line at the end of the description of its card's task."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from isthmus.connector import deleter, mapper, verifier
from isthmus.connector.brake import TAKING
from isthmus.connector.converter import Choice, Converter
from isthmus.connector.entity_parts import EntityBatchExporter
from isthmus.connector.export_page import Item
from isthmus.connector.mapper import changed_by, mapping, only_create
from isthmus.connector.modifiers import external_to_m2o
from isthmus.connector.outcome import Outcome
from isthmus.connector.verifier import Verification
from isthmus.trello.checkitem import CheckItem
from isthmus.trello.mapper import Ranking
from isthmus.trello.model import TrelloItem
from isthmus.trello.part import CardPart
from isthmus.trello.position import item_sequence
from isthmus.trello.synchronizer import TrelloExporter

ticked: Converter = Choice({"complete": True, "incomplete": False}, otherwise="incomplete")


def all_lines(env: Any) -> Any:
    """Return the model of lines, those that are no longer shown included."""
    return env["trello.task.line"].with_context(active_test=False)


class Line(CardPart):
    """An item of a checklist and its line at the end of the description of its card's task."""

    _name = "trello.line"
    _odoo = "trello.task.line"
    _description = "Check item in a description"

    after = ("trello.checkitem",)
    pairs = [("name", "name"), ("state", "done", ticked)]
    keeps = CheckItem.keeps

    class Binding:
        _inherit = TrelloItem._name

    class Adapter(CheckItem.Adapter):
        _inherit = ["trello.checkitem.adapter"]

    class ImportMapper(mapper.ImportMapper):
        direct = [
            (external_to_m2o("idCard", "trello.card"), "task_id"),
            ("idChecklist", "checklist"),
            ("checklist", "checklist_name"),
        ]

        @mapping
        @changed_by("pos", "rank")
        def sequence(self, record: Mapping[str, Any]) -> dict[str, Any]:
            return {"sequence": item_sequence(record["pos"], record["rank"])}

    class ExportMapper(Ranking):
        @mapping
        @changed_by("checklist")
        def owner(self, record: Any) -> dict[str, Any]:
            """Items move between checklists that there are; one in a new list stays where it was."""
            return {"idChecklist": record.checklist} if record.checklist else {}

        @mapping
        @changed_by("task_id")
        @only_create
        def card(self, record: Any) -> dict[str, Any]:
            card = self.links.external("trello.card", record.task_id.id, wrap=True)
            return {"idCard": card, "checklist": record.checklist_name or None}

    class Ranker(CheckItem.Ranker):
        def row_of(self, record: Any) -> int | None:
            return record.task_id.id or None

        def neighbours(self, row: int) -> list[Any]:
            return [("task_id", "=", row)]

        def chosen(self, ids: list[int]) -> dict[int, str]:
            rows = all_lines(self.env)._read_rows([("id", "in", ids)], ["checklist"])
            return {row["id"]: row["checklist"] for row in rows if row["checklist"]}

    class Importer(CheckItem.Importer):
        paired_suffices = False

        def run_page(self, records: Sequence[Mapping[str, Any]], force: bool = False) -> list[Outcome]:
            cards = {str(record.get("idCard")) for record in records}
            domain = [("backend_id", "=", self.collection.id), ("external_id", "in", sorted(cards))]
            rows = self.env["trello.card"]._read_rows(domain, ["odoo_id", "lists"])
            lists = self.component(usage="task.lists")
            self._removed = self._taken_out(records)
            # Where nothing was noted as shown, what stands there with our marks are these items: no new ones.
            lists.collect([row["odoo_id"] for row in rows if row["lists"]])
            outcomes: list[Outcome] = super().run_page(records, force)
            self.env.commit()  # a description is never ahead of the pairs, or its lines would look new
            lists.show([row["odoo_id"] for row in rows])
            return outcomes

        def skip_reason(self, record: Mapping[str, Any]) -> str | None:
            if record["id"] in self._removed:
                return "its line was taken out of the description"
            return super().skip_reason(record)

        _removed: frozenset[str] = frozenset()

        def _taken_out(self, records: Sequence[Mapping[str, Any]]) -> frozenset[str]:
            """Return the items whose lines people took out."""
            pairs = self.binder.to_internal_many((record["id"] for record in records), unwrap=True)
            ids = {line: key for key, line in pairs.items()}
            rows = all_lines(self.env)._read_rows([("id", "in", sorted(ids)), ("removed", "=", True)], ["id"])
            return frozenset(str(ids[row["id"]]) for row in rows)

    class ImportDeleter(deleter.ImportDeleter):
        def run(self, external_id: Any) -> Outcome:
            line = self.binder.unwrap_binding(self.binder.to_internal(external_id))
            tasks = [line.task_id.id] if line and line.exists() else []
            outcome: Outcome = super().run(external_id)
            self.component(usage="task.lists").show(tasks)
            return outcome

    class Exporter(TrelloExporter):
        settles = frozenset({"sequence", "checklist"})

        def run_page(self, bindings: Any, fields: Iterable[str] | None = None) -> list[Outcome]:
            lines = self.env["trello.task.line"].browse([one.odoo_id.id for one in bindings])
            tasks = self._tasks(lines)
            self.component(usage="task.lists").collect(tasks)
            outcomes: list[Outcome] = super().run_page(bindings, fields)
            self.env.commit()
            self.component(usage="task.lists").show(tasks)
            return outcomes

        def create_page(self, odoo_ids: Sequence[int]) -> list[Outcome]:
            outcomes: list[Outcome] = super().create_page(odoo_ids)
            self.env.commit()
            lists = self.component(usage="task.lists")
            lists.show(self._tasks(self.env["trello.task.line"].browse(odoo_ids)))
            return outcomes

        def _read(self, items: list[Item]) -> None:
            """A line that was taken out of the description is one that is gone."""
            ids = [item.odoo_id for item in items]
            lines = all_lines(self.env)
            gone = {
                row["id"] for row in lines._read_rows([("id", "in", ids), ("removed", "=", True)], ["id"])
            }
            super()._read([item for item in items if item.odoo_id not in gone])
            removed = [item for item in items if item.odoo_id in gone]
            if self.collection.export_deletion in TAKING:
                self.brake(sum(item.binding.state != "deleted" for item in removed))
            for item in removed:
                item.outcome = self._gone(item)

        def _tasks(self, lines: Any) -> list[int]:
            rows = all_lines(self.env)._read_rows([("id", "in", lines.ids)], ["task_id"])
            return sorted({row["task_id"] for row in rows})

    class BatchExporter(EntityBatchExporter):
        def pairs(self) -> list[int]:
            self.component(usage="task.lists").collect()
            return super().pairs()

        _order = "sequence, id"

        def domain(self) -> list[Any] | None:
            """Return the domain of the lines of tasks that are cards."""
            return [("task_id", "in", sorted(self.component(usage="task.lists").cards()))]

    class Verifier(verifier.Verifier):
        def run(self, **options: Any) -> Verification:
            self.component(usage="task.lists").collect()
            found: Verification = super().run(**options)
            return found
