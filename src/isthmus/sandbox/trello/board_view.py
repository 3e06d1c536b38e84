"""Boards as answers show them, with the resources that a request nests in them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from isthmus.sandbox.trello import view
from isthmus.sandbox.trello.card_view import CardView
from isthmus.sandbox.trello.errors import invalid_value
from isthmus.sandbox.trello.paging import actions, cards_of_board, lists_of_board
from isthmus.sandbox.trello.params import Params
from isthmus.sandbox.trello.state import State
from isthmus.sandbox.trello.view import Fields, fields_of, select, select_all, wanted

Data = dict[str, Any]

MEMBER_TYPES = {"admins": ("admin",), "owners": ("admin",), "normal": ("normal",), "all": None, "true": None}


class BoardView:
    """Show a board as the parameters ask: ``fields``, nested ``lists``, ``cards``, ``labels`` and so on."""

    def __init__(self, state: State, params: Params, default: Fields = view.BOARD) -> None:
        self.state = state
        self.params = params
        self.fields = fields_of(params, "fields", "board", default)

    def one(self, board: Data) -> Data:
        """Return what the answer shows of a board."""
        shown = dict(select(board, self.fields))
        parts: dict[str, Callable[[Data], Any]] = {
            "lists": self._lists,
            "cards": self._cards,
            "labels": lambda board: labels_of(self.state, board, self.params, "label_fields", "labels_limit"),
            "members": lambda board: members_of(
                self.state, board, self._word("members"), self.params, "member_fields"
            ),
            "memberships": lambda board: memberships_of(board, self._word("memberships")),
            "checklists": lambda board: checklists_of(self.state, board, self.params, "checklist_fields"),
            "customFields": lambda board: self.state.rows("customField", ("board", "=", board["id"])),
            "actions": lambda board: actions(
                self.state, [("board", "=", board["id"])], self.params, nested="actions"
            ),
            "pluginData": lambda board: board.get("pluginData", []),
        }
        for name, read in parts.items():
            if wanted(self.params, name):
                shown[name] = read(board)
        return shown

    def _word(self, name: str) -> str:
        return str(self.params.raw(name)).lower()

    def _lists(self, board: Data) -> list[Data]:
        fields = fields_of(self.params, "list_fields", "list", view.LIST_IN_BOARD)
        return select_all(lists_of_board(self.state, board, self._word("lists")), fields)

    def _cards(self, board: Data) -> list[Data]:
        window = {"limit": self.params.raw("cards_limit")} if "cards_limit" in self.params else {}
        cards = cards_of_board(self.state, board, self._word("cards"), Params(window))
        return CardView(self.state, self.params, prefix="card_").show(cards)


def labels_of(state: State, board: Data, params: Params, fields_name: str, limit_name: str) -> list[Data]:
    """Return a board's labels: 50 unless a limit of at most 1000 is given."""
    fields = fields_of(params, fields_name, "label", view.LABEL)
    most = params.whole(limit_name, 50, most=1000)
    return select_all(state.rows("label", ("board", "=", board["id"]), limit=most), fields)


def members_of(
    state: State, board: Data, filter_: str, params: Params, fields_name: str, default: Fields = view.MEMBER
) -> list[Data]:
    """Return a board's members: ``all``, ``admins``, ``normal``, ``owners`` or ``none``."""
    if filter_ == "none":
        return []
    if filter_ not in MEMBER_TYPES:
        raise invalid_value("members")
    types = MEMBER_TYPES[filter_]
    ids = [one["idMember"] for one in board["memberships"] if types is None or one["memberType"] in types]
    return select_all(state.by_id("member", ids).values(), fields_of(params, fields_name, "member", default))


def memberships_of(board: Data, filter_: str) -> list[Data]:
    """Return a board's memberships: ``all``, ``admins``, ``normal`` or ``none``."""
    types = MEMBER_TYPES.get(filter_, ())
    return [one for one in board["memberships"] if types is None or one["memberType"] in types]


def checklists_of(state: State, board: Data, params: Params, fields_name: str) -> list[Data]:
    """Return the checklists of all cards of a board, in one flat list."""
    fields = fields_of(params, fields_name, "checklist", view.CHECKLIST)
    return select_all(state.rows("checklist", ("board", "=", board["id"])), fields)
