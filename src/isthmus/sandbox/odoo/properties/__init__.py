"""Properties of tasks, defined on their projects (17 and later).

A task keeps its values as ``{name: value}``, and shows them as the definitions of its project, each with its
value. Values of definitions that are gone, or of another project, are not shown.

Source: the types of ``fields_get`` and empty values are recorded (tests/data/odoo-probes); what is done with
values is general knowledge of Odoo, not asked of a server.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from isthmus import fields, models
from isthmus.sandbox.odoo.errors import value_error
from isthmus.sandbox.odoo.models.base import Values

DEFINITION, VALUES = "task_properties_definition", "task_properties"
TYPES = frozenset(
    {
        "boolean", "integer", "float", "char", "date", "datetime", "selection", "tags", "many2one",
        "many2many", "separator",
    }
)  # fmt: skip
FORMATS = {"date": "%Y-%m-%d", "datetime": "%Y-%m-%d %H:%M:%S"}


class Project(models.Model):
    _inherit = "project.project"
    _wire_types = {DEFINITION: "properties_definition"}

    task_properties_definition = fields.Json("Task Properties")

    def _before_create(self: Any, rows: list[Values]) -> list[Values]:
        for row in rows:
            _check_definition(row.get(DEFINITION))
        return super()._before_create(rows)  # type: ignore[misc,no-any-return]

    def _before_write(self: Any, values: Values) -> list[tuple[Any, Values]]:
        _check_definition(values.get(DEFINITION))
        return super()._before_write(values)  # type: ignore[misc,no-any-return]

    def wire_rows(self: Any, rows: list[Values]) -> list[Values]:
        return [{**row, DEFINITION: row[DEFINITION] or []} if DEFINITION in row else row for row in rows]


class Task(models.Model):
    _inherit = "project.task"
    _wire_types = {VALUES: "properties"}

    task_properties = fields.Json("Properties")

    def _before_create(self: Any, rows: list[Values]) -> list[Values]:
        for row in rows:
            if VALUES in row:
                row[VALUES] = _by_name(row[VALUES])
        return super()._before_create(rows)  # type: ignore[misc,no-any-return]

    def _before_write(self: Any, values: Values) -> list[tuple[Any, Values]]:
        """Replace all values by those that are given: one that is not given is lost."""
        if VALUES in values:
            values[VALUES] = _by_name(values[VALUES])
        return super()._before_write(values)  # type: ignore[misc,no-any-return]

    def wire_rows(self: Any, rows: list[Values]) -> list[Values]:
        """Show the values with their definitions."""
        if not rows or VALUES not in rows[0]:
            return rows
        projects = {row["id"]: row["project_id"] for row in self.read(["project_id"])}
        found = self.env["project.project"].browse(sorted({id_ for id_ in projects.values() if id_}))
        defined = {row["id"]: row[DEFINITION] or [] for row in found.read([DEFINITION])}
        return [
            {
                **row,
                VALUES: [
                    {**one, "value": _shown(one, (row[VALUES] or {}).get(one["name"], False))}
                    for one in defined.get(projects[row["id"]], [])
                ],
            }
            for row in rows
        ]

    def copied_values(self: Any) -> list[Values]:
        values = {row["id"]: row[VALUES] for row in self.read([VALUES])}
        rows = super().copied_values()  # type: ignore[misc]
        return [{**row, VALUES: values[task.id]} for task, row in zip(self, rows, strict=True)]


def _by_name(given: Any) -> dict[str, Any]:
    """Return values by name, from a dict or from definitions with values."""
    if isinstance(given, Mapping):
        return dict(given)
    if not isinstance(given or [], list) or not all(isinstance(one, Mapping) for one in given or []):
        raise value_error(f"Wrong property value {given!r}")
    return {one["name"]: one.get("value", False) for one in given or []}


def _shown(definition: Mapping[str, Any], value: Any) -> Any:
    """Return a value as its definition lets it be; 0 is a number, every other empty value is False."""
    kind = definition["type"]
    if kind in ("integer", "float"):
        return False if value is False or value is None else (int if kind == "integer" else float)(value)
    if kind == "selection":
        return value if value in [key for key, _ in definition.get("selection") or ()] else False
    if kind in FORMATS and value:
        datetime.strptime(value, FORMATS[kind])
    return value or False


def _check_definition(given: Any) -> None:
    names = set()
    for one in given or ():
        if not isinstance(one, Mapping) or not one.get("name") or one.get("type") not in TYPES:
            raise value_error(f"Wrong property definition {one!r}")
        if one["name"] in names:
            raise value_error(f"The property name {one['name']!r} is not unique.")
        names.add(one["name"])
