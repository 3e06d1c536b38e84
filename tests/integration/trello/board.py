"""A small board to break: an export in Trello's own form, made by hand."""

from __future__ import annotations

from typing import Any

BOARD = "5f0000000000000000000001"
TODO, DONE = "5f0000000000000000000010", "5f0000000000000000000011"
RED, BLUE = "5f0000000000000000000020", "5f0000000000000000000021"


def card(number: int, **values: Any) -> dict[str, Any]:
    """Return a card as an export has it."""
    return {
        "id": f"5f00000000000000000001{number:02x}",
        "name": f"Card {number}",
        "shortLink": f"card{number:04d}",
        "idShort": number,
        "desc": "",
        "idBoard": BOARD,
        "idList": TODO,
        "idLabels": [],
        "due": None,
        "dueComplete": False,
        "closed": False,
        "pos": 65536 * number,
        "idMembers": [],
        "idChecklists": [],
        **values,
    }


def label(id_: str, name: str, color: str | None) -> dict[str, Any]:
    """Return a label as an export has it."""
    return {"id": id_, "idBoard": BOARD, "name": name, "color": color}


def board(cards: list[dict[str, Any]] | None = None, **values: Any) -> dict[str, Any]:
    """Return an export with two lists, two labels and the given cards (three plain ones by default)."""
    return {
        "id": BOARD,
        "name": "A board",
        "shortLink": "aBoard01",
        "desc": "",
        "closed": False,
        "lists": [
            {"id": TODO, "name": "To do", "closed": False, "idBoard": BOARD, "pos": 65536},
            {"id": DONE, "name": "Done", "closed": False, "idBoard": BOARD, "pos": 131072},
        ],
        "labels": [label(RED, "Bug", "red"), label(BLUE, "Idea", "blue")],
        "cards": [card(number) for number in (1, 2, 3)] if cards is None else cards,
        "members": [],
        "actions": [],
        "checklists": [],
        **values,
    }
