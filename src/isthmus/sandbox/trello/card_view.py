"""Cards as answers show them, with the resources that a request nests in them."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from isthmus.sandbox.trello import view
from isthmus.sandbox.trello.paging import actions
from isthmus.sandbox.trello.params import Params
from isthmus.sandbox.trello.state import State
from isthmus.sandbox.trello.view import fields_of, select, select_all, wanted

Data = dict[str, Any]


class CardView:
    """Show cards as the parameters ask: ``fields``, ``attachments``, ``members``, ``checklists`` and so on.

    ``prefix`` is ``card_`` when the cards are nested themselves. Lists of cards show no ``checkItemStates``.
    """

    def __init__(self, state: State, params: Params, *, prefix: str = "", listed: bool = True) -> None:
        self.state = state
        self.params = params
        self.prefix = prefix
        self.listed = listed
        self.fields = fields_of(params, f"{prefix}fields", "card", view.CARD)

    def show(self, cards: list[Data]) -> list[Data]:
        """Return what the answer shows of each card."""
        labels = self._labels(cards)
        shown = [self._plain(card, labels) for card in cards]
        for name, add in (
            ("attachments", self._attachments),
            ("members", self._members),
            ("membersVoted", self._voters),
            ("checklists", self._checklists),
            ("customFieldItems", self._items),
            ("pluginData", self._plain_part),
            ("stickers", self._plain_part),
            ("list", self._lists),
            ("board", self._boards),
            ("actions", self._actions),
        ):
            if wanted(self.params, self.prefix + name):
                add(cards, shown, name)
        return shown

    def one(self, card: Data) -> Data:
        """Return what the answer shows of a single card."""
        return self.show([card])[0]

    def _labels(self, cards: list[Data]) -> dict[str, Data]:
        if self.fields is not None and "labels" not in self.fields:
            return {}
        boards = sorted({card["idBoard"] for card in cards if card["idLabels"]})
        found = self.state.rows("label", ("board", "in", boards)) if boards else []
        return {label["id"]: label for label in found}

    def _plain(self, card: Data, labels: dict[str, Data]) -> Data:
        fields = self.fields
        if fields is None:
            shown = {name: value for name, value in card.items() if name not in NESTED}
        else:
            shown = {name: card[name] for name in fields if name in card}
        if fields is None or "labels" in fields:
            shown["labels"] = [labels[id_] for id_ in card["idLabels"] if id_ in labels]
        if self.listed and "checkItemStates" in shown:
            shown["checkItemStates"] = None
        return shown

    # --- nested resources ---

    def _plain_part(self, cards: list[Data], shown: list[Data], name: str) -> None:
        for card, answer in zip(cards, shown, strict=True):
            answer[name] = card.get(name, [])

    def _attachments(self, cards: list[Data], shown: list[Data], name: str) -> None:
        fields = fields_of(self.params, f"{self.prefix}attachment_fields", "attachment", None)
        cover_only = self.params.raw(self.prefix + name) == "cover"
        for card, answer in zip(cards, shown, strict=True):
            found = [
                one
                for one in card.get(name, [])
                if not cover_only or one["id"] == card["cover"].get("idAttachment")
            ]
            answer[name] = select_all(found, fields)

    def _items(self, cards: list[Data], shown: list[Data], name: str) -> None:
        self._plain_part(cards, shown, name)

    def _members(self, cards: list[Data], shown: list[Data], name: str, key: str = "idMembers") -> None:
        fields = fields_of(self.params, f"{self.prefix}member_fields", "member", view.MEMBER)
        people = self.state.by_id("member", (id_ for card in cards for id_ in card[key]))
        for card, answer in zip(cards, shown, strict=True):
            answer[name] = select_all((people[id_] for id_ in card[key] if id_ in people), fields)

    def _voters(self, cards: list[Data], shown: list[Data], name: str) -> None:
        self._members(cards, shown, name, "idMembersVoted")

    def _checklists(self, cards: list[Data], shown: list[Data], name: str) -> None:
        fields = fields_of(self.params, f"{self.prefix}checklist_fields", "checklist", view.CHECKLIST)
        by_card: dict[str, list[Data]] = defaultdict(list)
        for one in self.state.rows("checklist", ("card", "in", [card["id"] for card in cards])):
            by_card[one["idCard"]].append(select(one, fields))
        for card, answer in zip(cards, shown, strict=True):
            answer[name] = by_card[card["id"]]

    def _lists(self, cards: list[Data], shown: list[Data], name: str) -> None:
        fields = fields_of(self.params, f"{self.prefix}list_fields", "list", view.LIST)
        found = self.state.by_id("list", (card["idList"] for card in cards))
        for card, answer in zip(cards, shown, strict=True):
            answer[name] = select(found.get(card["idList"], {}), fields)

    def _boards(self, cards: list[Data], shown: list[Data], name: str) -> None:
        fields = fields_of(self.params, f"{self.prefix}board_fields", "board", view.BOARD)
        found = self.state.by_id("board", (card["idBoard"] for card in cards))
        for card, answer in zip(cards, shown, strict=True):
            answer[name] = select(found.get(card["idBoard"], {}), fields)

    def _actions(self, cards: list[Data], shown: list[Data], name: str) -> None:
        for card, answer in zip(cards, shown, strict=True):
            answer[name] = actions(
                self.state, [("card", "=", card["id"])], self.params, nested=self.prefix + name
            )


#: Kept on the card, shown only when asked for.
NESTED = frozenset({"attachments", "customFieldItems", "pluginData", "stickers"})


def with_parts(card: Data, state: State) -> Data:
    """Return a card as the answer to its creation shows it, with keys that a GET leaves out."""
    shown = CardView(state, Params({}), listed=False).one(card)
    return {**shown, "attachments": card["attachments"], "stickers": [], "limits": {}}
