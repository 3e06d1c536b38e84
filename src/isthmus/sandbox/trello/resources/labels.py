"""Labels: of a board, and on its cards."""

from __future__ import annotations

from typing import Any

from isthmus.sandbox.trello import template, view
from isthmus.sandbox.trello.call import Call
from isthmus.sandbox.trello.card_change import update_field_of
from isthmus.sandbox.trello.change import Reader, read_changes, single_field, text
from isthmus.sandbox.trello.errors import invalid_value, no_route, rejected
from isthmus.sandbox.trello.router import route
from isthmus.sandbox.trello.view import fields_of, scalar, select

Data = dict[str, Any]


def _color(call: Call, label: Data) -> str | None:
    color = call.params.raw("color")
    if color in (None, "", "null", "none"):
        return None
    if color not in template.LABEL_COLORS:
        raise invalid_value("color")
    return str(color)


READERS: dict[str, Reader] = {"name": text("name"), "color": _color}


@route("GET", "/labels/{label}")
def read(call: Call, label: str) -> Data:
    """Return a label."""
    return select(call.state.get("label", label), fields_of(call.params, "fields", "label", view.LABEL))


@route("GET", "/labels/{label}/{field}")
def read_field(call: Call, label: str, field: str) -> Any:
    """Return a single field."""
    data = call.state.get("label", label)
    if field not in template.LABEL:
        raise no_route(call.method, call.path)
    return scalar(data[field])


@route("POST", "/labels")
def create(call: Call) -> Data:
    """Make a label on the board ``idBoard``; names need not be unique and may be empty."""
    return {**_make(call, call.named("board", "idBoard")), "limits": {}}


@route("POST", "/boards/{board}/labels")
def create_on_board(call: Call, board: str) -> Data:
    """Make a label on the board of the path."""
    return {**_make(call, call.state.get("board", board)), "limits": {}}


def _make(call: Call, board: Data) -> Data:
    if "name" not in call.params:
        raise invalid_value("name")
    if "color" not in call.params:
        raise invalid_value("color")
    values = {"name": READERS["name"](call, {}), "color": _color(call, {})}
    label = template.fresh(template.LABEL, id=call.new_id(), idBoard=board["id"], **values)
    call.state.add("label", label)
    call.journal.add("createLabel", board, {"label": _snapshot(label)}, kept=False)
    return label


@route("PUT", "/labels/{label}")
def update(call: Call, label: str) -> Data:
    """Rename or recolour a label: on all cards at once, told to webhooks but not kept in the history."""
    data = call.state.get("label", label)
    for field, new in read_changes(call, data, READERS).items():
        old, data[field] = data[field], new
        told = {"label": _snapshot(data), "old": {field: old}}
        call.journal.add("updateLabel", call.board_of(data), told, kept=False)
    return call.state.save("label", data)


@route("PUT", "/labels/{label}/{field}")
def update_field(call: Call, label: str, field: str) -> Data:
    """Change a single field given as ``value``."""
    single_field(call, field, READERS)
    return update(call, label)


@route("DELETE", "/labels/{label}")
def delete(call: Call, label: str) -> Data:
    """Delete a label; it disappears from all cards without a word in their history."""
    data = call.state.get("label", label)
    cards = call.state.rows("card", ("board", "=", data["idBoard"]))
    wearing = [card for card in cards if data["id"] in card["idLabels"]]
    for card in wearing:
        card["idLabels"] = [one for one in card["idLabels"] if one != data["id"]]
    call.state.save_all("card", wearing)
    call.state.remove("label", ("external_id", "=", data["id"]))
    board = call.board_of(data)
    call.journal.add("deleteLabel", board, {"label": _snapshot(data)}, kept=False)
    return {"limits": {}}


def _snapshot(label: Data) -> Data:
    return {name: label[name] for name in ("id", "name", "color")}


# --- on cards ---


@route("POST", "/cards/{card}/labels")
def create_on_card(call: Call, card: str) -> Data:
    """Make a label on the card's board and put it on the card."""
    data = call.state.get("card", card)
    call.params.values.setdefault("name", "")
    label = _make(call, call.board_of(data))
    update_field_of(call, data, "idLabels", [*data["idLabels"], label["id"]])
    call.state.save("card", data)
    return label


@route("POST", "/cards/{card}/idlabels")
def add_label(call: Call, card: str) -> list[str]:
    """Put a label on a card; return the identifiers of all its labels."""
    data, label = call.state.get("card", card), call.named("label", "value")
    if label["id"] in data["idLabels"]:
        raise rejected("that label is already on the card")
    update_field_of(call, data, "idLabels", [*data["idLabels"], label["id"]])
    call.state.save("card", data)
    return list(data["idLabels"])


@route("DELETE", "/cards/{card}/idlabels/{label}")
def remove_label(call: Call, card: str, label: str) -> Data:
    """Take a label off a card."""
    data, found = call.state.get("card", card), call.state.get("label", label)
    if found["id"] not in data["idLabels"]:
        raise rejected("that label is not on the card")
    update_field_of(call, data, "idLabels", [one for one in data["idLabels"] if one != found["id"]])
    call.state.save("card", data)
    return {"_value": None}
