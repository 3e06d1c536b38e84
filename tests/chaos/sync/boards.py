"""What cards are arranged by: boards, lists and labels, with their projects, stages and tags."""

from __future__ import annotations

from typing import Any

from tests.chaos.sync.kinds import Kind, State


class Named(Kind):
    """A record of which people change the name."""

    fields = ("name",)
    adds = 0.0
    path = model = ""

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
        return {
            one["id"]: {"name": one["name"]}
            for board in self.hands.boards()
            for one in self.client.get(f"/boards/{board}/{self.path}", filter="all", limit=1000)
        }


class Lists(OfBoards):
    entity, path, model = "trello.list", "lists", "project.task.type"
    adds = 0.1

    def add_outside(self) -> str | None:
        (board,) = self.hands.boards()
        made = self.client.post(
            "/lists", {"name": self.hands.name("list"), "idBoard": board, "pos": "bottom"}
        )
        return str(made["id"])

    def add_in_odoo(self) -> State | None:
        (project,) = self.hands.pairs("trello.board").values()
        values = {"name": self.hands.name("stage"), "project_ids": [[6, 0, [project]]], "sequence": 900}
        self.call(self.model, "create", vals_list=[values])
        return {"name": values["name"]}


class Labels(OfBoards):
    entity, path, model = "trello.label", "labels", "project.tags"
