"""Cards: reading, making, changing, moving, voting and deleting."""

from __future__ import annotations

import json
from typing import Any

from isthmus.sandbox.trello import files, template
from isthmus.sandbox.trello.board_view import BoardView
from isthmus.sandbox.trello.call import Call
from isthmus.sandbox.trello.card_change import (
    copy_card,
    count_labels,
    list_snapshot,
    move_to_board,
    new_card,
    place_in_list,
    update_field_of,
)
from isthmus.sandbox.trello.card_view import NESTED, CardView, with_parts
from isthmus.sandbox.trello.change import Reader, flag, moment, read_changes, single_field, text
from isthmus.sandbox.trello.errors import invalid_value, no_route
from isthmus.sandbox.trello.journal import card_ref, list_ref
from isthmus.sandbox.trello.list_view import lists_with_cards
from isthmus.sandbox.trello.paging import actions, lists_of_board
from isthmus.sandbox.trello.params import Params
from isthmus.sandbox.trello.resources.attachments import new_link
from isthmus.sandbox.trello.router import route
from isthmus.sandbox.trello.view import LIST, scalar

Data = dict[str, Any]


def _name(call: Call, card: Data) -> str:
    return call.params.needed("name")


def _list(call: Call, card: Data) -> str:
    target = call.named("list", "idList")
    board = call.params.raw("idBoard", card.get("idBoard"))
    if card and target["idBoard"] != board:
        raise invalid_value("idList")
    return str(target["id"])


def _labels(call: Call, card: Data) -> list[str]:
    wanted = call.params.ids("idLabels")
    if len(call.state.by_id("label", wanted)) != len(wanted):
        raise invalid_value("idLabels")
    return wanted


def _members(call: Call, card: Data) -> list[str]:
    wanted = call.params.ids("idMembers")
    if len(call.state.by_id("member", wanted)) != len(wanted):
        raise invalid_value("idMembers")
    return wanted


def _pos(call: Call, card: Data) -> Any:
    list_ = call.state.find("list", call.params.raw("idList")) or {"id": card.get("idList")}
    return place_in_list(call, list_, call.params.raw("pos"), card.get("id", ""))


def _cover(call: Call, card: Data) -> Data:
    value = call.params.raw("cover") or {}
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            raise invalid_value("cover") from None
    if not isinstance(value, dict):
        raise invalid_value("cover")
    return {**card.get("cover", template.COVER), **value}


def _reminder(call: Call, card: Data) -> int | None:
    if call.params.raw("dueReminder") in (None, "", "null"):
        return None
    return call.params.whole("dueReminder", -1, least=-1, most=1_000_000)


READERS: dict[str, Reader] = {
    "name": _name,
    "desc": text("desc"),
    "closed": flag("closed"),
    "idList": _list,
    "pos": _pos,
    "idMembers": _members,
    "idLabels": _labels,
    "due": moment("due"),
    "start": moment("start"),
    "dueComplete": flag("dueComplete"),
    "dueReminder": _reminder,
    "subscribed": flag("subscribed"),
    "cover": _cover,
    "idAttachmentCover": lambda call, card: call.params.text("idAttachmentCover") or None,
    "address": text("address"),
    "locationName": text("locationName"),
}
AT_CREATION = [
    name for name in READERS if name not in ("name", "idList", "pos", "closed", "idAttachmentCover")
]


# --- reading ---


@route("GET", "/cards/{card}")
def read(call: Call, card: str) -> Data:
    """Return a card, with the resources that the parameters nest in it."""
    return CardView(call.state, call.params, listed=False).one(call.state.get("card", card))


@route("GET", "/cards/{card}/actions")
def read_actions(call: Call, card: str) -> Any:
    """Return a card's actions; only comments and moves unless ``filter`` says more."""
    terms = [("card", "=", call.state.get("card", card)["id"])]
    return actions(call.state, terms, call.params, default="commentCard,updateCard:idList")


@route("GET", "/cards/{card}/board")
def read_board(call: Call, card: str) -> Data:
    """Return the board of a card."""
    return BoardView(call.state, call.params, None).one(call.board_of(call.state.get("card", card)))


