"""Boards: reading them whole or in parts, making, changing and deleting them, and who is on them."""

from __future__ import annotations

from typing import Any

from isthmus.sandbox.trello import files, template, view
from isthmus.sandbox.trello.board_view import BoardView, checklists_of, labels_of, members_of, memberships_of
from isthmus.sandbox.trello.call import Call
from isthmus.sandbox.trello.card_view import CardView
from isthmus.sandbox.trello.change import Reader, flag, name_text, read_changes, single_field, text
from isthmus.sandbox.trello.derived import board_url, emoji_data
from isthmus.sandbox.trello.errors import invalid_value, no_route, not_found
from isthmus.sandbox.trello.ids import is_id
from isthmus.sandbox.trello.journal import board_ref
from isthmus.sandbox.trello.list_view import lists_with_cards, make_list
from isthmus.sandbox.trello.paging import actions, cards_of_board, lists_of_board
from isthmus.sandbox.trello.router import route
from isthmus.sandbox.trello.view import MEMBER_NAME, scalar, select

Data = dict[str, Any]

DEFAULT_LISTS = ("To Do", "Doing", "Done")
DEFAULT_LABELS = ("green", "yellow", "orange", "red", "purple", "blue")
READERS: dict[str, Reader] = {
    "name": name_text(),
    "desc": text("desc"),
    "closed": flag("closed"),
    "subscribed": flag("subscribed"),
    "idOrganization": lambda call, board: call.params.text("idOrganization") or None,
}


@route("GET", "/boards/{board}")
def read(call: Call, board: str) -> Data:
    """Return a board, with the resources that the parameters nest in it."""
    return BoardView(call.state, call.params).one(call.state.get("board", board))


@route("GET", "/boards/{board}/actions")
def read_actions(call: Call, board: str) -> Any:
    """Return a board's actions, newest first."""
    return actions(call.state, [("board", "=", call.state.get("board", board)["id"])], call.params)


@route("GET", "/boards/{board}/cards")
def read_cards(call: Call, board: str) -> list[Data]:
    """Return a board's visible cards."""
    return _cards(call, board, call.params.text("filter") or "visible")


@route("GET", "/boards/{board}/cards/{which}")
def read_filtered_cards(call: Call, board: str, which: str) -> Any:
    """Return the cards of a filter (``all``, ``open``, ``closed`` …), or one card of the board."""
    if not is_id(which):
        return _cards(call, board, which)
    card = call.state.get("card", which)
    if card["idBoard"] != call.state.get("board", board)["id"]:
        raise not_found()
    return CardView(call.state, call.params, listed=False).one(card)


def _cards(call: Call, board: str, filter_: str) -> list[Data]:
    cards = cards_of_board(call.state, call.state.get("board", board), filter_, call.params)
    return CardView(call.state, call.params).show(cards)


@route("GET", "/boards/{board}/lists")
def read_lists(call: Call, board: str) -> list[Data]:
    """Return a board's open lists, or those of ``filter``."""
    return read_filtered_lists(call, board, call.params.text("filter") or "open")


@route("GET", "/boards/{board}/lists/{which}")
def read_filtered_lists(call: Call, board: str, which: str) -> list[Data]:
    """Return the lists of a filter."""
    lists = lists_of_board(call.state, call.state.get("board", board), which)
    return lists_with_cards(call, lists, view.LIST_IN_BOARD)


@route("GET", "/boards/{board}/labels")
def read_labels(call: Call, board: str) -> list[Data]:
    """Return a board's labels."""
    return labels_of(call.state, call.state.get("board", board), call.params, "fields", "limit")


@route("GET", "/boards/{board}/members")
def read_members(call: Call, board: str) -> list[Data]:
    """Return a board's members with their names."""
    which = (call.params.text("filter") or "all").lower()
    return members_of(call.state, call.state.get("board", board), which, call.params, "fields", MEMBER_NAME)


@route("GET", "/boards/{board}/memberships")
def read_memberships(call: Call, board: str) -> list[Data]:
    """Return who belongs to a board in which role."""
    return memberships_of(call.state.get("board", board), (call.params.text("filter") or "all").lower())


@route("GET", "/boards/{board}/checklists")
def read_checklists(call: Call, board: str) -> list[Data]:
    """Return the checklists of all cards."""
    return checklists_of(call.state, call.state.get("board", board), call.params, "fields")


@route("GET", "/boards/{board}/customfields")
def read_custom_fields(call: Call, board: str) -> list[Data]:
    """Return the definitions of a board's custom fields."""
    return call.state.rows("customField", ("board", "=", call.state.get("board", board)["id"]))


@route("GET", "/boards/{board}/plugindata")
def read_plugin_data(call: Call, board: str) -> Any:
    """Return what Power-Ups keep on a board."""
    return call.state.get("board", board).get("pluginData", [])


@route("GET", "/boards/{board}/{field}")
def read_field(call: Call, board: str, field: str) -> Any:
    """Return a single field."""
    data = call.state.get("board", board)
    found = next((name for name in template.BOARD if name.lower() == field.lower()), None)
    if found is None:
        raise no_route(call.method, call.path)
    return scalar(data.get(found))


# --- writing ---


