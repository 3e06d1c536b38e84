"""What two people do during the demo: one edits tasks in Odoo, one edits cards in Trello, through the public
APIs.
"""

from __future__ import annotations

from typing import Any

from isthmus.app import App
from isthmus.trello.client import TrelloClient


class OdooPerson:
    """Edits tasks of the demo's project by calling Odoo's methods."""

    def __init__(self, app: App) -> None:
        self._connection = app.connection()

    def edit(self, project: int, tasks: list[int]) -> list[str]:
        """Rename, describe, move, date, finish, tag and archive tasks, and add one.

        Return what was done, in words.
        """
        stages = self._stages(project)
        done = []
        changes: list[tuple[str, dict[str, Any]]] = [
            ("renamed", {"name": "Renamed in Odoo: café, 漢字 & <tags>"}),
            (
                "described",
                {"description": "<p>Some <strong>bold</strong> words:</p><ul><li>one</li><li>two</li></ul>"},
            ),
            ("moved", {"stage_id": stages[-1]} if len(stages) > 1 else {}),
            ("dated", {"date_deadline": "2027-01-15 16:30:00"}),
            ("finished", {"state": "1_done"}),
            ("archived", {"active": False}),
        ]
        for task, (verb, values) in zip(tasks, changes, strict=False):
            if values:
                self._write([task], values)
                done.append(verb)
        if len(tasks) > len(changes):
            self._write([tasks[len(changes)]], {"tag_ids": [[5]]})
            done.append("untagged")
        if stages:
            values = {"name": "Added in Odoo", "project_id": project, "stage_id": stages[0]}
            self._call("project.task", "create", vals_list=[values])
            done.append("added")
        return done

    def change(self, task: int, values: dict[str, Any]) -> None:
        """Write values to a task."""
        self._write([task], values)

    def add(self, project: int, names: list[str]) -> None:
        """Add tasks in the first stage of a project."""
        stages = self._stages(project)
        rows = [{"name": name, "project_id": project, "stage_id": stages[0]} for name in names]
        self._call("project.task", "create", vals_list=rows)

    def task(self, task: int) -> dict[str, Any]:
        """Return what Odoo says of a task."""
        fields = ["name", "date_deadline", "priority"]
        (row,) = self._connection.execute("project.task", "read", [task], kwargs={"fields": fields})
        return dict(row)

    def _stages(self, project: int) -> list[int]:
        found: list[int] = self._call(
            "project.task.type", "search", domain=[["project_ids", "in", [project]]], order="sequence"
        )
        return found

    def _write(self, ids: list[int], values: dict[str, Any]) -> None:
        self._connection.execute("project.task", "write", ids, kwargs={"vals": values})

    def _call(self, model: str, method: str, **kwargs: Any) -> Any:
        return self._connection.execute(model, method, kwargs=kwargs)


class TrelloPerson:
    """Edits cards of the demo's board by calling Trello's API."""

    def __init__(self, url: str, key: str, token: str) -> None:
        self._client = TrelloClient(key, token, url=url)

    def change(self, card: str, values: dict[str, Any]) -> None:
        """Write values to a card."""
        self._client.put(f"/cards/{card}", values)

    def card(self, card: str) -> dict[str, Any]:
        """Return what Trello says of a card."""
        return dict(self._client.get(f"/cards/{card}"))

    def edit(self, board: str, cards: list[str]) -> list[str]:
        """Rename, describe, move, date, complete, label, archive cards, and add one.

        Return what was done, in words.
        """
        lists: Any = self._client.get(f"/boards/{board}/lists", filter="all", fields="name")
        labels: Any = self._client.get(f"/boards/{board}/labels", limit="1000")
        done = []
        changes: list[tuple[str, dict[str, Any]]] = [
            ("renamed", {"name": "Renamed in Trello: naïve 🚀"}),
            (
                "described",
                {"desc": "Some *emphasis*, a [link](https://example.com) and\n\n1. first\n2. second"},
            ),
            ("moved", {"idList": lists[0]["id"]} if len(lists) > 1 else {}),
            ("dated", {"due": "2027-02-20T09:00:00.000Z"}),
            ("completed", {"dueComplete": True}),
            ("labelled", {"idLabels": [label["id"] for label in labels[:2]]} if labels else {}),
            ("archived", {"closed": True}),
        ]
        for card, (verb, values) in zip(cards, changes, strict=False):
            if values:
                self._client.put(f"/cards/{card}", values)
                done.append(verb)
        if lists:
            self._client.post("/cards", {"idList": lists[0]["id"], "name": "Added in Trello"})
            done.append("added")
        return done
