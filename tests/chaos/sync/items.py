"""Items of checklists, and subtasks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.chaos.sync.cards import STATES
from tests.chaos.sync.kinds import State
from tests.chaos.sync.order import Ordered, Rows, by_external, in_rows
from tests.chaos.sync.parts import Part

ALL_SUBTASKS = [["active", "in", [True, False]], ["parent_id", "!=", False]]
#: How often one that is moved leaves its row.
LEAVES = 0.4


class Items(Ordered, Part):
    """Items of checklists, and subtasks."""

    entity, model = "trello.checkitem", "project.task"
    fields = ("name", "done")
    fresh, fresh_in_odoo = ("done",), ("name", "done")
    moves = 0.3

    def outside(self) -> dict[str, State]:
        return {
            one["id"]: {"name": one["name"], "done": one["state"] == "complete", "card": one["idCard"]}
            for one in self._all()
        }

    def _checklists(self) -> Iterator[Any]:
        return self.on_boards("checklists", checkItems="all")

    def _all(self) -> Iterator[Any]:
        """Yield the items, each with its checklist and card."""
        for one in self._checklists():
            for item in one["checkItems"]:
                yield {**item, "idChecklist": one["id"], "idCard": one["idCard"]}

    def in_odoo(self) -> dict[int, State]:
        names = ["name", "state", "parent_id"]
        return {
            row["id"]: {
                "name": row["name"],
                "done": row["state"] == STATES[True],
                "card": self.card_of(row["parent_id"][0]),
            }
            for row in self.call("project.task", "search_read", domain=ALL_SUBTASKS, fields=names)
        }

    def new_value(self, id_: str, field: str) -> Any:
        return not self.truth[id_]["done"] if field == "done" else super().new_value(id_, field)

    # --- their order ---

    def positions(self) -> dict[str, float]:
        return {one["id"]: one["pos"] for one in self._all()}

    def rows_outside(self) -> Rows:
        return in_rows((one["idChecklist"], one["pos"], one["id"]) for one in self._all())

    def rows_in_odoo(self) -> Rows:
        """Return the rows in Odoo: the subtasks of a task stand there checklist after checklist."""
        with self.hands.app.environment(None) as env:
            rows = env[self.entity]._read_rows([("state", "!=", "deleted")], ["odoo_id", "checklist"])
        checklists = {row["odoo_id"]: row["checklist"] for row in rows}
        names = by_external(self.pairs())
        tasks = self.call("project.task", "search_read", domain=ALL_SUBTASKS, fields=["sequence"])
        return in_rows(
            (checklists[one["id"]], one["sequence"], names[one["id"]]) for one in tasks if one["id"] in names
        )

    def move(self, is_outside: bool) -> bool:
        """Move one among the others, or to another checklist, or its subtask to another task."""
        if self.hands.random.random() < LEAVES:
            return self._to_another_checklist() if is_outside else self._to_another_task()
        return super().move(is_outside)

    def _to_another_checklist(self) -> bool:
        all_rows = {one["id"]: one["idCard"] for one in self._checklists()}
        homes = {one["id"]: one["idChecklist"] for one in self._all()}
        targets = {
            (id_, row)
            for id_ in self.truth.keys() & self.pairs().keys()
            for row, card in all_rows.items()
            if card == self.truth[id_]["card"] and row != homes[id_]
        }
        if not targets:
            return False
        moved, row = self.hands.random.choice(sorted(targets))
        values = {"idChecklist": row, "pos": self.hands.random.choice(("top", "bottom"))}
        self.client.put(f"/cards/{self.truth[moved]['card']}/checkItem/{moved}", values)
        self._has_left(moved)
        return True

    def _to_another_task(self) -> bool:
        """Its item ends, and another one begins on the other card."""
        cards = self.cards()
        moved = self.some(dict.fromkeys(self.truth.keys() & self.pairs().keys(), 1))
        target = self.some({id_: 1 for id_ in cards if moved and id_ != self.truth[moved]["card"]})
        if moved is None or target is None:
            return False
        self.call("project.task", "write", [self.pairs()[moved]], vals={"parent_id": cards[target]})
        state = self.truth.pop(moved)
        self.left.add(state["card"])
        self.truth[f"new {state['name']}"] = {**state, "card": target}
        self._has_left(moved)
        return True

    def _has_left(self, moved: str) -> None:
        self.arranged = {row: [id_ for id_ in ids if id_ != moved] for row, ids in self.arranged.items()}

    # --- edits ---

    def edit_outside(self, id_: str, field: str, value: Any) -> None:
        values = {"state": "complete" if value else "incomplete"} if field == "done" else {field: value}
        self.client.put(f"/cards/{self.truth[id_]['card']}/checkItem/{id_}", values)

    def edit_in_odoo(self, id_: int, field: str, value: Any) -> None:
        values = {"state": STATES[value]} if field == "done" else {field: value}
        self.call("project.task", "write", [id_], vals=values)

    def add_outside(self) -> str | None:
        card = self.some_card()
        there = self.client.get(f"/cards/{card}/checklists")
        if there and self.hands.random.random() < 0.7:
            checklist = self.hands.random.choice(there)["id"]
        else:
            name = self.hands.name("checklist")
            checklist = self.client.post("/checklists", {"idCard": card, "name": name})["id"]
        made = self.client.post(f"/checklists/{checklist}/checkItems", {"name": self.hands.name("item")})
        return str(made["id"])

    def add_in_odoo(self) -> State | None:
        cards = self.cards()
        if (card := self.some(cards)) is None:
            return None
        (task,) = self.call("project.task", "read", [cards[card]], fields=["project_id"])
        name = self.hands.name("subtask")
        values = {"name": name, "parent_id": task["id"], "project_id": task["project_id"][0]}
        self.call("project.task", "create", vals_list=[values])
        return {"name": name, "done": False, "card": card}

    def delete_outside(self, id_: str) -> None:
        self.client.delete(f"/cards/{self.truth[id_]['card']}/checkItem/{id_}")
