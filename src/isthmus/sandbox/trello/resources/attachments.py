"""Attachments of cards: links, and what they share with uploaded files."""

from __future__ import annotations

from typing import Any

from isthmus.sandbox.trello import files, template
from isthmus.sandbox.trello.call import Call
from isthmus.sandbox.trello.card_change import list_snapshot
from isthmus.sandbox.trello.derived import refresh
from isthmus.sandbox.trello.errors import invalid_value, not_found
from isthmus.sandbox.trello.ids import is_id
from isthmus.sandbox.trello.journal import card_ref
from isthmus.sandbox.trello.pos import CLASSIC_ITEM_BASE, place
from isthmus.sandbox.trello.router import route
from isthmus.sandbox.trello.timestamp import iso
from isthmus.sandbox.trello.view import fields_of, select_all

Data = dict[str, Any]


@route("GET", "/cards/{card}/attachments")
def read_all(call: Call, card: str) -> list[Data]:
    """Return a card's attachments."""
    fields = fields_of(call.params, "fields", "attachment", None)
    return select_all(call.state.get("card", card)["attachments"], fields)


@route("GET", "/cards/{card}/attachments/{attachment}")
def read(call: Call, card: str, attachment: str) -> Data:
    """Return one attachment of a card."""
    return find(call.state.get("card", card), attachment)


def find(card: Data, attachment: str) -> Data:
    """Return an attachment of a card. Raises ApiError 404, 400 for what cannot be an identifier."""
    for one in card["attachments"]:
        if one["id"] == attachment:
            return dict(one)
    raise not_found() if is_id(attachment) else invalid_value("idAttachment")


def new_link(call: Call, card: Data, url: str, name: str | None) -> Data:
    """Attach a link to a card and journal it; the caller saves the card. Raises ApiError 400."""
    if not url.startswith(("http://", "https://")):
        raise invalid_value("url")
    made = template.fresh(
        template.ATTACHMENT,
        id=call.new_id(),
        date=iso(call.settings.ticker.now()),
        idMember=call.me["id"],
        mimeType=call.params.text("mimeType") or "",
        name=name or url,
        url=url,
    )
    attach(call, card, made)
    return made


def attach(call: Call, card: Data, made: Data) -> None:
    """Put a new attachment behind those of a card and journal it; the caller saves the card."""
    made["pos"] = place("bottom", [one.get("pos", 0) for one in card["attachments"]], CLASSIC_ITEM_BASE)
    card["attachments"] = [*card["attachments"], made]
    refresh(card)
    told = {"attachment": {name: made[name] for name in ("id", "name", "url")}, "card": card_ref(card)}
    told.update(list_snapshot(call, card))
    call.journal.add("addAttachmentToCard", call.board_of(card), told, touches=card)


@route("DELETE", "/cards/{card}/attachments/{attachment}")
def delete(call: Call, card: str, attachment: str) -> Data:
    """Take an attachment off a card."""
    data = call.state.get("card", card)
    gone = find(data, attachment)
    files.forget(call.state.env, [gone["id"]])
    data["attachments"] = [one for one in data["attachments"] if one["id"] != gone["id"]]
    refresh(data)
    told = {"attachment": {"id": gone["id"], "name": gone["name"]}, "card": card_ref(data)}
    call.journal.add("deleteAttachmentFromCard", call.board_of(data), told, touches=data)
    call.state.save("card", data)
    return {"limits": {}}
