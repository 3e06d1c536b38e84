"""Cards and their tasks, with the labels on them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.chaos.sync.ground import LABELS, LISTS, board_of
from tests.chaos.sync.kinds import Hands, State
from tests.chaos.sync.order import Ordered, Rows, by_external, in_rows
from tests.integration.trello.board import BOARD, TODO

STATES = {True: "1_done", False: "01_in_progress"}
READ = ["name", "description", "stage_id", "date_deadline", "state", "active", "tag_ids"]
#: How often a card that leaves its list goes to the other board.
CROSSES = 0.4
ALL_TASKS = [["active", "in", [True, False]], ["parent_id", "=", False]]


class Cards(Ordered):
    entity, model = "trello.card", "project.task"
    fields = ("name", "desc", "list", "due", "done", "closed", "labels")
    fresh = fresh_in_odoo = ("name", "desc", "list", "due", "done", "closed")
    deletes = 0.15

    def __init__(self, hands: Hands) -> None:
        super().__init__(hands)
        #: Cards whose labels somebody changed, or that somebody moved to the other board, since both agreed.
        self._labelled: set[str] = set()
        self._crossed: set[str] = set()

    def outside(self) -> dict[str, State]:
        return {one["id"]: state_of(one) for one in self._all()}

    def _all(self) -> Iterator[Any]:
        for board in self.hands.boards():
            yield from self.client.get(f"/boards/{board}/cards/all")

    def positions(self) -> dict[str, float]:
        return {one["id"]: one["pos"] for one in self._all()}

    def rows_outside(self) -> Rows:
        return in_rows((one["idList"], one["pos"], one["id"]) for one in self._all())

    def rows_in_odoo(self) -> Rows:
        names = by_external(self.pairs())
        lists = by_external(self.hands.pairs("trello.list"))
        rows = self.call("project.task", "search_read", domain=ALL_TASKS, fields=["stage_id", "sequence"])
        return in_rows(
            (lists[row["stage_id"][0]], row["sequence"], names[row["id"]])
            for row in rows
            if row["id"] in names
        )

    def in_odoo(self) -> dict[int, State]:
        rows = self.call("project.task", "search_read", domain=ALL_TASKS, fields=READ)
        lists = {stage: id_ for id_, stage in self.hands.pairs("trello.list").items()}
        labels = {tag: id_ for id_, tag in self.hands.pairs("trello.label").items()}
        return {
            row["id"]: {
                "name": row["name"],
                "desc": (row["description"] or "").removeprefix("<p>").removesuffix("</p>"),
                "list": lists[row["stage_id"][0]],
                "due": row["date_deadline"] or None,
                "done": row["state"] == STATES[True],
                "closed": not row["active"],
                "labels": sorted(labels[tag] for tag in row["tag_ids"]),
            }
            for row in rows
        }

    def edit(self, id_: str, field: str, is_outside: bool) -> bool:
        """Nobody moves a card to the other board that has labels, or gets some: labels belong to boards."""
        if field == "labels":
            if id_ in self._crossed:
                return False
            self._labelled.add(id_)
        return super().edit(id_, field, is_outside)

    def require_truth(self) -> None:
        super().require_truth()
        self._labelled.clear()
        self._crossed.clear()

    def new_value(self, id_: str, field: str) -> Any:
        before = self.truth[id_][field]
        match field:
            case "name" | "desc":
                return self.hands.name(field)
            case "list":
                return self._other_list(id_, before)
            case "due":
                self.hands.names += 1
                return None if before else f"2027-01-{self.hands.names % 27 + 1:02} 10:00:00"
            case "labels":
                known = LABELS[board_of(self.truth[id_]["list"])]
                return sorted({*known} - {*before}) if len(before) != 1 else known
            case _:
                return not before

    def _other_list(self, id_: str, before: str) -> str:
        here = board_of(before)
        may_cross = not self.truth[id_]["labels"] and id_ not in self._labelled
        if may_cross and self.hands.random.random() < CROSSES:
            self._crossed.add(id_)
            (there,) = LISTS.keys() - {here}
            return self.hands.random.choice(LISTS[there])
        return next(list_ for list_ in LISTS[here] if list_ != before)

    def edit_outside(self, id_: str, field: str, value: Any) -> None:
        name = {"list": "idList", "done": "dueComplete", "labels": "idLabels"}.get(field, field)
        if field == "due" and value:
            value = value.replace(" ", "T") + ".000Z"
        if field == "labels":
            value = ",".join(value)
        if field == "list":
            self.client.put(f"/cards/{id_}", {name: value, "idBoard": board_of(value)})
            return
        self.client.put(f"/cards/{id_}", {name: value})

    def edit_in_odoo(self, id_: int, field: str, value: Any) -> None:
        match field:
            case "desc":
                values = {"description": f"<p>{value}</p>"}
            case "list":
                project = self.hands.pairs("trello.board")[board_of(value)]
                values = {"project_id": project, "stage_id": self.hands.pairs("trello.list")[value]}
            case "due":
                values = {"date_deadline": value or False}
            case "done":
                values = {"state": STATES[value]}
            case "closed":
                values = {"active": not value}
            case "labels":
                tags = self.hands.pairs("trello.label")
                values = {"tag_ids": [[6, 0, [tags[label] for label in value]]]}
            case _:
                values = {field: value}
        self.call("project.task", "write", [id_], vals=values)

    def add_outside(self) -> str | None:
        made = self.client.post("/cards", {"name": self.hands.name("card"), "idList": TODO})
        return str(made["id"])

    def add_in_odoo(self) -> State | None:
        project = self.hands.pairs("trello.board")[BOARD]
        stage = self.hands.pairs("trello.list")[TODO]
        name = self.hands.name("task")
        values = {"name": name, "project_id": project, "stage_id": stage}
        self.call("project.task", "create", vals_list=[values])
        return {
            "name": name, "desc": "", "list": TODO, "due": None, "done": False, "closed": False, "labels": [],
        }  # fmt: skip

    def delete_outside(self, id_: str) -> None:
        self.client.delete(f"/cards/{id_}")

    def delete_in_odoo(self, id_: int) -> None:
        self.call("project.task", "unlink", [id_])

    def forget(self, id_: str) -> None:
        super().forget(id_)
        self.hands.doomed.add(id_)


def state_of(card: dict[str, Any]) -> State:
    """Return what a card is, in the words of the truth."""
    return {
        "name": card["name"],
        "desc": card["desc"],
        "list": card["idList"],
        "due": card["due"][:19].replace("T", " ") if card["due"] else None,
        "done": card["dueComplete"],
        "closed": card["closed"],
        "labels": sorted(card["idLabels"]),
    }