@route("GET", "/cards/{card}/list")
def read_list(call: Call, card: str) -> Data:
    """Return the list of a card."""
    list_ = call.state.get("list", call.state.get("card", card)["idList"])
    return lists_with_cards(call, [list_], (*LIST, "subscribed"))[0]


@route("GET", "/cards/{card}/{field}")
def read_field(call: Call, card: str, field: str) -> Any:
    """Return a single field, or what the card keeps of a part: ``attachments``, ``customFieldItems`` …"""
    data = call.state.get("card", card)
    found = next((name for name in (*template.CARD, "labels") if name.lower() == field.lower()), None)
    if found is None:
        raise no_route(call.method, call.path)
    if found in NESTED:
        return data.get(found, [])
    return scalar(CardView(call.state, Params({"fields": "all"}), listed=False).one(data).get(found))


# --- writing ---


@route("POST", "/cards")
def create(call: Call) -> Data:
    """Make a card, last in its list unless told otherwise; ``idCardSource`` copies another."""
    return _create(call, call.named("list", "idList"))


@route("POST", "/lists/{list}/cards")
def create_in_list(call: Call, list: str) -> Data:  # noqa: A002 - the name in the path
    """Make a card in the list of the path."""
    return _create(call, call.state.get("list", list))


def _create(call: Call, list_: Data) -> Data:
    board = call.board_of(list_)
    values = {name: READERS[name](call, {}) for name in AT_CREATION if _given(call, name)}
    name = call.params.text("name")
    wish = call.params.raw("pos") or "bottom"
    if "idCardSource" in call.params:
        source = call.named("card", "idCardSource")
        copied = copy_card(call, source, list_, values | ({"name": name} if name else {}), wish)
        return with_parts(copied, call.state)
    card = new_card(call, list_, board, wish, {"name": name or "", **values})
    if call.params.raw("urlSource"):
        new_link(call, card, call.params.needed("urlSource"), None)
    told = {"card": card_ref(card), "list": list_ref(list_)}
    call.journal.add("createCard", board, told, touches=card)
    call.state.save("card", card)
    return with_parts(card, call.state)


def _given(call: Call, name: str) -> bool:
    return call.params.raw(name) not in (None, "")


@route("PUT", "/cards/{card}")
def update(call: Call, card: str) -> Data:
    """Change fields; each that differs is one action. ``idLabels`` and ``idMembers`` replace the sets."""
    data = call.state.get("card", card)
    if "idBoard" in call.params and call.params.id("idBoard") != data["idBoard"]:
        _change_board(call, data)
    for field, new in read_changes(call, data, READERS).items():
        update_field_of(call, data, field, new)
    call.state.save("card", data)
    return CardView(call.state, Params({}), listed=False).one(data)


@route("PUT", "/cards/{card}/{field}")
def update_field(call: Call, card: str, field: str) -> Data:
    """Change a single field given as ``value``."""
    single_field(call, field, {**READERS, "idBoard": text("idBoard")})
    return update(call, card)


def _change_board(call: Call, card: Data) -> None:
    """Move a card to another board: its first open list and the bottom, unless told otherwise."""
    board = call.named("board", "idBoard")
    if "idList" in call.params:
        lists = [call.state.get("list", _list(call, card))]
    else:
        lists = lists_of_board(call.state, board, "open")
    if not lists:
        raise invalid_value("idBoard")
    target = lists[0]
    card["pos"] = place_in_list(call, target, call.params.raw("pos", "bottom"), card["id"])
    move_to_board(call, card, board, target)


@route("DELETE", "/cards/{card}")
def delete(call: Call, card: str) -> Data:
    """Delete a card; its history goes with it and only a nameless action stays on the board."""
    data = call.state.get("card", card)
    snapshot = {"card": {"id": data["id"], "idShort": data["idShort"]}, **list_snapshot(call, data)}
    count_labels(call, data["idLabels"], [])
    board = call.board_of(data)
    for kind in ("action", "checklist"):
        call.state.remove(kind, ("card", "=", data["id"]))
    call.state.remove("card", ("external_id", "=", data["id"]))
    files.forget(call.state.env, [one["id"] for one in data["attachments"]])
    call.journal.add("deleteCard", board, snapshot)
    return {"limits": {}}
