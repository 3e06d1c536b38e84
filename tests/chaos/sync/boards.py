"""What cards are arranged by: boards, lists and labels, with their projects, stages and tags."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.chaos.sync.kinds import Kind, State
from tests.chaos.sync.order import Ordered, Rows, by_external, in_rows
from tests.integration.trello.board import BOARD


class Named(Kind):
    """A record of which people change the name."""

    fields = ("name",)
    adds = 0.0
    path = ""

    def in_odoo(self) -> dict[int, State]:
        rows = self.call(self.model, "search_read", domain=[], fields=["name"])
        return {row["id"]: {"name": row["name"]} for row in rows}

    def edit_outside(self, id_: str, field: str, value: Any) -> None:
        self.client.put(f"/{self.path}/{id_}", {field: value})

    def edit_in_odoo(self, id_: int, field: str, value: Any) -> None:
        self.call(self.model, "write", [id_], vals={field: value})


class Boards(Named):
    entity, path, model = "trello.board", "boards", "project.project"

    def outside(self) -> dict[str, State]:
        return {id_: {"name": self.client.get(f"/boards/{id_}")["name"]} for id_ in self.hands.boards()}


class OfBoards(Named):
    """What a board has, under the name that it has there."""

    def outside(self) -> dict[str, State]:
        return {one["id"]: {"name": one["name"]} for one in self._all()}

    def _all(self) -> Iterator[Any]:
        for board in self.hands.boards():
            yield from self.client.get(f"/boards/{board}/{self.path}", filter="all", limit=1000)


class Lists(OfBoards, Ordered):
    entity, path, model = "trello.list", "lists", "project.task.type"
    fresh = fresh_in_odoo = ("name",)
    adds, moves = 0.1, 0.1

    def positions(self) -> dict[str, float]:
        return {one["id"]: one["pos"] for one in self._all()}

    def rows_outside(self) -> Rows:
        return in_rows((one["idBoard"], one["pos"], one["id"]) for one in self._all())

    def rows_in_odoo(self) -> Rows:
        names = by_external(self.pairs())
        boards = by_external(self.hands.pairs("trello.board"))
        rows = self.call(self.model, "search_read", domain=[], fields=["project_ids", "sequence"])
        return in_rows(
            (boards[row["project_ids"][0]], row["sequence"], names[row["id"]])
            for row in rows
            if row["id"] in names
        )

    def add_outside(self) -> str | None:
        made = self.client.post(
            "/lists", {"name": self.hands.name("list"), "idBoard": BOARD, "pos": "bottom"}
        )
        return str(made["id"])

    def add_in_odoo(self) -> State | None:
        project = self.hands.pairs("trello.board")[BOARD]
        values = {"name": self.hands.name("stage"), "project_ids": [[6, 0, [project]]], "sequence": 900}
        self.call(self.model, "create", vals_list=[values])
        return {"name": values["name"]}


class Labels(OfBoards):
    entity, path, model = "trello.label", "labels", "project.tags"
