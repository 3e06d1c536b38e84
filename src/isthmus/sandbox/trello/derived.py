"""Keys of an object that follow from its other keys: addresses, emoji data, badges."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

Data = dict[str, Any]


def slug(name: str) -> str:
    """Return the readable end of a URL: ``Hällo Wörld!`` -> ``hallo-world``."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def card_url(card: Data) -> str:
    """Return the address of a card for people."""
    return f"https://trello.com/c/{card['shortLink']}/{card['idShort']}-{slug(card['name'])}"


def board_url(board: Data) -> str:
    """Return the address of a board for people."""
    return f"https://trello.com/b/{board['shortLink']}/{slug(board['name'])}"


def emoji_data(text: str) -> Data | None:
    """Return ``descData`` of a text: an empty emoji table, or null for no text."""
    return {"emoji": {}} if text else None


def badges(card: Data) -> Data:
    """Return a card's badges as far as they follow from the card itself; the others stay."""
    return {
        **card["badges"],
        "description": bool(card["desc"]),
        "due": card["due"],
        "start": card["start"],
        "dueComplete": card["dueComplete"],
        "attachments": len(card["attachments"]),
        "votes": len(card["idMembersVoted"]),
        "subscribed": card["subscribed"],
    }


def refresh(card: Data) -> None:
    """Bring a changed card's address, emoji data and badges up to date."""
    card["url"] = card_url(card)
    card["descData"] = emoji_data(card["desc"])
    card["badges"] = badges(card)


def tell_items(card: Data, checklists: Sequence[Data]) -> None:
    """Bring what a card tells about its checklists (given in their order) up to date."""
    items = [item for checklist in checklists for item in checklist["checkItems"]]
    done = [item for item in items if item["state"] == "complete"]
    dues = [item["due"] for item in items if item.get("due") and item["state"] != "complete"]
    card["idChecklists"] = [checklist["id"] for checklist in checklists]
    card["checkItemStates"] = [{"idCheckItem": item["id"], "state": "complete"} for item in done]
    card["badges"] = {
        **card["badges"],
        "checkItems": len(items),
        "checkItemsChecked": len(done),
        "checkItemsEarliestDue": min(dues, default=None),
    }