@route("POST", "/boards")
def create(call: Call) -> Data:
    """Make a board, with three lists and six unnamed labels unless told otherwise."""
    if "idBoardSource" in call.params:
        raise invalid_value("idBoardSource")  # copying whole boards is not simulated
    short_link = call.settings.ids.short_link()
    desc = call.params.text("desc") or ""
    board = template.fresh(
        template.BOARD,
        id=call.new_id(),
        name=call.params.needed("name"),
        desc=desc,
        descData=emoji_data(desc),
        idOrganization=call.params.text("idOrganization") or None,
        idMemberCreator=call.me["id"],
        shortLink=short_link,
        shortUrl=f"https://trello.com/b/{short_link}",
        memberships=[_membership(call, call.me["id"], "admin")],
    )
    board["url"] = board_url(board)
    board["prefs"].update(_prefs(call))
    call.state.add("board", board)
    call.journal.add("createBoard", board, {})
    _furnish(call, board)
    return {**select(board, view.BOARD), "limits": {}}


def _prefs(call: Call) -> Data:
    flat = {
        name.removeprefix("prefs_"): value
        for name, value in call.params.values.items()
        if name.startswith("prefs_")
    }
    return {name: _pref(value) for name, value in flat.items() if name in template.PREFS}


def _pref(value: Any) -> Any:
    return {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value


def _furnish(call: Call, board: Data) -> None:
    if call.params.flag("defaultLists", True):
        for name in DEFAULT_LISTS:
            make_list(call, board, name, "bottom")
    if call.params.flag("defaultLabels", True):
        labels = [
            template.fresh(template.LABEL, id=call.new_id(), idBoard=board["id"], color=color)
            for color in DEFAULT_LABELS
        ]
        call.state.add_all("label", labels)


@route("PUT", "/boards/{board}")
def update(call: Call, board: str) -> Data:
    """Change fields, preferences (``prefs/voting``) and names of label colours (``labelNames/blue``)."""
    data = call.state.get("board", board)
    for field, new in read_changes(call, data, READERS).items():
        _apply(call, data, field, new)
    for field in ("prefs", "labelNames"):
        for name, value in (call.params.raw(field) or {}).items():
            _apply_part(call, data, field, name, _pref(value))
    call.state.save("board", data)
    return select(data, view.BOARD)


@route("PUT", "/boards/{board}/{field}")
def update_field(call: Call, board: str, field: str) -> Data:
    """Change a single field given as ``value``."""
    single_field(call, field, READERS)
    return update(call, board)


def _apply(call: Call, board: Data, field: str, new: Any) -> None:
    old, board[field] = board.get(field), new
    board["url"] = board_url(board)
    board["descData"] = emoji_data(board["desc"])
    if field != "subscribed":
        call.journal.update("updateBoard", board, "board", board_ref(board), (field, old, new))


def _apply_part(call: Call, board: Data, field: str, name: str, new: Any) -> None:
    if name not in template.BOARD[field]:
        raise invalid_value(f"{field}/{name}")
    old = board[field].get(name)
    if old != new:
        board[field] = {**board[field], name: new}
        call.journal.update(
            "updateBoard", board, "board", board_ref(board), (field, {name: old}, {name: new})
        )


@route("DELETE", "/boards/{board}")
def delete(call: Call, board: str) -> Data:
    """Delete a board with everything on it."""
    id_ = call.state.get("board", board)["id"]
    cards = call.state.rows("card", ("board", "=", id_))
    files.forget(call.state.env, [one["id"] for card in cards for one in card["attachments"]])
    for kind in ("action", "checklist", "card", "list", "label", "customField"):
        call.state.remove(kind, ("board", "=", id_))
    call.state.remove("webhook", ("model", "=", id_))
    call.state.remove("board", ("external_id", "=", id_))
    return {"_value": None}


# --- members ---


def _membership(call: Call, member: str, type_: str) -> Data:
    return {
        "id": call.new_id(),
        "idMember": member,
        "memberType": type_,
        "unconfirmed": False,
        "deactivated": False,
    }


@route("PUT", "/boards/{board}/members/{member}")
def put_member(call: Call, board: str, member: str) -> Data:
    """Put somebody on a board, or change the role: ``type`` is admin, normal or observer."""
    data, person = call.state.get("board", board), call.state.get("member", member)
    type_ = call.params.text("type") or "normal"
    if type_ not in ("admin", "normal", "observer"):
        raise invalid_value("type")
    existing = next((one for one in data["memberships"] if one["idMember"] == person["id"]), None)
    if existing is None:
        data["memberships"] = [*data["memberships"], _membership(call, person["id"], type_)]
        told = {"idMemberAdded": person["id"], "memberType": type_}
        call.journal.add("addMemberToBoard", data, told, member=person)
    elif existing["memberType"] != type_:
        existing["memberType"] = type_
        name = f"make{type_.capitalize()}{'Member' if type_ == 'normal' else ''}OfBoard"
        call.journal.add(name, data, {"idMember": person["id"]}, member=person)
    call.state.save("board", data)
    return {"id": data["id"], "members": _member_list(call, data), "memberships": data["memberships"]}


@route("DELETE", "/boards/{board}/members/{member}")
def remove_member(call: Call, board: str, member: str) -> Data:
    """Take somebody off a board; cards keep them."""
    data, person = call.state.get("board", board), call.state.get("member", member)
    rest = [one for one in data["memberships"] if one["idMember"] != person["id"]]
    if len(rest) == len(data["memberships"]):
        raise not_found()
    data["memberships"] = rest
    call.journal.add("removeMemberFromBoard", data, {"idMember": person["id"]}, member=person)
    call.state.save("board", data)
    return {**select(data, view.BOARD), "members": _member_list(call, data)}


def _member_list(call: Call, board: Data) -> list[Data]:
    people = call.state.by_id("member", (one["idMember"] for one in board["memberships"]))
    return [select(person, (*view.MEMBER, "confirmed", "memberType")) for person in people.values()]
