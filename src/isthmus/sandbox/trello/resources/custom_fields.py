"""Custom fields: definitions on boards, options of lists, values on cards (numbers and ticks are texts)."""

from __future__ import annotations

import json
from typing import Any

from isthmus.sandbox.trello import pos, template
from isthmus.sandbox.trello.call import Call
from isthmus.sandbox.trello.change import Reader, name_text, read_changes
from isthmus.sandbox.trello.errors import invalid_value, not_found
from isthmus.sandbox.trello.journal import card_ref, named_ref
from isthmus.sandbox.trello.router import route
from isthmus.sandbox.trello.timestamp import iso, parse
from isthmus.sandbox.trello.view import fields_of, select

Data = dict[str, Any]

TYPES = ("checkbox", "list", "number", "text", "date")
VALUE_KEYS = {"checkbox": "checked", "number": "number", "text": "text", "date": "date"}


@route("GET", "/customfields/{field}")
def read(call: Call, field: str) -> Data:
    """Return a definition."""
    return select(call.state.get("customField", field), fields_of(call.params, "fields", "customField", None))


@route("GET", "/customfields/{field}/options")
def read_options(call: Call, field: str) -> list[Data]:
    """Return the options of a list field."""
    options = call.state.get("customField", field).get("options", [])
    return [{"_id": one["id"], **{name: one[name] for name in ("value", "color", "pos")}} for one in options]


@route("GET", "/customfields/{field}/options/{option}")
def read_option(call: Call, field: str, option: str) -> Data:
    """Return one option."""
    return _option(call.state.get("customField", field), option)


def _option(field: Data, option: str) -> Data:
    for one in field.get("options", []):
        if one["id"] == option:
            return dict(one)
    raise not_found()


@route("POST", "/customfields")
def create(call: Call) -> Data:
    """Define a field on the board ``idModel``."""
    board = call.named("board", "idModel")
    type_ = call.params.raw("type")
    if type_ not in TYPES:
        raise invalid_value("type")
    siblings = call.state.values("customField", "pos", ("board", "=", board["id"]))
    field = template.fresh(
        template.CUSTOM_FIELD,
        id=call.new_id(),
        idModel=board["id"],
        name=call.params.needed("name"),
        pos=pos.place(call.params.raw("pos") or "bottom", siblings, call.settings.first_item_pos),
        type=type_,
        display={"cardFront": call.params.flag("display_cardFront", True)},
        fieldGroup=(call.new_id() * 3)[:64],
    )
    if type_ == "list":
        field["options"] = []
        for option in _given_options(call):
            _add_option(call, field, option.get("value"), option.get("color"), option.get("pos"))
    call.state.add("customField", field)
    call.journal.add("createCustomField", board, {"customField": named_ref(field)})
    return field


def _given_options(call: Call) -> list[Data]:
    options = call.params.raw("options") or []
    if isinstance(options, str):
        try:
            options = json.loads(options)
        except ValueError:
            raise invalid_value("options") from None
    if not isinstance(options, list) or not all(isinstance(one, dict) for one in options):
        raise invalid_value("options")
    return options


def _add_option(call: Call, field: Data, value: Any, color: Any, wish: Any) -> Data:
    if not isinstance(value, dict) or not isinstance(value.get("text"), str) or not value["text"]:
        raise invalid_value("value")
    options = field.get("options", [])
    siblings = [one["pos"] for one in options]
    option = {
        "id": call.new_id(),
        "idCustomField": field["id"],
        "value": {"text": value["text"]},
        "color": color or "none",
        "pos": pos.place(wish or "bottom", siblings, call.settings.first_item_pos),
    }
    field["options"] = sorted([*options, option], key=lambda one: one["pos"])
    return option


def _snapshot(field: Data) -> Data:
    return {name: field[name] for name in ("id", "name", "type")}


@route("PUT", "/customfields/{field}")
def update(call: Call, field: str) -> Data:
    """Rename or move a field, or show it on the front of cards (``display/cardFront``)."""
    data = call.state.get("customField", field)
    board = call.state.get("board", data["idModel"])
    for name, new in read_changes(call, data, READERS).items():
        old, data[name] = data[name], new
        call.journal.update("updateCustomField", board, "customField", _snapshot(data), (name, old, new))
    return call.state.save("customField", data)


def _new_pos(call: Call, field: Data) -> Any:
    terms = ("board", "=", field["idModel"]), ("external_id", "!=", field["id"])
    siblings = call.state.values("customField", "pos", *terms)
    return pos.place(call.params.raw("pos"), siblings, call.settings.first_item_pos)


def _display(call: Call, field: Data) -> Data:
    told = call.params.raw("display")
    front = told.get("cardFront") if isinstance(told, dict) else None
    if str(front).lower() not in ("true", "false"):
        raise invalid_value("display")
    return {"cardFront": str(front).lower() == "true"}


