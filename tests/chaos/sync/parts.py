"""What belongs to cards: comments and links, with their messages and attachments."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.chaos.sync.kinds import Kind, State

#: What stands between the name of a comment's author in Odoo and its text.
HEADED = " (Odoo):\n\n"


class Part(Kind):
    """A record on a card, which stays there."""

    adds = 0.2
    deletes = 0.1

    def cards(self) -> dict[str, int]:
        """Return id -> task of the cards that both sides know, and that nobody deletes."""
        known = self.hands.pairs("trello.card")
        return {id_: known[id_] for id_ in known.keys() - self.hands.doomed}

    def some_card(self) -> str:
        """Return some card at Trello that nobody deletes."""
        known = {one["id"] for one in self.on_boards("cards/all", fields="")}
        return self.hands.random.choice(sorted(known - self.hands.doomed))

    def on_boards(self, path: str, **params: Any) -> Iterator[Any]:
        """Yield what all boards answer."""
        for board in self.hands.boards():
            yield from self.client.get(f"/boards/{board}/{path}", **params)

    def card_of(self, task: int) -> str:
        """Return the card of a task."""
        return next((card for card, id_ in self.cards().items() if id_ == task), "none that is paired")

    def delete_in_odoo(self, id_: int) -> None:
        self.call(self.model, "unlink", [id_])


class Comments(Part):
    """Comments, and messages that people write on tasks."""

    entity, model = "trello.comment", "mail.message"
    fields = ("text",)
    key = "text"

    def outside(self) -> dict[str, State]:
        return {
            one["id"]: {"text": one["data"]["text"].rpartition(HEADED)[2], "card": one["data"]["card"]["id"]}
            for one in self.on_boards("actions", filter="commentCard", limit=1000)
        }

    def in_odoo(self) -> dict[int, State]:
        domain = [["model", "=", "project.task"], ["message_type", "=", "comment"]]
        return {
            row["id"]: {
                "text": row["body"].removeprefix("<p>").removesuffix("</p>"),
                "card": self.card_of(row["res_id"]),
            }
            for row in self.call("mail.message", "search_read", domain=domain, fields=["body", "res_id"])
        }

    def edit_outside(self, id_: str, field: str, value: Any) -> None:
        self.client.put(f"/actions/{id_}", {field: value})

    def edit_in_odoo(self, id_: int, field: str, value: Any) -> None:
        self.call("mail.message", "write", [id_], vals={"body": f"<p>{value}</p>"})

    def add_outside(self) -> str | None:
        card, text = self.some_card(), self.hands.name("comment")
        return str(self.client.post(f"/cards/{card}/actions/comments", {"text": text})["id"])

    def add_in_odoo(self) -> State | None:
        cards = self.cards()
        if (card := self.some(cards)) is None:
            return None
        text = self.hands.name("message")
        said = {"body": text, "message_type": "comment", "subtype_xmlid": "mail.mt_comment"}
        self.call("project.task", "message_post", [cards[card]], **said)
        return {"text": text, "card": card}

    def delete_outside(self, id_: str) -> None:
        self.client.delete(f"/actions/{id_}")


class Links(Part):
    """Links on cards, and attachments that hold no file. Trello does not change one that is there."""

    entity, model = "trello.link", "ir.attachment"
    key = "url"

    def outside(self) -> dict[str, State]:
        return {
            one["id"]: {"name": one["name"], "url": one["url"], "card": card["id"]}
            for card in self.on_boards("cards/all", attachments="true", fields="name")
            for one in card["attachments"]
        }

    def in_odoo(self) -> dict[int, State]:
        domain = [["res_model", "=", "project.task"], ["type", "=", "url"]]
        names = ["name", "url", "res_id"]
        return {
            row["id"]: {"name": row["name"], "url": row["url"], "card": self.card_of(row["res_id"])}
            for row in self.call("ir.attachment", "search_read", domain=domain, fields=names)
        }

    def add_outside(self) -> str | None:
        return str(self.client.post(f"/cards/{self.some_card()}/attachments", self._link())["id"])

    def add_in_odoo(self) -> State | None:
        cards = self.cards()
        if (card := self.some(cards)) is None:
            return None
        link = self._link()
        values = {**link, "type": "url", "res_model": "project.task", "res_id": cards[card]}
        self.call("ir.attachment", "create", vals_list=[values])
        return {**link, "card": card}

    def delete_outside(self, id_: str) -> None:
        self.client.delete(f"/cards/{self.truth[id_]['card']}/attachments/{id_}")

    def _link(self) -> dict[str, str]:
        name = self.hands.name("link")
        return {"name": name, "url": f"https://example.com/{name.replace(' ', '-')}"}
