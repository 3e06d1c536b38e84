"""What changed on the boards, and in the tasks behind the cards: so that a quiet round costs few calls."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from isthmus.components import Component
from isthmus.connector.intake import ChangeIntake, Changes
from isthmus.connector.odoo_intake import OdooIntake, pairs_of
from isthmus.trello.adapter import TrelloAdapter
from isthmus.trello.base import TrelloComponent
from isthmus.trello.client import path_of
from isthmus.trello.known_boards import KnownBoards
from isthmus.trello.news import Action, News, Place, cards_of, first_place

BOARD = {"fields": "name,dateLastActivity"}

#: Where more than this part of the cards changed, all of them are read: a page has a thousand, a batch ten.
PART, FEW = 10, 200


class TrelloIntake(ChangeIntake, TrelloComponent, Component):
    """Looks at everything of an entity where something happened on a board, whatever it was.

    The history of a board does not tell of everything: not of labels, edited comments or check items. But
    the board's last activity moves.
    """

    _name = "trello.import.intake"
    _inherit = ["connector.change.intake", "base.trello.connector"]
    _usage = "import.intake"

    #: Where pairs of one of these entities went or came, everything is looked at.
    within: tuple[str, ...] = ()

    def changes(self, cursor: Any) -> Changes:
        news, scope = self.news(), pairs_of(self, self.within)
        same = cursor is not None and set(cursor["boards"]) == set(news.boards) and cursor["scope"] == scope
        if not same or self.is_due(cursor):
            return Changes(None, self._begun(news, scope))
        places = {board: Place.of(kept) for board, kept in cursor["boards"].items()}
        told = news.actions(places)
        fresh = [
            action
            for board, actions in told.items()
            for action in actions
            if action["id"] not in places[board].seen
        ]
        moved = any(places[board].activity != activity for board, activity in news.boards.items())
        ids = self.ids_of(sorted(fresh, key=lambda one: (one["date"], one["id"])), moved)
        if ids is None:
            return Changes(None, self._begun(news, scope))
        boards = {
            board: place.after(news.boards[board], told[board]).to_json() for board, place in places.items()
        }
        return Changes(ids, {**cursor, "boards": boards})

    def ids_of(self, actions: list[Action], moved: bool) -> list[str] | None:
        """Return the external ids that actions tell of, None for all.

        ``moved``: a board had some activity.
        """
        return None if actions or moved else []

    def _begun(self, news: News, scope: list[list[Any]]) -> dict[str, Any]:
        boards = {board: first_place(board, at).to_json() for board, at in news.boards.items()}
        return {"boards": boards, "scope": scope, "full": self.env.now.isoformat()}

    def news(self) -> News:
        """Return what tells of the boards, the same for all entities of a round."""
        shared: dict[str, Any] = getattr(self.work, "shared", {})
        if "trello.news" not in shared:
            adapter = self.component(usage="backend.adapter")
            found = self._boards(adapter)
            shared["trello.news"] = News(
                adapter.client, {board["id"]: board.get("dateLastActivity") for board in found}
            )
        news: News = shared["trello.news"]
        known = KnownBoards(list(news.boards), list(self.collection.boards or ()), self.env.now)
        self.work.trello_boards = known  # type: ignore[attr-defined]
        return news

    def _boards(self, adapter: TrelloAdapter) -> list[Mapping[str, Any]]:
        """Return the boards that are synchronised, with their last activity, in the adapter's order."""
        wanted = self.collection.boards or []
        if not wanted:
            mine: Iterable[Mapping[str, Any]] = adapter.client.get(
                "/members/me/boards", filter="open", **BOARD
            )
            return sorted(mine, key=lambda board: str(board["id"]))
        found = adapter.client.get_many([path_of(f"/boards/{board}", **BOARD) for board in wanted])
        return [known or adapter._board(board) for board, known in zip(wanted, found, strict=True)]


class MemberIntake(TrelloIntake):
    """Members: which user of Odoo one is may change without Trello knowing, so all are looked at."""

    _name = "trello.member.import.intake"
    _inherit = ["trello.import.intake"]
    _apply_on = "trello.member"

    def changes(self, cursor: Any) -> Changes:
        self.news()  # which boards there are is asked for all
        return Changes()


class PartIntake(TrelloIntake):
    """Check items, comments and links: they come with their cards."""

    _name = "trello.part.import.intake"
    _inherit = ["trello.import.intake"]
    _apply_on = ["trello.checkitem", "trello.line", "trello.value", "trello.comment", "trello.link"]

    within = ("trello.card",)


class NamedIntake(TrelloIntake):
    """Boards and lists: the history of a board tells of all that happens to them."""

    _name = "trello.named.import.intake"
    _inherit = ["trello.import.intake"]
    _apply_on = ["trello.board", "trello.list"]

    def ids_of(self, actions: list[Action], moved: bool) -> list[str] | None:
        word = "Board" if self.work.model_name == "trello.board" else "List"
        return None if any(word in action["type"] for action in actions) else []


class CardIntake(TrelloIntake):
    """Cards: the history tells of them, but for those that lost a label since it was deleted, and those whose
    list went to another board.
    """

    _name = "trello.card.import.intake"
    _inherit = ["trello.import.intake"]
    _apply_on = "trello.card"

    within = ("trello.label",)

    def ids_of(self, actions: list[Action], moved: bool) -> list[str] | None:
        if any(action["type"] == "moveListToBoard" for action in actions):
            return None
        ids = cards_of(actions)
        if len(ids) <= FEW:
            return ids
        return None if len(ids) * PART > self.model.search_count(self.binder._scope()) else ids


class CardExportIntake(OdooIntake, TrelloComponent, Component):
    """Tasks: which of them can be cards depends on the boards alone."""

    _name = "trello.card.export.intake"
    _inherit = ["connector.odoo.intake", "base.trello.connector"]
    _usage = "export.intake"
    _apply_on = "trello.card"

    within = ("trello.board",)


class CheckItemExportIntake(CardExportIntake):
    """Subtasks: which of them can be check items depends on the cards."""

    _name = "trello.checkitem.export.intake"
    _inherit = ["trello.card.export.intake"]
    _apply_on = "trello.checkitem"

    within = ("trello.card",)
    domain = (("parent_id", "!=", False),)


class CommentExportIntake(CardExportIntake):
    """Messages: which of them can be comments depends on the cards."""

    _name = "trello.comment.export.intake"
    _inherit = ["trello.card.export.intake"]
    _apply_on = "trello.comment"

    within = ("trello.card",)
    domain = (("model", "=", "project.task"), ("message_type", "=", "comment"))


class LinkExportIntake(CardExportIntake):
    """Attachments: which of them can be links on cards depends on the cards."""

    _name = "trello.link.export.intake"
    _inherit = ["trello.card.export.intake"]
    _apply_on = "trello.link"

    within = ("trello.card",)
    domain = (("res_model", "=", "project.task"),)
