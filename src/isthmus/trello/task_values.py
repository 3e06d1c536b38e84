"""The values of properties: from what people entered to records, and from records to the tasks."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from isthmus.components import Component
from isthmus.connector.reading import chunked
from isthmus.connector.synchronizer import Synchronizer
from isthmus.trello.base import TrelloComponent
from isthmus.trello.custom_field import Column, from_odoo, to_odoo
from isthmus.trello.custom_fields import PROPERTIES
from isthmus.trello.paired_cards import paired_cards

#: How many tasks are read at once.
PAGE = 1000


class TaskValues(Synchronizer, TrelloComponent, Component):
    """Keeps the records of values and the properties of tasks in step.

    What a person did is what differs between a property and the note of what was written there last. So
    values that are not written yet, since a process was cut off, are no edits of a person.
    """

    _name = "trello.task.values"
    _inherit = ["connector.synchronizer", "base.trello.connector"]
    _usage = "task.values"

    def collect(self, tasks: Collection[int] | None = None) -> None:
        """Take over into the records what people entered (of all tasks by default)."""
        columns = self.component(usage="custom.fields").of_projects()
        cards = self._cards(tasks) if columns else {}
        for part in chunked(sorted(cards), PAGE):
            domain = [("id", "in", part), ("project_id", "in", sorted(columns))]
            for task in self._tasks().search_fetch(domain, ["project_id", PROPERTIES]):
                self._take(cards[task.id], columns[task.project_id.id], by_name(task[PROPERTIES]))

    def _take(self, card: Any, columns: list[Column], values: Mapping[str, Any]) -> None:
        note = dict(card["values"] or {})
        entered = {one.id: from_odoo(one, values.get(one.property)) for one in columns}
        changed = {id_: value for id_, value in entered.items() if value != note.get(id_)}
        if not changed:
            return
        model = self.env["trello.task.value"]
        found = {one.field: one for one in model.search([("task_id", "=", card["odoo_id"])])}
        names = {one.id: one.name for one in columns}
        for id_, value in changed.items():
            stored = False if value is None else value
            if id_ in found:
                found[id_].write({"value": stored})
            elif value is not None:
                about = {"task_id": card["odoo_id"], "field": id_, "name": names[id_]}
                model.create({**about, "value": stored})
        self._keep(card, {**note, **changed})

    def show(self, tasks: Collection[int]) -> None:
        """Write the values of tasks into their properties, where these hold something else.

        A property that somebody changed meanwhile waits for the next round, which takes that over first.
        """
        cards, wanted = self._cards(tasks), self._wanted(tasks)
        stale = [
            task
            for task, card in cards.items()
            if any(value != (card["values"] or {}).get(id_) for id_, value in wanted.get(task, {}).items())
        ]
        columns = self.component(usage="custom.fields").of_projects() if stale else {}
        for task in self._tasks().browse(sorted(stale)).exists():
            self._write(task, cards[task.id], columns.get(task.project_id.id, []), wanted[task.id])

    def _write(self, task: Any, card: Any, columns: list[Column], wanted: Mapping[str, Any]) -> None:
        note, values = dict(card["values"] or {}), by_name(task[PROPERTIES])
        changes: dict[str, Any] = {}
        shown: dict[str, Any] = {}
        for column in columns:
            value, before = wanted.get(column.id), note.get(column.id)
            now = from_odoo(column, values.get(column.property))
            if column.id not in wanted or value == before or now not in (before, value):
                continue
            shown[column.id] = value
            if now != value:
                changes[column.property] = to_odoo(column, value)
        refused = {}
        if changes:
            data = {PROPERTIES: {**values, **changes}}
            refused = self.surviving([task], lambda rows: rows[0].write(data))
        if shown and not refused:
            self._keep(card, {**note, **shown})

    def _cards(self, tasks: Collection[int] | None) -> dict[int, Any]:
        """Return the rows of pairs of cards by task, of all or of some tasks."""
        return paired_cards(self, ["values"], tasks)

    def _wanted(self, tasks: Collection[int]) -> dict[int, dict[str, Any]]:
        """Return by task the values that its properties are to hold, by custom field."""
        domain = [("task_id", "in", sorted(tasks))]
        found: dict[int, dict[str, Any]] = {}
        for row in self.env["trello.task.value"]._read_rows(domain, ["task_id", "field", "value"]):
            value = row["value"]
            found.setdefault(row["task_id"], {})[row["field"]] = None if value is False else value
        return found

    def _tasks(self) -> Any:
        return self.env["project.task"].with_context(active_test=False)

    def _keep(self, card: Any, note: Mapping[str, Any]) -> None:
        kept = {id_: value for id_, value in note.items() if value is not None}
        self.env["trello.card"].browse(card["id"]).write({"values": kept or False})


def by_name(properties: Any) -> dict[str, Any]:
    """Return the values of properties as Odoo takes them: all of them by name, relations by their ids.

    Odoo gives them as definitions with values, records with their names.
    """
    if isinstance(properties, Mapping):
        return dict(properties)
    found: dict[str, Any] = {}
    for one in properties or ():
        value = one.get("value", False)
        match one["type"]:
            case "separator":
                continue
            case "many2one":
                value = id_in(value)
            case "many2many":
                value = [id_in(record) for record in value or ()]
        found[one["name"]] = value
    return found


def id_in(record: Any) -> Any:
    """Return the id of a record that comes with its name or without."""
    return record[0] if isinstance(record, (list, tuple)) else record
