"""The change log: one action for each changed field, with snapshots of what it happened on.

Source: 6088 actions of fourteen exports; ``data.old`` never holds more than one key.
"""

from __future__ import annotations

from typing import Any

from isthmus.sandbox.trello.ids import IdFactory
from isthmus.sandbox.trello.quota import COMMENT_LIMITS
from isthmus.sandbox.trello.state import State
from isthmus.sandbox.trello.timestamp import Ticker, iso
from isthmus.sandbox.trello.view import MEMBER, select

Data = dict[str, Any]


class Journal:
    """Collect the actions of one request; :meth:`flush` keeps them and the boards that they touch."""

    def __init__(self, state: State, me: Data, app: Data | None, ids: IdFactory, ticker: Ticker) -> None:
        self.state = state
        self.me = me
        self.app = app
        self.ids = ids
        self.ticker = ticker
        self.kept: list[Data] = []
        self.told: list[Data] = []
        self._boards: dict[str, Data] = {}

    def add(
        self,
        type_: str,
        board: Data,
        data: Data,
        *,
        touches: Data | None = None,
        member: Data | None = None,
        kept: bool = True,
    ) -> Data:
        """Write an action on a board and return it.

        ``touches`` is the card whose ``dateLastActivity`` moves. Actions that exist only for webhooks
        (``kept=False``) do not enter the history.
        """
        moment = self.ticker.next()
        action: Data = {
            "id": self.ids.new(moment),
            "idMemberCreator": self.me["id"],
            "data": {**data, "board": {**board_ref(board), **data.get("board", {})}},
            "appCreator": self.app,
            "type": type_,
            "date": iso(moment),
            "limits": COMMENT_LIMITS if type_ == "commentCard" else None,
            "memberCreator": select(self.me, MEMBER),
        }
        if member is not None:
            action["member"] = select(member, MEMBER)
        self.told.append(action)
        if kept:
            self.kept.append(action)
        board["dateLastActivity"] = action["date"]
        self._boards[board["id"]] = board
        if touches is not None:
            touches["dateLastActivity"] = action["date"]
        return action

    def update(
        self, type_: str, board: Data, subject: str, ref: Data, change: tuple[str, Any, Any], **more: Any
    ) -> Data:
        """Write an update: ``change`` is the field, its old and its new value; ``subject`` a key of ``data``.

        ``more`` may hold ``touches`` and further snapshots.
        """
        field, old, new = change
        touches = more.pop("touches", None)
        data = {subject: {**ref, field: new}, "old": {field: old}, **more}
        return self.add(type_, board, data, touches=touches)

    def flush(self) -> None:
        """Keep what was collected."""
        if self.kept:
            self.state.add_all("action", self.kept)
        if self._boards:
            existing = [board for board in self._boards.values() if self.state.find("board", board["id"])]
            self.state.save_all("board", existing)


def board_ref(board: Data) -> Data:
    """Return a board's snapshot."""
    return {"id": board["id"], "name": board["name"], "shortLink": board["shortLink"]}


def list_ref(list_: Data) -> Data:
    """Return a list's snapshot."""
    return {"id": list_["id"], "name": list_["name"]}


def card_ref(card: Data) -> Data:
    """Return a card's snapshot."""
    return {name: card[name] for name in ("id", "name", "idShort", "shortLink")}


def named_ref(thing: Data) -> Data:
    """Return the snapshot of a checklist, check item, member or label: identifier and name."""
    return {"id": thing["id"], "name": thing.get("name", thing.get("fullName"))}
