"""Items of checklists. They are read and made on the checklist, and changed through the card."""

from __future__ import annotations

from typing import Any

from isthmus.sandbox.trello import pos, template
from isthmus.sandbox.trello.call import Call
from isthmus.sandbox.trello.card_change import count_items
from isthmus.sandbox.trello.change import Reader, moment, name_text, read_changes
from isthmus.sandbox.trello.derived import emoji_data
from isthmus.sandbox.trello.errors import invalid_value, not_found
from isthmus.sandbox.trello.journal import card_ref, named_ref
from isthmus.sandbox.trello.router import route

Data = dict[str, Any]

STATES = {"complete": "complete", "true": "complete", "incomplete": "incomplete", "false": "incomplete"}


def _state(call: Call, item: Data) -> str:
    state = STATES.get(str(call.params.raw("state")).lower())
    if state is None:
        raise invalid_value("state")
    return state


def _member(call: Call, item: Data) -> str | None:
    if call.params.raw("idMember") in (None, "", "null"):
        return None
    return str(call.named("member", "idMember")["id"])


def _reminder(call: Call, item: Data) -> int | None:
    if call.params.raw("dueReminder") in (None, "", "null"):
        return None
    return call.params.whole("dueReminder", -1, least=-1, most=1_000_000)


READERS: dict[str, Reader] = {
    "name": name_text(),
    "state": _state,
    "due": moment("due"),
    "dueReminder": _reminder,
    "idMember": _member,
}


def _place(call: Call, checklist: Data, wish: Any, without: str = "") -> pos.Number:
    siblings = [item["pos"] for item in checklist["checkItems"] if item["id"] != without]
    return pos.place(wish, siblings, call.settings.first_item_pos)


def _find(checklists: list[Data], item: str) -> tuple[Data, Data]:
    for checklist in checklists:
        for one in checklist["checkItems"]:
            if one["id"] == item:
                return checklist, one
    raise not_found()


@route("GET", "/checklists/{checklist}/checkitems/{item}")
def read(call: Call, checklist: str, item: str) -> Data:
    """Return one item."""
    return _find([call.state.get("checklist", checklist)], item)[1]


@route("GET", "/cards/{card}/checkitem/{item}")
def read_on_card(call: Call, card: str, item: str) -> Data:
    """Return one item of any of a card's checklists."""
    return _find(_of_card(call, call.state.get("card", card)), item)[1]


def _of_card(call: Call, card: Data) -> list[Data]:
    return call.state.rows("checklist", ("card", "=", card["id"]))


@route("POST", "/checklists/{checklist}/checkitems")
def create(call: Call, checklist: str) -> Data:
    """Add an item to a checklist, last unless told otherwise."""
    return _make(call, call.state.get("checklist", checklist))


@route("POST", "/cards/{card}/checklist/{checklist}/checkitem")
def create_on_card(call: Call, card: str, checklist: str) -> Data:
    """Add an item to a checklist, the old way."""
    return _make(call, call.state.get("checklist", checklist))


def _make(call: Call, checklist: Data) -> Data:
    name = call.params.needed("name")
    item = template.fresh(
        template.CHECK_ITEM,
        id=call.new_id(),
        name=name,
        nameData=emoji_data(name),
        pos=_place(call, checklist, call.params.raw("pos") or "bottom"),
        state="complete" if call.params.flag("checked") else "incomplete",
        idChecklist=checklist["id"],
        **{field: READERS[field](call, {}) for field in ("due", "dueReminder", "idMember")},
    )
    checklist["checkItems"] = [*checklist["checkItems"], item]
    call.state.save("checklist", checklist)
    _recount(call, checklist, "createCheckItem", {"checkItem": named_ref(item) | {"state": item["state"]}})
    return {**item, "limits": {}}


def _recount(call: Call, checklist: Data, type_: str, told: Data, *, kept: bool = False) -> None:
    card = call.state.get("card", checklist["idCard"])
    snapshots = {"card": card_ref(card), "checklist": named_ref(checklist)}
    call.journal.add(type_, call.board_of(card), {**snapshots, **told}, touches=card, kept=kept)
    count_items(call, card)
    call.state.save("card", card)


@route("PUT", "/cards/{card}/checkitem/{item}", "/cards/{card}/checklist/{checklist}/checkitem/{item}")
def update(call: Call, card: str, item: str, checklist: str = "") -> Data:
    """Change, tick or move an item (to another checklist, too). Only ticking is kept in the history."""
    owner, found = _find(_of_card(call, call.state.get("card", card)), item)
    for field, new in read_changes(call, found, READERS).items():
        _apply(call, owner, found, field, new)
    owner = _move(call, owner, found)
    return {**found, "type": None, "creationMethod": None, "idChecklist": owner["id"]}


def _apply(call: Call, checklist: Data, item: Data, field: str, new: Any) -> None:
    old, item[field] = item[field], new
    item["nameData"] = emoji_data(item["name"])
    call.state.save("checklist", checklist)
    snapshot = named_ref(item) | {"state": item["state"]}
    if field == "state":
        _recount(call, checklist, "updateCheckItemStateOnCard", {"checkItem": snapshot}, kept=True)
    else:
        told = {"checkItem": {**snapshot, field: new}, "old": {field: old}}
        _recount(call, checklist, "updateCheckItem", told)


def _move(call: Call, owner: Data, item: Data) -> Data:
    """Move an item by ``pos`` and ``idChecklist``; return its checklist."""
    target = owner
    if "idChecklist" in call.params and call.params.id("idChecklist") != owner["id"]:
        target = call.named("checklist", "idChecklist")
        if target["idCard"] != owner["idCard"]:
            raise invalid_value("idChecklist")
        owner["checkItems"] = [one for one in owner["checkItems"] if one["id"] != item["id"]]
        item["idChecklist"] = target["id"]
        target["checkItems"] = [*target["checkItems"], item]
        call.state.save("checklist", owner)
    if "pos" in call.params:
        item["pos"] = _place(call, target, call.params.raw("pos"), item["id"])
        target["checkItems"] = sorted(target["checkItems"], key=lambda one: one["pos"])
    call.state.save("checklist", target)
    return target


@route("DELETE", "/checklists/{checklist}/checkitems/{item}")
def delete(call: Call, checklist: str, item: str) -> Data:
    """Delete an item."""
    return _delete(call, [call.state.get("checklist", checklist)], item)


@route("DELETE", "/cards/{card}/checkitem/{item}")
def delete_on_card(call: Call, card: str, item: str) -> Data:
    """Delete an item of any of a card's checklists."""
    return _delete(call, _of_card(call, call.state.get("card", card)), item)


def _delete(call: Call, checklists: list[Data], item: str) -> Data:
    owner, found = _find(checklists, item)
    owner["checkItems"] = [one for one in owner["checkItems"] if one["id"] != found["id"]]
    call.state.save("checklist", owner)
    _recount(call, owner, "deleteCheckItem", {"checkItem": named_ref(found)})
    return {"limits": {}}
