"""Actions: reading one, and what it happened on."""

from __future__ import annotations

from typing import Any

from isthmus.sandbox.trello.board_view import BoardView
from isthmus.sandbox.trello.call import Call
from isthmus.sandbox.trello.card_view import CardView
from isthmus.sandbox.trello.display import display_of, entities_of
from isthmus.sandbox.trello.errors import not_found
from isthmus.sandbox.trello.params import Params
from isthmus.sandbox.trello.router import route
from isthmus.sandbox.trello.view import ACTION, MEMBER, fields_of, select

Data = dict[str, Any]


@route("GET", "/actions/{action}")
def read(call: Call, action: str) -> Data:
    """Return an action, with its display unless ``display=false``."""
    data = call.state.get("action", action)
    shown = dict(select(data, fields_of(call.params, "fields", "action", ACTION)))
    if call.params.flag("display", True):
        shown["display"] = display_of(data)
    if call.params.flag("entities"):
        shown["entities"] = entities_of(data)
    return shown


@route("GET", "/actions/{action}/entities")
def read_entities(call: Call, action: str) -> list[Data]:
    """Return the parts of the action's sentence."""
    return entities_of(call.state.get("action", action))


@route("GET", "/actions/{action}/board")
def read_board(call: Call, action: str) -> Data:
    """Return the board of an action."""
    return BoardView(call.state, call.params, None).one(_part(call, action, "board"))


@route("GET", "/actions/{action}/card")
def read_card(call: Call, action: str) -> Data:
    """Return the card of an action with every key."""
    params = Params({"fields": "all", **call.params.values})
    return CardView(call.state, params, listed=False).one(_part(call, action, "card"))


@route("GET", "/actions/{action}/list")
def read_list(call: Call, action: str) -> Data:
    """Return the list of an action with every key."""
    return select(_part(call, action, "list"), fields_of(call.params, "fields", "list", None))


@route("GET", "/actions/{action}/membercreator")
def read_creator(call: Call, action: str) -> Data:
    """Return who acted."""
    data = call.state.get("action", action)
    found = call.state.find("member", data["idMemberCreator"]) or data.get("memberCreator") or {}
    return select(found, fields_of(call.params, "fields", "member", MEMBER))


def _part(call: Call, action: str, kind: str) -> Data:
    told = call.state.get("action", action)["data"].get(kind)
    found = call.state.find(kind, told["id"]) if told else None
    if found is None:
        raise not_found()
    return found
