"""Lists: columns of a board. They can be archived, never deleted."""

from __future__ import annotations

from typing import Any

from isthmus.sandbox.trello import pos, template, view
from isthmus.sandbox.trello.board_view import BoardView
from isthmus.sandbox.trello.call import Call
from isthmus.sandbox.trello.card_change import copy_card, move_to_board, put_on_board, update_field_of
from isthmus.sandbox.trello.card_view import CardView
from isthmus.sandbox.trello.change import Reader, flag, name_text, read_changes, single_field
from isthmus.sandbox.trello.errors import invalid_value, no_route
from isthmus.sandbox.trello.journal import list_ref
from isthmus.sandbox.trello.list_view import lists_with_cards, make_list
from isthmus.sandbox.trello.paging import actions, cards_of_list
from isthmus.sandbox.trello.router import route
from isthmus.sandbox.trello.view import scalar, select

Data = dict[str, Any]


def _new_pos(call: Call, list_: Data) -> Any:
    siblings = call.state.values(
        "list", "pos", ("board", "=", list_["idBoard"]), ("external_id", "!=", list_["id"])
    )
    return pos.place(call.params.raw("pos"), siblings, call.settings.first_pos)


READERS: dict[str, Reader] = {
    "name": name_text(),
    "closed": flag("closed"),
    "pos": _new_pos,
    "subscribed": flag("subscribed"),
    "idBoard": lambda call, list_: call.named("board", "idBoard")["id"],
}


@route("GET", "/lists/{list}")
def read(call: Call, list: str) -> Data:  # noqa: A002 - the name in the path
    """Return a list."""
    return lists_with_cards(call, [call.state.get("list", list)], view.LIST)[0]


@route("GET", "/lists/{list}/cards")
def read_cards(call: Call, list: str) -> Any:  # noqa: A002
    """Return a list's open cards, or those of ``filter``, in their order."""
    cards = cards_of_list(
        call.state, call.state.get("list", list), call.params.text("filter") or "open", call.params
    )
    return CardView(call.state, call.params).show(cards)


@route("GET", "/lists/{list}/actions")
def read_actions(call: Call, list: str) -> Any:  # noqa: A002
    """Return what happened on a list, newest first."""
    return actions(call.state, [("list", "=", call.state.get("list", list)["id"])], call.params)


@route("GET", "/lists/{list}/board")
def read_board(call: Call, list: str) -> Data:  # noqa: A002
    """Return the board of a list."""
    return BoardView(call.state, call.params, None).one(call.board_of(call.state.get("list", list)))


@route("GET", "/lists/{list}/{field}")
def read_field(call: Call, list: str, field: str) -> Any:  # noqa: A002
    """Return a single field."""
    data = call.state.get("list", list)
    if field not in template.LIST:
        raise no_route(call.method, call.path)
    return scalar(data.get(field))


@route("POST", "/lists")
def create(call: Call) -> Data:
    """Make a list, first on its board unless told otherwise; ``idListSource`` copies one with its cards."""
    return _create(call, call.named("board", "idBoard"))


@route("POST", "/boards/{board}/lists")
def create_on_board(call: Call, board: str) -> Data:
    """Make a list on the board of the path."""
    return _create(call, call.state.get("board", board))


def _create(call: Call, board: Data) -> Data:
    name = call.params.needed("name")
    source = call.state.find("list", call.params.raw("idListSource"))
    made = make_list(call, board, name, call.params.raw("pos", "top"))
    for card in cards_of_list(call.state, source, "open", call.params) if source else ():
        copy_card(call, card, made, {})
    return {**select(made, view.LIST), "limits": {}}


@route("PUT", "/lists/{list}")
def update(call: Call, list: str) -> Data:  # noqa: A002
    """Change a list; ``idBoard`` moves it with its cards to another board."""
    data = call.state.get("list", list)
    changes = read_changes(call, data, READERS)
    target = changes.pop("idBoard", None)
    for field, new in changes.items():
        old, data[field] = data[field], new
        if field != "subscribed":
            call.journal.update("updateList", call.board_of(data), "list", list_ref(data), (field, old, new))
    if target:
        _move(call, data, call.state.get("board", target))
    call.state.save("list", data)
    return select(data, view.LIST)


@route("PUT", "/lists/{list}/{field}")
def update_field(call: Call, list: str, field: str) -> Data:  # noqa: A002
    """Change a single field given as ``value``."""
    single_field(call, field, READERS)
    return update(call, list)


def _move(call: Call, list_: Data, board: Data) -> None:
    source = call.board_of(list_)
    list_["idBoard"] = board["id"]
    told = {"list": list_ref(list_)}
    call.journal.add("moveListFromBoard", source, {**told, "boardTarget": {"id": board["id"]}})
    call.journal.add("moveListToBoard", board, {**told, "boardSource": {"id": source["id"]}})
    cards = call.state.rows("card", ("list", "=", list_["id"]))
    for card in cards:
        put_on_board(call, card, board)
    call.state.save_all("card", cards)


@route("POST", "/lists/{list}/archiveallcards")
def archive_all_cards(call: Call, list: str) -> Data:  # noqa: A002
    """Archive every open card of a list."""
    data = call.state.get("list", list)
    cards = call.state.rows("card", ("list", "=", data["id"]), ("closed", "=", False))
    for card in cards:
        update_field_of(call, card, "closed", True)
    call.state.save_all("card", cards)
    return {}


@route("POST", "/lists/{list}/moveallcards")
def move_all_cards(call: Call, list: str) -> Any:  # noqa: A002
    """Move every open card of a list to the end of another, of the same board or of ``idBoard``."""
    data = call.state.get("list", list)
    board, target = call.named("board", "idBoard"), call.named("list", "idList")
    if target["idBoard"] != board["id"]:
        raise invalid_value("idList")
    cards = call.state.rows("card", ("list", "=", data["id"]), ("closed", "=", False))
    taken = call.state.values("card", "pos", ("list", "=", target["id"]))
    for card in cards:
        card["pos"] = pos.place("bottom", taken, call.settings.first_pos)
        taken.append(card["pos"])
        if card["idBoard"] == board["id"]:
            update_field_of(call, card, "idList", target["id"])
        else:
            move_to_board(call, card, board, target)
    call.state.save_all("card", cards)
    return [select(card, ("id", "idBoard", "idList", "pos")) for card in cards]
