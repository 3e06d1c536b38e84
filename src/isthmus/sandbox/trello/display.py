"""How an action tells itself to people: ``display`` and ``entities``."""

from __future__ import annotations

import re
from typing import Any

Data = dict[str, Any]

KEYS = {"commentCard": "action_comment_on_card", "createCard": "action_create_card"}


def display_of(action: Data) -> Data:
    """Return the translation key and the entities that fill its blanks."""
    data = action["data"]
    entities: Data = {}
    if action["type"] == "commentCard":
        entities["contextOn"] = {
            "type": "translatable",
            "translationKey": "action_on",
            "hideIfContext": True,
            "idContext": data["card"]["id"],
        }
    if "card" in data:
        entities["card"] = _card(data["card"])
    if "list" in data:
        entities["list"] = {"type": "list", "id": data["list"]["id"], "text": data["list"]["name"]}
    if "text" in data:
        entities["comment"] = {"type": "comment", "text": data["text"]}
    entities["memberCreator"] = _member(action)
    return {"translationKey": _translation_key(action["type"]), "entities": entities}


def entities_of(action: Data) -> list[Data]:
    """Return the parts of the sentence in order, as older clients read them."""
    data = action["data"]
    parts = [_member(action)]
    if "card" in data:
        on = {"type": "text", "text": "on", "hideIfContext": True, "idContext": data["card"]["id"]}
        parts += [on, _card(data["card"])]
    if "text" in data:
        parts.append({"type": "comment", "text": data["text"]})
    return parts


def _translation_key(type_: str) -> str:
    snake = re.sub(r"(?<!^)(?=[A-Z])", "_", type_).lower()
    return KEYS.get(type_, f"action_{snake}")


def _card(card: Data) -> Data:
    shown = {"type": "card", "hideIfContext": True, "id": card["id"], "text": card.get("name", "")}
    return shown | ({"shortLink": card["shortLink"]} if "shortLink" in card else {})


def _member(action: Data) -> Data:
    member = action.get("memberCreator") or {}
    return {
        "type": "member",
        "id": action["idMemberCreator"],
        "username": member.get("username"),
        "text": member.get("fullName"),
    }
