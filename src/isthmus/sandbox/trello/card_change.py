"""What happens to a card when it is made, changed, copied or moved to another board."""

from __future__ import annotations

from typing import Any

from isthmus.sandbox.trello import files, pos, template
from isthmus.sandbox.trello.call import Call
from isthmus.sandbox.trello.derived import refresh, tell_items
from isthmus.sandbox.trello.journal import board_ref, card_ref, list_ref
from isthmus.sandbox.trello.timestamp import iso

Data = dict[str, Any]

#: Changes of these fields leave no trace in the history.
SILENT = frozenset({"subscribed"})
#: Changes of these do not move the card's dateLastActivity.
QUIET = frozenset({"pos", "subscribed"})
COPIED = ("desc", "descData", "due", "start", "dueComplete", "dueReminder", "idLabels", "idMembers", "cover")


def new_card(call: Call, list_: Data, board: Data, wish: Any, values: Data) -> Data:
    """Make a card in a list at a position; the caller journals it."""
    short_link = call.settings.ids.short_link()
    card = template.fresh(
        template.CARD,
        id=call.new_id(),
        idBoard=board["id"],
        idList=list_["id"],
        idShort=next_short_id(call, board),
        idMemberCreator=call.me["id"],
        idOrganization=board["idOrganization"],
        shortLink=short_link,
        shortUrl=f"https://trello.com/c/{short_link}",
        pos=place_in_list(call, list_, wish),
    )
    card.update(values)
    refresh(card)
    count_labels(call, [], card["idLabels"])
    return call.state.add("card", card)


def next_short_id(call: Call, board: Data) -> int:
    """Return the next number of the counter that people see on the cards of a board."""
    board["lastIdShort"] = board.get("lastIdShort", 0) + 1
    call.state.save("board", board)
    return int(board["lastIdShort"])


def place_in_list(call: Call, list_: Data, wish: Any, without: str = "") -> pos.Number:
    """Return the position for a wish among a list's cards."""
    if wish not in ("top", "bottom"):
        return pos.number(wish)
    order = "pos desc" if wish == "bottom" else "pos"
    terms = ("list", "=", list_["id"]), ("external_id", "!=", without)
    siblings = call.state.values("card", "pos", *terms, order=order, limit=1)
    return pos.place(wish, siblings, call.settings.first_pos)


def update_field_of(call: Call, card: Data, field: str, new: Any) -> None:
    """Change one field of a card and journal it; the caller saves the card."""
    old, card[field] = card.get(field), new
    if field == "idLabels":
        count_labels(call, old or [], new)
    refresh(card)
    moment = iso(call.settings.ticker.now())
    if field == "closed":
        card["dateClosed"] = moment if new else None
    if field == "dueComplete":
        card["dateCompleted"] = moment if new else None
    if field in SILENT:
        return
    lists = _list_snapshots(call, card, field, old)
    change = (field, old, new)
    touches = None if field in QUIET else card
    board = call.board_of(card)
    call.journal.update("updateCard", board, "card", card_ref(card), change, touches=touches, **lists)
    if field == "idLabels":
        _tell_labels(call, card, board, old or [], new)


def _list_snapshots(call: Call, card: Data, field: str, old: Any) -> Data:
    if field != "idList":
        return list_snapshot(call, card)
    before, after = call.state.find("list", old), call.state.get("list", card["idList"])
    return {"listBefore": list_ref(before) if before else {"id": old}, "listAfter": list_ref(after)}


def list_snapshot(call: Call, card: Data) -> Data:
    """Return the ``list`` of an action on a card; nothing when its list is missing."""
    found = call.state.find("list", card["idList"])
    return {"list": list_ref(found)} if found else {}


def _tell_labels(call: Call, card: Data, board: Data, old: list[str], new: list[str]) -> None:
    """Tell webhooks about each label, as the service does besides the journalled change."""
    for type_, ids in (("addLabelToCard", set(new) - set(old)), ("removeLabelFromCard", set(old) - set(new))):
        for label in call.state.by_id("label", ids).values():
            snapshot = {name: label[name] for name in ("id", "name", "color")}
            told = {"card": card_ref(card), "label": snapshot, "value": label["color"], "text": label["name"]}
            call.journal.add(type_, board, told, kept=False)


