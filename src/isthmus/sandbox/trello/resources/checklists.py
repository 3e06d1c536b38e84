"""Checklists of cards and their items."""

from __future__ import annotations

from typing import Any

from isthmus.sandbox.trello import pos, template, view
from isthmus.sandbox.trello.board_view import BoardView
from isthmus.sandbox.trello.call import Call
from isthmus.sandbox.trello.card_change import copy_checklist, count_items
from isthmus.sandbox.trello.change import Reader, name_text, read_changes, single_field
from isthmus.sandbox.trello.errors import no_route, not_found
from isthmus.sandbox.trello.journal import card_ref, named_ref
from isthmus.sandbox.trello.router import route
from isthmus.sandbox.trello.view import fields_of, scalar, select

Data = dict[str, Any]


def _of_card(call: Call, card: Data) -> list[Data]:
    return call.state.rows("checklist", ("card", "=", card["id"]))


def _new_pos(call: Call, checklist: Data) -> Any:
    others = [one for one in _of_card(call, {"id": checklist["idCard"]}) if one["id"] != checklist["id"]]
    return pos.place(call.params.raw("pos"), [one["pos"] for one in others], call.settings.first_item_pos)


READERS: dict[str, Reader] = {"name": name_text(), "pos": _new_pos}


@route("GET", "/checklists/{checklist}")
def read(call: Call, checklist: str) -> Data:
    """Return a checklist with its items."""
    fields = fields_of(call.params, "fields", "checklist", view.CHECKLIST)
    return select(call.state.get("checklist", checklist), fields)


@route("GET", "/cards/{card}/checklists")
def read_of_card(call: Call, card: str) -> list[Data]:
    """Return a card's checklists in their order."""
    fields = fields_of(call.params, "fields", "checklist", view.CHECKLIST)
    return [select(one, fields) for one in _of_card(call, call.state.get("card", card))]


@route("GET", "/checklists/{checklist}/board")
def read_board(call: Call, checklist: str) -> Data:
    """Return the board of a checklist."""
    return BoardView(call.state, call.params, None).one(call.board_of(call.state.get("checklist", checklist)))


@route("GET", "/checklists/{checklist}/{field}")
def read_field(call: Call, checklist: str, field: str) -> Any:
    """Return a single field, the items for instance."""
    data = call.state.get("checklist", checklist)
    found = next((name for name in template.CHECKLIST if name.lower() == field.lower()), None)
    if found is None:
        raise no_route(call.method, call.path)
    return scalar(data[found])


@route("POST", "/checklists")
def create(call: Call) -> Data:
    """Make a checklist on the card ``idCard``; ``idChecklistSource`` copies one, all items incomplete."""
    return {**select(_make(call, call.named("card", "idCard")), view.CHECKLIST), "limits": {}}


@route("POST", "/cards/{card}/checklists")
def create_on_card(call: Call, card: str) -> Data:
    """Make a checklist on the card of the path."""
    return select(_make(call, call.state.get("card", card)), view.CHECKLIST)


def _make(call: Call, card: Data) -> Data:
    siblings = [one["pos"] for one in _of_card(call, card)]
    place = pos.place(call.params.raw("pos") or "bottom", siblings, call.settings.first_item_pos)
    name = call.params.text("name")
    if "idChecklistSource" in call.params:
        made = copy_checklist(call, call.named("checklist", "idChecklistSource"), card, place, name)
    else:
        owner = {"idBoard": card["idBoard"], "idCard": card["id"]}
        made = template.fresh(
            template.CHECKLIST, id=call.new_id(), name=name or "Checklist", pos=place, **owner
        )
        call.state.add("checklist", made)
    _journal(call, "addChecklistToCard", made, card)
    count_items(call, card)
    call.state.save("card", card)
    return made


def _journal(call: Call, type_: str, checklist: Data, card: Data, *, kept: bool = True, **more: Any) -> None:
    told = {"card": card_ref(card), "checklist": named_ref(checklist), **more}
    call.journal.add(type_, call.board_of(card), told, touches=card, kept=kept)


@route("PUT", "/checklists/{checklist}")
def update(call: Call, checklist: str) -> Data:
    """Rename or move a checklist."""
    data = call.state.get("checklist", checklist)
    card = call.state.get("card", data["idCard"])
    for field, new in read_changes(call, data, READERS).items():
        old, data[field] = data[field], new
        _journal(call, "updateChecklist", data, card, old={field: old})
    call.state.save("checklist", data)
    call.state.save("card", card)
    return select(data, view.CHECKLIST)


@route("PUT", "/checklists/{checklist}/{field}")
def update_field(call: Call, checklist: str, field: str) -> Data:
    """Change a single field given as ``value``."""
    single_field(call, field, READERS)
    return update(call, checklist)


@route("DELETE", "/checklists/{checklist}")
def delete(call: Call, checklist: str) -> Data:
    """Delete a checklist with its items."""
    _remove(call, call.state.get("checklist", checklist))
    return {"limits": {}}


@route("DELETE", "/cards/{card}/checklists/{checklist}")
def delete_from_card(call: Call, card: str, checklist: str) -> list[Data]:
    """Delete a checklist through its card; return those that stay."""
    owner, data = call.state.get("card", card), call.state.get("checklist", checklist)
    if data["idCard"] != owner["id"]:
        raise not_found()
    _remove(call, data)
    return [select(one, view.CHECKLIST) for one in _of_card(call, owner)]


def _remove(call: Call, checklist: Data) -> None:
    call.state.remove("checklist", ("external_id", "=", checklist["id"]))
    card = call.state.get("card", checklist["idCard"])
    _journal(call, "removeChecklistFromCard", checklist, card)
    count_items(call, card)
    call.state.save("card", card)
