"""The custom fields of boards, and the properties of their projects that stand for them."""

from __future__ import annotations

from typing import Any

from isthmus.components import Component
from isthmus.trello.base import TrelloComponent
from isthmus.trello.client import path_of
from isthmus.trello.custom_field import Column, joined

DEFINITION, PROPERTIES = "task_properties_definition", "task_properties"


class CustomFields(TrelloComponent, Component):
    """Knows the columns of boards, and makes the properties that are missing. Read once for each work."""

    _name = "trello.custom.fields"
    _usage = "custom.fields"

    def columns(self) -> dict[str, list[Column]]:
        """Return board -> its columns, of boards that have some; empty where Odoo has no properties."""
        known: dict[str, list[Column]] | None = getattr(self.work, "trello_columns", None)
        if known is None:
            known = self._read()
            self.work.trello_columns = known  # type: ignore[attr-defined]
        return known

    def forget(self) -> None:
        """Have the columns read again, since they changed."""
        self.work.trello_columns = None  # type: ignore[attr-defined]

    def column(self, field: str) -> Column | None:
        """Return the column of a custom field; None where there is none."""
        found = (one for columns in self.columns().values() for one in columns if one.id == field)
        return next(found, None)

    def of_projects(self) -> dict[int, list[Column]]:
        """Return the same by project."""
        columns = self.columns()
        return {project: columns[board] for board, project in self._projects().items() if board in columns}

    def _projects(self) -> dict[str, int]:
        domain = [("backend_id", "=", self.collection.id), ("state", "!=", "deleted")]
        rows = self.env["trello.board"]._read_rows(domain, ["external_id", "odoo_id"])
        return {row["external_id"]: row["odoo_id"] for row in rows}

    def _read(self) -> dict[str, list[Column]]:
        if self.env["project.task"]._find_field(PROPERTIES) is None:
            return {}
        adapter = self.component(usage="backend.adapter", model_name="trello.board")
        projects = self._projects()
        answers = adapter.client.get_many([path_of(f"/boards/{board}/customFields") for board in projects])
        fields = {board: found for board, found in zip(projects, answers, strict=True) if found}
        model = self.env["project.project"].with_context(active_test=False)
        rows = model.browse([projects[board] for board in fields]).read([DEFINITION]) if fields else []
        definitions = {row["id"]: row[DEFINITION] or [] for row in rows}
        columns: dict[str, list[Column]] = {}
        for board, found in fields.items():
            before: list[Any] | None = definitions.get(projects[board])
            if before is not None:
                after, columns[board] = joined(before, found)
                if after != before:
                    model.browse(projects[board]).write({DEFINITION: after})
        return columns
