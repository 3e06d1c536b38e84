"""What an action of Trello names: the records that have to be read again because of it.

An action is believed in nothing else. Comments are named by their own ids; check items, links,
files and values of custom fields by their card's, since Trello reaches them through it and one request gives
all of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

Subjects = list[tuple[str, list[str]]]

_ID = re.compile(r"[0-9a-fA-F]{24}")

CARD = "trello.card"
#: Items are subtasks or lines, as the backend says; hints about the other entity are nobody's.
ITEMS = ("trello.checkitem", "trello.line")
ATTACHED = ("trello.link", "trello.file")
VALUES = ("trello.value",)

#: Actions on parts of a card: these are read again, and the card is not.
PARTS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(
        (
            "addChecklistToCard", "removeChecklistFromCard", "updateChecklist", "copyChecklist",
            "createCheckItem", "updateCheckItem", "deleteCheckItem", "updateCheckItemStateOnCard",
            "updateCheckItemDue",
        ),
        ITEMS,
    ),
    "updateCustomFieldItem": VALUES,
    **dict.fromkeys(("addAttachmentToCard", "deleteAttachmentFromCard"), ATTACHED),
}  # fmt: skip

#: Actions that bring a card with its parts.
WITH_PARTS = frozenset({"copyCard", "moveCardToBoard", "convertToCardFromCheckItem"})

#: Actions that concern more than they name, or what is on a board by now that may be none of ours.
FAR = frozenset({"moveCardFromBoard", "moveListFromBoard", "moveListToBoard", "deleteLabel"})

#: Actions on comments; those that exist are named by the action that made them.
WRITTEN = frozenset({"commentCard", "copyCommentCard"})
REWRITTEN = frozenset({"updateComment", "deleteComment"})

#: A round is wanted: nothing is named that could be looked at by itself.
ANYTHING: Subjects = [("trello.board", [])]


def subjects_of(action: Mapping[str, Any]) -> Subjects:
    """Return what an action names: ``(entity, ids)`` each; no ids where only a round can tell.

    Unknown types, and data of another form, are taken for actions on whatever they name.
    """
    type_ = str(action.get("type"))
    data = action.get("data")
    data = data if isinstance(data, Mapping) else {}
    card, list_, label = (_named(data, name) for name in ("card", "list", "label"))
    if type_ in WRITTEN:
        return [("trello.comment", [action["id"]])]
    if type_ in REWRITTEN and (comment := _named(data, "action")):
        return [("trello.comment", [comment])]
    if type_ in FAR:
        return ANYTHING
    if card and type_ in PARTS:
        return [(part, [card]) for part in PARTS[type_]]
    if card and type_ in WITH_PARTS:
        source = _named(data, "cardSource")
        items = [card, source] if source and source != card else [card]
        return [
            (CARD, [card]),
            *((part, items) for part in ITEMS),
            *((part, [card]) for part in (*VALUES, *ATTACHED)),
        ]
    if card:
        return [(CARD, [card])]
    if label:
        return [("trello.label", [label])]
    if list_:
        return [("trello.list", [list_])]
    board = _named(data, "board")
    return [("trello.board", [board])] if board and type_ == "updateBoard" else ANYTHING


def is_id(value: Any) -> bool:
    """Tell whether a value is an id of Trello."""
    return isinstance(value, str) and bool(_ID.fullmatch(value))


def _named(data: Mapping[str, Any], name: str) -> str | None:
    found = data.get(name)
    id_ = found.get("id") if isinstance(found, Mapping) else None
    return id_ if is_id(id_) else None
