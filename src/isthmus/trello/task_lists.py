"""The lists in descriptions: from what people wrote to lines, and from lines to what is shown."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from isthmus.components import Component
from isthmus.connector.reading import chunked
from isthmus.connector.synchronizer import Synchronizer
from isthmus.trello.base import TrelloComponent
from isthmus.trello.list_change import Shown, assigned, list_ids
from isthmus.trello.paired_cards import paired_cards
from isthmus.trello.task_list import LIST, Description, Line, TaskList, one_line, section_of, split

#: How many descriptions are read at once.
PAGE = 1000

#: A pair's note of what was shown: ``[[key, name, [[record, key, text, done], …]], …]``.
Note = list[list[Any]]


class TaskLists(Synchronizer, TrelloComponent, Component):
    """Keeps the lines of tasks and their descriptions in step.

    What a person did is what differs between a description and the note of what was shown there last. So
    lines that are not shown yet, since a process was cut off, are no edits of a person.
    """

    _name = "trello.task.lists"
    _inherit = ["connector.synchronizer", "base.trello.connector"]
    _usage = "task.lists"

    def cards(self, tasks: Collection[int] | None = None) -> dict[int, Any]:
        """Return the rows of pairs of cards by task, of all or of some tasks."""
        return paired_cards(self, ["lists"], tasks)

    # --- from the descriptions ---

    def collect(self, tasks: Collection[int] | None = None) -> None:
        """Take over into the lines what people did to the lists in descriptions (of all tasks by default)."""
        for row, found in self._described(self.cards(tasks)):
            note: Note = row["lists"] or []
            if found.lists or found.section:
                self._take(row, note, found.lists)
            elif note and not found.has_others:
                self._keep(row, [])  # the whole section is gone: it is shown again, nothing is deleted

    def _described(self, cards: Mapping[int, Any]) -> Iterator[tuple[Any, Description]]:
        """Yield the pairs with lists in their descriptions, and those that had some."""
        for part in chunked(sorted(cards), PAGE):
            noted = [task for task in part if cards[task]["lists"]]
            domain = [("id", "in", part), "|", ("id", "in", noted), ("description", "ilike", LIST)]
            for task in self._tasks().search_fetch(domain, ["description"]):
                yield cards[task.id], split(task.description)

    def _take(self, row: Any, note: Note, lists: Sequence[TaskList]) -> None:
        if said(lists) == said(lists_of(note)):
            return
        task, lines = row["odoo_id"], self._lines([row["odoo_id"]])
        shown = [
            Shown(id_, place, Line(text, done))
            for place, (_, _, members) in enumerate(note)
            for id_, _, text, done in members
            if id_ in lines
        ]
        keys = {key: id_ for id_, key in self._keys(lines).items()}
        records = assigned(shown, lists, keys)
        owners = list_ids(
            lists,
            [(key, name) for key, name, _ in note],
            [[lines[one]["checklist"] or "" for one in ids if one] for ids in records],
        )
        names = {key: name for key, name, _ in note}
        before = {one.id: (one.line, note[one.place][0]) for one in shown}
        order: list[int] = []
        taken: Note = []
        for one, ids, owner in zip(lists, records, owners, strict=True):
            list_name = names.get(owner, one.name) if owner else one.name
            members = []
            for line, id_ in zip(one.lines, ids, strict=True):
                if id_ is None:
                    if not line.text:
                        continue
                    id_ = self._written(task, line, owner, list_name)
                else:
                    self._edited(lines[id_], before.get(id_), line, owner, list_name)
                order.append(id_)
                members.append([id_, line.key, line.text, line.done])
            taken.append([one.key, one.name, members])
        gone = [one.id for one in shown if one.id not in order]
        self.env["trello.task.line"].browse(gone).write({"removed": True, "active": False})
        self._ordered(order, [one.id for one in shown if one.id in order])
        self._keep(row, taken)

    def _written(self, task: int, line: Line, owner: str, name: str) -> int:
        """Make the record of a line that somebody wrote."""
        about = {"checklist": owner or False, "checklist_name": name or False}
        made = self.env["trello.task.line"].create(
            {"task_id": task, "name": line.text, "done": line.done, **about}
        )
        return int(made.id)

    def _edited(
        self, record: Any, before: tuple[Line, str] | None, line: Line, owner: str, name: str
    ) -> None:
        """Write to a record what was done to its line: what differs from what was shown."""
        had, place = before or (
            Line(one_line(record["name"]), bool(record["done"])),
            record["checklist"] or "",
        )
        values: dict[str, Any] = {}
        if line.text and line.text != had.text:
            values["name"] = line.text
        if line.done != had.done:
            values["done"] = line.done
        if owner and owner != place:
            values |= {"checklist": owner, "checklist_name": name}
        if values:
            self.env["trello.task.line"].browse(record["id"]).write(values)

    def _ordered(self, order: list[int], before: list[int]) -> None:
        """Number the lines of a task where somebody moved or wrote some."""
        if order != before:
            lines = self.env["trello.task.line"]
            lines.write_each([(lines.browse(id_), {"sequence": rank}) for rank, id_ in enumerate(order, 1)])

    # --- into the descriptions ---

    def show(self, tasks: Collection[int]) -> None:
        """Write the lines of tasks into their descriptions, where these show something else.

        A description that somebody edited meanwhile waits for the next round, which takes that over first;
        one in which the lists lost all their marks waits for a person.
        """
        cards = self.cards(tasks)
        wanted = self._wanted(sorted(cards))
        stale = {task: row for task, row in cards.items() if (row["lists"] or []) != wanted.get(task, [])}
        writes = []
        for task in self._tasks().browse(sorted(stale)).exists():
            found = split(task.description)
            note = stale[task.id]["lists"] or []
            if said(found.lists) != said(lists_of(note)) or (found.has_others and not found.section and note):
                continue
            section = section_of(lists_of(wanted.get(task.id, [])))
            writes.append((task, {"description": found.text + section}))
        refused = self.surviving(writes, self._tasks().write_each) if writes else {}
        for number, (task, _) in enumerate(writes):
            if number not in refused:
                self._keep(stale[task.id], wanted.get(task.id, []))

    def _wanted(self, tasks: list[int]) -> dict[int, Note]:
        """Return by task the note of what its description is to show."""
        lines = self._lines(tasks, active=True)
        keys = self._keys(lines)
        found: dict[int, dict[str, list[Any]]] = {}
        for id_, line in lines.items():
            owner = line["checklist"] or ""
            lists = found.setdefault(line["task_id"], {})
            one = lists.setdefault(
                owner or f"new {line['checklist_name']}", [owner, one_line(line["checklist_name"] or ""), []]
            )
            one[2].append([id_, keys.get(id_, ""), one_line(line["name"]), bool(line["done"])])
        return {task: list(lists.values()) for task, lists in found.items()}

    # --- what both need ---

    def _tasks(self) -> Any:
        return self.env["project.task"].with_context(active_test=False)

    def _lines(self, tasks: Sequence[int], *, active: bool = False) -> dict[int, Any]:
        """Return the rows of the lines of tasks by id, in order."""
        domain: list[Any] = [("task_id", "in", list(tasks)), ("removed", "=", False)]
        if active:
            domain.append(("active", "=", True))
        names = ["task_id", "name", "done", "checklist", "checklist_name", "sequence"]
        rows = self.env["trello.task.line"]._read_rows(domain, names)
        return {row["id"]: row for row in sorted(rows, key=lambda row: (row["sequence"], row["id"]))}

    def _keys(self, lines: Collection[int]) -> dict[int, str]:
        """Return the ids of check items by line."""
        domain = [("backend_id", "=", self.collection.id), ("odoo_id", "in", sorted(lines))]
        rows = self.env["trello.line"]._read_rows(domain, ["odoo_id", "external_id"])
        return {row["odoo_id"]: row["external_id"] for row in rows}

    def _keep(self, row: Any, note: Note) -> None:
        self.env["trello.card"].browse(row["id"]).write({"lists": note or False})


def lists_of(note: Note) -> list[TaskList]:
    """Return the lists that a note tells of."""
    return [
        TaskList(name, tuple(Line(text, done, key) for _, key, text, done in members), list_key)
        for list_key, name, members in note
    ]


def said(lists: Sequence[TaskList]) -> list[Any]:
    """Return what lists say to a reader."""
    return [[one.name, [(line.text, line.done) for line in one.lines]] for one in lists if one.lines]