def count_labels(call: Call, old: list[str], new: list[str]) -> None:
    """Keep the labels' ``uses`` right."""
    changed = set(old) ^ set(new)
    labels = call.state.by_id("label", changed).values()
    for label in labels:
        label["uses"] = max(label.get("uses", 0) + (1 if label["id"] in new else -1), 0)
    call.state.save_all("label", labels)


# --- other boards ---


def put_on_board(call: Call, card: Data, board: Data) -> None:
    """Give a card to another board: a new number, and only labels and members that the board has."""
    known = call.state.by_id("label", card["idLabels"])
    kept = [id_ for id_ in card["idLabels"] if id_ in known and known[id_]["idBoard"] == board["id"]]
    count_labels(call, card["idLabels"], kept)
    people = {one["idMember"] for one in board["memberships"]}
    card.update(
        idBoard=board["id"],
        idOrganization=board["idOrganization"],
        idShort=next_short_id(call, board),
        idLabels=kept,
        idMembers=[id_ for id_ in card["idMembers"] if id_ in people],
        customFieldItems=[],
    )
    refresh(card)
    checklists = call.state.rows("checklist", ("card", "=", card["id"]))
    for checklist in checklists:
        checklist["idBoard"] = board["id"]
    call.state.save_all("checklist", checklists)


def move_to_board(call: Call, card: Data, board: Data, list_: Data) -> None:
    """Move a card to a list of another board and journal it on both; the caller saves the card."""
    source = call.board_of(card)
    left = list_snapshot(call, card)
    gone = card_ref(card)
    card["idList"] = list_["id"]
    put_on_board(call, card, board)
    call.journal.add("moveCardFromBoard", source, {"card": gone, **left, "boardTarget": board_ref(board)})
    told = {"card": card_ref(card), "list": list_ref(list_), "boardSource": board_ref(source)}
    call.journal.add("moveCardToBoard", board, told, touches=card)


# --- copies ---


def copy_card(call: Call, source: Data, list_: Data, values: Data, wish: Any = "bottom") -> Data:
    """Copy a card with labels, members, dates, links and checklists (their states start anew)."""
    board = call.board_of(list_)
    copied = {name: source[name] for name in COPIED}
    if board["id"] != source["idBoard"]:
        copied.update(idLabels=[], idMembers=[])
    card = new_card(call, list_, board, wish, {"name": source["name"], **copied, **values})
    card["attachments"] = [copy_attachment(call, one) for one in source["attachments"]]
    for checklist in call.state.rows("checklist", ("card", "=", source["id"])):
        copy_checklist(call, checklist, card, checklist["pos"])
    told = {"card": card_ref(card), "list": list_ref(list_), "cardSource": card_ref(source)}
    call.journal.add("copyCard", board, told, touches=card)
    refresh(card)
    count_items(call, card)
    return call.state.save("card", card)


def copy_attachment(call: Call, source: Data) -> Data:
    """Return a copy of an attachment for another card."""
    made = {**source, "id": call.new_id()}
    files.copy(call.state.env, source["id"], made["id"])
    return made


def copy_checklist(call: Call, source: Data, card: Data, wish: pos.Number, name: str | None = None) -> Data:
    """Copy a checklist to a card with every item incomplete; the caller counts the card's items."""
    id_ = call.new_id()
    items = [
        {**item, "id": call.new_id(), "idChecklist": id_, "state": "incomplete"}
        for item in source["checkItems"]
    ]
    owner = {"idBoard": card["idBoard"], "idCard": card["id"]}
    made = {**source, **owner, "id": id_, "name": name or source["name"], "pos": wish, "checkItems": items}
    card["idChecklists"] = [*card["idChecklists"], id_]
    return call.state.add("checklist", made)


def count_items(call: Call, card: Data) -> None:
    """Bring what a card tells about its check items up to date; the caller saves the card."""
    tell_items(card, call.state.rows("checklist", ("card", "=", card["id"])))