READERS: dict[str, Reader] = {"name": name_text(), "pos": _new_pos, "display": _display}


@route("DELETE", "/customfields/{field}")
def delete(call: Call, field: str) -> Data:
    """Delete a field with its values on all cards."""
    data = call.state.get("customField", field)
    cards = call.state.rows("card", ("board", "=", data["idModel"]))
    wearing = [card for card in cards if _item_of(card, data)]
    for card in wearing:
        card["customFieldItems"] = _other_items(card, data)
    call.state.save_all("card", wearing)
    call.state.remove("customField", ("external_id", "=", data["id"]))
    board = call.state.get("board", data["idModel"])
    call.journal.add("deleteCustomField", board, {"customField": _snapshot(data)})
    return {"limits": {}}


@route("POST", "/customfields/{field}/options")
def create_option(call: Call, field: str) -> Data:
    """Add an option to a list field."""
    data = call.state.get("customField", field)
    if data["type"] != "list":
        raise invalid_value("type")
    option = _add_option(call, data, *(call.params.raw(name) for name in ("value", "color", "pos")))
    call.state.save("customField", data)
    return option


@route("DELETE", "/customfields/{field}/options/{option}")
def delete_option(call: Call, field: str, option: str) -> Data:
    """Take an option away."""
    data = call.state.get("customField", field)
    gone = _option(data, option)
    data["options"] = [one for one in data["options"] if one["id"] != gone["id"]]
    call.state.save("customField", data)
    return {}


# --- values on cards ---


def _item_of(card: Data, field: Data) -> Data | None:
    return next((one for one in card["customFieldItems"] if one["idCustomField"] == field["id"]), None)


def _other_items(card: Data, field: Data) -> list[Data]:
    return [one for one in card["customFieldItems"] if one["idCustomField"] != field["id"]]


@route("PUT", "/cards/{card}/customfield/{field}/item")
def put_value(call: Call, card: str, field: str) -> Data:
    """Set or clear (``value`` or ``idValue`` empty) a card's value of a field."""
    data, definition = call.state.get("card", card), call.state.get("customField", field)
    item = _put(call, data, definition, call.params.values)
    call.state.save("card", data)
    return item


@route("PUT", "/cards/{card}/customfields")
def put_values(call: Call, card: str) -> list[Data]:
    """Set several values at once: ``customFieldItems`` is a list of ``{idCustomField, value | idValue}``."""
    data = call.state.get("card", card)
    given = call.params.raw("customFieldItems")
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise invalid_value("customFieldItems")
    items = []
    for one in given:
        definition = call.state.find("customField", one.get("idCustomField"))
        if definition is None:
            raise invalid_value("idCustomField")
        items.append(_put(call, data, definition, one))
    call.state.save("card", data)
    return items


def _put(call: Call, card: Data, field: Data, given: Data) -> Data:
    if field["idModel"] != card["idBoard"]:
        raise invalid_value("idCustomField")
    old = _item_of(card, field)
    key = "idValue" if field["type"] == "list" else "value"
    value = _option_value(field, given) if key == "idValue" else _typed_value(field, given)
    item = {
        "id": old["id"] if old else call.new_id(),
        "idValue": None,
        "value": None,
        key: value,
        "idCustomField": field["id"],
        "idModel": card["id"],
        "modelType": "card",
    }
    if value is None or key == "value":
        item.pop("idValue")
    if value is not None and key == "idValue":
        item.pop("value")
    card["customFieldItems"] = [*_other_items(card, field), *([item] if value is not None else [])]
    told = {
        "old": {key: old.get(key) if old else None},
        "customField": _snapshot(field),
        "customFieldItem": item,
        "card": card_ref(card),
    }
    call.journal.add("updateCustomFieldItem", call.board_of(card), told, touches=card)
    return item


def _option_value(field: Data, given: Data) -> str | None:
    option = given.get("idValue") or ""
    if option and not any(one["id"] == option for one in field.get("options", [])):
        raise invalid_value("idValue")
    return str(option) or None


def _typed_value(field: Data, given: Data) -> Data | None:
    """Return ``{"number": "0.3"}`` and the like; None clears."""
    value = given.get("value")
    if value in ("", None, {}):
        return None
    key = VALUE_KEYS[field["type"]]
    if not isinstance(value, dict) or set(value) != {key}:
        raise invalid_value("value")
    return {key: _checked(key, value[key])}


def _checked(key: str, value: Any) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    try:
        if key == "number":
            float(text)
        elif key == "date":
            return iso(parse(text))
    except ValueError:
        raise invalid_value("value") from None
    if key == "checked" and text not in ("true", "false"):
        raise invalid_value("value")
    return text
