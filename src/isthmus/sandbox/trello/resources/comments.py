"""Comments: the only actions that callers make, edit and delete themselves."""

from __future__ import annotations

from typing import Any

from isthmus.sandbox.trello.call import Call
from isthmus.sandbox.trello.card_change import list_snapshot
from isthmus.sandbox.trello.display import display_of, entities_of
from isthmus.sandbox.trello.errors import invalid_value, not_found, unauthorized
from isthmus.sandbox.trello.journal import card_ref
from isthmus.sandbox.trello.router import route
from isthmus.sandbox.trello.timestamp import iso

Data = dict[str, Any]


@route("POST", "/cards/{card}/actions/comments")
def create(call: Call, card: str) -> Data:
    """Comment on a card; the answer is the action."""
    data = call.state.get("card", card)
    told = {
        "text": call.params.needed("text"),
        "textData": {"emoji": {}},
        "card": card_ref(data),
        **list_snapshot(call, data),
    }
    action = call.journal.add("commentCard", call.board_of(data), told, touches=data)
    _count(data, 1)
    call.state.save("card", data)
    return {**action, "entities": entities_of(action), "display": display_of(action)}


@route("PUT", "/cards/{card}/actions/{action}/comments")
def update_on_card(call: Call, card: str, action: str) -> Data:
    """Edit a comment through its card."""
    return _edit(call, _on_card(call, card, action), call.params.needed("text"))


@route("PUT", "/actions/{action}")
def update(call: Call, action: str) -> Data:
    """Edit a comment: the text changes in place, its date stays, ``dateLastEdited`` appears."""
    return _edit(call, _comment(call, action), call.params.needed("text"))


@route("PUT", "/actions/{action}/text")
def update_text(call: Call, action: str) -> Data:
    """Edit a comment, the text given as ``value``."""
    return _edit(call, _comment(call, action), call.params.needed("value"))


def _comment(call: Call, action: str) -> Data:
    data = call.state.get("action", action)
    if data["type"] != "commentCard":
        raise invalid_value("action")
    return data


def _on_card(call: Call, card: str, action: str) -> Data:
    data = _comment(call, action)
    if data["data"]["card"]["id"] != call.state.get("card", card)["id"]:
        raise not_found()
    return data


def _edit(call: Call, action: Data, text: str) -> Data:
    if action["idMemberCreator"] != call.me["id"]:
        raise unauthorized("unauthorized permission requested")
    told = action["data"]
    old, told["text"] = told["text"], text
    told["dateLastEdited"] = iso(call.settings.ticker.now())
    told.setdefault("textData", {"emoji": {}})
    call.state.save("action", action)
    snapshot = {"action": {"id": action["id"], "text": text}, "old": {"text": old}, "card": told["card"]}
    _tell(call, "updateComment", action, snapshot)
    return action


@route("DELETE", "/cards/{card}/actions/{action}/comments")
def delete_on_card(call: Call, card: str, action: str) -> Data:
    """Delete a comment through its card."""
    _delete(call, _on_card(call, card, action))
    return {}


@route("DELETE", "/actions/{action}")
def delete(call: Call, action: str) -> Data:
    """Delete a comment; only webhooks are told."""
    _delete(call, _comment(call, action))
    return {"_value": None}


def _delete(call: Call, action: Data) -> None:
    call.state.remove("action", ("external_id", "=", action["id"]))
    card = call.state.find("card", action["data"]["card"]["id"])
    if card is not None:
        _count(card, -1)
        call.state.save("card", card)
    _tell(call, "deleteComment", action, {"action": {"id": action["id"]}, "card": action["data"]["card"]})


def _tell(call: Call, type_: str, action: Data, snapshot: Data) -> None:
    board = call.state.find("board", action["data"]["board"]["id"])
    if board is not None:
        call.journal.add(type_, board, snapshot, kept=False)


def _count(card: Data, change: int) -> None:
    card["badges"] = {**card["badges"], "comments": max(card["badges"]["comments"] + change, 0)}
