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
    if "list" in data and action["type"] != "commentCard":
        entities["list"] = {"type": "list", "id": data["list"]["id"], "text": data["list"]["name"]}
    if "text" in data:
        entities["comment"] = {"type": "comment", "text": data["text"]}
    if "board" in data and "card" not in data:
        entities["board"] = {"type": "board", "text": data["board"].get("name", ""), **_link(data["board"])}
    if "customField" in data:
        field = data["customField"]
        entities["customField"] = {"type": "customField", "id": field["id"], "text": field["name"]}
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
    return {"type": "card", "hideIfContext": True, "text": card.get("name", ""), **_link(card)}


def _link(thing: Data) -> Data:
    return {name: thing[name] for name in ("id", "shortLink") if name in thing}


def _member(action: Data) -> Data:
    member = action.get("memberCreator") or {}
    return {
        "type": "member",
        "id": action["idMemberCreator"],
        "username": member.get("username"),
        "text": member.get("fullName"),
    }
