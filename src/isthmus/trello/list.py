"""Lists and stages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from isthmus.connector import mapper
from isthmus.connector.converter import opposite
from isthmus.connector.entity_parts import EntityBatchExporter
from isthmus.connector.mapper import changed_by, convert, mapping
from isthmus.trello import ranker
from isthmus.trello.adapter import Record, TrelloAdapter
from isthmus.trello.entity import TrelloEntity
from isthmus.trello.mapper import Ranking
from isthmus.trello.position import sequence_of
from isthmus.trello.synchronizer import ClosingDeleter, TrelloExporter, TrelloImporter


class List(TrelloEntity):
    """A list and its stage; archived ones are included.

    An archived list is a folded stage: archiving a stage in Odoo archives its tasks, while the cards of an
    archived list stay as they are. An archived stage is an archived list. That a stage is folded is brought
    into Odoo, not back, so it may differ.
    """

    _name = "trello.list"
    _odoo = "project.task.type"
    _description = "List"

    pairs = [("name", "name")]
    needs = {"idBoard": "trello.board"}

    ExportDeleter = ClosingDeleter

    class Adapter(TrelloAdapter):
        _path = "/lists"
        _fields = ("name", "closed", "idBoard", "pos")
        _of_board = "lists"
        _filter = {"filter": "all"}

        def create(self, data: Mapping[str, Any]) -> Record:
            """Create a list and return it."""
            return super().create({name: value for name, value in data.items() if name != "closed"})

        def find_created(self, values: Mapping[str, Any], announced: datetime) -> Record | None:
            """Return the list that an earlier try created without having had an answer, or None."""
            lists = self.of_board(values["idBoard"])
            return self.twin(lists, values, announced) or self.twin_by_action(
                "createList", "list", values, announced
            )

        def delete(self, external_id: Any) -> None:
            """Archive the list, since Trello deletes none."""
            self.write(external_id, {"closed": True})

    class ImportMapper(mapper.ImportMapper):
        direct = [(convert("pos", sequence_of), "sequence")]

        @mapping
        @changed_by("closed")
        def closed(self, record: Mapping[str, Any]) -> dict[str, Any]:
            closed = bool(record.get("closed"))
            return (
                {"fold": True} if closed and not self.options.for_create else {"fold": closed, "active": True}
            )

        @mapping
        @changed_by("idBoard")
        def project(self, record: Mapping[str, Any]) -> dict[str, Any]:
            """The stage is one of its board's project alone."""
            project = self.links.internal("trello.board", record["idBoard"], unwrap=True)
            return {"project_ids": [(6, 0, [project])]}

    class ExportMapper(Ranking):
        direct = [(opposite.outward("active"), "closed")]

        @mapping
        @changed_by("project_ids")
        def board(self, record: Any) -> dict[str, Any]:
            projects = self.component(usage="boards").projects_of(record)
            if len(projects) != 1:
                return {}
            return {"idBoard": self.links.external("trello.board", projects[0], wrap=True)}

    class Importer(TrelloImporter):
        paired_suffices = True

    class Exporter(TrelloExporter):
        settles = frozenset({"sequence"})

        def skip_reason(self, record: Any) -> str | None:
            projects = self.component(usage="boards").projects_of(record)
            if len(projects) > 1:
                return "it is a stage of several boards, and a list has one"
            return None if projects else "it is a stage of no board"

    class BatchExporter(EntityBatchExporter):
        _order = "sequence, id"

        def domain(self) -> list[Any] | None:
            """Return the domain of the stages of boards, archived ones left out."""
            projects = list(self.component(usage="boards").projects)
            return [("project_ids", "in", projects)] if projects else None

    class Verifier:
        ignored = frozenset({"fold"})

    class Ranker(ranker.Ranker):
        """Lists are ordered on their board."""

        def row_of(self, record: Any) -> int | None:
            projects = self.component(usage="boards").projects_of(record)
            return projects[0] if len(projects) == 1 else None

        def neighbours(self, row: int) -> list[Any]:
            return [("project_ids", "in", [row])]
